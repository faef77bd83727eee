"""What must be true of the alerts' words together: every danger has its actions, no word means two dangers, and none says "it is over"."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.core.alert.cap import ResponseType
from bot.core.alert.when import told
from bot.core.alert.words import Action, AlertWords, Hazard, fill
from bot.core.text import measure
from bot.core.types import Lang
from skills.fact_rules import folded
from skills.room import SMS
from skills.toml_file import TomlFile

NEEDED = (ResponseType.PREPARE, ResponseType.MONITOR, ResponseType.ALL_CLEAR)  # for every danger; what is usual in it comes to them
MADE_FROM = {ResponseType.EXECUTE, ResponseType.ASSESS, ResponseType.NONE}  # of these nobody can write an action beforehand
_ID = re.compile(r"[a-z][a-z0-9-]*")
_LINK = re.compile(r"https?:|www\.", re.IGNORECASE)
# What an alert has to hold beside its action, at its plainest: a name of 10 letters, a place of 12, and the longest end time.
SOURCE, PLACE = "x" * 10, "x" * 12
_LONGEST = datetime(2026, 12, 23, 9, 30, tzinfo=UTC).timestamp()  # "23 Des saa 3:30 asubuhi"


def check_hazards(file: TomlFile, words: AlertWords) -> None:
    """Ids, kinds, codes and the words that name them."""
    ids: set[str] = set()
    codes: dict[str, str] = {}
    asks: dict[str, str] = {}
    for number, hazard in enumerate(words.hazards):
        key = ("hazard", number)
        if not _ID.fullmatch(hazard.id) or hazard.id in ids:
            file.bad((*key, "id"), f"the id {hazard.id!r} is taken or not a plain word", "Write another one, in small letters and hyphens.")
        ids.add(hazard.id)
        _check_kin(file, number, hazard, words)
        for code in hazard.codes:
            if ":" not in code or codes.setdefault(code.casefold(), hazard.id) != hazard.id:
                file.bad((*key, "codes"), f"the code {code!r} has no name or is another danger's", 'Write "name:value", each in one place.')
        for lang, phrases in hazard.asks.items():
            for phrase in (*phrases, hazard.names[lang]):
                other = asks.setdefault(f"{lang}:{folded(phrase)}", hazard.id)
                if other != hazard.id:
                    file.bad((*key, "asks"), f"{phrase!r} means {other} already", "Keep it in one place.")
        if hazard.usual is ResponseType.ALL_CLEAR:
            file.bad((*key, "usual"), "usual is AllClear", "Nothing is over because a message does not say what to do.")


def _check_kin(file: TomlFile, number: int, hazard: Hazard, words: AlertWords) -> None:
    kin = words.hazard(hazard.kin) if hazard.kin else None
    if hazard.kin and (kin is None or kin is hazard or kin.kin):
        file.bad(("hazard", number, "kin"), f"kin {hazard.kin!r} is no danger of its own", "Name one that is not itself a kind of another.")


def check_actions(file: TomlFile, words: AlertWords) -> None:
    """One action for each danger and response, and none that says more than it may."""
    seen: set[tuple[str, ResponseType]] = set()
    for number, action in enumerate(words.actions):
        key = ("action", number)
        if words.hazard(action.hazard) is None:
            file.bad((*key, "hazard"), f"there is no hazard {action.hazard!r}", "Name one of hazards.toml by its id.")
        if (action.hazard, action.response) in seen or action.response in MADE_FROM:
            file.bad(
                (*key, "response"), f"a second {action.response} for {action.hazard}, or none that is written beforehand", "Remove it."
            )
        seen.add((action.hazard, action.response))
        for lang in action.texts:
            _check_action(file, number, lang, words)
    for hazard in words.hazards:
        for response in (*NEEDED, hazard.usual):
            if words.hazards and (hazard.id, response) not in seen:
                seen.add((hazard.id, response))
                file.bad((), f"{hazard.id} has no action for {response}", "Write one.")


def _check_action(file: TomlFile, number: int, lang: Lang, words: AlertWords) -> None:
    key, action = ("action", number, lang.value), words.actions[number]
    text, hazard = action.texts[lang], words.hazard(action.hazard)
    if not text:
        return
    if not text.endswith((".", "!")):
        file.bad(key, "the action does not end like a sentence", "End it with a full stop.")
    if _LINK.search(text) or "$" in text:
        file.bad(key, "the action has a link or a placeholder", "Say it in words.")
    if action.response is not ResponseType.ALL_CLEAR and words.all_clear(text):
        file.bad(key, "the action says that the danger is over", "Only an AllClear may.")
    if hazard is not None and (over := _plainest(words, hazard, action, lang) - SMS.units) > 0:
        file.bad(key, f"with a short source and place the alert is {over} characters too long", "Shorten the action or the hazard's name.")


def _plainest(words: AlertWords, hazard: Hazard, action: Action, lang: Lang) -> int:
    """Units of the shortest alert with that action; with a roll call, unless the danger is over."""
    phrases = words.phrases[lang]
    name = hazard.names[lang].upper()
    when = told(_LONGEST, UTC, lang, weekday=False)
    if action.response is ResponseType.ALL_CLEAR:
        head, time, roll_call = fill(phrases.ended, hazard=name), fill(phrases.since, start=when), ""
    else:
        head, time, roll_call = name, fill(phrases.until, end=when), f". {phrases.roll_call}"
    return measure(f"{SOURCE}: {head}, {PLACE}. {action.texts[lang]} {time}{roll_call}", SMS).units


def check_phrases(file: TomlFile, words: AlertWords) -> None:
    """What marks an exercise is short, looks like nothing else, and no level word says that it is over."""
    for lang, phrases in words.phrases.items():
        if phrases.exercise and phrases.exercise.casefold().split()[0] not in phrases.tests:
            remedy = f"Let it start with a word of tests: {_some(phrases.tests)}."
            file.bad((lang.value, "exercise"), "the prefix is not known as one", remedy)
        for name, text in (("update", phrases.update), ("roll_call", phrases.roll_call), ("until", phrases.until)):
            if words.starts_as_test(text) or words.all_clear(text):
                file.bad((lang.value, name), f"{name} reads like an exercise or an all-clear", "Use other words.")
        for severity, level in phrases.levels.items():
            if words.all_clear(level):
                file.bad((lang.value, "levels", severity.value), "the level says that the danger is over", "Use other words.")
        if phrases.ended and not words.all_clear(phrases.ended):
            file.bad((lang.value, "ended"), "ended is not known as an all-clear", f"Use words of all_clear: {_some(phrases.all_clear)}.")


def _some(words: Sequence[str]) -> str:
    return ", ".join(words[:4])
