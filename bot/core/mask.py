"""Takes out of a question what could name or harm its sender, before it leaves the house: numbers, addresses, secrets.

Names that people write in words stay: no rule finds them. What is taken out is seldom what the answer hangs on.
"""

import re
import unicodedata

_PIN = 4  # so many digits in one run, or one by one, may be a PIN
_PHONE = 7  # so many in groups may be a phone number or an id: "17-17-17" and "75 by 25" stay
_CODE = 8  # so long a word with letters and several digits is a transaction or an account

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]{1,64}@\w[\w.-]*")
_WORD = re.compile(rf"\w{{{_CODE},}}")
_DIGITS = re.compile(r"\+?\d(?:(?:[ .\-/_()]{1,3}|,)?\d)*")
_SPELT = "zero|one|two|three|four|five|six|seven|eight|nine|sifuri|moja|mbili|tatu|nne|tano|sita|saba|nane|tisa"
_SPOKEN = re.compile(rf"\b(?:{_SPELT})(?:[\s,.-]+(?:{_SPELT})){{{_PIN - 1},}}\b", re.IGNORECASE)


def masked(text: str) -> str:
    """`text` without links, e-mail addresses, phone numbers, PINs, ids and codes: "[number]" and the like stand for them."""
    shown = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")  # no digit hides behind these
    for pattern, mark in ((_LINK, "[link]"), (_MAIL, "[address]"), (_SPOKEN, "[number]")):
        shown = pattern.sub(mark, shown)
    return _DIGITS.sub(_number, _WORD.sub(_code, shown))


def _code(found: re.Match[str]) -> str:
    word = found[0]
    digits, letters = sum(map(str.isdigit, word)), sum(map(str.isalpha, word))
    return "[code]" if digits > 1 and letters > 1 else word


def _number(found: re.Match[str]) -> str:
    runs = re.findall(r"\d+", found[0])
    digits = sum(map(len, runs))
    secret = max(map(len, runs)) >= _PIN or digits >= _PHONE or (digits >= _PIN and digits == len(runs))
    return "[number]" if secret else found[0]
