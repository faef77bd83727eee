"""One run of one stack: questions alone, an exercise, the alert with kills, questions alone, and an alert that is stopped on its way."""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.broadcast.asking import SECRET, Asking
from bench.broadcast.people import AREA, People
from bench.broadcast.provider import Provider, Took
from bench.broadcast.rates import WINDOW_S, rates
from bench.chaos.calm import Calm
from bench.chaos.killer import Killer, deck, moments
from bench.chaos.stacks import Stack
from bot.core.alert.broadcast import Broadcast, Mode, Stage
from bot.core.alert.cap import Severity
from bot.core.alert.desk import AlertDesk
from bot.core.alert.sending import Audiences
from bot.core.alert.staff import Member, Role
from bot.core.errors import StoreDown
from bot.core.ports import Channel
from bot.core.types import Lane, Lang
from bot.places.gazetteer import Places
from bot.store.sql import SqlStore
from channels.http import Http
from channels.sim_whatsapp import SimWhatsapp

VICTIMS: Mapping[str, int] = {"alerts": 3, "chores": 3, "gateway": 2, "beat": 2, "sends": 1, "valkey": 1, "redis": 1}
AMINA, BEN = Member("amina", frozenset({Role.AUTHOR})), Member("ben", frozenset({Role.APPROVER}))
_TICK_S = 0.1
_LOOK_S = 1.0  # between looks at whether it is over: they cost the service's own two cores
_MOST = 0.98  # of the people: the last few wait for leases of killed senders, and then nothing else goes on
_WARM = 5  # answers: a worker that has just started loads its facts
_SETTLE_S = 240.0  # leases of killed senders run out in a minute


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything."""

    people: int
    kills: int
    rate_per_s: float
    idle_s: float
    ask_every_s: float
    seed: int


@dataclass
class Outcome:
    """What a run says. Counts are of people, by what the provider took."""

    stack: str
    plan: Plan
    got: int = 0
    lost: int = 0
    doubled: int = 0
    stopped: int = 0  # opted-out people who got it all the same
    away: int = 0  # people of another place who did
    exercise_leaked: int = 0
    exercise_missed: int = 0
    kept: float = 0.0  # median rate while all parts were up, as a share of the limit
    highest: float = 0.0
    refused: int = 0  # sends that the provider found too fast
    repeats: int = 0  # of a key
    idle_ms: Sequence[float] = ()
    during_ms: Sequence[float] = ()
    calm_ms: Sequence[float] = ()  # of these, those that were asked while all parts were up
    unanswered: int = 0
    fed_s: float = 0.0
    sent_s: float = 0.0  # from the approval to the last one
    stop_s: float = 0.0  # from the end of stop() to the last one that still went out
    stop_of: int = 0  # people who had it when it was stopped
    hits: Counter[str] = field(default_factory=Counter)
    settled: bool = False

    @property
    def faultless(self) -> bool:
        """Whether all that must be 0 is 0."""
        wrong = (self.lost, self.doubled, self.stopped, self.away, self.exercise_leaked, self.exercise_missed, self.unanswered)
        return self.settled and not any(wrong) and self.hits.total() == self.plan.kills


def run(name: str, plan: Plan) -> Outcome:
    """Runs stack `name` ("embedded" or "postgres")."""
    with tempfile.TemporaryDirectory(prefix="ujumbe-broadcast-") as folder:
        return _Run(name, plan, Path(folder)).go()


class _Nobody:
    """A queue for a desk that stands outside of the service: the sweep finds everything."""

    def hint(self, lane: Lane, *ids: int) -> None:
        """Says nothing."""


class _Run:
    def __init__(self, name: str, plan: Plan, folder: Path) -> None:
        self.plan, self.out = plan, Outcome(name, plan)
        self.people = People(plan.people)
        self.provider = Provider(plan.rate_per_s)
        self.provider.start()
        table = {"send_url": f"{self.provider.url}/send", "secret": SECRET, "keeps_key": True, "rate_per_s": plan.rate_per_s}
        self.stack = Stack(name, folder, {"http": table})
        self.asking = Asking(lambda: self.stack.serve.url, self.provider, plan.ask_every_s, plan.seed)
        self.idle: list[tuple[float, float]] = []
        self.began = time.monotonic()
        self.calm = Calm()
        self.shown = self.looked = 0.0

    def go(self) -> Outcome:
        try:
            self.stack.start()
            self.store = SqlStore(self.stack.database_url)
            self.desk = self._desk()
            self._say("storing people")
            self.people.store(self.store._db)
            self.asking.start()
            self._watch(_SETTLE_S, lambda: len(self.asking.waits_ms(0.0, time.monotonic())) >= _WARM)
            self._alone()
            self._exercise()
            self._alert()
            self._alone()
            self.asking.stop()
            self._stop()
            self._judge()
            return self.out
        finally:
            self.stack.clear()
            self.provider.stop()

    def _desk(self) -> AlertDesk:
        http = Http(country="KE", send_url=self.provider.url, secret=SECRET, rate_per_s=self.plan.rate_per_s)
        channels: Mapping[str, Channel] = {"http": http, "sim_whatsapp": SimWhatsapp(country="KE")}
        ways = {"tel": "http", "whatsapp": "sim_whatsapp"}
        audiences = Audiences(self.store, ways, channels, Lang.EN)
        return AlertDesk(self.store, audiences, Places(), _Nobody(), time.time, lambda broadcast: ())

    def _alone(self) -> None:
        """Questions alone, before everything else and after the alert: a machine that others use, too, is not the same for minutes."""
        since = time.monotonic()
        self._watch(self.plan.idle_s / 2, lambda: False)
        self.idle.append((since, time.monotonic()))

    def _exercise(self) -> None:
        sent = self._send("EXERCISE ONLY", mode=Mode.EXERCISE)
        self._watch(_SETTLE_S, lambda: self._over(sent))

    def _alert(self) -> None:
        """The alert, and kills from a second after its approval until it should be at its end."""
        expected_s = self.plan.people / self.plan.rate_per_s
        weights = {victim: weight for victim, weight in VICTIMS.items() if victim in self.stack.weights}
        cards = deck(weights, self.plan.kills, seed=self.plan.seed)
        when = moments(self.plan.kills, start_s=1.0, end_s=max(2.0, 0.8 * expected_s), seed=self.plan.seed)
        approved = time.monotonic()
        sent = self._send("FLOOD", mode=Mode.LIVE)
        killer = Killer(self.stack, cards, when, time.monotonic())

        def over() -> bool:
            if killer.tick():
                self.calm.look(False, time.monotonic())
            self.calm.look(self.stack.whole, time.monotonic())
            return not killer.left and self._over(sent)

        self.out.settled = self._watch(3 * expected_s + _SETTLE_S, over)
        self.calm.end(time.monotonic())
        self.out.hits = killer.hits
        took = sorted(one.at for one in self.provider.took if one.text.startswith("FLOOD"))
        self.out.sent_s = max(took, default=approved) - approved
        self.during = (approved, max(took, default=approved))
        self.busy = (approved, took[int(_MOST * len(took))] if took else approved)
        self.out.kept, self.out.highest = rates(took, self.provider.took, self.plan.rate_per_s, self.calm.spans)

    def _stop(self) -> None:
        """An alert that is stopped when a few have it."""
        sent = self._send("SECOND", mode=Mode.LIVE)
        self._watch(60.0, lambda: self._taken("SECOND") >= min(50, self.plan.people // 4))
        self.desk.stop(sent, "bench", by=BEN)
        stopped = time.monotonic()
        self.out.stop_of = self._taken("SECOND")
        self._watch(8.0, lambda: False)
        last = max((one.at for one in self.provider.took if one.text.startswith("SECOND")), default=0.0)
        self.out.stop_s = max(0.0, last - stopped)

    def _send(self, word: str, *, mode: Mode) -> int:
        text = {Lang.EN: f"{word} in Garissa. Move to high ground now.", Lang.SW: f"{word} Garissa. Nenda mahali pa juu sasa."}
        broadcast = Broadcast(mode=mode, texts=text, audience=AREA, severity=Severity.EXTREME, expires=time.time() + 86_400.0)
        drafted = self.desk.draft(broadcast, by=AMINA)
        counted = self.desk.submit(drafted, by=AMINA)
        self.desk.approve(drafted, by=BEN, confirm=counted.total)
        self._say(f"{word}: approved for {counted.total}")
        return drafted

    def _over(self, id: int) -> bool:
        if time.monotonic() - self.looked < _LOOK_S:
            return False
        self.looked = time.monotonic()
        try:
            return self.desk.show(id).stage is Stage.SENT and not sum(self.store.waiting_deliveries(id).values())
        except StoreDown:
            return False

    def _taken(self, word: str) -> int:
        return sum(one.text.startswith(word) for one in list(self.provider.took))

    def _watch(self, most_s: float, over: Callable[[], bool]) -> bool:
        """Keeps the service running until it is over. False where that takes too long."""
        until, looked, done = time.monotonic() + most_s, 0.0, False
        while time.monotonic() < until and not done:
            self.stack.tick()
            if time.monotonic() - looked > _TICK_S:
                done, looked = over(), time.monotonic()
            self._show()
            time.sleep(_TICK_S)
        return done

    def _judge(self) -> None:
        out, took = self.out, list(self.provider.took)
        alerts, exercises = (_by_number(took, word) for word in ("FLOOD", "EXERCISE"))
        eligible = set(self.people.numbers("eligible"))
        out.got, out.lost = len(eligible & set(alerts)), len(eligible - set(alerts))
        out.doubled = sum(count > 1 for counts in (alerts, exercises) for count in counts.values())
        out.stopped = len(set(self.people.numbers("stopped")) & {one.number for one in took})
        out.away = len(set(self.people.numbers("away")) & {one.number for one in took})
        out.exercise_leaked = len(set(exercises) - set(self.people.exercising))
        out.exercise_missed = len(set(self.people.exercising) - set(exercises))
        out.refused, out.repeats = self.provider.refused, self.provider.repeats
        out.idle_ms = [one for span in self.idle for one in self.asking.waits_ms(*span)]
        out.during_ms = self.asking.waits_ms(*self.busy)
        spans = [(a, min(b - WINDOW_S, self.busy[1])) for a, b in self.calm.spans]
        out.calm_ms = [one for span in spans for one in self.asking.waits_ms(*span)]
        out.unanswered = self.asking.asked(*self.during) - len(self.asking.waits_ms(*self.during))

    def _show(self) -> None:
        if time.monotonic() - self.shown > 10.0:
            self.shown = time.monotonic()
            self._say(f"taken {len(self.provider.took)}, refused {self.provider.refused}; up: {' '.join(sorted(self.stack.serve.up))}")

    def _say(self, text: str) -> None:
        print(f"{self.out.stack} {time.monotonic() - self.began:4.0f} s: {text}", file=sys.stderr, flush=True)


def _by_number(took: Sequence[Took], word: str) -> Counter[str]:
    return Counter(one.number for one in took if one.text.startswith(word))
