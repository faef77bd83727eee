"""Reads skills/alert-templates/: hazards.toml, actions.toml, phrases.toml. What alerts are made of, checked before any is sent."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from bot.core.alert.cap import Category, ResponseType, Severity
from bot.core.alert.words import Action, AlertWords, Hazard, Phrases
from bot.core.errors import BadText
from bot.core.text import measure
from bot.core.types import Lang
from skills.alert_rules import check_actions, check_hazards, check_phrases
from skills.fact_rules import REVIEW_YEARS, to_date
from skills.problems import Problems
from skills.room import SMS, foreign
from skills.templates import check_template
from skills.toml_file import Key, TomlFile

FOLDER = "alert-templates"
HAZARD = ("id", "category", "usual", "kin", "names", "asks", "events", "codes")
ACTION = ("hazard", "response", *Lang, "source", "reviewed")
TEMPLATES: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("exercise", "update", "join", "roll_call", "more_one"), ()),
    **dict.fromkeys(("false_alarm", "withdrawn"), ("hazard", "sent")),
    **dict.fromkeys(("false_alarm_at", "withdrawn_at"), ("hazard", "place", "sent")),
    "ended": ("hazard",),
    "until": ("end",),
    "between": ("start", "end"),
    "since": ("start",),
    "more": ("n",),
}
LISTS = ("tests", "all_clear", "imperatives")
NAME, ACTION_UNITS = 20, 60  # septets

_E = TypeVar("_E", bound=StrEnum)


def load(root: Path) -> AlertWords:
    """The alerts' words in the folder `root` of skills. Raises the first BadText, by file and line."""
    problems = Problems(root)
    words = read_alert_words(root, problems)
    for problem in problems:
        raise problem
    return words


def check(root: Path) -> Sequence[BadText]:
    """Everything that is wrong with them, by file and line."""
    problems = Problems(root)
    read_alert_words(root, problems)
    return problems.ordered()


def read_alert_words(root: Path, problems: Problems) -> AlertWords:
    """The words; what is not as it must be becomes a problem."""
    folder = root / FOLDER
    hazards, phrases, actions = (TomlFile(folder / f"{name}.toml", problems) for name in ("hazards", "phrases", "actions"))
    words = AlertWords(_hazards(hazards), _actions(actions), _phrases(phrases))
    check_hazards(hazards, words)
    check_actions(actions, words)
    check_phrases(phrases, words)
    return words


def check_age(root: Path, today: date, problems: Problems) -> None:
    """Actions that nobody looked at for years. Nothing else that may be wrong with the file."""
    path = root / FOLDER / "actions.toml"
    if not path.exists():
        return
    file = TomlFile(path, Problems(root))
    for key in file.tables("action", ACTION):
        reviewed = to_date(str(file.get((*key, "reviewed"))))
        if reviewed is not None and reviewed > today:
            problems.add(
                file.path, file.line((*key, "reviewed")), f"reviewed {reviewed} is in the future", "Write the day of the last review."
            )
        elif reviewed is not None and (today - reviewed).days > REVIEW_YEARS * 365.25:
            what = f"reviewed {reviewed}: more than {REVIEW_YEARS} years ago"
            problems.add(file.path, file.line((*key, "reviewed")), what, "Compare the action with its source and write the new date.")


def _hazards(file: TomlFile) -> Sequence[Hazard]:
    file.only((), ("hazard",))
    return tuple(_hazard(file, key) for key in file.tables("hazard", HAZARD))


def _hazard(file: TomlFile, key: Key) -> Hazard:
    names = file.texts((*key, "names"))
    for lang, name in names.items():
        _check_text(file, (*key, "names"), name, NAME, f"the name in {lang}")
    file.only((*key, "asks"), list(Lang))
    return Hazard(
        id=file.text((*key, "id")),
        category=_one_of(file, (*key, "category"), Category, Category.OTHER),
        names=names,
        asks={lang: file.words((*key, "asks", lang.value)) for lang in Lang},
        events=_optional_words(file, (*key, "events")),
        codes=_optional_words(file, (*key, "codes")),
        usual=_one_of(file, (*key, "usual"), ResponseType, ResponseType.MONITOR),
        kin=file.text((*key, "kin")) if file.get((*key, "kin")) is not None else "",
    )


def _actions(file: TomlFile) -> Sequence[Action]:
    file.only((), ("action",))
    return tuple(_action(file, key) for key in file.tables("action", ACTION))


def _action(file: TomlFile, key: Key) -> Action:
    texts = {lang: file.text((*key, lang.value)) for lang in Lang}
    for lang, text in texts.items():
        _check_text(file, (*key, lang.value), text, ACTION_UNITS, "the action")
    reviewed = file.text((*key, "reviewed"))
    if reviewed and to_date(reviewed) is None:
        file.bad((*key, "reviewed"), f"reviewed {reviewed!r} is not a date", "Write year-month-day, as in 2026-01-31.")
    return Action(
        hazard=file.text((*key, "hazard")),
        response=_one_of(file, (*key, "response"), ResponseType, ResponseType.MONITOR),
        texts=texts,
        source=file.text((*key, "source")),
        reviewed=reviewed,
    )


def _phrases(file: TomlFile) -> Mapping[Lang, Phrases]:
    file.only((), list(Lang))
    return {lang: _in_one_language(file, lang.value) for lang in Lang}


def _in_one_language(file: TomlFile, lang: str) -> Phrases:
    file.only((lang,), (*TEMPLATES, *LISTS, "levels"))
    file.only((lang, "levels"), list(Severity))
    texts = {name: _template(file, (lang, name), names) for name, names in TEMPLATES.items()}
    levels = {severity: _template(file, (lang, "levels", severity.value), ("hazard",)) for severity in Severity}
    tests, all_clear, imperatives = (file.words((lang, name)) for name in LISTS)
    return Phrases(**texts, levels=levels, tests=tests, all_clear=all_clear, imperatives=imperatives)


def _template(file: TomlFile, key: Key, names: Sequence[str]) -> str:
    """The template at `key`, which has to use all of `names` and no other; "" where it cannot be filled."""
    text = file.text(key)
    wrong = [*check_template(text, names)]
    wrong += [(f"the placeholder ${name} is missing", f"Say where ${name} goes.") for name in names if text and f"${name}" not in text]
    if strange := foreign(text):
        wrong.append((f"characters that plain SMS lacks: {' '.join(strange)}", "Use plain quotes, hyphens and letters."))
    for what, remedy in wrong:
        file.bad(key, f"{key[-1]}: {what}", remedy)
    return "" if wrong else text


def _check_text(file: TomlFile, key: Key, text: str, room: int, what: str) -> None:
    if strange := foreign(text):
        file.bad(key, f"{what} has characters that plain SMS lacks: {' '.join(strange)}", "Use plain quotes, hyphens and letters.")
    elif (units := measure(text, SMS).units) > room:
        file.bad(key, f"{what} has {units} characters", f"Shorten it to {room}: an alert has to fit one SMS.")


def _one_of(file: TomlFile, key: Key, kind: type[_E], otherwise: _E) -> _E:
    value = file.text(key)
    try:
        return kind(value)
    except ValueError:
        if value:
            file.bad(key, f"{key[-1]} {value!r} is none of CAP's", f"Write one of: {', '.join(kind)}.")
        return otherwise


def _optional_words(file: TomlFile, key: Key) -> Sequence[str]:
    return file.words(key) if file.get(key) is not None else ()
