"""CAP's times: a zone or no time at all."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.alert.instant import instant, written

NINE = datetime(2026, 11, 20, 6, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "at", "strict"),
    [
        ("2026-11-20T09:00:00+03:00", NINE, True),
        ("2026-11-20T06:00:00-00:00", NINE, True),
        (" 2026-11-20T06:00:00-00:00\n", NINE, True),
        ("2026-11-20T06:00:00Z", NINE, False),
        ("2026-11-20t06:00:00z", NINE, False),
        ("2026-11-20 06:00:00 UTC", NINE, False),
        ("2026-11-20T06:00Z", NINE, False),
        ("2026-11-20T06:00:00.250Z", NINE + 0.25, False),
        ("2026-11-20T09:00:00+0300", NINE, False),
        ("2026-11-19T24:00:00-06:00", NINE, True),
    ],
)
def test_times_with_a_zone(text: str, at: float, strict: bool) -> None:
    assert instant(text)[:2] == (at, strict)


@pytest.mark.parametrize("text", ["2026-11-20T09:00:00", "2026-11-20 09:00"])
def test_a_time_without_a_zone_is_none(text: str) -> None:
    assert instant(text) == (None, False, True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2026-11-20",
        "2026-02-31T09:00:00Z",
        "2026-11-20T25:00:00Z",
        "2026-11-20T24:00:01Z",
        "2026-11-20T09:60:00Z",
        "2026-11-20T09:00:00+99:00",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "٢٠٢٦-11-20T09:00:00Z",
        "2026-11-20T09:00:00." + "1" * 100 + "Z",
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert instant(text) == (None, False, False)


@settings(max_examples=50)
@given(st.integers(86_400, 7_000_000_000), st.integers(-14 * 60, 14 * 60))
def test_what_is_written_is_read(at: int, minutes: int) -> None:
    text = written(float(at), timezone(timedelta(minutes=minutes)))
    assert instant(text) == (float(at), True, False)


def test_how_it_is_written() -> None:
    assert written(NINE) == "2026-11-20T06:00:00-00:00"
    assert written(NINE + 0.9, ZoneInfo("Africa/Nairobi")) == "2026-11-20T09:00:00+03:00"
