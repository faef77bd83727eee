"""A small library with details, cases and strays, and a Meaning without a model."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from bot.core.types import Case, Detail, Fact, Lang, Library
from tests.core import small

DETAILS = {
    ("worm", Lang.EN): Detail("how often do i look for worms", "Look 2 times a week."),
    ("worm", Lang.SW): Detail("nikague viwavi mara ngapi", "Kagua mara 2 kwa wiki."),
    ("store", Lang.EN): Detail("how big is the bag for maize", "Use 2 hermetic bags of 90 kg."),
    ("beans", Lang.EN): Detail("how many seeds of beans go together", "Put 2 seeds in each hole."),
}
CASES = {
    "plants": (
        Case("army worms in my maize", Lang.EN, "worm"),
        Case("nafasi ya kupanda maharage", Lang.SW, "beans"),
        Case("when will the rains come to kitui", Lang.EN, ""),
    ),
    "money": (Case("is a loan from an app good", Lang.EN, "loan"), Case("bei ya dola leo", Lang.SW, "")),
}
STRAYS = {Lang.EN: ("who won the match", "maize mill price"), Lang.SW: ("nani alishinda mechi",)}


def _with_detail(fact: Fact) -> Fact:
    detail = DETAILS.get((fact.id, fact.lang))
    return replace(fact, details=(detail,)) if detail else fact


LIBRARY = Library(
    skills=tuple(
        replace(skill, facts=tuple(_with_detail(f) for f in skill.facts), cases=CASES[skill.name]) for skill in small.LIBRARY.skills
    ),
    texts=small.LIBRARY.texts,
    keywords=small.LIBRARY.keywords,
    emergencies=small.LIBRARY.emergencies,
    strays=STRAYS,
)


_opened: list[list[str]] = []  # of whoever listens now; an audit hook cannot be taken back


def _hear(event: str, args: Sequence[object]) -> None:
    if event == "open":
        for heard in _opened:
            heard.append(str(args[0]))


sys.addaudithook(_hear)


@contextmanager
def reading() -> Iterator[list[str]]:
    """Collects the files of texts and data that this process opens."""
    heard: list[str] = []
    _opened.append(heard)
    try:
        yield heard
    finally:
        _opened.remove(heard)
        heard[:] = [path for path in heard if re.search(r"\.(jsonl|toml|md|json|csv)$", path)]


class Letters:
    """A Chooser that always says the same letter, or always the last: none."""

    def __init__(self, letter: str) -> None:
        self.letter = letter
        self.prompts: list[str] = []

    def choose(self, prompt: str, among: Sequence[str], *, deadline: float) -> Sequence[float] | None:
        self.prompts.append(prompt)
        return [float(text == f" {self.letter}") for text in among]
