"""Fits the numbers of bot/core/pick.py and shows what those of bot/core/fill.py do: `python -m bench.pick [--lines 3000]`. Prints them; a
person copies them over.

Learns from the question lines of skills/*/asked, each asked as if nobody had thought of it: half of them for fitting and half for the
figures, then the other way round. Never reads bench/data or shared/.
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.app.texts import SKILLS
from bot.config import load as load_settings
from bot.core.fill import joined, taken
from bot.core.pick import Text, pick, seen
from bot.core.retrieve import Index
from bot.core.text import fit as cut
from bot.core.types import Lang, Library, Limits
from models.engine import open_meaning
from skills.loader import load

NARROW = 0.32  # of the lines that people wrote who had not seen the facts: a sentence answers them, and not the sms
MEANT, BY_WORDS = ("close", "around", "says", "whole", "held"), ("line", "whole", "held")
SMS = Limits()
_ROUNDS, _STEP = 1500, 0.03
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    """A line, the texts of its fact, and which of them it leads to."""

    texts: Sequence[Text]
    right: int
    lang: Lang


def main() -> None:
    """Gathers, fits, prints."""
    parser = argparse.ArgumentParser(prog="python -m bench.pick", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=3000)
    args = parser.parse_args()
    library = load(SKILLS)
    index = Index((f for s in library.skills for f in s.facts), open_meaning(load_settings().cache_dir))
    rows = gather(library, index, args.lines, random.Random(3))
    halves = rows[::2], rows[1::2]
    shipped = [(row, pick(row.texts, meant=True)) for row in rows]
    print(f"{len(rows)} lines; as it ships:", shares([(row, likely[0].text) for row, likely in shipped]))
    for limits in (SMS, replace(SMS, max_parts=1)):
        sent = [(row, joined(taken(likely, row.lang, limits), limits)) for row, likely in shipped]
        parts = sum(len(cut(text, limits).parts) for _, text in sent) / len(sent)
        print(f"  in a reply of at most {limits.max_parts} SMS, {parts:.3f} on average:", shares(sent))
    for names, meant in ((MEANT, True), (BY_WORDS, False)):
        told = []
        for learn, check in (halves, halves[::-1]):
            weights = fit(learn, names)
            told += [(row, _best(row, weights)) for row in check]
        print("meant" if meant else "by words", {name: round(value, 2) for name, value in fit(rows, names).items()}, shares(told))


def gather(library: Library, index: Index, count: int, dice: random.Random) -> list[Row]:
    """Lines by chance, NARROW of them such that a sentence answers."""
    detailed = {id(fact) for skill in library.skills for fact in skill.facts if fact.details}
    lines = [i for i, line in enumerate(index.lines) if id(line.fact) in detailed and line.text != line.fact.title]
    narrow, whole = ([i for i in lines if (index.lines[i].answer != index.lines[i].fact.sms) is one] for one in (True, False))
    drawn = dice.sample(narrow, int(NARROW * count)) + dice.sample(whole, count - int(NARROW * count))
    dice.shuffle(drawn)
    rows = []
    for line, i in ((index.lines[i], i) for i in drawn):
        texts = index.candidates(line.text, line.fact, without=i)
        rows.append(Row(texts, next(n for n, one in enumerate(texts) if one.text == line.answer), line.fact.lang))
    return rows


def known(row: Row, one: Text) -> Mapping[str, float]:
    """What is seen of a text beside the others."""
    return seen(one, max((cosine for text in row.texts for _, cosine in text.lines), default=0.0))


def fit(rows: Sequence[Row], names: Sequence[str]) -> Mapping[str, float]:
    """Weights by which the right text has the greatest share: a softmax over each row's texts, Adam, a little decay."""
    seen_ = [np.array([[known(row, one)[name] for name in names] for one in row.texts]) for row in rows]
    x = np.concatenate(seen_)
    middle, spread = x.mean(0), x.std(0) + 1e-9
    x = (x - middle) / spread
    starts = np.cumsum([0, *(len(one) for one in seen_)])[:-1]
    of = np.repeat(np.arange(len(rows)), [len(one) for one in seen_])
    right = x[starts + [row.right for row in rows]].sum(0)
    w, m, v = (np.zeros(len(names)) for _ in range(3))
    for n in range(1, _ROUNDS):
        score = x @ w
        share = np.exp(score - np.maximum.reduceat(score, starts)[of])
        share /= np.add.reduceat(share, starts)[of]
        slope = (x.T @ share - right) / len(rows) + 1e-3 * w
        m, v = 0.9 * m + 0.1 * slope, 0.99 * v + 0.01 * slope**2
        w = w - _STEP * (m / (1 - 0.9**n)) / (np.sqrt(v / (1 - 0.99**n)) + 1e-8)
    return dict(zip(names, (w / spread).tolist(), strict=True))


def shares(told: Sequence[tuple[Row, str]]) -> Mapping[str, str]:
    """How often the right text was sent: of all, by language, and by what was asked for."""
    found: defaultdict[str, list[bool]] = defaultdict(list)
    for row, text in told:
        right = row.texts[row.right]
        for kind in ("all", row.lang.value, "sms" if right.whole else "sentence"):
            found[kind].append(right.text in text)
    return {kind: f"{100 * sum(each) / len(each):.1f} %" for kind, each in found.items()}


def _best(row: Row, weights: Mapping[str, float]) -> str:
    sums = [sum(value * known(row, one)[name] for name, value in weights.items()) for one in row.texts]
    return row.texts[sums.index(max(sums))].text


if __name__ == "__main__":
    main()
