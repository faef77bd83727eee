"""Times as people read them: absolute, in their zone, and on the Swahili clock."""

from datetime import UTC

import pytest

from bot.core.alert.when import span, told
from bot.core.types import Lang
from tests.core.alert.drafting import ZONE, at


@pytest.mark.parametrize(
    ("hour", "minute", "english", "swahili"),
    [
        pytest.param(18, 0, "6pm", "saa 12 jioni", id="six-in-the-evening"),
        pytest.param(6, 0, "6am", "saa 12 asubuhi", id="six-in-the-morning"),
        pytest.param(7, 0, "7am", "saa 1 asubuhi", id="seven-is-the-first-hour"),
        pytest.param(19, 0, "7pm", "saa 1 usiku", id="seven-is-the-first-hour-of-the-night"),
        pytest.param(12, 0, "noon", "saa 6 mchana", id="noon"),
        pytest.param(12, 30, "12:30pm", "saa 6:30 mchana", id="past-noon"),
        pytest.param(0, 30, "12:30am", "saa 6:30 usiku", id="past-midnight"),
        pytest.param(4, 5, "4:05am", "saa 10:05 alfajiri", id="before-dawn"),
        pytest.param(15, 59, "3:59pm", "saa 9:59 mchana", id="afternoon"),
        pytest.param(16, 0, "4pm", "saa 10 jioni", id="evening-begins"),
        pytest.param(23, 59, "11:59pm", "saa 5:59 usiku", id="before-midnight"),
    ],
)
def test_a_clock(hour: int, minute: int, english: str, swahili: str) -> None:
    assert told(at(21, hour, minute), ZONE, Lang.EN) == f"Sat 21 Nov {english}"
    assert told(at(21, hour, minute), ZONE, Lang.SW) == f"Jumamosi 21 Nov {swahili}"


def test_midnight_belongs_to_the_day_that_ends() -> None:
    assert told(at(22, 0), ZONE, Lang.EN) == "Sat 21 Nov 11:59pm"
    assert told(at(22, 0), ZONE, Lang.SW) == "Jumamosi 21 Nov saa 5:59 usiku"


def test_seconds_are_not_told() -> None:
    assert told(at(21, 23, 59) + 59.9, ZONE, Lang.EN) == "Sat 21 Nov 11:59pm"


def test_the_weekday_can_go() -> None:
    assert told(at(21, 18), ZONE, Lang.EN, weekday=False) == "21 Nov 6pm"
    assert told(at(21, 18), ZONE, Lang.SW, weekday=False) == "21 Nov saa 12 jioni"


def test_the_zone_is_the_peoples_own() -> None:
    assert told(at(22, 1), UTC, Lang.EN) == "Sat 21 Nov 10pm", "it is Sunday in Nairobi and Saturday in UTC"


def test_a_span_on_one_day_names_the_day_once() -> None:
    assert span(at(21, 6), at(21, 18), ZONE, Lang.EN) == ("Sat 21 Nov 6am", "6pm")
    assert span(at(21, 6), at(22, 18), ZONE, Lang.SW) == ("Jumamosi 21 Nov saa 12 asubuhi", "Jumapili 22 Nov saa 12 jioni")
    assert span(at(21, 6), at(22, 0), ZONE, Lang.EN) == ("Sat 21 Nov 6am", "11:59pm")
