"""How fast texts are folded, measured and cut into messages, by language.

    .venv/bin/python -m bench.text [--seconds 2]

One core. `fit` is the whole way of a reply's text: fold, choose the alphabet, count, cut at a sentence or word, page.
"""

import argparse
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path

from bench.machine import caption, table
from bot.core.text import fit, measure
from bot.core.types import Limits

SAMPLES = Path(__file__).with_name("data") / "texts.toml"
LIMITS = Limits(max_parts=10)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="bench.text", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each sample")
    seconds = parser.parse_args().seconds
    print(f"Measured {caption()}.\n")
    samples = tomllib.loads(SAMPLES.read_text(encoding="utf-8"))
    head = ["sample", "characters", "alphabet", "segments", "texts/s", "segments/s", "\u00b5s a text"]
    print(table(head, [row(name, text, seconds) for name, text in samples.items()]))


def row(name: str, text: str, seconds: float) -> list[str]:
    """One line of the table."""
    parts = fit(text, LIMITS).parts
    cost = len(parts)
    texts_s = rate(text, seconds)
    figures = (
        str(len(text)),
        measure(parts[0], LIMITS).alphabet,
        str(cost),
        f"{texts_s:.0f}",
        f"{texts_s * cost:.0f}",
        f"{1e6 / texts_s:.0f}",
    )
    return [name, *figures]


def rate(text: str, seconds: float) -> float:
    """Texts fitted per second. Each is a new text, so that nothing is remembered from the last one."""
    texts: Sequence[str] = [f"{n}. {text}" for n in range(200)]
    done, began = 0, time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        for one in texts:
            fit(one, LIMITS)
        done += len(texts)
    return done / passed


if __name__ == "__main__":
    main()
