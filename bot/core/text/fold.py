"""Folding: the same words in the GSM-7 alphabet, so that one stray quote or dash does not halve what an SMS holds."""

import re
import unicodedata

from bot.core.text.gsm7 import BASIC, EXTENSION, is_gsm7

_BREAKS = re.compile("\r\n|[\r\n\v\f\x85\u2028\u2029]")
_JOINERS = frozenset("\u200c\u200d\u200e\u200f\u061c")  # they shape Arabic, Indic scripts and emoji: kept where the script is
_PICTURE = "\0"  # stands for a dropped picture until its spaces are mended; no control character is left by then


def _table(*rows: tuple[str, str]) -> dict[int, str]:
    return {ord(char): likeness for chars, likeness in rows for char in chars}


# What Unicode's own decomposition does not give, or gives wrongly. Anything in neither stays as it is.
_TABLE = _table(
    # punctuation
    ("‘’‚‛′‵ʹʻʼʽʾʿˈˊˋ´`‹›❛❜", "'"),
    ("“”„‟″‶«»❝❞〝〞〃", '"'),
    ("‐‑‒–—―−⁃﹘﹣⸺⸻", "-"),
    ("•‣◦·∙⋅●○▪▫■□◆◇▶►▸➤➢★☆✦✱✳❖", "-"),
    ("†‡∗⁎", "*"),
    ("…⋯", "..."),
    ("⁄∕", "/"),
    ("¦∣", "|"),
    ("¶", "§"),
    ("⁏", ";"),
    ("、", ","),
    ("。", "."),
    # arrows and marks
    ("→➔➙➜➝➞⟶➡▷", "->"),
    ("←⟵⬅", "<-"),
    ("↔⟷", "<->"),
    ("⇒⟹", "=>"),
    ("↑⬆", "up"),
    ("↓⬇", "down"),
    ("✓✔✅☑", "OK"),
    ("✗✘❌❎☒✕✖", "X"),
    # sums
    ("×⨯", "x"),
    ("÷", "/"),
    ("±", "+/-"),
    ("≤⩽", "<="),
    ("≥⩾", ">="),
    ("≠", "not ="),
    ("≈∼", "~"),
    ("µμ", "u"),
    ("‰", " per 1000"),
    ("©", "(c)"),
    ("®", "(R)"),
    ("™", ""),
    # money, as people write it on a phone
    ("₦", "N"),
    ("₵¢", "C"),
    ("₹₨", "Rs"),
    # letters that are not a letter plus a mark: Hausa, Ewe, Twi, Wolof, French, European names
    ("ɓ", "b"),
    ("Ɓ", "B"),
    ("ɗɖđð", "d"),
    ("ƊƉĐÐ", "D"),
    ("ƙ", "k"),
    ("Ƙ", "K"),
    ("ƴ", "'y"),
    ("Ƴ", "'Y"),
    ("ɛǝə", "e"),
    ("ƐƎƏ", "E"),
    ("ɔ", "o"),
    ("Ɔ", "O"),
    ("ŋ", "ng"),
    ("Ŋ", "Ng"),
    ("ƒ", "f"),
    ("Ƒ", "F"),
    ("ɣ", "gh"),
    ("Ɣ", "Gh"),
    ("ʋ", "v"),
    ("Ʋ", "V"),
    ("ıɩ", "i"),
    ("Ɩ", "I"),
    ("ʊ", "u"),
    ("Ʊ", "U"),
    ("ɲ", "ny"),
    ("Ɲ", "Ny"),
    ("œ", "oe"),
    ("Œ", "OE"),
    ("ł", "l"),
    ("Ł", "L"),
    ("ħ", "h"),
    ("Ħ", "H"),
    ("þ", "th"),
    ("Þ", "Th"),
    ("ẞ", "SS"),
)


def fold(text: str) -> str:
    """`text` in NFC, without control characters (newlines stay) and, where that is possible, in GSM-7.

    Quotes, dashes, bullets, fractions, accents and hooked letters become their plain likeness, every other space one space;
    zero-width characters and pictures (emoji) go. GSM-7 characters stay as they are, and numbers keep their value: 1½ is
    "1 1/2" and 10² is "10^2". A text with even one character that has no likeness (Arabic, Amharic, Devanagari, ...) is left
    whole in its own letters, because half a fold would cost meaning and save nothing; so is one that is nothing but pictures.
    """
    whole = _clean(text)
    if is_gsm7(whole):
        return whole
    folded = _without_pictures("".join(map(_likeness, _spell_numbers(whole))))
    return folded if is_gsm7(folded) and folded.strip() else whole


def _clean(text: str) -> str:
    text = _BREAKS.sub("\n", unicodedata.normalize("NFC", text))
    return unicodedata.normalize("NFC", "".join(map(_tidy, text)))


def _tidy(char: str) -> str:
    if char == "\n" or char.isprintable() or char in _JOINERS:
        return char
    if char.isspace():
        return " "
    # private use and characters newer than this Python's tables may be letters: only control, format and surrogates go
    return char if unicodedata.category(char) in ("Co", "Cn") else ""


def _spell_numbers(text: str) -> str:
    """What needs its neighbours: a fraction or power after a digit, and degrees."""
    text = text.replace("℃", "°C").replace("℉", "°F")
    text = re.sub(r"(?<=\d)(?=[¼-¾⅐-⅞↉])", " ", text)
    text = re.sub(r"(?<=\d)(?=[⁰¹²³⁴-⁹⁻])", "^", text)
    text = re.sub(r" ?°(?=\w)", " deg ", text)
    return re.sub(r" ?°", " deg", text)


def _likeness(char: str) -> str:
    """`char` in GSM-7 characters, or itself where it has no likeness there."""
    if char in BASIC or char in EXTENSION:
        return char
    if ord(char) in _TABLE:
        return _TABLE[ord(char)]
    if char in _JOINERS or unicodedata.category(char) in ("Mn", "Me"):
        return ""
    letters = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
    letters = letters.translate(_TABLE)
    if is_gsm7(letters):
        return letters
    return _PICTURE if _is_picture(char) else char


def _is_picture(char: str) -> bool:
    return unicodedata.category(char) in ("So", "Sk") or 0x1F000 <= ord(char) < 0x20000


def _without_pictures(text: str) -> str:
    text = re.sub(rf"(?<=\w){_PICTURE}+(?=\w)", " ", text)
    return re.sub(rf"(?:^|(?<=\s)){_PICTURE}+ ?| ?{_PICTURE}+", "", text)
