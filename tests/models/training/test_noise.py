"""Spoilt questions: as thumbs write them, never empty, and a "not" stays a "not"."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.training.noise import spoil

WORDS = [
    "maize",
    "planting",
    "between",
    "the",
    "do",
    "i",
    "how",
    "na",
    "kwa",
    "mahindi",
    "tafadhali",
    "maji",
    "when",
    "spray",
    "bags",
    "90",
]
NEGATIONS = [
    "not",
    "never",
    "no",
    "without",
    "don't",
    "dont",
    "cannot",
    "can't",
    "haifai",
    "usinyunyize",
    "sio",
    "hapana",
    "bila",
    "sipandi",
]


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=80), st.integers())
def test_never_empty(text: str, seed: int) -> None:
    assert spoil(text, random.Random(seed))


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8), st.sampled_from(NEGATIONS), st.integers(0, 8), st.integers())
def test_a_negation_is_never_lost(words: list[str], negation: str, at: int, seed: int) -> None:
    text = " ".join([*words[:at], negation, *words[at:]])
    assert re.search(rf"(?<!\w){negation}(?!\w)", spoil(text, random.Random(seed)), re.IGNORECASE)


def test_the_same_dice_spoil_the_same_way() -> None:
    text = "how do i store maize between the rains"
    assert [spoil(text, random.Random(n)) for n in range(20)] == [spoil(text, random.Random(n)) for n in range(20)]


def test_a_question_is_mostly_spoilt_and_sometimes_left_alone() -> None:
    text, dice = "how do i store maize between the rains", random.Random(1)
    seen = [spoil(text, dice) for _ in range(400)]
    assert 0.05 < seen.count(text) / 400 < 0.4
    assert len(set(seen)) > 200


@pytest.mark.parametrize("text", ["90", "2 bags of 50kg at 3400"])
def test_numbers_stand(text: str) -> None:
    dice = random.Random(2)
    for _ in range(200):
        assert re.findall(r"\d+", text) == [n for n in re.findall(r"\d+", spoil(text, dice)) if n in text]
