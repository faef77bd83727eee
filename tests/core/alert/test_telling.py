"""What people are told of a received alert: its own words, whole, short, in their language, and never an all-clear as a warning."""

import re
from datetime import timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.alert.cap import Alert, Area, Info, ResponseType, Severity
from bot.core.alert.notice import Notice
from bot.core.alert.telling import LONGEST, Telling
from bot.core.types import Lang
from tests.core.alert.received import GARISSA, HOUR, TANA, T, alert, info

EAT = timezone(timedelta(hours=3))
TELLING = Telling({Lang.EN: "Until $end", Lang.SW: "Hadi $end"}, EAT, 24 * HOUR)
END = "Until Fri 15 Jan 11pm."


def notice(one: Alert, *, source: str = "Met Office", now: float = T, **values: object) -> Notice | None:
    return TELLING.notice(one, key="alert:1", source=source, now=now, **values)  # type: ignore[arg-type]


def english(*infos: Info, **values: object) -> str:
    found = notice(alert(infos=infos), **values)  # type: ignore[arg-type]
    return found.texts[Lang.EN] if found else ""


@pytest.mark.parametrize(
    ("values", "text"),
    [
        pytest.param({}, f"Met Office: Flood warning, Garissa. {END}", id="plain"),
        pytest.param({"headline": ""}, f"Met Office: Flood, Garissa. {END}", id="no-headline"),
        pytest.param(
            {"headline": "Flood warning for Garissa."}, f"Met Office: Flood warning for Garissa. {END}", id="place-is-there-already"
        ),
        pytest.param({"areas": (GARISSA, TANA)}, f"Met Office: Flood warning, Garissa, Tana River. {END}", id="two-places"),
        pytest.param({"areas": ()}, f"Met Office: Flood warning. {END}", id="no-place"),
        pytest.param({"headline": "<b>Flood</b>\nwarning"}, f"Met Office: Flood warning, Garissa. {END}", id="markup"),
        pytest.param({"headline": "Flood, see http://evil.example/x"}, f"Met Office: Flood, see, Garissa. {END}", id="link"),
        pytest.param({"expires": None}, "Met Office: Flood warning, Garissa. Until Sat 16 Jan 11am.", id="says-no-end"),
        pytest.param({"headline": "Very " * 80}, f"Met Office: Flood, Garissa. {END}", id="headline-too-long"),
        pytest.param({"headline": "Very " * 80, "event": "Much " * 80}, "", id="nothing-is-short-enough"),
    ],
)
def test_the_words_of_an_alert(values: dict[str, object], text: str) -> None:
    assert english(info(**values)) == text


def test_places_that_do_not_fit_are_counted_not_cut() -> None:
    many = tuple(Area(f"Ward number {n} of the county") for n in range(20))
    text = english(info(areas=many))
    assert len(text) <= LONGEST
    assert text.startswith("Met Office: Flood warning, Ward number 0 of the county, Ward number 1")
    assert text.endswith(f"of the county +{20 - text.count('Ward')}. {END}")


def test_who_says_it_is_named_by_the_operator_or_by_themselves() -> None:
    named = info(sender_name="Kenya Meteorological Department, Forecasting and Warning Division")
    assert english(named, source="").startswith("Kenya Meteorological Department: Flood")
    belgium = info(sender_name="Royal Meteorological Institute of the Kingdom of Belgium")
    assert english(belgium, source="").startswith("Royal Meteorological Institute: Flood")
    assert english(info(), source="").startswith("met@example.org: Flood")


def test_each_language_gets_its_own_words_and_others_are_left_out() -> None:
    swahili = info(language="sw-KE", headline="Tahadhari ya mafuriko", areas=(Area("Kaunti ya Garissa"),))
    found = notice(alert(infos=(swahili, info(language="so", headline="Digniin daad"), info(language="en-US"))))
    assert found is not None
    assert found.texts == {
        Lang.SW: "Met Office: Tahadhari ya mafuriko, Kaunti ya Garissa. Hadi Ijumaa 15 Jan saa 5 usiku.",
        Lang.EN: f"Met Office: Flood warning, Garissa. {END}",
    }
    assert notice(alert(infos=(info(language="so"),))) is None


def test_an_all_clear_beside_a_warning_is_not_told_as_one() -> None:
    clear = info(headline="Severe thunderstorm watch", response_types=(ResponseType.ALL_CLEAR,), areas=(TANA,))
    assert english(clear, info()) == f"Met Office: Flood warning, Garissa. {END}"
    assert english(clear) == ""


def test_the_worst_comes_first_and_the_rest_while_there_is_room() -> None:
    minor = info(headline="Light rain", severity=Severity.MINOR, areas=(TANA,))
    assert english(minor, info()) == f"Met Office: Flood warning, Garissa. {END} Met Office: Light rain, Tana River. {END}"
    assert english(minor, info(), minor, info()) == english(minor, info())
    long = info(headline="Rain " * 50, severity=Severity.MINOR)
    assert english(long, info()) == f"Met Office: Flood warning, Garissa. {END}"


def test_what_has_expired_in_one_info_is_not_told_and_the_notice_ends_with_the_next() -> None:
    short, long = info(headline="Rain", expires=T + HOUR), info()
    found = notice(alert(infos=(short, long)))
    assert found is not None
    assert found.expires == T + HOUR
    assert english(short, long, now=T + 2 * HOUR) == f"Met Office: Flood warning, Garissa. {END}"
    assert notice(alert(infos=(short, long)), now=T + 99 * HOUR) is None


def test_areas_in_which_it_is_over_are_not_named() -> None:
    one = alert(infos=(info(areas=(GARISSA, TANA)), info(headline="Landslide", areas=(TANA,))))
    found = notice(one, gone=(1, 2))
    assert found is not None
    assert found.texts[Lang.EN] == f"Met Office: Flood warning, Garissa. {END}"
    assert notice(one, gone=(0, 1, 2)) is None


_texts = st.text("abcdef  .,", max_size=400)


@settings(max_examples=50, deadline=None)
@given(headline=_texts, event=_texts, places=st.lists(st.text("ghij  .,", max_size=120), max_size=8))
def test_no_word_is_cut_and_no_text_too_long(headline: str, event: str, places: list[str]) -> None:
    text = english(info(headline=headline, event=event, areas=tuple(Area(place) for place in places)))
    assert len(text) <= LONGEST
    assert not text or text.endswith(END)
    words = set(re.findall("[a-j]+", " ".join((headline, event, *places))))
    assert set(re.findall("[a-j]+", text.removeprefix("Met Office: ").removesuffix(END))) <= words
