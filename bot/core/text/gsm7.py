"""What a text costs on the air: the GSM 7-bit alphabet (3GPP TS 23.038), UCS-2, and the parts of a concatenated SMS."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bot.core.types import Limits


class Alphabet(StrEnum):
    """How a text travels."""

    GSM7 = "gsm7"  # one septet a character, two for the extension table
    UCS2 = "ucs2"  # UTF-16 units
    PLAIN = "plain"  # not SMS: any character, counted in UTF-16 units


# In the order of the standard (table 6.2.1.1), without 0x1B, which opens the extension table.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class Cost:
    """`units` in all (septets, or UTF-16 units), without headers, and the number of concatenated `parts` they fill."""

    alphabet: Alphabet
    units: int
    parts: int


def is_gsm7(text: str) -> bool:
    """Whether every character of `text` is in the basic or the extension table."""
    return BASIC.issuperset(text) or (BASIC | EXTENSION).issuperset(text)


def septets(char: str) -> int:
    """Septets of one GSM-7 character: 2 in the extension table (escape and code), else 1."""
    return 2 if char in EXTENSION else 1


def utf16_units(char: str) -> int:
    """UTF-16 units of one character: 2 (a surrogate pair) outside the basic plane, else 1."""
    return 2 if ord(char) > 0xFFFF else 1


def alphabet(text: str, limits: Limits) -> Alphabet:
    """The alphabet that `text` travels in, as it stands: one character outside GSM-7 turns the whole message to UCS-2."""
    if not limits.gsm7:
        return Alphabet.PLAIN
    return Alphabet.GSM7 if is_gsm7(text) else Alphabet.UCS2


def weigher(alphabet: Alphabet) -> Callable[[str], int]:
    """The function that counts the units of one character."""
    return septets if alphabet is Alphabet.GSM7 else utf16_units


def single(alphabet: Alphabet, limits: Limits) -> int:
    """Units of a message that is one part."""
    return limits.ucs2_units if alphabet is Alphabet.UCS2 else limits.units


def joined(alphabet: Alphabet, limits: Limits) -> int:
    """Units of each part where there are several. PLAIN carries no header, so nothing is lost there."""
    return {Alphabet.GSM7: limits.units_joined, Alphabet.UCS2: limits.ucs2_joined, Alphabet.PLAIN: limits.units}[alphabet]


def segments(text: str, limits: Limits) -> tuple[int, ...]:
    """Units of each part, were `text` sent as one concatenated message.

    Filled greedily by character, so that no escape pair and no surrogate pair straddles two parts: the rule of phones and
    message centres. It does not keep larger clusters (flags, families, Indic syllables) together; `fit` does. "" is one part.
    """
    kind = alphabet(text, limits)
    weights = list(map(weigher(kind), text))
    if sum(weights) <= single(kind, limits):
        return (sum(weights),)
    room, parts = joined(kind, limits), [0]
    for weight in weights:
        if parts[-1] + weight > room:
            parts.append(0)
        parts[-1] += weight
    return tuple(parts)


def measure(text: str, limits: Limits) -> Cost:
    """What `text` costs exactly as it stands (nothing is folded) as one message, concatenated where it must be: see `segments`."""
    parts = segments(text, limits)
    return Cost(alphabet(text, limits), sum(parts), len(parts))
