"""What a question is held against: each fact in all its languages as one entry, the lines that lead to it, the passages that it says."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.core.quote import sentences
from bot.core.spelling import stemmed
from bot.core.types import Fact, Lang

# How often a word of each field counts: a title names the topic, a question is what people really type.
_TITLE, QUESTION, _BODY = 2.0, 1.5, 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """A question or title that leads to `fact`, and the sentence that answers it: its sms, or the sentence of a detail."""

    entry: int
    fact: Fact
    text: str
    answer: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact in all its languages, and where its lines and its passages stand among all."""

    facts: Mapping[Lang, Fact]
    weights: Mapping[str, float]  # stem -> how often, by field
    length: float
    lines: slice
    passages: slice

    @property
    def skill(self) -> str:
        """The skill whose fact it is."""
        return next(iter(self.facts.values())).skill


class Entries:
    """All facts, each with its translations in one entry. Made once; nothing changes it."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        twins: defaultdict[tuple[str, str], dict[Lang, Fact]] = defaultdict(dict)
        for fact in facts:
            twins[fact.skill, fact.id][fact.lang] = fact
        self.lines: list[Line] = []
        self.passages: list[str] = []
        self._spoken: dict[tuple[int, str], int] = {}
        self.all = [self._entry(n, versions) for n, versions in enumerate(twins.values())]
        self._places = {id(f): n for n, e in enumerate(self.all) for f in e.facts.values()}

    def of(self, fact: Fact) -> Entry | None:
        """The entry of `fact`, None for a fact that is not one of ours."""
        place = self._places.get(id(fact))
        return None if place is None else self.all[place]

    def lines_of(self, entry: Entry) -> Sequence[int]:
        """The places of its lines."""
        return range(len(self.lines))[entry.lines]

    def spoken(self, fact: Fact, text: str) -> int:
        """The place among the passages where `fact` says `text`, its sms or one of its sentences."""
        return self._spoken[id(fact), text]

    def _entry(self, number: int, versions: Mapping[Lang, Fact]) -> Entry:
        weights: defaultdict[str, float] = defaultdict(float)
        start, spoken = len(self.lines), len(self.passages)
        for lang, fact in versions.items():
            for text, weight in ((fact.title, _TITLE), (fact.body, _BODY), *((q, QUESTION) for q in _asked(fact))):
                for s in stemmed(text, lang):
                    weights[s] += weight
            self.lines += [Line(number, fact, text, fact.sms) for text in (fact.title, *fact.questions)]
            self.lines += [Line(number, fact, d.question, d.sentence) for d in fact.details]
            said = _said(fact)
            self._spoken |= {(id(fact), text): len(self.passages) + n for n, text in enumerate((fact.sms, *said[1:]))}
            self.passages += said
        lines, passages = slice(start, len(self.lines)), slice(spoken, len(self.passages))
        return Entry(versions, weights, sum(weights.values()), lines, passages)


def texts(fact: Fact) -> Sequence[str]:
    """What is written in it: title, body and questions. Its sms only says in short what the body does."""
    return (fact.title, fact.body, *_asked(fact))


def _asked(fact: Fact) -> Sequence[str]:
    return (*fact.questions, *(d.question for d in fact.details))


def _said(fact: Fact) -> Sequence[str]:
    """What the fact says, in pieces small enough to have one meaning."""
    return (f"{fact.title}. {fact.sms}", *sentences(fact.body))
