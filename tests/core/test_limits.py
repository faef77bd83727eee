"""What an operator may change of a channel's limits, and what is refused in words."""

import pytest

from bot.core.errors import BadSetting
from bot.core.limits import with_limits
from bot.core.types import Limits

SCREEN = Limits(max_parts=1, reply_within_s=7.0)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        pytest.param({}, Limits(), id="nothing"),
        pytest.param({"rate_per_s": 0.05, "pair_s": 6, "pair_burst": 45}, Limits(rate_per_s=0.05, pair_s=6, pair_burst=45), id="rates"),
        pytest.param({"max_parts": 3, "max_age_s": 600}, Limits(max_parts=3, max_age_s=600), id="reply"),
        pytest.param({"rate_per_s": "5", "max_parts": "1"}, Limits(rate_per_s=5, max_parts=1), id="as-the-environment-gives-it"),
        pytest.param({"quiet": "21-07"}, Limits(quiet=(21, 7)), id="quiet"),
        pytest.param({"quiet": "none"}, Limits(quiet=None), id="never-quiet"),
    ],
)
def test_with_limits(table: dict[str, object], expected: Limits) -> None:
    assert with_limits("at_sms", Limits(), table) == expected


@pytest.mark.parametrize(
    ("table", "says"),
    [
        pytest.param({"speed": 3}, r"channels\.at_sms\.limits\.speed: there is no such limit\. Choose from .*rate_per_s", id="unknown"),
        pytest.param({"units": 300}, "no such limit", id="not-the-operators"),
        pytest.param("fast", r"Write \[channels\.at_sms\.limits\]", id="no-table"),
        pytest.param({"rate_per_s": 0}, r"channels\.at_sms\.limits\.rate_per_s is 0\. Set a number from 0\.001 to 1000", id="stopped"),
        pytest.param({"rate_per_s": "nan"}, "Set a number", id="nan"),
        pytest.param({"rate_per_s": "fast"}, "'fast'", id="word"),
        pytest.param({"rate_per_s": True}, "Set a number", id="bool"),
        pytest.param({"pair_s": -1}, "is -1", id="negative"),
        pytest.param({"pair_burst": 0}, "from 1 to 1000", id="no-burst"),
        pytest.param({"max_parts": 11}, "from 1 to 10", id="many-parts"),
        pytest.param({"max_parts": 1.5}, "whole number", id="half-a-part"),
        pytest.param({"max_age_s": 36_001}, "from 60 to 36000", id="old"),
        pytest.param({"quiet": "21"}, 'as in "19-8"', id="no-end"),
        pytest.param({"quiet": "8-8"}, "'8-8'", id="nothing-or-all-day"),
        pytest.param({"quiet": "19-24"}, "'19-24'", id="no-such-hour"),
    ],
)
def test_what_is_wrong_is_named(table: object, says: str) -> None:
    with pytest.raises(BadSetting, match=says):
        with_limits("at_sms", Limits(), table)


def test_a_screen_stays_one_part() -> None:
    assert with_limits("at_ussd", SCREEN, {"max_parts": 1}) == SCREEN
    with pytest.raises(BadSetting, match="a screen is one part"):
        with_limits("at_ussd", SCREEN, {"max_parts": 2})
