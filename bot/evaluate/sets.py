"""The questions: the skills' own cases, or files with one JSON object a line."""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.core.errors import BadSetting
from bot.core.types import Lang, Library

OFF_TOPIC = ""  # the skill of what we must refuse, and the fact of it
# What sets that others made call our skills.
THEIR_NAMES: Mapping[str, str] = {
    "crop": "crop-advice",
    "finance": "financial-literacy",
    "disaster": "disaster-alerts",
    "offtopic": OFF_TOPIC,
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what is known of its answer. `skill` and `fact`: "" where there is none and we must refuse, None where nobody says.

    `off_topic`: it is near nothing that we know, too; what must be refused may still be of a skill's topic."""

    text: str
    lang: Lang
    skill: str | None
    fact: str | None
    must: Sequence[str] = ()  # what a useful reply holds, each in one of the wordings that "|" stands between
    place: str = ""  # where it was read
    emergency: Sequence[str] | None = None  # ids of the emergencies whose text fits, none where it is no emergency, None where nobody says
    never: Sequence[str] = ()  # regular expressions of what a reply must not hold
    off_topic: bool = False
    also: Sequence[tuple[str, str]] = ()  # facts that answer it as well, each with its skill

    @property
    def right(self) -> Sequence[tuple[str, str]]:
        """The facts that answer it, each with its skill."""
        return ((self.skill or "", self.fact), *self.also) if self.fact else ()


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions from one or several places. `skipped` counts the rows in languages that we do not speak."""

    questions: Sequence[Question]
    skipped: int = 0
    names: Sequence[str] = field(default=())


def cases(library: Library) -> QuestionSet:
    """The skills' own cases: what chose the search's weights may have seen them."""
    found = [
        Question(case.text, case.lang, skill.name, case.fact, case.must, f"{skill.name}/cases.toml, case {n}")
        for skill in library.skills
        for n, case in enumerate(skill.cases, 1)
    ]
    return QuestionSet(found, names=("the skills' own cases",))


def read(paths: Sequence[Path], library: Library) -> QuestionSet:
    """The rows of `paths`: text and lang, and as far as they are known skill, fact ("" for: must be refused), must, emergency ("" for:
    is none) and never.

    Raises BadSetting with file, line and remedy."""
    rows = [(place, row) for path in paths for place, row in _rows(path)]
    spoken = [(place, row) for place, row in rows if _text(row, "lang", place) in list(Lang)]
    found = [_question(row, place, library) for place, row in spoken]
    return QuestionSet(found, len(rows) - len(spoken), tuple(path.name for path in paths))


def pick(asked: QuestionSet, *, skill: str, lang: Lang | None, limit: int | None, seed: int) -> Sequence[Question]:
    """The questions of `skill` and `lang` ("" and None for all), at most `limit` of them, drawn by chance but the same for the same
    `seed`. Raises BadSetting where none is left."""
    left = [q for q in asked.questions if skill in ("", q.skill) and lang in (None, q.lang)]
    if not left:
        raise BadSetting(f"{', '.join(asked.names)}: no question is left to ask. Choose another --skill, --lang or --file.")
    if limit is None or limit >= len(left):
        return left
    return [left[n] for n in sorted(random.Random(seed).sample(range(len(left)), limit))]


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Each row with the place it stands at, "FILE:LINE"."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # splitlines() would cut at odd characters inside a text
    except OSError as error:
        raise BadSetting(f"{path}: cannot be read ({error.strerror}). Give the path of a JSONL file after --file.") from None
    except UnicodeDecodeError:
        raise BadSetting(f"{path}: is not UTF-8 text. Give a JSONL file after --file.") from None
    for n, line in enumerate(lines, 1):
        if line.strip():
            yield f"{path}:{n}", _row(line, f"{path}:{n}")


def _row(line: str, place: str) -> Mapping[str, object]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        why = error.msg if isinstance(error, json.JSONDecodeError) else "too deep or too long"
        raise BadSetting(f"{place}: is not JSON ({why}). Write one object a line, as in " + '{"text": "...", "lang": "en"}.') from None
    if not isinstance(row, dict):
        raise BadSetting(f'{place}: is no JSON object. Write one a line, as in {{"text": "...", "lang": "en"}}.')
    return row


def _question(row: Mapping[str, object], place: str, library: Library) -> Question:
    skill, fact = _skill(row, place, library), row.get("fact")
    if fact is None and skill == OFF_TOPIC:
        fact = OFF_TOPIC
    if not isinstance(fact, str | None):
        raise BadSetting(f'{place}: fact is {fact!r}, not a text. Write the id of a fact, "" for must be refused, or leave it out.')
    if fact:
        skill = _skill_of(fact, skill, place, library)
    must = _must(row, place)
    if must and not fact:
        raise BadSetting(f"{place}: `must` without a fact. Name the fact whose answer holds these words, or leave `must` out.")
    emergency, never = _emergency(row, place, library), _never(row, place)
    return Question(
        _text(row, "text", place),
        Lang(_text(row, "lang", place)),
        skill,
        fact,
        must,
        place,
        emergency,
        never,
        row.get("skill") == "offtopic",
        _also(row, place, library) if fact else (),
    )


def _text(row: Mapping[str, object], key: str, place: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BadSetting(f"{place}: {key} is missing or no text. Every row needs a text and its language.")
    return value


def _must(row: Mapping[str, object], place: str) -> Sequence[str]:
    must = row.get("must") or []
    if not isinstance(must, list) or not all(isinstance(word, str) and word for word in must):
        raise BadSetting(f'{place}: must is {must!r}. Write a list of the words that a useful reply holds, as in ["75 cm", "dark|black"].')
    return tuple(must)


def _also(row: Mapping[str, object], place: str, library: Library) -> Sequence[tuple[str, str]]:
    also = row.get("also") or []
    if not isinstance(also, list) or not all(isinstance(fact, str) and fact for fact in also):
        raise BadSetting(f'{place}: also is {also!r}. Write a list of the ids of other facts that answer as well, as in ["ors"].')
    return tuple((_skill_of(fact, None, place, library), fact) for fact in also)


def _emergency(row: Mapping[str, object], place: str, library: Library) -> Sequence[str] | None:
    """One id or a list of them; none for "" (no emergency)."""
    given = row.get("emergency")
    if given is None:
        return None
    kinds = [kind for kind in (given,) if kind] if isinstance(given, str) else given
    known = [e.id for e in library.emergencies]
    if not isinstance(kinds, list) or not all(kind in known for kind in kinds):
        raise BadSetting(
            f'{place}: emergency is {given!r}. Write one or a list of {", ".join(known)}, "" for no emergency, or leave it out.'
        )
    return tuple(kinds)


def _never(row: Mapping[str, object], place: str) -> Sequence[str]:
    never = row.get("never") or []
    if not isinstance(never, list) or not all(isinstance(what, str) and what for what in never):
        raise BadSetting(f'{place}: never is {never!r}. Write a list of regular expressions that no reply may hold, as in ["500 ?ml"].')
    for what in never:
        try:
            re.compile(what)
        except re.error as error:
            raise BadSetting(f"{place}: never has {what!r}, which is no regular expression ({error}). Mend it.") from None
    return tuple(never)


def _skill(row: Mapping[str, object], place: str, library: Library) -> str | None:
    """The skill by our name, OFF_TOPIC, or None where the row names none."""
    given = row.get("skill")
    name = THEIR_NAMES.get(given, given) if isinstance(given, str) else given
    known = [s.name for s in library.skills]
    if name is not None and name not in (OFF_TOPIC, *known):
        raise BadSetting(f"{place}: there is no skill {given!r}. Choose from {', '.join([*known, *THEIR_NAMES])}, or leave it out.")
    return str(name) if name is not None else None


def _skill_of(fact: str, skill: str | None, place: str, library: Library) -> str:
    """The skill that holds `fact`, which is `skill` where the row names one."""
    holders = sorted({f.skill for s in library.skills for f in s.facts if f.id == fact and skill in (None, OFF_TOPIC, s.name)})
    if not holders:
        raise BadSetting(f'{place}: there is no fact {fact!r}{f" in {skill}" if skill else ""}. Name a fact by its id, or write "".')
    if len(holders) > 1:
        raise BadSetting(f"{place}: fact {fact!r} is in {' and '.join(holders)}. Say in `skill` which one is meant.")
    return holders[0]
