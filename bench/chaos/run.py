"""One chaos run of one stack: load, kills and an outage at once, then quiet until nothing waits, then the verdict."""

import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bench.chaos import books
from bench.chaos.callers import Callers
from bench.chaos.calm import Calm
from bench.chaos.history import History
from bench.chaos.judge import Verdict, judge
from bench.chaos.killer import Killer, deck, moments
from bench.chaos.providers import Providers
from bench.chaos.script import Dealer, write
from bench.chaos.stacks import Stack
from bot.store.engine import make_engine

_TICK_S = 0.1
_SHOW_S = 10.0
_CALM_S = 3.0  # before the first kill
_LAST_REPEATS_S = 5.0  # repeats after the end have this long to do harm


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything. `load_s`: the messages come at a steady pace over this time, and the kills fall into it."""

    messages: int
    kills: int
    load_s: float
    outage_s: float
    seed: int
    settle_s: float = 900.0  # what still waits then is stuck
    slow: bool = True  # providers that take their time


@dataclass
class Outcome:
    """What a run says."""

    stack: str
    verdict: Verdict
    hits: Counter[str] = field(default_factory=Counter)
    kills: int = 0  # that were planned
    misses: int = 0  # kills that came too late, and were tried again on the next best moment
    ended_alone: int = 0
    stopped_well: bool = False
    settled: bool = False
    repeats_dropped: int = 0
    unusual: Counter[int] = field(default_factory=Counter)
    posts: int = 0
    calm: list[float] = field(default_factory=list)  # ms of acknowledgements outside kill windows
    first_tries: int = 0
    first_acknowledged: int = 0
    load_s: float = 0.0
    seconds: float = 0.0

    @property
    def faultless(self) -> bool:
        """Whether all that must be 0 is 0, and all was tried that was planned."""
        return not self.verdict.violations and not self.unusual and self.settled and self.stopped_well and self.hits.total() == self.kills


def run(name: str, plan: Plan) -> Outcome:
    """Runs stack `name` ("embedded" or "postgres") and judges it."""
    with tempfile.TemporaryDirectory(prefix="ujumbe-chaos-") as folder:
        return _Run(name, plan, Path(folder)).go()


class _Run:
    def __init__(self, name: str, plan: Plan, folder: Path) -> None:
        self.plan = plan
        dealer = Dealer(plan.seed, over_s=plan.load_s, slow=plan.slow)
        self.providers = Providers(dealer)
        self.providers.start()
        self.stack = Stack(name, folder, self.providers.options())
        self.callers = Callers(self.stack.serve.url, self.providers.wires, dealer)
        self.providers.told = self.callers.told
        for wire in self.providers.wires.values():
            wire.public_url = self.stack.serve.url
        self.engine = make_engine(self.stack.database_url).execution_options(reads_only=True)  # no lock is taken: it only looks
        self.began = time.monotonic()
        self.shown = 0.0
        self.calm = Calm()
        self.out = False  # the providers are gone
        self.lines = write(plan.messages, over_s=plan.load_s, seed=plan.seed)

    def go(self) -> Outcome:
        try:
            self.stack.start()
            self.began = time.monotonic()
            self.callers.start(self.lines)
            killer = self._storm()
            load_s = self._clock()
            self.calm.end(time.monotonic())
            settled = self._settle() and self._once_more()
            self.callers.finish()
            stopped = self.stack.serve.stop() == 0
            outcome = Outcome(self.stack.name, judge(self._history()), killer.hits, self.plan.kills, killer.misses, load_s=load_s)
            outcome.settled, outcome.stopped_well = settled, stopped
            return self._figures(outcome)
        finally:
            self.engine.dispose()
            self.stack.clear()
            self.providers.stop()

    def _storm(self) -> Killer:
        """Load, kills, and the outage, until all of it is done."""
        plan = self.plan
        cards = deck(self.stack.weights, plan.kills, seed=plan.seed)
        killer = Killer(self.stack, cards, moments(plan.kills, start_s=_CALM_S, end_s=plan.load_s, seed=plan.seed), self.began)
        while killer.left or self._clock() < plan.load_s or len(self.callers.asked) < plan.messages:
            self.stack.tick()
            self.calm.look(self.stack.whole, time.monotonic())
            if killer.tick():
                self.calm.look(False, time.monotonic())
            self._outage()
            self._show(f"kills {plan.kills - killer.left}/{plan.kills}")
            time.sleep(_TICK_S)
        return killer

    def _outage(self) -> None:
        start_s = max(0.0, 0.3 * (self.plan.load_s - self.plan.outage_s))
        out = start_s <= self._clock() < start_s + self.plan.outage_s
        if out != self.out:
            (self.providers.vanish if out else self.providers.come_back)()
            self._say("the providers are gone" if out else "the providers are back")
        self.out = out

    def _settle(self) -> bool:
        """Until nothing waits and every provider has heard us. False where that takes too long."""
        until = time.monotonic() + self.plan.settle_s
        while time.monotonic() < until:
            self.stack.tick()
            self._outage()
            waiting = self._waiting()
            self._show(f"settling, {waiting} wait")
            if not waiting and not self.callers.pending:
                return True
            time.sleep(0.5)
        return False

    def _once_more(self) -> bool:
        """The repeats that come when all is over must change nothing."""
        self.callers.again()
        until = time.monotonic() + _LAST_REPEATS_S
        while time.monotonic() < until:
            self.stack.tick()
            time.sleep(_TICK_S)
        return self._settle()

    def _waiting(self) -> int:
        try:
            return books.waiting(self.engine)
        except SQLAlchemyError:
            return -1  # the database starts again just now

    def _history(self) -> History:
        return History(
            asked=self.callers.history(),
            took=tuple(self.providers.took),
            stored=books.stored(self.engine),
            sent=books.sent(self.engine),
            unclear=frozenset(self.providers.unclear),
            refused=frozenset(self.providers.refused),
            told=self.callers.finals(),
        )

    def _figures(self, outcome: Outcome) -> Outcome:
        firsts = list(self.callers.firsts)
        outcome.ended_alone = self.stack.serve.ended_alone
        outcome.repeats_dropped = self.providers.repeats
        outcome.unusual, outcome.posts = self.callers.unusual, self.callers.posts
        outcome.first_tries = len(firsts)
        outcome.first_acknowledged = sum(one.status == 200 for one in firsts)
        outcome.calm = self.calm.acknowledged(firsts)
        outcome.seconds = self._clock()
        return outcome

    def _clock(self) -> float:
        return time.monotonic() - self.began

    def _show(self, more: str) -> None:
        if time.monotonic() - self.shown < _SHOW_S:
            return
        self.shown = time.monotonic()
        acknowledged = sum(done is not None for _, done in list(self.callers.asked.values()))
        up = " ".join(sorted(self.stack.serve.up)) or "nothing"
        self._say(f"written {len(self.callers.asked)}, acknowledged {acknowledged}, taken {len(self.providers.took)}, {more}; up: {up}")

    def _say(self, text: str) -> None:
        print(f"{self.stack.name} {self._clock():4.0f} s: {text}", file=sys.stderr, flush=True)
