"""What makes the model useful where a question asks for a detail of a fact's body that its own SMS leaves out?

    .venv/bin/python -m bench.writer [--lang en|sw] [--method NAME] [--all] [--cases]

Gives every method the right fact, so that only the wording is measured, and puts the guard behind each: what it refuses becomes the
fact's own SMS. Asks the questions of bench/data/details.toml, by default the third that is held out. `--cases` also asks the skills'
own cases, which the fact's SMS answers, to see what a method breaks. Not verbatim: a reply that passed the guard with a sentence that
does not stand in the fact letter by letter.
"""

import argparse
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic

from bench.machine import caption, table
from bench.wording import METHODS, Bench
from bot.config import load
from bot.core import guard
from bot.core.quote import sentences
from bot.core.types import Fact, Lang, Library, Limits
from models.catalogue import find
from skills import loader

ROOT = Path(__file__).resolve().parent.parent
DETAILS = ROOT / "bench" / "data" / "details.toml"
HEAD = ["method", "lang", "detail told", "guard refused", "not verbatim", "s an answer", "cases kept"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, its fact, and the letters that an answer holds."""

    text: str
    fact: Fact
    holds: tuple[str, ...]


def details(library: Library, lang: Lang, *, every: bool) -> Iterator[Asked]:
    """The questions of details.toml in `lang`; only the held-out third unless `every`."""
    facts = {f.id: f for s in library.skills for f in s.facts if f.lang is lang}
    for n, row in enumerate(tomllib.loads(DETAILS.read_text(encoding="utf-8"))[lang]):
        fact = facts[row["fact"]]
        assert row["holds"] in fact.body, f"{DETAILS.name}: {row['holds']!r} is not in {fact.id}"
        assert row["holds"] not in fact.sms, f"{DETAILS.name}: {row['holds']!r} stands in the SMS of {fact.id}, so nothing is missing"
        if every or n % 3 == 2:
            yield Asked(row["ask"], fact, (row["holds"],))


def cases(library: Library, lang: Lang) -> Iterator[Asked]:
    """The skills' cases in `lang` that name a fact."""
    facts = {f.id: f for s in library.skills for f in s.facts if f.lang is lang}
    for case in (c for s in library.skills for c in s.cases if c.fact and c.lang is lang):
        yield Asked(case.text, facts[case.fact], tuple(case.must))


@dataclass(slots=True)
class Tally:
    """What became of the questions put to one method."""

    asked: int = 0
    held: int = 0
    refused: int = 0
    loose: int = 0  # replies with a sentence that is not word for word the fact's
    seconds: float = 0.0


def run(say: Callable[[Fact, str], str], questions: Iterator[Asked]) -> Tally:
    """Puts every question to `say`, with the guard behind it."""
    tally = Tally()
    for asked in questions:
        began = monotonic()
        text = say(asked.fact, asked.text)
        tally.seconds += monotonic() - began
        own = text == asked.fact.sms
        ok = own or guard.check(text, passage=asked.fact.body, question=asked.text, limits=Limits()).ok
        reply = text if ok else asked.fact.sms
        tally.asked += 1
        tally.refused += not ok
        tally.loose += not own and ok and any(s not in asked.fact.body for s in sentences(reply))
        tally.held += all(h.lower() in reply.lower() for h in asked.holds)
    return tally


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lang", choices=list(Lang), action="append")
    parser.add_argument("--all", action="store_true", help="the questions that were tuned on, too")
    parser.add_argument("--cases", action="store_true", help="the skills' cases too: twice the time")
    parser.add_argument("--method", choices=list(METHODS), action="append")
    options = parser.parse_args()
    settings = load()
    library = loader.load(ROOT / "skills")
    path, _ = find("gemma-3-270m", settings.cache_dir / "models")
    bench = Bench(library, path)
    rows = []
    for name in options.method or METHODS:
        say = partial(METHODS[name], bench)
        for lang in map(Lang, options.lang or Lang):
            found = run(say, details(library, lang, every=options.all))
            kept = run(say, cases(library, lang)) if options.cases else None
            rows.append([name, lang, *_cells(found), f"{kept.held} of {kept.asked}" if kept else "-"])
            print(" ".join(rows[-1]), flush=True)
    print(f"\n{path.stem}, one thread, {caption()}\n\n{table(HEAD, rows)}")


def _cells(tally: Tally) -> list[str]:
    share = f"{tally.held} of {tally.asked}"
    return [share, str(tally.refused), str(tally.loose), f"{tally.seconds / tally.asked:.1f}"]


if __name__ == "__main__":
    main()
