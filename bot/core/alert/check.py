"""What a text of an alert may not hold, and what it should not lack. The same for what a template made and for what a person wrote."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.core.alert.broadcast import Broadcast, Mode
from bot.core.alert.cap import MsgType, ResponseType
from bot.core.alert.words import AlertWords
from bot.core.language import detect
from bot.core.text import fold, is_gsm7
from bot.core.types import Lang

# Without a path only endings that are no word of ours: "Leave now.Go up" is a forgotten blank.
_ENDINGS = "com|org|net|int|edu|info|biz|io|ly|co|xyz|gov|ke|tz|ug|rw|mw|mz|za|ng|gh|sd|ss"
_LINK = re.compile(
    rf"(?:https?://|www\.)([^\s/]+)\S*|\b((?:[a-z0-9-]+\.)+(?:{_ENDINGS}))\b(?:/\S*)?|\b((?:[a-z0-9-]+\.)+[a-z]{{2,24}})/\S+", re.IGNORECASE
)
_CLOSING = ".,;:!?)"
_TIME = re.compile(r"\b\d{1,2}(?:[:.]\d{2})? ?(?:am|pm)\b|\b\d{1,2}:\d{2}\b|\bsaa \d{1,2}\b|\bnoon\b|\bmidnight\b", re.IGNORECASE)


class Missing(StrEnum):
    """What a text should say or not say. Shown to author and approver, never a refusal: people write what no list foresees."""

    SOURCE = "source"
    HAZARD = "hazard"
    PLACE = "place"
    TIME = "time"
    LANGUAGE = "language"  # it reads like another language
    ALL_CLEAR = "all_clear"  # it says that the danger is over, and the broadcast is no all-clear
    ROLL_CALL = "roll_call"  # answers are counted, and it does not ask for any
    EXERCISE = "exercise"  # a live text that speaks of an exercise or a test somewhere


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text cannot go out: a word of draft.Reason, and what of the text it is about."""

    what: str
    detail: str = ""


def faults(body: str, words: AlertWords, *, live: bool, links: Collection[str] = ()) -> Fault | None:
    """The first thing that `body`, a folded text without the prefix of an exercise, may not hold. `links`: hosts that it may name."""
    if not is_gsm7(body):
        return Fault("alphabet", " ".join(char for char in dict.fromkeys(body) if not is_gsm7(char)))
    if live and words.starts_as_test(body):
        return Fault("prefix")
    for found in _LINK.finditer(body):
        host = (found[1] or found[2] or found[3]).casefold().split("@")[-1].split(":")[0].rstrip(_CLOSING)
        if not any(host == own or host.endswith(f".{own}") for own in links):
            return Fault("link", found[0].rstrip(_CLOSING))
    return None


def missing(text: str, broadcast: Broadcast, words: AlertWords, lang: Lang) -> Sequence[Missing]:
    """What `text` lacks or should not say, as far as words show."""
    return [what for what, lacks in _LACKS.items() if lacks(text, broadcast, words, lang)]


def _source(text: str, broadcast: Broadcast, words: AlertWords, lang: Lang) -> bool:
    source = fold(broadcast.source).strip().casefold()
    return not source or source not in text.casefold()


def _hazard(text: str, broadcast: Broadcast, words: AlertWords, lang: Lang) -> bool:
    return not words.names_hazard(text, broadcast.hazard, lang)


def _place(text: str, broadcast: Broadcast, words: AlertWords, lang: Lang) -> bool:
    names = [name.strip() for name in fold(broadcast.slots.get(f"place.{lang}", "")).split(";") if name.strip()]
    return not any(_first(name) in text.casefold() for name in names)


def _first(name: str) -> str:
    """What people call it for short: "garissa" of "Garissa County"; the whole name where that is no word to go by."""
    first = name.casefold().split()[0]
    return first if len(first) >= 4 else name.casefold()


def _time(text: str, broadcast: Broadcast, words: AlertWords, lang: Lang) -> bool:
    return not _TIME.search(text)


def _language(text: str, broadcast: Broadcast, words: AlertWords, lang: Lang) -> bool:
    return detect(text, default=lang) is not lang


def _all_clear(text: str, broadcast: Broadcast, words: AlertWords, lang: Lang) -> bool:
    meant = broadcast.response is ResponseType.ALL_CLEAR or broadcast.msg_type is MsgType.CANCEL
    return not meant and words.all_clear(text)


def _roll_call(text: str, broadcast: Broadcast, words: AlertWords, lang: Lang) -> bool:
    return broadcast.roll_call and broadcast.msg_type is not MsgType.CANCEL and not re.search(r"\b1\b.*\b2\b", text)


def _exercise(text: str, broadcast: Broadcast, words: AlertWords, lang: Lang) -> bool:
    return broadcast.mode is Mode.LIVE and words.speaks_of_tests(text)


_LACKS = {
    Missing.SOURCE: _source,
    Missing.HAZARD: _hazard,
    Missing.PLACE: _place,
    Missing.TIME: _time,
    Missing.LANGUAGE: _language,
    Missing.ALL_CLEAR: _all_clear,
    Missing.ROLL_CALL: _roll_call,
    Missing.EXERCISE: _exercise,
}
