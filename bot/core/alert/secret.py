"""What people and programs prove themselves with: how it is made, kept and read."""

import secrets
from hashlib import sha256

from bot.core.refusal import Declined

KEY_PREFIX = "ujk_"  # by which a leaked key is recognised
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 256  # hashing what is longer only costs
_CODE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # base 32: no 0, 1, 8 or 9 to mistake for a letter
_KNOWN = ("password", "nenosiri", "123456", "qwerty", "ujumbe", "letmein", "admin", "abcdef")


def hashed(secret: str) -> str:
    """As tokens, codes and keys are kept: they are random, so a plain hash keeps them."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def new_code() -> str:
    """A set-up code: 80 bits, in groups of four that can be read out on the telephone."""
    letters = [secrets.choice(_CODE_LETTERS) for _ in range(16)]
    return "-".join("".join(letters[at : at + 4]) for at in range(0, 16, 4))


def plain_code(code: str) -> str:
    """A set-up code as it is hashed, however it was typed."""
    return "".join(c for c in code.upper() if c.isalnum()).translate(str.maketrans("0189", "OIBG"))


def label_of(label: str) -> str:
    """A key's name in lists. Raises Declined."""
    text = " ".join("".join(c if c.isprintable() else " " for c in label).split())
    if not 1 <= len(text) <= 40:
        raise Declined("key_label_bad")
    return text


def check_password(password: str, name: str) -> None:
    """Raises Declined for one that is guessed first: short, made of the name, of few letters, of what everybody takes."""
    plain = password.casefold()
    if len(password) < SHORTEST_PASSWORD:
        raise Declined("password_short", least=SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        raise Declined("password_long", most=LONGEST_PASSWORD)
    rest = plain.replace(name.casefold(), "")
    for known in _KNOWN:
        rest = rest.replace(known, "")
    if len(set(rest)) < 5 or len(rest) < SHORTEST_PASSWORD // 2:
        raise Declined("password_easy")
