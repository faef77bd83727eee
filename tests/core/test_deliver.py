"""Sending: each part once, in order, and honest about what is unclear. The store is the real in-memory double."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from bot.core.bucket import LONGEST_BREAK_S
from bot.core.deliver import Deliverer
from bot.core.errors import BadConfig, OptedOut, Rejected, SendError, Throttled, Unknown, Unreachable
from bot.core.price import Price, Sent
from bot.core.retry import TRIES, WORTH_S
from bot.core.storage import NewDelivery
from bot.core.types import Lang, Limits, Message, Reply, Request, Response, Status
from bot.store.memory import MemoryStore

URN = "tel:+254700000001"


@dataclass
class Scripted:
    """A channel that answers by script: an id, or an error to raise."""

    name: str = "scripted"
    limits: Limits = field(default_factory=Limits)
    secrets: tuple[str, ...] = ()
    hand_over: str = ""
    script: list[str | SendError] = field(default_factory=list)
    down: SendError | None = None  # what it answers until `down_until`
    down_until: float = 0.0
    clock: Callable[[], float] = time.time
    sent: list[tuple[str, str]] = field(default_factory=list)
    calls: int = 0

    def routes(self) -> dict[str, object]:
        return {}

    def respond(self, reply: Reply | None) -> Response:
        return Response()

    def parse(self, request: Request) -> list[object]:
        return []

    def send(self, urn: str, text: str, *, key: str) -> str:
        return self._answer(text, key)

    def _answer(self, text: str, key: str) -> str:
        self.calls += 1
        if self.down is not None and self.clock() < self.down_until:
            raise self.down
        answer = self.script.pop(0) if self.script else f"id-{len(self.sent) + 1}"
        if isinstance(answer, SendError):
            raise answer
        self.sent.append((text, key))
        return answer


@dataclass
class WithTemplates(Scripted):
    """The same with templates: {} for none."""

    templates: dict[str, str] = field(default_factory=dict)
    filled: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)

    def send_template(self, urn: str, name: str, lang: str, parameters: Sequence[str], *, key: str) -> str:
        sent = self._answer(f"template {name}", key)
        self.filled.append((name, lang, tuple(parameters)))
        return sent


class Bench:
    """A store, a channel, a clock that only we move, and the deliverer over them."""

    def __init__(self, *, templates: dict[str, str] | None = None, **limits: object) -> None:
        self.now = 1_800_000_000.0
        self.slept: list[float] = []
        self.store = MemoryStore()
        kind = Limits(**limits)  # type: ignore[arg-type]
        self.channel = Scripted(limits=kind) if templates is None else WithTemplates(limits=kind, templates=templates)
        self.deliverer = Deliverer(self.store, {"scripted": self.channel}, lambda: self.now, sleep=self.sleep)  # type: ignore[dict-item]

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def add(self, *parts: str, not_after: float = 0.0, despite_stop: bool = False, channel: str = "scripted") -> int:
        with self.store.begin() as tx:
            tx.contact(URN, now=self.now, lang="en")
            stored = tx.insert_delivery(
                NewDelivery(
                    dedup=f"test:{self.now}:{parts}", channel=channel, urn=URN, parts=parts, not_after=not_after, despite_stop=despite_stop
                ),
                now=self.now,
            )
        assert stored is not None
        return stored

    def hear(self, *, ago_s: float, channel: str = "scripted") -> None:
        """The person wrote `ago_s` seconds ago."""
        at = self.now - ago_s
        with self.store.begin() as tx:
            tx.insert_message(Message(channel=channel, external_id=f"in-{at}", urn=URN, text="habari", sent_at=at), now=self.now)

    def statuses(self, delivery: int) -> list[Status]:
        return [part.status for part in self.store.parts(delivery)]

    def texts(self) -> list[str]:
        return [text for text, _ in self.channel.sent]


def test_sends_every_part_in_order_and_keeps_each_id() -> None:
    bench = Bench()
    delivery = bench.add("one", "two", "three")
    assert bench.deliverer.send(delivery) is Status.WIRED
    assert bench.texts() == ["one", "two", "three"]
    assert [part.external_id for part in bench.store.parts(delivery)] == ["id-1", "id-2", "id-3"]


def test_a_second_send_sends_nothing() -> None:
    bench = Bench()
    delivery = bench.add("one")
    bench.deliverer.send(delivery)
    assert bench.deliverer.send(delivery) is None
    assert bench.texts() == ["one"]


@pytest.mark.parametrize("error", [Throttled("429"), Unreachable("refused")], ids=lambda e: type(e).__name__)
def test_a_passing_failure_resumes_at_the_first_unsent_part(error: SendError) -> None:
    bench = Bench()
    delivery = bench.add("one", "two")
    bench.channel.script = ["id-a", error]
    assert bench.deliverer.send(delivery) is Status.ERRORED
    assert bench.deliverer.send(delivery) is None, "not before its time"
    bench.now += 10
    assert bench.deliverer.send(delivery) is Status.WIRED
    assert bench.texts() == ["one", "two"]


@pytest.mark.parametrize("error", [Rejected("403"), OptedOut("21610"), BadConfig("401")], ids=lambda e: type(e).__name__)
def test_a_final_failure_is_final(error: SendError) -> None:
    bench = Bench()
    delivery = bench.add("one", "two")
    bench.channel.script = [error]
    assert bench.deliverer.send(delivery) is Status.FAILED
    bench.now += 3600
    assert bench.deliverer.send(delivery) is None
    assert bench.texts() == []
    assert bench.statuses(delivery) == [Status.FAILED, Status.FAILED]


def test_a_stop_that_only_the_provider_knows_becomes_ours() -> None:
    bench = Bench()
    bench.channel.script = [OptedOut("21610")]
    bench.deliverer.send(bench.add("one"))
    assert bench.deliverer.send(bench.add("two")) is Status.FAILED
    assert bench.texts() == []


def test_an_unclear_send_is_never_repeated_without_a_key() -> None:
    bench = Bench()
    delivery = bench.add("one", "two")
    bench.channel.script = [Unknown("timeout")]
    bench.deliverer.send(delivery)
    bench.now += 3600
    assert bench.deliverer.send(delivery) is None
    assert bench.texts() == ["two"]
    assert bench.statuses(delivery) == [Status.UNKNOWN, Status.WIRED]


def test_an_unclear_send_is_repeated_under_the_same_key_where_the_channel_keeps_it() -> None:
    bench = Bench(keeps_key=True)
    delivery = bench.add("one")
    bench.channel.script = [Unknown("timeout")]
    assert bench.deliverer.send(delivery) is Status.ERRORED
    bench.now += 10
    assert bench.deliverer.send(delivery) is Status.WIRED
    assert [key for _, key in bench.channel.sent] == [bench.store.parts(delivery)[0].key]


@pytest.mark.parametrize(("keeps_key", "expected"), [(False, [Status.UNKNOWN, Status.WIRED]), (True, [Status.WIRED, Status.WIRED])])
def test_a_worker_killed_inside_the_call(keeps_key: bool, expected: list[Status]) -> None:
    """The part stands in SENDING when the next worker takes over."""
    bench = Bench(keeps_key=keeps_key)
    delivery = bench.add("one", "two")
    claimed = bench.store.claim_delivery(delivery, now=bench.now, lease_s=60)
    assert claimed is not None
    assert bench.store.part_sending(claimed.claim, claimed.parts[0].n, now=bench.now, lease_s=60)
    bench.now += 61
    bench.deliverer.send(delivery)
    assert bench.statuses(delivery) == expected


def test_stop_is_checked_at_the_last_moment() -> None:
    bench = Bench()
    delivery, confirmation = bench.add("one"), bench.add("stopped", despite_stop=True)
    with bench.store.begin() as tx:
        contact = tx.contact(URN, now=bench.now, lang="en")
        tx.save_contact(type(contact)(contact.urn, contact.lang, opted_out=True, created=contact.created, seen=contact.seen))
    assert bench.deliverer.send(delivery) is Status.FAILED
    assert bench.deliverer.send(confirmation) is Status.WIRED
    assert bench.texts() == ["stopped"]


def test_a_stale_reply_is_not_sent() -> None:
    bench = Bench()
    delivery = bench.add("one", not_after=bench.now + 60)
    bench.now += 61
    assert bench.deliverer.send(delivery) is Status.FAILED
    assert bench.texts() == []


def test_a_channel_that_is_gone_fails_plainly() -> None:
    bench = Bench()
    assert bench.deliverer.send(bench.add("one", channel="removed")) is Status.FAILED


def until_over(bench: Bench, *deliveries: int) -> float:
    """Sends what is due, second by second, until nothing waits any more. Returns how long that took."""
    start = bench.now
    while {"delivery.queued", "delivery.errored"} & set(bench.store.counts()):
        for delivery in deliveries:
            bench.deliverer.send(delivery)
        bench.now += 1.0
    return bench.now - start


HOUR_S = 3600.0


@pytest.mark.parametrize("error", [Throttled("429"), Unreachable("refused")], ids=lambda e: type(e).__name__)
def test_an_outage_of_an_hour_costs_no_answer(error: SendError) -> None:
    bench = Bench()
    replies = [bench.add(f"{n}", not_after=bench.now + 1.5 * HOUR_S) for n in range(20)]
    bench.channel.down_until, bench.channel.down = bench.now + HOUR_S, error
    bench.channel.clock = lambda: bench.now
    assert HOUR_S < until_over(bench, *replies) < HOUR_S + 330
    assert sorted(bench.texts()) == sorted(f"{n}" for n in range(20))


def test_the_last_try_comes_just_before_it_is_too_late() -> None:
    bench = Bench()
    delivery = bench.add("one", not_after=bench.now + 100)
    bench.channel.down_until, bench.channel.down = bench.now + 90, Unreachable("refused")
    bench.channel.clock = lambda: bench.now
    until_over(bench, delivery)
    assert bench.texts() == ["one"]


@pytest.mark.parametrize("error", [Throttled("429"), Unreachable("refused")], ids=lambda e: type(e).__name__)
def test_gives_up_when_it_is_not_worth_sending_any_more(error: SendError) -> None:
    bench = Bench()
    delivery = bench.add("one", not_after=bench.now + 600)
    bench.channel.down_until, bench.channel.down = float("inf"), error
    bench.channel.clock = lambda: bench.now
    assert 580 < until_over(bench, delivery) <= 602 + LONGEST_BREAK_S
    assert bench.statuses(delivery) == [Status.FAILED]


def test_what_says_no_end_is_tried_for_a_day() -> None:
    bench = Bench()
    delivery = bench.add("one")
    bench.channel.script = [Unreachable("refused")] * 10_000
    seen: list[Status | None] = []
    while Status.FAILED not in seen:
        seen.append(bench.deliverer.send(delivery))
        bench.now += 400
    assert len(seen) * 400 == pytest.approx(WORTH_S, rel=0.02)


def test_gives_up_without_calling_an_unclear_part_failed() -> None:
    """It may have gone out at any of the tries."""
    bench = Bench(keeps_key=True)
    delivery = bench.add("one", "two")
    bench.channel.script = [Unknown("timeout")] * TRIES
    for _ in range(TRIES + 1):  # after so many nobody sends for a moment: part two comes later
        bench.deliverer.send(delivery)
        bench.now += 3600
    assert bench.statuses(delivery) == [Status.UNKNOWN, Status.WIRED]


@pytest.mark.parametrize(
    "later",
    [
        pytest.param([Rejected("400")], id="refused"),
        pytest.param([Throttled("429"), Rejected("400")], id="not-now-then-refused"),
        pytest.param([OptedOut("406")], id="stopped"),
    ],
)
def test_what_may_have_gone_out_once_is_never_called_failed(later: list[SendError]) -> None:
    bench = Bench(keeps_key=True)
    delivery = bench.add("one", "two")
    bench.channel.script = [Unknown("timeout"), *later]
    for _ in range(TRIES):
        bench.deliverer.send(delivery)
        bench.now += 3600
    assert bench.statuses(delivery) == [Status.UNKNOWN, Status.FAILED]
    assert bench.channel.script == [] == bench.texts()


def test_alone_it_makes_an_unknown_delivery() -> None:
    bench = Bench(keeps_key=True)
    delivery = bench.add("one")
    bench.channel.script = [Unknown("timeout"), Rejected("400")]
    assert bench.deliverer.send(delivery) is Status.ERRORED
    bench.now += 10
    assert bench.deliverer.send(delivery) is Status.UNKNOWN
    assert bench.store.counts()["delivery.unknown"] == 1


@pytest.mark.parametrize("why", ["expired", "opted_out"])
def test_nor_where_it_may_not_be_tried_again(why: str) -> None:
    bench = Bench(keeps_key=True)
    delivery = bench.add("one", not_after=bench.now + 60)
    bench.channel.script = [Unknown("timeout")]
    bench.deliverer.send(delivery)
    if why == "opted_out":
        with bench.store.begin() as tx:
            tx.save_contact(replace(tx.contact(URN, now=bench.now, lang="en"), opted_out=True))
            tx.expire_replies(URN)
    bench.now += 61 if why == "expired" else 10
    assert bench.deliverer.send(delivery) is Status.UNKNOWN
    assert bench.texts() == []


def test_a_refusal_before_anything_is_unclear_is_a_failure() -> None:
    bench = Bench(keeps_key=True)
    delivery = bench.add("one")
    bench.channel.script = [Throttled("429"), Rejected("400")]
    bench.deliverer.send(delivery)
    bench.now += 10
    assert bench.deliverer.send(delivery) is Status.FAILED
    assert bench.statuses(delivery) == [Status.FAILED]


def test_the_price_is_kept_with_the_id() -> None:
    bench = Bench()
    bench.channel.script = [Sent("id-a", Price(Decimal("0.8"), "KES")), "id-b"]
    bench.deliverer.send(bench.add("one", "two"))
    priced = [(spent.currency, spent.parts, spent.amount) for spent in bench.store.costs(since=0)]
    assert priced == [("", 1, Decimal(0)), ("KES", 1, Decimal("0.8"))]


DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("ago_s", "channel", "sent"),
    [
        pytest.param(DAY_S - 1, "scripted", ["one"], id="inside"),
        pytest.param(DAY_S + 1, "scripted", [], id="outside"),
        pytest.param(60.0, "another", [], id="heard-on-another-channel"),
        pytest.param(None, "", [], id="never-heard"),
    ],
)
def test_a_service_window_is_kept_without_asking_the_provider(ago_s: float | None, channel: str, sent: list[str]) -> None:
    bench = Bench(window_h=24.0)
    if ago_s is not None:
        bench.hear(ago_s=ago_s, channel=channel)
    delivery = bench.add("one")
    assert bench.deliverer.send(delivery) is (Status.WIRED if sent else Status.FAILED)
    assert bench.texts() == sent


def test_without_a_window_nobody_has_to_write_first() -> None:
    bench = Bench()
    assert bench.deliverer.send(bench.add("one")) is Status.WIRED


@pytest.mark.parametrize(
    ("templates", "lang", "filled"),
    [
        pytest.param({"en": "news", "sw": "habari"}, Lang.SW, ("habari", "sw", ("one",)), id="the-person's-language"),
        pytest.param({"sw": "habari", "en_GB": "news"}, Lang.EN, ("news", "en_GB", ("one",)), id="with-its-country"),
        pytest.param({"en": "news"}, Lang.SW, ("news", "en", ("one",)), id="another-language"),
        pytest.param({}, Lang.SW, None, id="none-set-up"),
    ],
)
def test_outside_the_window_a_template_carries_the_text(templates: dict[str, str], lang: Lang, filled: object) -> None:
    bench = Bench(templates=templates, window_h=24.0)
    delivery = bench.add("one")
    with bench.store.begin() as tx:
        tx.save_contact(replace(tx.contact(URN, now=bench.now, lang="en"), lang=lang))
    assert bench.deliverer.send(delivery) is (Status.WIRED if filled else Status.FAILED)
    assert isinstance(bench.channel, WithTemplates)
    assert bench.channel.filled == ([filled] if filled else [])


def test_inside_the_window_no_template_is_paid_for() -> None:
    bench = Bench(templates={"en": "news"}, window_h=24.0)
    bench.hear(ago_s=60)
    bench.deliverer.send(bench.add("one"))
    assert bench.texts() == ["one"]
