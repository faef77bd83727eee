"""What the dearest alerts cost that anybody can send: read, judged, placed, stored and told, and looked at again when they come twice
(of a long list: its next portion).

    .venv/bin/python -m bench.hostile [--only circles] [--slowest 10]

Each document has a process of its own, which takes it in as a trusted feed's, with signatures looked at, into a database (SQLite), over
a made-up country as large as a real one, with and without outlines. Seconds are the processor's; MB is the most that the process grew by.
"""

import argparse
import gc
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from bench.machine import caption, table
from bot.alert_settings import AlertSettings, FeedSettings
from bot.config import Settings
from bot.core.alert.reading import SignaturePolicy, Unreadable
from bot.core.alert.words import AlertWords
from bot.places.gazetteer import Places
from bot.receiving import Receiving
from bot.store.migrate import upgrade
from bot.store.sql import SqlStore
from skills.alert_texts import load
from tests.cap import heavy, hostile
from tests.cap.small import ENTRIES, cap, info, shared
from tests.cap.test_sign import pair
from tests.places.grid import grid

NOW = 1_795_170_000.0  # an hour after the made-up alerts were sent
SKILLS = Path(__file__).parents[1] / "skills"
MIB = 2**20


@dataclass(frozen=True)
class Cost:
    """What one document cost the first and the second time, and what became of it."""

    seconds: float
    mb: float
    again_s: float
    became: str


def main() -> None:
    """Prints the dearest documents, and the worst of all."""
    parser = argparse.ArgumentParser(prog="bench.hostile", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="documents whose name holds this")
    parser.add_argument("--slowest", type=int, default=1000, help="so many are shown")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        costs = dict(measured(Path(folder), asked.only))
    if not costs:
        parser.error(f"No document's name holds {asked.only!r}. Their names are in tests/cap/heavy.py and tests/cap/hostile.py.")
    rows = sorted(costs.items(), key=lambda one: -one[1].seconds)[: asked.slowest]
    print(f"Measured {caption()}.\n")
    print(table(["document", "outlines", "s", "MB", "s again", "what became of it"], [_row(*one) for one in rows]))
    print(f"\nWorst: {max(cost.seconds for cost in costs.values()):.2f} s, {max(cost.mb for cost in costs.values()):.0f} MB", end="")
    print(f", {max(cost.again_s for cost in costs.values()):.2f} s again; {len(costs)} cases.")


def documents() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Every document, and what makes it."""
    yield "a small one", cap
    yield from heavy.documents().items()
    yield from heavy.long_lists().items()
    yield from ((f"made to hurt: {name}", lambda name=name: hostile.documents()[name]) for name in hostile.documents())
    yield from ((f"real: {name}", lambda name=name: shared(name)) for name, entry in ENTRIES.items() if entry.get("bytes", 0) > 50_000)


def measured(folder: Path, only: str) -> Iterator[tuple[tuple[str, bool], Cost]]:
    """Each document, with outlines and without, and what it cost."""
    names = _apart(lambda: _written(folder, only))
    if names is None:
        raise SystemExit("The documents could not be made.")
    _apart(lambda: upgrade(f"sqlite:///{folder / 'empty.db'}"))
    certificate = folder / "pinned.pem"
    certificate.write_bytes(pair(rsa.generate_private_key(65537, 2048)).certificate)
    words = load(SKILLS)
    for outlined in (True, False):
        places = grid(outlines=outlined)
        for name, file in names.items():
            cost = _apart(partial(_counted, Path(file), places, words, certificate))
            yield (name, outlined), Cost(*cost) if cost else Cost(float("inf"), float("inf"), float("inf"), "died")


def _written(folder: Path, only: str) -> Mapping[str, str]:
    """Writes the documents: who made them has memory to spare that would not be counted."""
    chosen = [(name, make) for name, make in documents() if only in name]
    for n, (_, make) in enumerate(chosen):
        (folder / f"{n}.xml").write_bytes(make())
    return {name: str(folder / f"{n}.xml") for n, (name, _) in enumerate(chosen)}


def _counted(file: Path, places: Places, words: AlertWords, certificate: Path) -> tuple[Any, ...]:
    return astuple(_taken(file, places, words, certificate))


def _taken(file: Path, places: Places, words: AlertWords, certificate: Path) -> Cost:
    """Takes one document in, twice."""
    db = file.with_suffix(".db")
    shutil.copy(file.with_name("empty.db"), db)
    feeds = {"warm": _feed(certificate), "hostile": _feed(certificate)}
    settings = Settings(alerts=AlertSettings(feeds=feeds))
    receiving = Receiving(settings, SqlStore(f"sqlite:///{db}"), places=places, words=words, clock=lambda: NOW)
    receiving.door.take(cap(info(headline="Rain"), identifier="warm"), receiving.origins["feed:warm"])
    data = file.read_bytes()
    gc.collect()
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    known: set[str] = set()  # of a long list: what was taken before
    first, became = _timed(receiving, data, known)
    mb = (_memory("VmHWM") - before) / 1000
    again, _ = _timed(receiving, data, known)
    for left in file.parent.glob(f"{db.name}*"):  # SQLite's other files, too: the next one begins anew
        left.unlink()
    return Cost(first, mb, again, became)


def _feed(certificate: Path) -> FeedSettings:
    return FeedSettings(url="https://x.example.org", trust=True, certificate=certificate, signature=SignaturePolicy.VERIFY_IF_PRESENT)


def _timed(receiving: Receiving, data: bytes, known: set[str]) -> tuple[float, str]:
    began = time.process_time()
    try:
        portion = receiving.door.portion(data, receiving.origins["feed:hostile"], known.intersection)
        known.update(portion.done)
        became = ", ".join(sorted({f"{one.state} {one.reason}".strip() for one in portion.taken}))
        became = f"{len(portion.taken)}: {became}" + (f"; {portion.left} wait" if portion.left else "")
    except Unreadable as error:
        became = f"refused: {error.why}"
    return time.process_time() - began, became


def _memory(what: str) -> int:
    """Kilobytes."""
    return int(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what)))


def _apart(work: Callable[[], Any]) -> Any:
    """Does it in a process of its own, and returns what came of it, None where it died."""
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(out)
            with os.fdopen(into, "w") as pipe:
                json.dump(work(), pipe)
            code = 0
        finally:
            os._exit(code)
    os.close(into)
    with os.fdopen(out) as pipe:
        text = pipe.read()
    _, status = os.waitpid(pid, 0)
    return json.loads(text) if status == 0 else None


def _row(one: tuple[str, bool], cost: Cost) -> list[str]:
    name, outlined = one
    return [name, "yes" if outlined else "no", f"{cost.seconds:.2f}", f"{cost.mb:.0f}", f"{cost.again_s:.2f}", cost.became]


if __name__ == "__main__":
    main()
