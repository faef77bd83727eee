"""Quiet hours end in the morning of the place, on the day the clocks change too."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.quiet import quiet_until

NAIROBI, BERLIN = ZoneInfo("Africa/Nairobi"), ZoneInfo("Europe/Berlin")
NIGHT = (19, 8)


def at(text: str, zone: ZoneInfo) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("hours", "zone", "now", "until"),
    [
        pytest.param(NIGHT, NAIROBI, "2026-11-22T18:59:59", "", id="before"),
        pytest.param(NIGHT, NAIROBI, "2026-11-22T19:00:00", "2026-11-23T08:00:00", id="from-counts"),
        pytest.param(NIGHT, NAIROBI, "2026-11-22T23:59:59", "2026-11-23T08:00:00", id="evening"),
        pytest.param(NIGHT, NAIROBI, "2026-11-23T00:00:00", "2026-11-23T08:00:00", id="midnight"),
        pytest.param(NIGHT, NAIROBI, "2026-11-23T07:59:59.9", "2026-11-23T08:00:00", id="early"),
        pytest.param(NIGHT, NAIROBI, "2026-11-23T08:00:00", "", id="until-does-not"),
        pytest.param(NIGHT, NAIROBI, "2026-12-31T22:00:00", "2027-01-01T08:00:00", id="new-year"),
        pytest.param((12, 14), NAIROBI, "2026-11-22T13:30:00", "2026-11-22T14:00:00", id="noon"),
        pytest.param((12, 14), NAIROBI, "2026-11-22T14:30:00", "", id="after-noon"),
        pytest.param((20, 0), NAIROBI, "2026-11-22T23:30:00", "2026-11-23T00:00:00", id="until-midnight"),
        pytest.param((0, 6), NAIROBI, "2026-11-22T00:30:00", "2026-11-22T06:00:00", id="from-midnight"),
        pytest.param(None, NAIROBI, "2026-11-22T23:00:00", "", id="none"),
        pytest.param(NIGHT, BERLIN, "2026-03-28T22:00:00", "2026-03-29T08:00:00", id="short-night"),
        pytest.param(NIGHT, BERLIN, "2026-10-24T22:00:00", "2026-10-25T08:00:00", id="long-night"),
    ],
)
def test_quiet_until(hours: tuple[int, int] | None, zone: ZoneInfo, now: str, until: str) -> None:
    assert quiet_until(hours, zone, at(now, zone)) == (at(until, zone) if until else 0.0)


def test_the_night_is_the_places_own() -> None:
    now = datetime(2026, 11, 22, 17, 0, tzinfo=UTC).timestamp()
    assert quiet_until(NIGHT, ZoneInfo("Africa/Lagos"), now) == 0.0
    assert quiet_until(NIGHT, NAIROBI, now) == datetime(2026, 11, 23, 5, 0, tzinfo=UTC).timestamp()


hour = st.integers(0, 23)


@given(
    hours=st.tuples(hour, hour).filter(lambda pair: pair[0] != pair[1]),
    zone=st.sampled_from(["Africa/Nairobi", "Africa/Cairo", "Asia/Kathmandu", "Europe/Berlin", "Australia/Lord_Howe", "America/Havana"]),
    now=st.integers(1_700_000_000, 1_900_000_000),
)
def test_the_end_lies_ahead_within_a_day_and_is_not_quiet(hours: tuple[int, int], zone: str, now: int) -> None:
    until = quiet_until(hours, ZoneInfo(zone), now)
    if until:
        assert now < until <= now + 25 * 3600
        assert quiet_until(hours, ZoneInfo(zone), until) == 0.0
