"""What a text costs, against the standard's tables and an independent segmenter."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.text import Alphabet, Cost, is_gsm7, measure, segments
from bot.core.text.gsm7 import BASIC, EXTENSION
from bot.core.types import Limits

VECTORS = Path(__file__).resolve().parents[3].parent / "shared" / "vectors"
SMS = Limits()
CHAT = Limits(gsm7=False, units=100)
NAMES = {"GSM-7": Alphabet.GSM7, "UCS-2": Alphabet.UCS2}


@pytest.mark.parametrize(
    ("text", "cost", "parts"),
    [
        pytest.param("", Cost(Alphabet.GSM7, 0, 1), (0,), id="empty-is-one-part"),
        pytest.param("a" * 160, Cost(Alphabet.GSM7, 160, 1), (160,), id="full"),
        pytest.param("a" * 161, Cost(Alphabet.GSM7, 161, 2), (153, 8), id="one-more"),
        pytest.param("é" * 160, Cost(Alphabet.GSM7, 160, 1), (160,), id="bytes-are-not-characters"),
        pytest.param("€" * 80, Cost(Alphabet.GSM7, 160, 1), (160,), id="extension-costs-two"),
        pytest.param("a" * 152 + "€" * 5, Cost(Alphabet.GSM7, 162, 2), (152, 10), id="an-escape-pair-does-not-straddle"),
        pytest.param("ç", Cost(Alphabet.UCS2, 1, 1), (1,), id="small-c-cedilla-is-not-gsm"),
        pytest.param("Ç", Cost(Alphabet.GSM7, 1, 1), (1,), id="capital-c-cedilla-is"),
        pytest.param("a" * 69 + "’", Cost(Alphabet.UCS2, 70, 1), (70,), id="ucs2-full"),
        pytest.param("a" * 70 + "’", Cost(Alphabet.UCS2, 71, 2), (67, 4), id="ucs2-one-more"),
        pytest.param("’" + "a" * 65 + "😀" * 3, Cost(Alphabet.UCS2, 72, 2), (66, 6), id="a-surrogate-pair-does-not-straddle"),
        pytest.param("’" + "€" * 69, Cost(Alphabet.UCS2, 70, 1), (70,), id="extension-costs-one-in-ucs2"),
    ],
)
def test_sms(text: str, cost: Cost, parts: tuple[int, ...]) -> None:
    assert measure(text, SMS) == cost
    assert segments(text, SMS) == parts


def test_a_channel_without_gsm7_counts_utf16_units_and_loses_none_to_headers() -> None:
    assert measure("’" * 99, CHAT) == Cost(Alphabet.PLAIN, 99, 1)
    assert segments("a" * 99 + "😀" * 2, CHAT) == (99, 4)


def test_the_tables_are_the_standards() -> None:
    assert len(BASIC) == 127  # 128 codes less the escape
    assert len(EXTENSION) == 10
    assert not BASIC & EXTENSION
    assert is_gsm7("@£ΔÆ€{}")
    assert not is_gsm7("`")


@given(st.text(st.sampled_from("ab €{’ç😀ሰ"), max_size=400), st.sampled_from([SMS, CHAT, Limits(units=182, ucs2_units=80)]))
def test_parts_hold_every_unit_and_are_as_full_as_they_can_be(text: str, limits: Limits) -> None:
    cost, parts = measure(text, limits), segments(text, limits)
    assert (sum(parts), len(parts)) == (cost.units, cost.parts)
    room = {Alphabet.GSM7: limits.units_joined, Alphabet.UCS2: limits.ucs2_joined, Alphabet.PLAIN: limits.units}[cost.alphabet]
    if len(parts) > 1:
        assert all(room - 1 <= part <= room for part in parts[:-1])  # at most one unit is left, before a pair
        assert 0 < parts[-1] <= room


def _vectors() -> list[Any]:
    path = VECTORS / "segments.json"
    found = json.loads(path.read_text(encoding="utf-8"))["vectors"] if path.exists() else []
    return [pytest.param(vector, id=vector["id"]) for vector in found]


@pytest.mark.parametrize("vector", _vectors())
def test_an_independent_segmenter_agrees(vector: dict[str, Any]) -> None:
    """Where `agrees` is false that segmenter keeps whole clusters together, and its alt_ fields hold the rule of phones: ours.

    Where it folded by itself first (smart_encoding), what it sent is measured, not what it was given."""
    text = "".join(vector["segment_texts"]) if vector["smart_encoding"] else vector["text"]
    expected = vector["segment_units"] if vector["agrees"] else vector["alt_segment_units"]
    assert measure(text, SMS) == Cost(NAMES[vector["encoding"]], sum(expected), len(expected))
    assert segments(text, SMS) == tuple(expected)


@pytest.mark.parametrize("path", [path for path in [VECTORS / "gsm0338.json"] if path.exists()], ids=["gsm0338"])
def test_an_independent_table_agrees(path: Path) -> None:
    table = json.loads(path.read_text(encoding="utf-8"))
    assert set(table["basic"].values()) == BASIC
    assert set(table["extension"].values()) == EXTENSION
