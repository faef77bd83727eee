"""Makes training examples out of the skill folders: every question that a fact names, asked as if the fact had not named it.

Two tasks share one adapter. CHOOSE: a question and the texts that the search offers for it -> the letter of the one that answers, or X.
WRITE: a passage and a question -> the sentences that answer, or NOINFO. No evaluation set is ever read here.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.core import choose, prompt
from bot.core.entries import Line
from bot.core.guard import NOINFO
from bot.core.retrieve import Hit, Index
from bot.core.types import Lang
from models.training.noise import spoil
from models.training.strangers import strange

_GONE = 0.3  # so often the right text is taken away, and X is right
_STRANGE = 0.3  # so often a question that names a crop or an animal names one that we do not know, and X is right
_STRAY = 0.2  # so often a passage is asked for something that stands in another
SEARCHED = 6  # hits that the texts to choose from are taken of


@dataclass(frozen=True, slots=True)
class Example:
    """What the model reads and what it is to say. `among`: the continuations it chooses from; none where it writes freely."""

    prompt: str
    target: str
    among: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, where it comes from (None: nobody's), and what would be offered for it if nobody had thought of that line."""

    text: str
    lang: Lang
    line: Line | None
    hits: Sequence[Hit]
    offered: Sequence[choose.Option]


class Pairs:
    """Examples from an index over the facts. `strays`: messages that no fact answers, with their language."""

    def __init__(self, index: Index, strays: Sequence[tuple[str, Lang]]) -> None:
        self._index = index
        self._asked = [self._ask(line.text, line.fact.lang, line, n) for n, line in enumerate(index.lines)]
        self._strays = [self._ask(text, lang, None, -1) for text, lang in strays]

    def choosing(self, dice: random.Random) -> Iterator[Example]:
        """One example per question, spoilt and shuffled anew at each call."""
        for asked in (*self._asked, *self._strays):
            example = self._choice(asked, dice)
            if example is not None:
                yield example

    def writing(self, dice: random.Random) -> Iterator[Example]:
        """One example per question that a fact names."""
        for asked in self._asked:
            assert asked.line is not None
            right = asked.line.fact
            others = [h.fact for h in asked.hits if h.fact.id != right.id]
            stray = bool(others) and dice.random() < _STRAY
            fact = self._index.twin(dice.choice(others[:3]), right.lang) if stray else right
            yield Example(prompt.passage(fact, spoil(asked.text, dice)), f" {NOINFO}" if stray else f" {asked.line.answer}")

    def _ask(self, text: str, lang: Lang, line: Line | None, number: int) -> _Asked:
        hits = self._index.search(text, top=SEARCHED, without=number)
        return _Asked(text, lang, line, hits, choose.options(text, hits, self._index, lang, without=number))

    def _choice(self, asked: _Asked, dice: random.Random) -> Example | None:
        changed = self._strange(asked, dice)
        gone = bool(changed) or dice.random() < _GONE
        right = "" if gone or asked.line is None else asked.line.answer
        hide = gone and not changed and asked.line is not None
        texts = [o.text for o in asked.offered if o.text != right and not (hide and asked.line and o.fact.id == asked.line.fact.id)]
        dice.shuffle(texts)
        texts = texts[: dice.randint(2, len(choose.LETTERS) - 2)]
        if right:
            texts.insert(dice.randint(0, len(texts)), right)
        if not texts:
            return None
        answer = choose.LETTERS[texts.index(right)] if right else choose.NONE
        return Example(choose.prompt(spoil(changed or asked.text, dice), texts), f" {answer}", choose.answers(len(texts)))

    def _strange(self, asked: _Asked, dice: random.Random) -> str:
        if asked.line is None or dice.random() >= _STRANGE:
            return ""
        return strange(asked.text, asked.lang, f"{asked.line.fact.title} {asked.line.fact.sms}", dice)
