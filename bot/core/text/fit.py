"""Fitting: a text of any length as a few messages that each stand alone, and the rest for when the reader asks for more."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, product

from bot.core.text.cut import Rank, Span, breaks, spans, starts_cluster
from bot.core.text.fold import fold
from bot.core.text.gsm7 import alphabet, single, weigher
from bot.core.types import Limits

_INK = re.compile(r"\S")
_PARAGRAPH = re.compile(r"\s*\n\s*")
_LEAST = 20  # units of text below which a part says nothing
_FILLS = (0.5, 0.75, 1.0)  # how full a part must be to end at a sentence or clause: looser is nicer, tighter holds more


@dataclass(frozen=True, slots=True)
class Fitted:
    """`parts` go out as they stand, one message each; `rest` is what they do not hold, without marker or hint."""

    parts: tuple[str, ...]
    rest: str = ""


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    next: int  # where the next piece starts, behind the white space


def fits_one(text: str, limits: Limits) -> bool:
    """Whether `fit` makes at most one part of `text` and leaves nothing over."""
    text = _ready(text, limits)
    return _weight(text, limits, text) <= single(alphabet(text, limits), limits)


def fit(text: str, limits: Limits, *, hint: str = "") -> Fitted:
    """Cuts `text`, folded where the channel is SMS, into at most `limits.max_parts` independent messages of one part each.

    Each holds `limits.units` septets or, where any character of the whole text is outside GSM-7, `limits.ucs2_units` UTF-16
    units; channels without GSM-7 hold `limits.units` UTF-16 units. Two paragraphs that fit a part each get one each. Else cuts fall at
    the end of a paragraph or sentence where that leaves a part at least half full, else of a clause, else of a word; only what is bigger
    than a part is cut anywhere else, and even then no surrogate pair, escape pair or visible character is torn that fits. Several
    parts are marked "(1/2) ".
    What is over comes back as `rest`, and the last part then ends with `hint` on its own line; a hint that would leave less
    than 20 units for the text is left out. White space around the text and at the cuts goes. "" has no parts.
    ValueError where a part is too small to hold a marker and some text (a channel with wrong limits).
    """
    text, hint = _ready(text, limits), _ready(hint, limits)
    if not text:
        return Fitted(())
    if fits_one(text, limits):
        return Fitted((text,))
    return _in_full(text, limits) or _cut_short(text, limits, hint)


def _ready(text: str, limits: Limits) -> str:
    return (fold(text) if limits.gsm7 else text).strip()


def _weight(text: str, limits: Limits, whole: str) -> int:
    """Units of `text` in the alphabet of `whole`."""
    return sum(map(weigher(alphabet(whole, limits)), text))


def unmarked(parts: Sequence[str]) -> str:
    """The text that was cut into `parts`, without the marks that count them."""
    return " ".join(part.removeprefix(_marker(n, len(parts))) for n, part in enumerate(parts, 1))


def _in_full(text: str, limits: Limits) -> Fitted | None:
    """All of `text` in as few parts as hold it, or None where `limits.max_parts` do not. Two paragraphs that fit get a part each."""
    room = single(alphabet(text, limits), limits)
    paragraphs = _PARAGRAPH.split(text)
    if len(paragraphs) == 2 <= limits.max_parts:
        marked = [_marker(n, 2) + paragraph for n, paragraph in enumerate(paragraphs, 1)]
        if all(_weight(part, limits, text) <= room for part in marked):
            return Fitted(tuple(marked))
    cutter = _Cutter(text, limits, text)
    for total, fill in product(range(2, limits.max_parts + 1), _FILLS):
        pieces = cutter.pack(_rooms(room, total), fill)
        if pieces[-1].next == len(text):
            return Fitted(_marked(text, pieces))
    return None


def _cut_short(text: str, limits: Limits, hint: str) -> Fitted:
    """As much of `text` as `limits.max_parts` hold, with `hint` at the end of the last one.

    Where the hint leaves no room for a span that would fit a part of its own, that span waits in the rest.
    """
    whole = f"{text}\n{hint}" if hint else text
    room = single(alphabet(whole, limits), limits)
    tail = f"\n{hint}" if hint and room - _weight(f"\n{hint}{_marker(1, limits.max_parts)}", limits, whole) >= _LEAST else ""
    cutter = _Cutter(text, limits, whole)
    for total in range(limits.max_parts, 0, -1):
        rooms = _rooms(room, total)
        pieces = cutter.pack(rooms, _FILLS[0], reserve=_weight(tail, limits, whole), must=total == 1)
        if len(pieces) == total:
            *first, last = _marked(text, pieces)
            return Fitted((*first, last + tail), text[pieces[-1].next :])
    return Fitted((), text)


def _marker(n: int, total: int) -> str:
    return f"({n}/{total}) " if total > 1 else ""


def _rooms(room: int, total: int) -> list[int]:
    """Units for text in each of `total` parts that hold `room` units."""
    rooms = [room - len(_marker(n, total)) for n in range(1, total + 1)]
    if rooms[-1] < _LEAST:
        raise ValueError(f"a part of {room} units cannot hold a marker and {_LEAST} units of text: mend the channel's limits")
    return rooms


def _marked(text: str, pieces: Sequence[_Piece]) -> tuple[str, ...]:
    return tuple(_marker(n, len(pieces)) + text[piece.start : piece.end] for n, piece in enumerate(pieces, 1))


class _Cutter:
    """One text with everything that is asked again and again for each cut: weights, spans and breaks."""

    def __init__(self, text: str, limits: Limits, whole: str) -> None:
        self._text = text
        self._units = [0, *accumulate(map(weigher(alphabet(whole, limits)), text))]
        self._spans = spans(text)
        self._breaks = breaks(text, self._spans)

    def pack(self, rooms: Sequence[int], fill: float, *, reserve: int = 0, must: bool = True) -> list[_Piece]:
        """Consecutive pieces, one a room; `reserve` units of the last room are kept free.

        Fewer pieces than rooms where the text ends, or, unless it `must`, where the reserve leaves no room for an uncuttable span.
        """
        pieces: list[_Piece] = []
        at = 0
        for n, room in enumerate(rooms, 1):
            is_last = n == len(rooms)
            free = room - reserve if is_last else room
            piece = self._piece(at, free, free if must else room, fill)
            if piece is None:
                break
            pieces.append(piece)
            at = piece.next
            if at == len(self._text):
                break
        return pieces

    def _piece(self, at: int, room: int, biggest: int, fill: float) -> _Piece | None:
        """The best piece from `at` of at most `room` units. What is over `biggest` units may be torn; None: what is not would be."""
        limit = self._reach(at, room)
        if limit == len(self._text):
            return _Piece(at, limit, limit)
        here = [b for b in self._breaks if at < b.end <= limit]
        enough = self._units[at] + fill * room
        for rank in (Rank.SENTENCE, Rank.CLAUSE):
            good = [b for b in here if b.rank >= rank and self._units[b.end] >= enough]
            if good:
                return _Piece(at, good[-1].end, good[-1].start)
        last = here[-1] if here else None
        if last and (self._units[last.end] - self._units[at] >= room / 2 or self._token(last.start) <= biggest):
            return _Piece(at, last.end, last.start)
        if not last and self._token(at) <= biggest:
            return None
        return self._torn(at, limit, biggest)

    def _reach(self, at: int, room: int) -> int:
        """The end of the longest text from `at` that weighs at most `room`."""
        return bisect_right(self._units, self._units[at] + room) - 1

    def _token(self, at: int) -> int:
        """Units from `at` to the next break."""
        end = next((b.end for b in self._breaks if b.end > at), len(self._text))
        return self._units[end] - self._units[at]

    def _torn(self, at: int, limit: int, biggest: int) -> _Piece:
        """A piece that ends inside a token bigger than a part: between visible characters, and outside every span that fits one."""
        fitting = [s for s in self._spans if s.end > at and self._units[s.end] - self._units[s.start] <= biggest]
        end = self._last(at, limit, fitting) or self._last(at, limit, []) or limit
        return _Piece(at, at + len(self._text[at:end].rstrip()), self._next(end))

    def _last(self, at: int, limit: int, kept: Sequence[Span]) -> int:
        """The last place up to `limit` where neither a visible character nor a `kept` span is torn, or 0."""
        places = (i for i in range(limit, at, -1) if not any(span.holds(i) for span in kept))
        return next((i for i in places if starts_cluster(self._text, i) and starts_cluster(self._text, self._next(i))), 0)

    def _next(self, at: int) -> int:
        """The first character from `at` on that is not white space."""
        found = _INK.search(self._text, at)
        return found.start() if found else len(self._text)
