"""How much of a fact goes out: one text, two in the room of one, or a second part where that is worth it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.fill import DEAR, ENOUGH, FREE, Likely, beside, certain, joined, taken
from bot.core.text import fit
from bot.core.types import Lang, Limits
from tests.core import small

SMS = Limits()
ONE = replace(SMS, max_parts=1)
WHATSAPP = Limits(gsm7=False, units=1600, units_joined=1600, max_parts=1)
WHOLE = "Worms: look under leaves each week. Spray in the evening, with neem or soap. Plant early, weed, pull sick plants out, burn them."
SPACING = "Rows of beans stand 50 cm apart."
MANURE = "Put a handful of manure into each hole."
LONG = "Dig every planting hole 60 cm wide and 60 cm deep, keep its top soil apart and mix two buckets of rotted dung into it before rain."


def filled(texts: Sequence[Likely], lang: Lang, limits: Limits) -> str:
    return joined(taken(texts, lang, limits), limits)


def sent(*likely: tuple[str, float], limits: Limits = SMS) -> str:
    return filled([Likely(text, share, text == WHOLE) for text, share in likely], Lang.EN, limits)


def test_a_sure_text_goes_out_alone() -> None:
    assert sent((WHOLE, 0.97), (SPACING, 0.03)) == WHOLE


def test_room_that_is_paid_for_holds_the_next_likely_sentence() -> None:
    assert sent((SPACING, 0.9), (MANURE, FREE), (WHOLE, 0.01)) == f"{SPACING}\n{MANURE}"


def test_what_is_hardly_meant_is_left_out_even_where_it_is_free() -> None:
    assert sent((SPACING, 0.9), (MANURE, FREE - 0.01)) == SPACING


def test_a_doubt_is_worth_another_part() -> None:
    assert sent((SPACING, ENOUGH - 0.01), (WHOLE, DEAR)) == f"{SPACING}\n{WHOLE}"


@pytest.mark.parametrize(
    ("first", "second"),
    [pytest.param(ENOUGH, 1 - ENOUGH, id="sure-enough"), pytest.param(ENOUGH - 0.01, DEAR - 0.01, id="hardly-meant")],
)
def test_no_part_is_paid_for_without_need(first: float, second: float) -> None:
    assert sent((SPACING, first), (WHOLE, second)) == SPACING


def test_a_channel_of_one_part_gets_one_part() -> None:
    assert sent((SPACING, 0.5), (WHOLE, 0.5), limits=ONE) == SPACING


def test_where_a_message_is_long_the_whole_sms_stands_behind_the_sentence() -> None:
    assert sent((SPACING, 1.0), (WHOLE, 0.0), limits=WHATSAPP) == f"{SPACING}\n\n{WHOLE}"


def test_what_was_said_already_is_not_said_again() -> None:
    said = "Spray in the evening, with neem or soap."
    assert sent((WHOLE, 0.5), (said, 0.4), (SPACING, 0.1), limits=WHATSAPP) == f"{WHOLE}\n\n{SPACING}"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("Rows of beans stand 50 cm apart.", "Rows of beans stand 45 cm apart.", id="another-number"),
        pytest.param("Store wet beans in the sack.", "Do not store wet beans in the sack.", id="a-not"),
    ],
)
def test_what_differs_by_little_that_matters_is_not_said_already(first: str, second: str) -> None:
    assert sent((first, 0.5), (second, 0.5)) == f"{first}\n{second}"


def test_a_text_that_says_all_of_the_first_and_more_stands_for_it() -> None:
    assert sent(("Spray in the evening, with neem or soap.", 0.5), (WHOLE, 0.4)) == WHOLE


def test_a_wide_screen_is_not_filled_beyond_an_sms() -> None:
    assert sent((LONG, 0.9), (MANURE, 0.1), limits=replace(ONE, units=180)) == LONG


def test_two_texts_come_as_a_part_each() -> None:
    assert fit(sent((SPACING, 0.5), (WHOLE, 0.5)), SMS).parts == (f"(1/2) {SPACING}", f"(2/2) {WHOLE}")


def test_a_certain_text_is_followed_by_the_sms_only_where_there_is_room() -> None:
    fact = replace(small.FACTS[0], sms=WHOLE)
    assert filled(certain(LONG, fact), Lang.EN, SMS) == LONG
    assert filled(certain(LONG, fact), Lang.EN, WHATSAPP) == f"{LONG}\n\n{fact.sms}"
    assert filled(certain(fact.sms, fact), Lang.EN, WHATSAPP) == fact.sms


def test_another_facts_text_stands_behind_the_first_by_how_likely_it_is() -> None:
    other = Likely(LONG, 0.3, other=small.FACTS[2])
    texts = beside([Likely(WHOLE, 0.8, whole=True), Likely(SPACING, 0.15), Likely(MANURE, 0.05)], 0.6, other)
    assert [(one.text, round(one.share, 3)) for one in texts] == [(WHOLE, 0.48), (LONG, 0.3), (SPACING, 0.09), (MANURE, 0.03)]
    assert [one.text for one in taken(texts, Lang.EN, SMS)] == [WHOLE, LONG]
    assert [one.text for one in taken(texts, Lang.EN, ONE)] == [WHOLE]


def test_the_first_stays_first_even_where_the_other_facts_only_text_is_likelier() -> None:
    other = Likely(LONG, 0.45, other=small.FACTS[2])
    assert [one.text for one in beside([Likely(WHOLE, 0.5, whole=True), Likely(SPACING, 0.5)], 0.55, other)] == [WHOLE, LONG, SPACING]


TEXTS = st.permutations([WHOLE, SPACING, MANURE, LONG])
SHARES = st.lists(st.floats(0, 1), min_size=4, max_size=4)


@given(texts=TEXTS, shares=SHARES, most=st.integers(1, 3), units=st.sampled_from([156, 160, 182, 1600]))
def test_nothing_that_is_taken_is_cut(texts: Sequence[str], shares: Sequence[float], most: int, units: int) -> None:
    limits = Limits(max_parts=most, units=units, units_joined=units)
    reply = sent(*zip(texts, shares, strict=True), limits=limits)
    assert not fit(reply, limits).rest
    assert most > 1 or len(fit(reply, limits).parts) == 1
    assert reply.startswith(texts[0])
