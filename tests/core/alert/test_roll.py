"""What an answer to a roll call is, and what is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.alert.notice import RollAnswer
from bot.core.alert.roll import digit, said
from bot.core.lexicon import bag

SAFE = """
1 | 1. | (1) | #1 | 1) | 01 | 1! | 1 safe | 1safe | 1 Safe. | 1 niko salama | 1 tupo kwa shule | safe | SAFE | saef | safee | im safe
I am safe | we are all safe thank God | niko salama | tuko salama sote | salama | slama | salma | nipo salama na familia yangu
i dont need help | sihitaji msaada | still safe
"""
NEED_HELP = """
Msaada! Maji yamefika dirishani
Help! Water is at the window
SAIDIA: mto umefurika, watoto wako juu ya paa
2 | 2. | 2 help | 2help | 2 need help | need help | I need help | nee help | help | HELP! | helpp | msaada | msada | masaada
nahitaji msaada | naomba msaada | nisaidie | tusaidie | SOS | save us | rescue me | not safe | siko salama | hatuko salama | unsafe
we are not safe | 2 tuko juu ya paa shule ya msingi | 2, we are at the school | please help us we are on the roof
tunahitaji msaada hapa shuleni | 1 need help | 2 safe | 1 2 | 1 safe 2 help | 1 but my neighbour needs help | 1 siko salama
"""
NEITHER = """
3 | 12 | 0 | ok | asante | menu | jambo | salamu | save | sale | safe water | maji salama | usalama | is the water safe
is it safe to drink the water | how do i help my goat | help me know how to plant maize | nisaidie jinsi ya kupanda mahindi
2 bags of fertilizer for 1 acre | 2 kg of maize | 1 acre of maize needs how many seeds | 2 how far apart | 1/2 | 2.5 kg | 1,000 shillings
2x+3 | what is 2 plus 2 | safe motherhood tips | mahali salama wakati wa mafuriko | no help | hakuna msaada | 1? |
"""


def table(rows: str) -> list[str]:
    return [text.strip() for line in rows.strip().splitlines() for text in line.split("|")]


@pytest.mark.parametrize("text", table(SAFE))
def test_safe(text: str) -> None:
    assert said(text) is RollAnswer.SAFE


@pytest.mark.parametrize("text", table(NEED_HELP))
def test_need_help(text: str) -> None:
    assert said(text) is RollAnswer.NEED_HELP


@pytest.mark.parametrize("text", table(NEITHER))
def test_neither(text: str) -> None:
    assert said(text) is None


@pytest.mark.parametrize(("text", "number"), [("1", 1), (" 2. ", 2), ("(1)", 1), ("1 safe", 0), ("3", 0), ("12", 0), ("", 0)])
def test_a_bare_digit(text: str, number: int) -> None:
    assert digit(text) == number


WORDS = st.lists(st.sampled_from(sorted(bag("i am we are safe not need help please the water school niko salama siko msaada wote 1 2 no"))))


@settings(max_examples=50, deadline=None)
@given(WORDS)
def test_whoever_asks_for_help_or_is_not_safe_is_never_called_safe(words: list[str]) -> None:
    for call in ("not safe", "siko salama"):
        assert said(" ".join([*words, call])) is not RollAnswer.SAFE
        assert said(" ".join([call, *words])) is not RollAnswer.SAFE
    assert said(" ".join(["i need help", *words])) is not RollAnswer.SAFE


def test_who_says_both_is_not_called_safe() -> None:
    assert said("i need help no need help") is RollAnswer.NEED_HELP
    assert said("i need help 1 1 1 1 1 no need help 1 1") is None


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_taken_calmly(text: str) -> None:
    said(text)
    digit(text)
