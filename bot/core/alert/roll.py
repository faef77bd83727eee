"""What a person says to a roll call ("1 safe, 2 need help"): digits, words and slips of a finger, in English and Swahili.

Any sign of need wins over any sign of safety: a call for help too many is looked at by a person, one too few is not. And nobody is
called safe who did not say so in so many words.
"""

import re
from collections.abc import Sequence

from bot.core.alert.notice import RollAnswer
from bot.core.keywords import slipped
from bot.core.lexicon import bag
from bot.core.words import tokens

ROLL_S = 48 * 3600.0  # an answer counts so long after the roll call
CALLED_S = 6 * 3600.0  # so long HELP alone is a call for help, also from who has answered already

_SAFE = ("safe", "salama")
_HELP = ("help", "msaada", "saidia", "nisaidie", "tusaidie", "rescue", "okoa", "niokoe", "tuokoe", "sos")
# Whole words one slip away from ours that mean something else.
_OTHERS = bag("save sale same self salam salamu salaam heap held kelp hello heal")
# What may stand beside "safe" in a message that says no more than that.
_BESIDE_SAFE = bag(
    """
    i am im we are all is iam everyone everybody family my our and the at in home here now thanks thank you god ok okay fine good well
    still yes both children kids husband wife mother father mum mom very so far please with me us too
    niko tuko nipo tupo ni mimi sisi wote sote na familia yangu yetu watoto nyumbani hapa sana asante mungu kabisa ndio ndiyo sasa bado
    shukrani sawa poa pia mzima wazima
    """
)
_ASKS_HELP = re.compile(
    r"""\b(?:(?:needs?|want|require)\ (?:some\ |urgent\ |your\ )?(?:help|rescue|assistance) | (?:help|save|rescue)\ (?:me|us)
    | (?:na|nina|tuna|ana|wana)(?:hitaji|omba|taka)\ (?:msaada|kuokolewa) | (?:ni|tu)saidie(?:ni)? | (?:ni|tu)okoe(?:ni)?)\b""",
    re.VERBOSE,
)
_NOT_SAFE = re.compile(
    r"""\b(?:(?:not|isnt|arent|aint|never)\ (?:\w+\ )?safe | unsafe
    | (?:siko|hatuko|sipo|hatupo|si|sio|siyo|hayuko|hawako)\ salama | hakuna\ usalama)\b""",
    re.VERBOSE,
)
_NO_NEED = re.compile(r"\b(?:(?:dont|do not|no) need (?:any )?(?:help|rescue)|(?:si|hatu)hitaji msaada|no help needed)\b")
_ASKING = bag(
    """
    how what when where why which who can could should does jinsi namna vipi nini lini wapi gani ngapi je kwanini nifanyeje tufanyeje aje
    """
)
# A number before one of these is an amount: "2 bags of fertilizer".
_UNITS = bag(
    """
    kg kgs kilo kilos g gram grams l litre litres liter liters ml acre acres ekari heka hectare bag bags gunia magunia mfuko mifuko day days
    week weeks month months year years hour hours minute minutes siku wiki mwezi miezi mwaka miaka saa dakika km m mita metre metres meter
    cm inch feet x times mara percent asilimia ksh kes tsh sh shillings shilingi bob k am pm st nd rd th plus minus
    """
)
_POLITE = bag("please pls now tafadhali naomba sasa jamani asap urgent urgently haraka")
_CALLING = bag("need nahitaji ninahitaji tunahitaji naomba tunaomba nataka tunataka nee ned want me us mimi sisi")
_DIGIT = re.compile(r"\s*[#(\[]?0?([12])(?![\w/]|[.,]\d)[\s.,:;)\]!\-]*(.*)", re.DOTALL)
_CRIED = re.compile(r"\s*([a-z]+)\s*[!,.:-]+\s*\w", re.IGNORECASE)  # "Help! Water is at the window"
_JOINED = re.compile(r"\s*([12])([a-z]{3,}.*)", re.DOTALL | re.IGNORECASE)  # "1safe"
_LONGEST = 12  # words: more is a story, which only a digit or a plain call for help makes an answer


def is_question(text: str) -> bool:
    """Whether `text` asks something."""
    return "?" in text or not _ASKING.isdisjoint(tokens(text))


def digit(text: str) -> int:
    """The bare 1 or 2 that `text` is, 0 where it is more or something else: in an open menu a digit is a choice."""
    found = _DIGIT.fullmatch(text)
    return int(found[1]) if found is not None and not found[2] else 0


def said(text: str) -> RollAnswer | None:
    """What `text` says to a roll call, None where it is about something else. Whether one waits is for the caller to know."""
    found = _DIGIT.fullmatch(text) or _JOINED.fullmatch(text)
    number, rest = (found[1], found[2]) if found else ("", text)
    typed = tokens(rest)
    if is_question(rest) or (number and typed and typed[0] in _UNITS):
        return None
    cried = _CRIED.match(rest)
    if number == "2" or (number and "2" in typed) or (cried and _near(cried[1].lower(), _HELP)) or _needs(typed):
        return RollAnswer.NEED_HELP
    return RollAnswer.SAFE if number or _is_safe(typed) else None


def _needs(typed: Sequence[str]) -> bool:
    """Whether the words call for help, or say that it is not safe."""
    plain = _NO_NEED.sub("", " ".join(typed))
    if _NOT_SAFE.search(plain) or (_ASKS_HELP.search(plain) and len(typed) <= _LONGEST):
        return True
    kept = [word for word in plain.split() if word not in _POLITE]
    return len(kept) <= 2 and any(_near(w, _HELP) for w in kept) and all(_near(w, _HELP) or w in _CALLING for w in kept)


def _is_safe(typed: Sequence[str]) -> bool:
    """Whether the words say that the person is safe, and nothing besides."""
    plain, unneeded = _NO_NEED.subn("", " ".join(typed))
    if unneeded:
        return not _ASKS_HELP.search(plain)  # in a long story somebody may ask for it all the same
    safe = [word for word in typed if _near(word, _SAFE)]
    return bool(safe) and all(w in safe or w in _BESIDE_SAFE for w in typed)


def _near(word: str, of: Sequence[str]) -> bool:
    """Whether `word` is one of those, or one slip away from one."""
    return word in of or (word not in _OTHERS and len(word) >= 4 and any(slipped(one, word) for one in of if len(one) >= 4))
