"""Gathers what to train on out of the library: examples for the adapter, cases to watch, texts for the search's model."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.core import choose
from bot.core.ports import Meaning
from bot.core.retrieve import Index
from bot.core.types import Case, Fact, Library
from models.training.pairs import SEARCHED, Example, Pairs

STRAYS = 3  # each stray counts so often: they are few beside the questions of the facts


@dataclass(frozen=True, slots=True)
class Texts:
    """What the embedding model compares, and the fact, counted from 0, that each text belongs to."""

    lines: list[str] = field(default_factory=list)
    line_facts: list[int] = field(default_factory=list)
    passages: list[str] = field(default_factory=list)
    passage_facts: list[int] = field(default_factory=list)


class _Listener:
    """A Meaning that only remembers what an index hands it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.passages: list[str] = []

    def learn(self, lines: Sequence[str], passages: Sequence[str]) -> None:
        self.lines, self.passages = list(lines), list(passages)

    def compare(self, question: str) -> tuple[Sequence[float], Sequence[float]]:
        return [0.0] * len(self.lines), [0.0] * len(self.passages)

    def near(self, question: str, lines: Sequence[int]) -> Sequence[float]:
        return [0.0] * len(lines)

    def says(self, question: str, passages: Sequence[int]) -> Sequence[float]:
        return [0.0] * len(passages)


def index(library: Library, meaning: Meaning | None) -> Index:
    """An index over all facts, the strays left out: they are asked, not found."""
    return Index(facts(library), meaning)


def facts(library: Library) -> list[Fact]:
    """The facts of every skill."""
    return [fact for skill in library.skills for fact in skill.facts]


def examples(library: Library, over: Index, *, views: int, dice: random.Random) -> list[Example]:
    """Every question of every fact, and every stray, `views` times, each time spoilt and shuffled anew."""
    strays = [(text, lang) for lang, texts in library.strays.items() for text in texts]
    pairs = Pairs(over, strays * STRAYS)
    made = [example for _ in range(views) for example in pairs.choosing(dice)]
    dice.shuffle(made)
    return made


def cases(library: Library, most: int, dice: random.Random) -> list[Case]:
    """Up to `most` of the skills' own cases, drawn by chance. They are not trained on, and they are no evaluation set either."""
    found = [case for skill in library.skills for case in skill.cases]
    return dice.sample(found, min(most, len(found)))


def offers(asked: Sequence[Case], over: Index) -> Iterator[tuple[Case, Sequence[choose.Option]]]:
    """Each case and what is offered for it."""
    for case in asked:
        yield case, choose.options(case.text, over.search(case.text, top=SEARCHED), over, case.lang)


def checks(asked: Sequence[Case], over: Index) -> Iterator[Example]:
    """The cases as examples to watch while training: right is the sms of the case's fact, or X where it is not offered."""
    for case, offered in offers(asked, over):
        texts = [option.text for option in offered]
        right = [n for n, option in enumerate(offered) if option.fact.id == case.fact and option.text == option.fact.sms]
        letter = choose.LETTERS[right[0]] if right else choose.NONE
        if texts:
            yield Example(choose.prompt(case.text, texts), f" {letter}", choose.answers(len(texts)))


def texts(library: Library) -> Texts:
    """The lines and passages of each fact, all its languages together, as an index hands them to the embedding model."""
    versions: defaultdict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in facts(library):
        versions[fact.skill, fact.id].append(fact)
    heard = Texts()
    for number, same in enumerate(versions.values()):
        listener = _Listener()
        Index(same, listener)
        heard.lines.extend(listener.lines)
        heard.passages.extend(listener.passages)
        heard.line_facts.extend([number] * len(listener.lines))
        heard.passage_facts.extend([number] * len(listener.passages))
    return heard
