"""Fits the numbers of bot/core/topic.py: `python -m bench.topics [--lines 7000]`. Prints them; a person copies them over.

Learns from the skills' own question lines, each asked as if its fact were not there, and from the messages that nothing answers, each asked
as if neither it nor those near it were known. The regression has a fifth of all left out each time, and what it says of those
is what counts. The skills' cases are only watched. Never reads bench/data or shared/.
"""

import argparse
import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.app.texts import SKILLS
from bot.config import load as load_settings
from bot.core import topic
from bot.core.retrieve import Index
from bot.core.route import OwnWords, Router
from bot.core.types import Library
from models import topics
from models.embed import Embedder
from models.engine import open_meaning
from skills.loader import load

Numbers = NDArray[np.float64]
FOLDS = 5
AT_ONCE = 256
EACH = 40
RIDGE = 1e-5
NAMES = ("near", "share", "own", "nobody's near", "nobody's share", "nobody's bias")


@dataclass(frozen=True, slots=True)
class Texts:
    """All lines and strays, in the order of their vectors. `right` is the topic's place in `names`, -1 where nobody says; `group` is left
    out together: a fact's lines, or the strays around one of them."""

    names: Sequence[str]
    said: Sequence[str]
    vectors: topics.Vectors
    right: topics.Places
    stray: NDArray[np.bool_]
    group: NDArray[np.int64]

    @property
    def fold(self) -> NDArray[np.int64]:
        """Which of the fifths each is of."""
        return self.group % FOLDS


def main() -> None:
    """Gathers, fits, prints."""
    parser = argparse.ArgumentParser(prog="python -m bench.topics", description=__doc__)
    parser.add_argument("--lines", type=int, default=7000, help="question lines that are asked, at most")
    args = parser.parse_args()
    library = load(SKILLS)
    texts, router = _texts(library)
    asked = _drawn(texts, args.lines)
    signs, right, fold = _signs(texts, asked, OwnWords(library.skills)), texts.right[asked], texts.fold[asked]
    counts = topics.balanced(right, texts.stray[asked], texts.names)
    found = np.zeros((len(asked), len(texts.names)))
    for out in range(FOLDS):
        found[fold == out] = _shares(signs[fold == out], _fit(signs[fold != out], right[fold != out], counts[fold != out]))
    for what, kind in (("question lines", ~texts.stray[asked]), ("messages that nothing answers", texts.stray[asked])):
        _tell(what, found[kind], right[kind], texts.names)
    print("weights:", dict(zip(NAMES, _fit(signs, right, counts).round(2).tolist(), strict=True)))
    _watch(library, router, texts.names)


def _texts(library: Library) -> tuple[Texts, Router]:
    meaning = open_meaning(load_settings().cache_dir)
    assert isinstance(meaning, Embedder)
    about, strays = library.about(), [(text, lang) for lang, texts in library.strays.items() for text in texts]
    index = Index((f for s in library.skills for f in s.facts), meaning, strays, about)
    names = sorted({topic.NOBODY, *(s.name for s in library.skills)})
    right = [*(names.index(line.fact.skill) for line in index.lines), *(names.index(about[t]) if t in about else -1 for t, _ in strays)]
    said = [*(line.text for line in index.lines), *(text for text, _ in strays)]
    stray = np.arange(len(said)) >= len(index.lines)
    around = _around(meaning.vectors[0][stray])
    groups = [*(f"{line.fact.skill}/{line.fact.id}" for line in index.lines), *(strays[n][0] for n in around)]
    group = np.array([zlib.crc32(g.encode()) for g in groups])
    return Texts(names, said, meaning.vectors[0], np.array(right), stray, group), Router(library.skills, index)


def _around(strays: topics.Vectors) -> topics.Places:
    """The middle that each stray lies around: every EACH-th of them is one. Who writes to us writes of things that no stray is near."""
    middles = np.arange(0, len(strays), EACH)
    return np.asarray(middles[(strays @ strays[middles].T).argmax(axis=1)])


