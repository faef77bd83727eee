"""The octets of the GSM 7-bit alphabet, against the standard's own places and the core's table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.text.gsm7 import BASIC, EXTENSION
from channels import _gsm7


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        pytest.param("", b"", id="nothing"),
        pytest.param("Habari 123", b"Habari 123", id="letters-are-ascii"),
        pytest.param("@£$¥", bytes([0, 1, 2, 3]), id="first-row"),
        pytest.param("Ç", bytes([9]), id="capital-c-cedilla"),
        pytest.param("¡¿", bytes([0x40, 0x60]), id="spanish"),
        pytest.param("àñ", bytes([0x7F, 0x7D]), id="last-row"),
        pytest.param("€[]", bytes([0x1B, 0x65, 0x1B, 0x3C, 0x1B, 0x3E]), id="escaped"),
    ],
)
def test_places(text: str, octets: bytes) -> None:
    assert _gsm7.encode(text) == octets
    assert _gsm7.decode(octets) == text


def test_holds_exactly_the_alphabet_that_the_core_counts() -> None:
    assert set(_gsm7._CODES) == BASIC | EXTENSION


@given(st.binary())
def test_reads_anything(raw: bytes) -> None:
    """One character at most for each octet, whatever comes."""
    assert len(_gsm7.decode(raw)) <= len(raw)


@pytest.mark.parametrize("char", ["ç", "`", "\u1e63", "\x1b", "\u2019"])
def test_refuses_what_is_not_in_it(char: str) -> None:
    with pytest.raises(KeyError):
        _gsm7.encode(char)
