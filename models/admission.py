"""Before an engine that works on some texts at once: a bounded line that knows how long things take, and so whom to turn away at once.

Who stands where:
- The earliest deadline first.
- One who has n others here already (in the line or inside), or got one in a moment ago, stands as if the deadline were n * TURN_S later:
  behind all others of a similar deadline.
- A deadline counts as no farther away than `age_s` from when its caller came. So who has waited for that long goes before any newcomer.

Who is turned away ("shed"), to be answered without the engine: who would not be done in time, at the door ("late") or later, when things
turn out to take longer ("overdue"); who finds the line full ("full"); and who would make another one late ("yielded"). In the last two
cases one who has more here goes instead of a newcomer ("yielded").
An engine with nobody inside refuses nobody: after one slow answer there would never be another one to learn from.
"""

import math
import time
from bisect import insort
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from heapq import heapify, heapreplace
from itertools import count
from threading import Event, Lock

from bot.core.ports import Clock
from bot.core.workload import Workload

MOST = 64  # in the line
AGE_S = 20.0
TURN_S = 2.0
SERVED, CUT, FAILED = OUTCOMES = ("served", "cut", "failed")  # of who was let in; cut: the deadline came first
LATE, OVERDUE, FULL, YIELDED = REASONS = ("late", "overdue", "full", "yielded")  # of who was turned away
_WEIGHT = 0.2  # of the newest measurement
_SHORTEST_S, _LONGEST_S = 0.01, 60.0  # between two looks of one who waits


class State(Enum):
    """Where a caller stands."""

    WAITING = auto()
    INSIDE = auto()
    SHED = auto()
    GONE = auto()


@dataclass(eq=False, slots=True)
class Entry:
    """One caller's way through. Times are those of the admission's clock, in seconds."""

    person: str
    cost: float
    deadline: float
    since: float  # when they came
    turns: int  # how many others of theirs were here then
    place: tuple[float, int]  # the line is sorted by it
    state: State = State.WAITING
    began: float = 0.0  # when they were let in
    decided: Event = field(default_factory=Event)