def _drawn(texts: Texts, lines: int) -> topics.Places:
    """The places of what is asked: all strays whose topic is known, and some of the lines."""
    known = [*np.flatnonzero(~texts.stray)]
    return np.sort([*random.Random(5).sample(known, min(lines, len(known))), *np.flatnonzero(texts.stray & (texts.right >= 0))])


def _signs(texts: Texts, asked: topics.Places, own_words: OwnWords) -> Numbers:
    """(messages, topics, NAMES): what bot.core.topic weighs."""
    learnt = [topics.fit(texts.vectors, np.where(texts.fold == out, -1, texts.right), texts.stray, texts.names) for out in range(FOLDS)]
    signs, nobody = np.zeros((len(asked), len(texts.names), len(NAMES))), texts.names.index(topic.NOBODY)
    for row, (n, near) in enumerate(_near(texts, asked)):
        share = np.log(learnt[texts.fold[n]].shares(texts.vectors[n : n + 1])[0] + topic.LEAST)
        own = own_words.shares(texts.said[n])
        signs[row, :, :3] = np.column_stack((near, share, [own.get(name, 0.0) for name in texts.names]))
        signs[row, nobody] = (0.0, 0.0, 0.0, near[nobody], share[nobody], 1.0)
    return signs


def _near(texts: Texts, asked: topics.Places) -> Iterator[tuple[int, Numbers]]:
    """The place of each, and the cosine of the nearest text of each topic outside its own group."""
    for start in range(0, len(asked), AT_ONCE):
        some = asked[start : start + AT_ONCE]
        for n, near in zip(some, texts.vectors[some] @ texts.vectors.T, strict=True):
            near[texts.group == texts.group[n]] = -1.0
            yield int(n), np.array([near[texts.right == t].max() for t in range(len(texts.names))])


def _fit(signs: Numbers, right: topics.Places, counts: Numbers) -> Numbers:
    """The weights of the signs, shared by all topics, by Newton's method with a small ridge."""
    weights, counts = np.zeros(signs.shape[2]), counts / counts.sum()
    for _ in range(40):
        shares = _shares(signs, weights)
        expected = np.einsum("nt,nts->ns", shares, signs)
        slope = counts @ (expected - signs[np.arange(len(right)), right]) + RIDGE * weights
        bend = np.einsum("n,nt,nti,ntj->ij", counts, shares, signs, signs, optimize=True)
        bend -= np.einsum("n,ni,nj->ij", counts, expected, expected, optimize=True)
        weights = weights - np.linalg.solve(bend + RIDGE * np.eye(len(weights)), slope)
    return weights


def _shares(signs: Numbers, weights: Numbers) -> Numbers:
    scores = signs @ weights
    powers: Numbers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _tell(what: str, found: Numbers, right: topics.Places, names: Sequence[str]) -> None:
    """Which topic was found, by which was right."""
    said = found.argmax(axis=1)
    print(f"{what}: right {np.mean(said == right):.3f}")
    for n, name in enumerate(names):
        row = {names[t] or "nobody": int(np.sum((right == n) & (said == t))) for t in range(len(names))}
        print(f"  {name or 'nobody'}: {row}") if sum(row.values()) else None


def _watch(library: Library, router: Router, names: Sequence[str]) -> None:
    """The skills' cases that a fact answers, by the numbers that are in force."""
    for lang in ("en", "sw"):
        cases = [(s.name, c.text) for s in library.skills for c in s.cases if c.fact and c.lang == lang]
        went = [(name, router.route(text).skill) for name, text in cases]
        print(
            f"cases, {lang}: taken to their skill {np.mean([a == b for a, b in went]):.3f}, to none {np.mean([not b for _, b in went]):.3f}"
        )


if __name__ == "__main__":
    main()
