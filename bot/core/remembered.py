"""Remembered answers: in a flood the same question comes a thousand times, and one look for its answer is enough for all.

Whoever asks gets what the Answerer would have said to them, only sooner. So no answer serves another question that the Answerer could
answer otherwise, none outlives its day (facts expire by day), and what came of a failure serves nobody but its own asker.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from time import monotonic
from typing import Protocol

from bot.core.answer import Weighed, today
from bot.core.answering import Answers
from bot.core.types import Lang, Limits, Reply

MOST = 4096  # answers, about 1 kB each
TTL_S = 3600.0
OWN_S = 0.25  # of who waits for another's answer, for a search of their own where it does not come
_WAITS = 2  # answers under way that one asker waits for; where both came to nothing, a third in line would only be later


class Seen(StrEnum):
    """What became of a question here."""

    HIT = "hit"  # its answer was remembered
    MERGED = "merged"  # somebody asked the same a moment before, and one answer served both
    MISS = "miss"  # it was looked for
    LATE = "late"  # the answer under way came too late for this asker, who got the search's
    EVICTED = "evicted"  # of no question: an answer made room for another


class Original(Answers, Protocol):
    """bot.core.answer.Answerer, as far as it is needed here."""

    def weigh(self, question: str, *, lang: Lang, skill: str, turns: Sequence[str], limits: Limits, deadline: float) -> Weighed: ...

    def hangs_on(self, question: str, *, lang: Lang, skill: str, limits: Limits) -> Hashable: ...

    def fingerprint(self) -> str: ...


@dataclass(slots=True, eq=False)
class Flight:
    """One look for an answer, which others may wait for. `weighed` is what came of it for them, None for nothing."""

    landed: threading.Event = field(default_factory=threading.Event)
    weighed: Weighed | None = None


class Memory:
    """The last answers, and those under way, by keys that tell all they hang on. Safe from any thread.

    `clock` counts as time.monotonic() does; `tell` hears what becomes of each question."""

    def __init__(
        self,
        *,
        most: int = MOST,
        ttl_s: float = TTL_S,
        clock: Callable[[], float] = monotonic,
        tell: Callable[[Seen], object] = lambda seen: None,
    ) -> None:
        self._most, self._ttl_s, self.clock, self.tell = most, ttl_s, clock, tell
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, tuple[Weighed, float]] = OrderedDict()  # the one that was asked for last is the last
        self._flights: dict[bytes, Flight] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def board(self, key: bytes) -> Weighed | tuple[Flight, bool]:
        """What is remembered of `key`; else the flight that looks for it, and whether it is the caller's own: then they must `land` it."""
        with self._lock:
            weighed, until = self._kept.get(key, (None, 0.0))
            if weighed is not None and self.clock() < until:
                self._kept.move_to_end(key)
                return weighed
            flight = self._flights.get(key)
            if flight is not None:
                return flight, False
            self._flights[key] = mine = Flight()
            return mine, True

    def land(self, key: bytes, flight: Flight, weighed: Weighed | None) -> None:
        """Ends the caller's flight: what came of it is remembered, and those who wait for it go on. None: the first of them flies anew."""
        evicted = False
        with self._lock:
            del self._flights[key]
            if weighed is not None:
                self._kept[key] = weighed, self.clock() + self._ttl_s
                self._kept.move_to_end(key)
                evicted = len(self._kept) > self._most
                if evicted:
                    self._kept.popitem(last=False)
            flight.weighed = weighed
            flight.landed.set()
        if evicted:
            self.tell(Seen.EVICTED)


@dataclass(frozen=True, slots=True)
class _Question:
    """One question as it came."""

    text: str
    lang: Lang
    skill: str
    turns: Sequence[str]
    limits: Limits
    deadline: float

    def served_by(self, weighed: Weighed) -> bool:
        """Whether what another got is what this one would get."""
        return not (weighed.leans and self.turns)

    def serves(self, weighed: Weighed) -> bool:
        """Whether others may have what came of this one."""
        return not weighed.fleeting and self.served_by(weighed)


class Remembered:
    """An Answerer that remembers: see bot.core.answer.Answerer.answer. `plain` is the same by the search alone."""

    def __init__(self, original: Original, plain: Answers, memory: Memory, *, today: Callable[[], str] = today) -> None:
        self._original, self._plain, self._memory, self._today = original, plain, memory, today
        self._fingerprint = original.fingerprint()

    def answer(self, question: str, *, lang: Lang, skill: str = "", turns: Sequence[str] = (), limits: Limits, deadline: float) -> Reply:
        """As Answerer.answer. Who waits for another's answer does so until shortly before `deadline` at the longest."""
        asked = _Question(question, lang, skill, turns, limits, deadline)
        key = self._key(asked)
        for _ in range(_WAITS + 1):
            known = self._memory.board(key)
            if isinstance(known, Weighed):
                return self._told(Seen.HIT, known.reply) if asked.served_by(known) else self._look(asked).reply
            flight, mine = known
            if mine:
                return self._fly(key, flight, asked)
            if not self._landed(flight, deadline):
                return self._told(Seen.LATE, _ask(self._plain, asked))
            if flight.weighed is not None and asked.served_by(flight.weighed):
                return self._told(Seen.MERGED, flight.weighed.reply)
        return self._look(asked).reply

    def _landed(self, flight: Flight, deadline: float) -> bool:
        """Waits for another's answer. False: there is no time left for that."""
        left = deadline - OWN_S - self._memory.clock()
        return flight.landed.wait(max(0.0, min(left, threading.TIMEOUT_MAX)))

    def _fly(self, key: bytes, flight: Flight, asked: _Question) -> Reply:
        """Looks for the answer, for all who wait for it, too. However that ends, they go on."""
        found: Weighed | None = None
        try:
            weighed = self._look(asked)
            found = weighed if asked.serves(weighed) else None
        finally:
            self._memory.land(key, flight, found)
        return weighed.reply

    def _look(self, asked: _Question) -> Weighed:
        self._memory.tell(Seen.MISS)
        return self._original.weigh(
            asked.text, lang=asked.lang, skill=asked.skill, turns=asked.turns, limits=asked.limits, deadline=asked.deadline
        )

    def _told(self, seen: Seen, reply: Reply) -> Reply:
        self._memory.tell(seen)
        return reply

    def _key(self, asked: _Question) -> bytes:
        """A digest of all that the answer hangs on: what people write is not kept, and a long question takes no more room."""
        hangs_on = self._original.hangs_on(asked.text, lang=asked.lang, skill=asked.skill, limits=asked.limits)
        return sha256(ascii((self._fingerprint, self._today(), hangs_on)).encode()).digest()


def _ask(answers: Answers, asked: _Question) -> Reply:
    return answers.answer(asked.text, lang=asked.lang, skill=asked.skill, turns=asked.turns, limits=asked.limits, deadline=asked.deadline)
