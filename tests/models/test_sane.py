"""What is plainly broken is seen, and no text of ours is taken for it."""

import random
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import skills
from models.sane import garbled, unsound
from skills.loader import load

VETTED = [(fact.id, fact.lang, fact.sms, fact.body) for skill in load(Path(skills.__file__).parent).skills for fact in skill.facts]
REPEATED = "the same piece over and over"
AMHARIC = "ዝናብ ከመጀመሩ በፊት መሬቱን አዘጋጁ። በቆሎ በሁለት እጅ ስፋት ይዝሩ፣ ዘሩ አምስት ሴንቲ ሜትር ጥልቀት ይግባ፣ ከዚያ በአፈር ይሸፍኑ እና ውሃ ያጠጡ።"


def test_there_are_vetted_texts_in_both_languages() -> None:
    assert len(VETTED) > 500
    assert {lang for _, lang, _, _ in VETTED} >= {"en", "sw"}


def test_no_vetted_text_is_taken_for_garbage() -> None:
    assert [(name, lang) for name, lang, sms, body in VETTED if garbled(sms) or garbled(body)] == []


@given(st.sampled_from(VETTED), st.integers(min_value=0, max_value=160))
def test_no_beginning_of_a_vetted_text_is_taken_for_garbage(fact: tuple[str, str, str, str], length: int) -> None:
    """A text that the deadline cut off."""
    assert garbled(fact[2][:length]) == ""


@given(st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=12), st.integers(min_value=4, max_value=400))
def test_a_short_piece_over_and_over_is_always_seen(piece: str, times: int) -> None:
    text = piece * max(times, -(-24 // len(piece)))
    assert garbled(text) == REPEATED


@given(st.sampled_from(VETTED), st.integers(min_value=1, max_value=12), st.integers(min_value=0, max_value=11))
def test_a_good_beginning_does_not_hide_a_loop(fact: tuple[str, str, str, str], length: int, cut: int) -> None:
    """...also where the model was stopped inside the piece."""
    text = fact[2]
    loop = text + text[-length:] * (4 * 24)
    assert garbled(loop[: len(loop) - cut]) == REPEATED


def test_a_sentence_three_times_is_seen_and_twice_is_not() -> None:
    sentence = "Plant beans when the rains begin, 5 cm deep. "
    assert garbled(sentence * 3) == REPEATED
    assert garbled(sentence * 2) == ""


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param("Dry the maize \N{REPLACEMENT CHARACTER} well", id="replacement"),
        pytest.param("Dry the maize\x00 well", id="nul"),
        pytest.param("Dry the maize\x1b[0m well", id="escape"),
        pytest.param("Dry the maize \ud83d well", id="half a pair"),
        pytest.param("Dry the maize \ue000 well", id="private"),
    ],
)
def test_characters_that_are_none(broken: str) -> None:
    assert garbled(broken) == "characters that are none"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("the maize the bag the 5 the sun, the the rain the dry the", "one word over and over", id="one word"),
        pytest.param("ab ba aab bba abab b a bb aa abba baab ab b bab aba bb", "too few different characters", id="two letters"),
        pytest.param("maize дом οίκος 家 घर بيت", "characters as drawn by chance", id="many scripts"),
    ],
)
def test_other_garbage(text: str, says: str) -> None:
    assert garbled(text) == says


@given(st.integers(min_value=0))
def test_letters_drawn_by_chance_are_seen(seed: int) -> None:
    dice = random.Random(seed)
    signs = string.ascii_lowercase + string.digits + string.punctuation
    assert garbled("".join(dice.choice(signs) for _ in range(160))) == "characters as drawn by chance"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("Yes.", id="short"),
        pytest.param("ha ha ha ha", id="a laugh"),
        pytest.param("Line one.\nLine two.\r\n\tThree.", id="breaks"),
        pytest.param("Call 0800 000 000 or 0700 000 000.", id="zeros"),
        pytest.param("Habari! 🌽🌽🌽 Panda mahindi mvua ikianza 👩🏾‍🌾.", id="emoji"),
        pytest.param(AMHARIC, id="a syllabary"),
        pytest.param("トヨタの Corolla は東京で買えます。", id="four scripts"),
    ],
)
def test_what_is_unusual_is_no_garbage(text: str) -> None:
    assert garbled(text) == ""


@given(st.text())
def test_no_text_is_too_strange_to_be_looked_at(text: str) -> None:
    assert isinstance(garbled(text), str)


@given(st.lists(st.floats(min_value=0.0, max_value=20.0), min_size=1, max_size=9, unique=True))
def test_true_shares_are_sound(weights: list[float]) -> None:
    total = sum(weights)
    if total > 0.001:
        assert unsound([weight / total for weight in weights], len(weights)) == "" or len({w / total for w in weights}) == 1


@pytest.mark.parametrize(
    ("shares", "count", "says"),
    [
        pytest.param([0.5, 0.3], 3, "2 shares for 3 texts", id="too few"),
        pytest.param([float("nan"), 0.5], 2, "shares that are no numbers", id="not a number"),
        pytest.param([float("inf"), 0.5], 2, "shares that are no numbers", id="without end"),
        pytest.param([1.2, -0.2], 2, "shares that are no numbers", id="below nothing"),
        pytest.param([0.2, 0.3], 2, "shares that do not add up", id="too small"),
        pytest.param([0.25] * 4, 4, "the same share for every text", id="all the same"),
        pytest.param([1.0], 1, "", id="one text"),
    ],
)
def test_shares(shares: list[float], count: int, says: str) -> None:
    assert unsound(shares, count) == says
