"""What the in-memory store holds: frozen rows in dictionaries, so that a transaction is a shallow copy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.core.alert.notice import Notice, RollAnswer
from bot.core.bucket import Bucket
from bot.core.price import Price
from bot.core.storage import Claim, Line, NewDelivery, Part, WaitingAnswer
from bot.core.text import unmarked
from bot.core.ticket import Approved, Ticket
from bot.core.types import OFFER, Contact, Message, Session, Status, climbs
from bot.core.waiting import Hold
from bot.store.rules import FIRST_DELAY_S, KEEP_RATES_S, KEEP_REPORTS_S, LIVE, OPEN, SCREEN, WAITING, MessageState, lower, summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One inbound message. See bot.store.tables.Message for the fields."""

    id: int
    message: Message
    received: float
    state: MessageState = MessageState.STORED
    skill: str = ""
    turns: tuple[str, ...] = ()
    asked: float = 0.0
    screen_until: float = 0.0
    token: str | None = None
    lease_until: float = 0.0
    attempts: int = 0
    next_at: float = 0.0
    due_at: float = 0.0
    delay_s: float = FIRST_DELAY_S

    @property
    def open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One delivery with its parts. See bot.store.tables.Delivery for the fields."""

    id: int
    order: NewDelivery
    parts: tuple[Part, ...]
    created: float
    hold_until: float
    status: Status = Status.QUEUED
    via: str = ""
    code: str = ""
    token: str | None = None
    lease_until: float = 0.0
    attempts: int = 0
    errors: int = 0
    unclear: int = 0
    next_at: float = 0.0
    due_at: float = 0.0
    delay_s: float = FIRST_DELAY_S
    prices: Mapping[int, Price] = field(default_factory=dict)  # by part

    @property
    def live(self) -> bool:
        return self.status in LIVE

    @property
    def waiting(self) -> bool:
        return self.status in WAITING

    def with_parts(self, old: Sequence[Status], new: Status) -> "Outgoing":
        """The same with every part whose status is one of `old` set to `new`."""
        return replace(self, parts=tuple(replace(p, status=new) if p.status in old else p for p in self.parts))

    def climbed(self, n: int, status: Status) -> "Outgoing":
        """The same with part `n`, and then itself, on the rung of `status` where that is higher."""
        parts = tuple(replace(p, status=status) if p.n == n and climbs(p.status, status) else p for p in self.parts)
        return replace(self, parts=parts).summed()

    def summed(self) -> "Outgoing":
        least = summary(part.status for part in self.parts)
        return replace(self, status=least) if climbs(self.status, least) else self

    def failed(self, code: str) -> "Outgoing":
        """Over. What had not gone out is FAILED, and what may have gone out is UNKNOWN."""
        row = self.with_parts((Status.QUEUED,), Status.FAILED).with_parts((Status.SENDING,), Status.UNKNOWN)
        new = Status.FAILED if any(part.status is Status.FAILED for part in row.parts) else Status.UNKNOWN
        return replace(row, status=new if self.status in lower(new) else self.status, token=None, code=code)

    def untaken(self, n: int | None) -> "Outgoing":
        """The same with part `n`, where it was called, waiting again."""
        sending = [p.n for p in self.parts if p.status is Status.SENDING]
        return (
            self
            if n not in sending
            else replace(self, parts=tuple(replace(p, status=Status.QUEUED) if p.n == n else p for p in self.parts))
        )

    def priced(self, n: int, price: Price | None) -> "Outgoing":
        """The same with what a provider says of the price of part `n`: an amount and a category may come at different times."""
        if price is None:
            return self
        old = self.prices.get(n, Price())
        new = price if price.currency else replace(old, category=price.category)
        return replace(self, prices={**self.prices, n: replace(new, category=price.category or old.category)})


@dataclass(frozen=True, slots=True)
class Report:
    """A status report that came before its part was known."""

    status: Status
    at: float
    price: Price | None = None


@dataclass(slots=True)
class Tables:
    """Everything. Rows are frozen: a shallow copy is a snapshot."""

    questions: dict[int, Question] = field(default_factory=dict)
    outgoing: dict[int, Outgoing] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)  # another URN of a person -> the person
    sessions: dict[str, Session] = field(default_factory=dict)
    reports: dict[tuple[str, str, Status], Report] = field(default_factory=dict)
    external_ids: dict[tuple[str, str], int] = field(default_factory=dict)  # of messages
    dedups: dict[str, int] = field(default_factory=dict)
    wired: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)  # (channel, external id) -> delivery, part
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)  # bucket -> when it is full again
    buckets: dict[str, tuple[Bucket, int]] = field(default_factory=dict)  # channel -> bucket, version
    holds: dict[int, Hold] = field(default_factory=dict)
    hold_ids: dict[int, int] = field(default_factory=dict)  # 0 -> the last id given: none is used twice
    tickets: dict[int, Ticket] = field(default_factory=dict)
    approved: dict[int, Approved] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)  # in force or expired; those that were ended are gone
    roll_answers: dict[tuple[int, str], RollAnswer] = field(default_factory=dict)  # (broadcast, urn)

    def copy(self) -> "Tables":
        return Tables(*(dict(getattr(self, name)) for name in Tables.__slots__))

    def put(self, row: Question | Outgoing) -> None:
        if isinstance(row, Question):
            self.questions[row.id] = row
        else:
            self.outgoing[row.id] = row

    def claimed_question(self, claim: Claim) -> Question | None:
        """The question, while the claim's token still fits."""
        row = self.questions.get(claim.id)
        return row if row is not None and row.token == claim.token else None

    def claimed_delivery(self, claim: Claim) -> Outgoing | None:
        """The delivery, while the claim's token still fits."""
        row = self.outgoing.get(claim.id)
        return row if row is not None and row.token == claim.token else None

    def answers_to(self, message_id: int) -> list[Outgoing]:
        return [row for row in self.outgoing.values() if row.order.message_id == message_id]

    def learn(self, channel: str, external_id: str, delivery_id: int, n: int) -> None:
        """Keeps the provider's id of a part, and applies what was reported under it before."""
        row = self.outgoing[delivery_id]
        parts = tuple(replace(p, external_id=external_id) if p.n == n else p for p in row.parts)
        self.put(replace(row, parts=parts))
        if external_id:
            self.wired[channel, external_id] = (delivery_id, n)
            for key in [key for key in self.reports if key[:2] == (channel, external_id)]:
                report = self.reports.pop(key)
                self.put(self.outgoing[delivery_id].climbed(n, report.status).priced(n, report.price))

    def forget_reports(self, now: float) -> None:
        self.reports = {key: report for key, report in self.reports.items() if report.at > now - KEEP_REPORTS_S}

    def forget_rates(self, now: float) -> None:
        self.rates = {name: full for name, full in self.rates.items() if full > now - KEEP_RATES_S}

    def lines(self, urn: str) -> Iterator[tuple[tuple[float, bool, int, int], Line]]:
        """Every line between us and `urn`, each with its place in the order."""
        for q in self.questions.values():
            if q.message.urn == urn:
                line = Line(True, q.message.text, q.received, q.state, f"in-{q.id}", q.message.channel)
                yield (q.received, False, q.id, 0), line
        for d in self.outgoing.values():
            if d.order.urn == urn:
                channel = self.questions[d.order.message_id or 0].message.channel if d.via == SCREEN else d.order.channel
                for p in d.parts:
                    choices = tuple(d.order.choices) if p.n == d.parts[-1].n else ()
                    yield (d.created, True, d.id, p.n), Line(False, p.text, d.created, p.status, f"out-{d.id}-{p.n}", channel, choices)


def as_answer(row: Outgoing) -> WaitingAnswer:
    """What a screen is shown of a delivery."""
    assert row.order.message_id is not None
    offers = tuple(row.order.facts) if row.order.kind == OFFER else ()
    return WaitingAnswer(row.id, row.order.message_id, unmarked([part.text for part in row.parts]), row.status, offers)
