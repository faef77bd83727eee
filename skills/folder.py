"""Reads one skill: a folder of text with skill.toml, a prompt per language, replies.toml, facts/*.md and cases.toml."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.core.types import Lang, Skill
from skills.cases import read_cases
from skills.common_texts import read_replies, read_strays
from skills.fact_file import Found
from skills.fact_set import read_fact_set
from skills.problems import Problems
from skills.room import TITLE, foreign
from skills.templates import check_template
from skills.toml_file import TomlFile

KEYS = ("name", "topics", "titles", "route_words", "disclaimer")
REPLIES: Mapping[str, Collection[str]] = {"no_fact": ()}
PROMPT = ("passage", "question")
TOPICS = range(4, 7)  # so many fit one screen


@dataclass(frozen=True, slots=True)
class Folder:
    """A skill and where its facts stand."""

    skill: Skill
    facts: Sequence[Found]


def read_folder(path: Path, problems: Problems) -> Folder:
    """The skill in the folder `path`. What is not as it must be becomes a problem."""
    file = TomlFile(path / "skill.toml", problems)
    file.only((), KEYS)
    facts = read_fact_set(path, problems)
    skill = Skill(
        name=_name(file, path),
        titles=_titles(file),
        route_words=_route_words(file),
        topics=_topics(file, {found.fact.id for found in facts}),
        prompt={lang: _prompt(path / f"prompt.{lang}.md", problems) for lang in Lang},
        replies=read_replies(path / "replies.toml", REPLIES, problems),
        facts=tuple(found.fact for found in facts),
        cases=read_cases(path, facts, problems),
        disclaimer=_disclaimer(file),
        unanswered=read_strays(path / "unanswered.toml", problems),
    )
    return Folder(skill, facts)


def _name(file: TomlFile, path: Path) -> str:
    name = file.text(("name",))
    if name and name != path.name:
        file.bad(("name",), f"the name {name!r} is not the folder's, {path.name!r}", "Make them the same.")
    return path.name


def _titles(file: TomlFile) -> Mapping[Lang, str]:
    titles = file.texts(("titles",))
    for lang, title in titles.items():
        if len(title) > TITLE or foreign(title):
            file.bad(("titles", lang.value), f"title {title!r} does not fit a menu", f"Use at most {TITLE} plain characters.")
    return titles


def _route_words(file: TomlFile) -> Mapping[Lang, Sequence[str]]:
    file.only(("route_words",), list(Lang))
    return {lang: file.words(("route_words", lang.value)) for lang in Lang}


def _disclaimer(file: TomlFile) -> Mapping[Lang, str]:
    return file.texts(("disclaimer",)) if file.get(("disclaimer",)) is not None else {}


def _topics(file: TomlFile, ids: Collection[str]) -> Sequence[str]:
    topics = file.words(("topics",))
    if topics and len(topics) not in TOPICS:
        file.bad(("topics",), f"{len(topics)} topics", f"Offer {TOPICS[0]} to {TOPICS[-1]}: they have to fit one screen.")
    for topic in topics:
        if topic not in ids:
            file.bad_word(("topics",), topic, f"there is no fact {topic!r}", "Name a fact of this skill by its id.")
    return topics


def _prompt(path: Path, problems: Problems) -> str:
    text = problems.read(path)
    if text is None:
        return ""
    for number, row in enumerate(text.split("\n"), 1):
        for what, remedy in check_template(row, PROMPT):
            problems.add(path, number, what, remedy)
    for name in PROMPT:
        if f"${name}" not in text:
            problems.add(path, text.count("\n") + 1, f"the placeholder ${name} is missing", f"Say where the {name} goes.")
    return text.rstrip()
