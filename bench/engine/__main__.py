"""Our engine, llama-server and plain llama-cpp-python under 1, 4 and 16 askers.

    .venv/bin/python -m bench.engine [--model gemma-3-270m] [--askers 1 4 16] [--answers 64] [--profile pi|2-core] [--server PATH]
    .venv/bin/python -m bench.engine --soak 30 [--only ours]
    .venv/bin/python -m bench.engine --only ours 'ours, adapted' --adapter ONE.gguf TWO.gguf

Each cell is a fresh process with the same file, prompts, output budget and threads; its askers each ask again when they have their answer.
Exits with 1 where the profile's memory was not enough for ours, or where a soak shows a slot that is lost, memory that grows or a pace that
falls (bench.engine.soak).
"""

import argparse
import shlex
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path

from bench.engine import show
from bench.engine.build import ROOT, llama_server
from bench.engine.cell import Cell, measure
from bench.engine.child import Job
from bench.engine.contenders import Child, Contender
from bench.engine.prompts import prompts
from bench.engine.server import Server
from bench.engine.soak import soak
from bench.machine import caption
from bot.config import load
from bot.core.prompt import words_of
from models.catalogue import find
from models.llama import default_threads
from models.shape import Shape
from models.trim import lean_copy
from skills import loader

CONTENDERS = (show.OURS, show.WHOLE, show.SERVER, show.PLAIN, show.ADAPTED)
STOP = ("\n",)
WARM = 16  # answers before it counts: each has its beginnings in the cache


@dataclass(frozen=True, slots=True)
class Profile:
    """A machine that is played. 0: as it is."""

    threads: int = 0
    memory_mb: int = 0


PROFILES: Mapping[str, Profile] = {"": Profile(), "pi": Profile(threads=1, memory_mb=2048), "2-core": Profile(threads=2)}


def main(words: Sequence[str] | None = None) -> int:
    """Prints the tables. Returns the exit status."""
    given = _parser().parse_args(words)
    settings, profile = load(), PROFILES[given.profile]
    names = given.only[:1] if given.soak else given.only
    library, models = loader.load(ROOT / "skills"), settings.cache_dir / "models"
    model = Path(find(given.model, models)[0])
    lean = lean_copy(model, models, words_of(library))
    job = Job(
        contender="",
        model=str(model),
        lean=str(lean or ""),
        adapters=tuple(map(str, given.adapter)),
        shape=shape(given.shape, threads=default_threads(given.threads or profile.threads)),
        askers=0,
        max_tokens=given.max_tokens,
        stop=STOP,
        prompts=tuple(prompts(library, given.seed)),
    )
    binary = given.server or (llama_server(settings.cache_dir) if show.SERVER in names else Path())
    flags = shlex.split(given.server_flags)

    def contender(name: str, askers: int) -> Contender:
        own = replace(job, contender=name, askers=askers)
        return Server(binary, own, flags) if name == show.SERVER else Child(own)

    if given.soak:
        wrong = soak(contender(names[0], max(given.askers)), given.soak, partial(print, flush=True))
        print(*(f"NOT SOUND: {what}" for what in wrong), sep="\n", end="\n" if wrong else "")
        return int(bool(wrong))
    cells: list[Cell] = []
    for askers in given.askers:
        for name in names:
            cells.append(measure(name, askers, contender(name, askers), warm=WARM, count=given.answers, most_s=given.most_s))
            print(show.line(cells[-1]), flush=True)
    print(f"\n{Path(job.model).stem}, {job.shape.threads} thread(s), {given.max_tokens} tokens at most, {caption()}\n")
    print(show.cells_table(cells), *(show.ratios_table(cells, ours) for ours in (show.OURS, show.WHOLE)), sep="\n\n")
    return fits(cells, profile.memory_mb)


def shape(changes: Sequence[str], *, threads: int) -> Shape:
    """The engine's own shape with `changes`, such as "batch=128". Raises SystemExit for one that it has not."""
    kinds: dict[str, Callable[[str], int | bool | str]] = {field.name: type(getattr(Shape(), field.name)) for field in fields(Shape)}
    found: dict[str, int | bool | str] = {"threads": threads}
    for change in changes:
        name, _, value = change.partition("=")
        if name not in kinds:
            raise SystemExit(f"A shape has no {name!r}: it has {', '.join(kinds)}.")
        found[name] = value == "true" if kinds[name] is bool else kinds[name](value)
    return replace(Shape(), **found)  # type: ignore[arg-type]


def fits(cells: Sequence[Cell], memory_mb: int) -> int:
    """Says who stayed under `memory_mb`, where it is not 0. Returns 1 where ours did not."""
    most = {name: max((cell.memory.rss for cell in cells if cell.contender == name), default=0.0) for name in CONTENDERS}
    for name, rss in most.items():
        if memory_mb and rss:
            print(f"{name}: {rss:.0f} MB at most, {'under' if rss < memory_mb else 'NOT UNDER'} {memory_mb}")
    return int(bool(memory_mb) and most[show.OURS] >= memory_mb)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.engine", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="gemma-3-270m", help="a name of the catalogue, or a GGUF file")
    parser.add_argument("--askers", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--answers", type=int, default=64, help="that count, in each cell")
    parser.add_argument("--most-s", type=float, default=300.0, help="seconds after which a cell ends with fewer")
    parser.add_argument("--max-tokens", type=int, default=48)
    parser.add_argument("--threads", type=int, default=0, help="0: as the service, one fewer than the cores")
    parser.add_argument("--profile", choices=list(PROFILES), default="")
    parser.add_argument("--shape", action="append", default=[], metavar="NAME=VALUE", help="of ours, as in models/shape.py")
    parser.add_argument("--server", type=Path, help="a built llama-server; else it is built once and kept")
    parser.add_argument("--server-flags", default="", help="more words for it")
    parser.add_argument("--only", choices=CONTENDERS, nargs="+", default=list(CONTENDERS[:4]))
    parser.add_argument("--adapter", type=Path, nargs="+", default=[], metavar="FILE", help="for 'ours, adapted': asked in turn")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--soak", type=int, default=0, metavar="MINUTES", help="full load on the first contender, a line a minute")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the children are ended too
    sys.exit(main())