class Admission:
    """Lets at most `slots` callers inside, and `most` wait. Callers are threads; safe from any number of them.

    How long one takes is learnt from those before, per unit of `cost` and as crowded as it was then: a sudden crowd is found to be slow by
    its first ones."""

    def __init__(self, slots: int, *, most: int = MOST, age_s: float = AGE_S, clock: Clock = time.monotonic) -> None:
        """`clock`: seconds that only pass; deadlines are times of it. Raises ValueError for no slot or a line shorter than none."""
        if slots < 1 or most < 0:
            raise ValueError(f"{slots} slots and a line of {most}: give at least one slot, and a line of 0 or more.")
        self.slots, self.most = slots, most
        self._outcomes, self._sheds = Counter(dict.fromkeys(OUTCOMES, 0)), Counter(dict.fromkeys(REASONS, 0))  # so many until now
        self.clock, self._age_s = clock, age_s
        self._lock, self._numbers = Lock(), count()
        self._line: list[Entry] = []
        self._inside: list[Entry] = []
        self._let_in: dict[str, float] = {}  # person -> when, for those of the last TURN_S
        self._unit_s = 0.0  # how long a cost of 1 takes; 0.0: not known yet

    @property
    def waiting(self) -> int:
        """How many stand in the line."""
        return len(self._line)

    @property
    def inside(self) -> int:
        """How many the engine works on."""
        return len(self._inside)

    @property
    def served(self) -> int:
        """How many were let in and have left with what they came for, or with what the deadline left of it."""
        return self._outcomes[SERVED] + self._outcomes[CUT]

    @property
    def shed(self) -> int:
        """How many were turned away."""
        return sum(self._sheds.values())

    def workload(self) -> Workload:
        """All of it at one moment; what the engine itself does is not known here."""
        with self._lock:
            return Workload(dict(self._outcomes), dict(self._sheds), len(self._line), len(self._inside), self._unit_s)

    def expected_s(self, cost: float = 1.0) -> float:
        """Seconds until one who came now, behind all others, would be done. 0.0 where nothing was measured yet."""
        with self._lock:
            now = self.clock()
            return self._plan(self._line, now)[1] - now + cost * self._unit_s

    @contextmanager
    def admitted(self, *, deadline: float, cost: float = 1.0, person: str = "") -> Iterator[bool]:
        """Waits for a slot, and keeps it for the block. False: shed, the block has no slot. What ends in an error teaches nothing."""
        entry = self.enter(deadline=deadline, cost=cost, person=person)
        if entry is None:
            yield False
            return
        took_s: float | None = None
        try:
            yield True
            took_s = self.clock() - entry.began
        finally:
            self.leave(entry, took_s)

    def enter(self, *, deadline: float, cost: float = 1.0, person: str = "") -> Entry | None:
        """Waits for a slot. None: shed. Who is let in has to `leave`. `person`: whose text it is, "" where nobody knows."""
        entry = self.come(deadline=deadline, cost=cost, person=person)
        try:
            while entry.state is State.WAITING:
                last_call_s = deadline - entry.cost * self._unit_s - self.clock()
                if not entry.decided.wait(min(max(_SHORTEST_S, last_call_s), _LONGEST_S)):
                    self.look()
        except BaseException:  # of a thread that is interrupted while it waits
            self.leave(entry)
            raise
        return entry if entry.state is State.INSIDE else None

    def come(self, *, deadline: float, cost: float = 1.0, person: str = "") -> Entry:
        """`enter` without the waiting: `decided` is set once the entry is no longer WAITING. Raises ValueError for a cost of nothing."""
        if not cost > 0.0:
            raise ValueError(f"a cost of {cost}: give one above 0.")
        with self._lock:
            now = self.clock()
            self._look(now)
            entry = self._entry(deadline, cost, person, now)
            to_go, why = self._to_go(entry, now)
            if any(one.turns <= entry.turns for one in to_go):
                self._turn_away(entry, why)
            else:
                insort(self._line, entry, key=_place)
                for one in to_go:
                    self._turn_away(one, YIELDED)
            self._look(now)
            return entry

    def look(self) -> None:
        """Sheds who can no longer be done in time, and lets in whom there is room for."""
        with self._lock:
            self._look(self.clock())

    def leave(self, entry: Entry, took_s: float | None = None, *, whole: bool = True) -> None:
        """Out of the slot, or of the line. `took_s`: the seconds inside, None where they teach nothing. Not `whole`: it was cut off, and
        would have taken longer. To leave twice is to leave once."""
        with self._lock:
            if entry.state is State.INSIDE:
                self._inside.remove(entry)
                self._outcomes[FAILED if took_s is None else SERVED if whole else CUT] += 1
                if took_s is not None:
                    self._learn(took_s / entry.cost, whole=whole)
            elif entry.state is State.WAITING:
                self._line.remove(entry)
            entry.state = State.GONE
            self._look(self.clock())

    def _entry(self, deadline: float, cost: float, person: str, now: float) -> Entry:
        turns = self._turns(person, now)
        place = (min(deadline + turns * TURN_S, now + self._age_s), next(self._numbers))
        return Entry(person=person, cost=cost, deadline=deadline, since=now, turns=turns, place=place)

    def _turns(self, person: str, now: float) -> int:
        """How many others of the person are here. One who got in and out again just now counts as well."""
        if not person:
            return 0
        here = sum(one.person == person for line in (self._line, self._inside) for one in line)
        return here or int(now - self._let_in.get(person, -math.inf) < TURN_S)

    def _to_go(self, entry: Entry, now: float) -> tuple[Sequence[Entry], str]:
        """Who would have to go, were `entry` to stay: it, or those behind it whom it makes late or for whom there is no room. And the
        reason, should it be `entry` that goes."""
        line = sorted([*self._line, entry], key=_place)
        late, _ = self._plan(line, now)
        if late:
            return late, LATE if entry in late else YIELDED
        if len(self._inside) < self.slots or len(line) <= self.most:
            return (), ""
        return [max(line[line.index(entry) :], key=lambda one: (one.turns, one.place))], FULL

    def _plan(self, line: Sequence[Entry], now: float) -> tuple[list[Entry], float]:
        """Who of `line` would be late, all others being let in one after the other, and when a slot would be free for one more."""
        free = [max(now, one.began + one.cost * self._unit_s) for one in self._inside]
        free += [now] * (self.slots - len(free))
        heapify(free)
        late: list[Entry] = []
        idle = not self._inside
        for entry in line:
            done = free[0] + entry.cost * self._unit_s
            if now >= entry.deadline or (done > entry.deadline and not idle):
                late.append(entry)
            else:
                heapreplace(free, done)
                idle = False
        return late, free[0]

    def _look(self, now: float) -> None:
        for entry in self._plan(self._line, now)[0]:
            self._turn_away(entry, OVERDUE)
        while self._line and len(self._inside) < self.slots:
            self._open(self._line.pop(0), now)

    def _open(self, entry: Entry, now: float) -> None:
        entry.state, entry.began = State.INSIDE, now
        self._inside.append(entry)
        if entry.person:
            self._let_in = {person: at for person, at in self._let_in.items() if now - at < TURN_S} | {entry.person: now}
        entry.decided.set()

    def _turn_away(self, entry: Entry, reason: str) -> None:
        if entry in self._line:
            self._line.remove(entry)
        entry.state = State.SHED
        self._sheds[reason] += 1
        entry.decided.set()

    def _learn(self, unit_s: float, *, whole: bool) -> None:
        if not whole:
            unit_s = max(unit_s, self._unit_s)
        self._unit_s = self._unit_s + _WEIGHT * (unit_s - self._unit_s) if self._unit_s else unit_s


def _place(entry: Entry) -> tuple[float, int]:
    return entry.place
