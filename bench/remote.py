"""What a remote endpoint could add at best: `python -m bench.remote [--model none] [--most 700] FILE...`. Calls nobody.

Asks the questions of the files as the house does, and notes where it would ask an endpoint and whether the right text was on offer there:
the most that a chooser which is never wrong would gain, and what it would be asked for.
"""

import argparse
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from bot.app.texts import SKILLS
from bot.config import load as load_settings
from bot.core.choose import FACTS
from bot.core.find import Finder
from bot.core.remote import LETTERS, Remote
from bot.core.retrieve import Index
from bot.core.trust import CONFIDENT, DOUBTED
from bot.core.types import Lang, Library
from bot.evaluate import sets, table
from models.engine import open_engine, open_meaning
from skills.loader import load

UNSEEN = Path(__file__).parent / "data" / "unseen"


class Listener:
    """Stands where bot.core.remote.Remote does, never says anything, and keeps what it was offered last."""

    def __init__(self) -> None:
        self.offered: Sequence[str] | None = None

    def forget(self) -> None:
        """Nothing was offered yet."""
        self.offered = None

    def choose(self, question: str, texts: Sequence[str], *, lang: Lang, deadline: float) -> int | None:
        self.offered = texts
        return None


@dataclass(frozen=True, slots=True)
class Row:
    """One question: what it asks for ("" for nothing of ours), what the house alone sends ("" for nothing), how sure it is, and the place
    of the right text among those offered to the endpoint (-1: not there, None: not asked)."""

    wanted: str
    sent: str
    confidence: float
    place: int | None


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.remote", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=sorted(UNSEEN.glob("*.jsonl")))
    parser.add_argument("--model", default="none", help="whose choice stands before the endpoint's")
    parser.add_argument("--most", type=int, default=700, help="questions at most")
    parser.add_argument("--seed", type=int, default=3)
    args = parser.parse_args()
    library = load(SKILLS)
    questions = [q for q in sets.read(args.files, library).questions if q.fact is not None]
    random.Random(args.seed).shuffle(questions)
    print(report(gather(library, questions[: args.most], args.model)))


def gather(library: Library, questions: Sequence[sets.Question], model: str) -> list[Row]:
    """Asks each question once."""
    settings, listener = load_settings(), Listener()
    meaning = open_meaning(settings.cache_dir) if settings.embedder != "none" else None
    strays = [(text, lang) for lang, texts in library.strays.items() for text in texts]
    index = Index((f for s in library.skills for f in s.facts), meaning, strays)
    chooser = open_engine(model, cache_dir=settings.cache_dir, threads=1).chooser if model != "none" else None
    finder = Finder(library.skills, index, chooser, remote=cast(Remote, listener), model_s=60, clock=time.monotonic)
    texts = {(f.skill, f.id, f.lang): f.sms for s in library.skills for f in s.facts}
    rows = []
    for q in questions:
        listener.forget()
        found = finder.find(q.text, lang=q.lang, skill="", turns=(), deadline=time.monotonic() + 60).found
        place = None
        if listener.offered is not None:
            right = texts.get((q.skill or "", q.fact or "", q.lang))
            place = list(listener.offered).index(right) if right is not None and right in listener.offered else -1
        rows.append(Row(q.fact or "", found.fact.id if found else "", found.confidence if found else 0.0, place))
    return rows


def report(rows: Sequence[Row]) -> str:
    """The table."""
    ours, strange = [r for r in rows if r.wanted], [r for r in rows if not r.wanted]
    asked = [r for r in ours if r.place is not None]
    doubted = [r for r in rows if r.sent and CONFIDENT <= r.confidence < DOUBTED]
    lines: list[tuple[str, Sequence[Row], Callable[[Row], bool]]] = [
        ("with a fact: the endpoint is asked", ours, lambda r: r.place is not None),
        ("with a fact: right fact sent, by the house alone", ours, lambda r: r.sent == r.wanted),
        ("with a fact: right fact sent, the endpoint never wrong", ours, lambda r: r.sent == r.wanted if r.place is None else r.place >= 0),
        ("without: the endpoint is asked", strange, lambda r: r.place is not None),
        ("without: nothing sent, by the house alone", strange, lambda r: not r.sent),
        ("without: nothing sent, the endpoint never wrong", strange, lambda r: not r.sent or r.place is not None),
        (f"asked, with a fact: the right one is offered among {len(LETTERS)}", asked, lambda r: (r.place or 0) >= 0),
        (f"asked, with a fact: it is among the first {FACTS}", asked, lambda r: 0 <= (r.place or 0) < FACTS),
        (f"sent at {CONFIDENT} to {DOUBTED}: right", doubted, lambda r: r.sent == r.wanted),
    ]
    cells = [[name, str(len(of)), f"{100 * sum(map(holds, of)) / max(1, len(of)):.1f} %"] for name, of, holds in lines]
    return table.lined(["questions", "of", ""], cells)


if __name__ == "__main__":
    main()
