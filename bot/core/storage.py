"""What the core needs of a store, as Protocols, and the rows it hands out. bot.store has two, held together by one contract test."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from bot.core.alert.broadcast import Clearance
from bot.core.alert.notice import NoticeTx
from bot.core.backlog import BacklogStore
from bot.core.bucket import BucketStore
from bot.core.gauges import GaugeStore
from bot.core.jump import ClockStore
from bot.core.price import Price
from bot.core.ticket import TicketStore, TicketTx
from bot.core.types import Choice, Contact, Lane, Lang, Linked, Message, Session, Status, StatusUpdate
from bot.core.waiting import WaitingStore


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that is ours until the lease ends. `token` fences: a write with an old token changes nothing."""

    id: int
    token: str
    attempts: int


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A question to answer."""

    claim: Claim
    message: Message
    contact: Contact
    skill: str  # the menu's choice, "" where none
    turns: Sequence[str]
    received: float
    asked: float = 0.0  # since when it waits: an operator may have had it asked again


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a delivery as stored. `key` is "<delivery id>-<n>-<random>" and never changes."""

    n: int
    key: str
    text: str
    status: Status
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Repeats:
    """How often one person may get the same text: `most` times within `within_s` seconds."""

    most: int
    within_s: float


@dataclass(frozen=True, slots=True)
class Lately:
    """What one person sent lately: how many messages, and how many of them with the same words. Keys on a screen do not count."""

    messages: int
    same: int


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery to store: fitted parts for one recipient.

    `dedup` is unique ("reply:<message id>"): a second insert changes nothing. `hold_until` keeps the senders away while a USSD
    screen may still take the text. `not_after` is when it is no longer worth sending. One text too many for its `repeats` is stored
    as FAILED, code "loop": it is not sent and not hidden.
    """

    dedup: str
    channel: str  # the channel that will push it
    urn: str
    parts: Sequence[str]
    lane: Lane = Lane.SENDS
    hold_until: float = 0.0
    not_after: float = 0.0
    despite_stop: bool = False
    kind: str = ""
    message_id: int | None = None
    skill: str = ""
    facts: Sequence[str] = ()
    choices: Sequence[Choice] = ()  # sent natively with the last part
    unsolicited: bool = False  # nobody asked for it: it waits for the end of the channel's quiet hours
    repeats: Repeats | None = None  # None: as often as it comes
    broadcast_id: int = 0  # the broadcast it belongs to, 0: none


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery whose unsent parts are ours to send."""

    claim: Claim
    channel: str
    urn: str
    parts: Sequence[Part]
    not_after: float
    despite_stop: bool
    opted_out: bool
    errors: int  # tries that failed so far
    lane: Lane = Lane.SENDS
    unclear: int = 0  # of the failed tries, those that were left without an answer
    choices: Sequence[Choice] = ()
    unsolicited: bool = False
    lang: Lang = Lang.EN  # the person's
    created: float = 0.0
    message_id: int | None = None  # what it answers
    clearance: Clearance | None = None  # None: it belongs to no broadcast


@dataclass(frozen=True, slots=True)
class WaitingAnswer:
    """The answer of one question, as a USSD screen asks for it."""

    delivery_id: int
    message_id: int  # the question's
    text: str  # the parts joined by a space
    status: Status
    offers: Sequence[str] = ()  # ids of the facts that it lets the person pick from


@dataclass(frozen=True, slots=True)
class Spent:
    """What `parts` (each is one SMS or one message) on one channel cost in all. `currency` is "" where the provider told no amount."""

    channel: str
    currency: str
    category: str
    parts: int
    amount: Decimal


class Tx(TicketTx, NoticeTx, Protocol):
    """One transaction. Nothing is kept unless the block ends well."""

    def insert_message(self, message: Message, *, now: float) -> int | None:
        """Stores `message` and returns its id, or None where (channel, external_id) is there already."""
        ...

    def contact(self, urn: str, *, now: float, lang: str) -> Contact:
        """The person at `urn`, made with `lang` where new."""
        ...

    def save_contact(self, contact: Contact) -> None: ...

    def person(self, urn: str) -> str:
        """The URN that the person at `urn` is known by: another one where the two were linked."""
        ...

    def link(self, linked: Linked) -> None:
        """From now on `other` is `urn`: a STOP, the language, the session and all messages of either are the one person's."""
        ...

    def twin(self, message: Message, *, now: float) -> bool:
        """Whether this message is there already under another id: told by the webhook and read from the inbox (see Message.twin_s)."""
        ...

    def session(self, key: str) -> Session | None: ...

    def save_session(self, session: Session) -> None: ...

    def queue_question(self, message_id: int, *, skill: str, turns: Sequence[str], screen_until: float, now: float) -> None:
        """Leaves the message for the ANSWERS lane. `screen_until` > 0: a USSD screen waits for it until then."""
        ...

    def settle_message(self, message_id: int) -> None:
        """Marks a message that needs no model as done."""
        ...

    def ignore_message(self, message_id: int) -> None:
        """Marks a message that nothing answers: its person sends too many. Counted as "message.ignored"."""
        ...

    def lately(self, urn: str, text: str, *, since: float, same_since: float) -> Lately:
        """What `urn` sent from `since` on, and how many times `text` from `same_since` on. Looks at their last 200 messages."""
        ...

    def told(self, urn: str, kind: str, *, since: float) -> bool:
        """Whether a delivery of that kind was made for `urn` from `since` on. Looks at their last 100 deliveries."""
        ...

    def insert_delivery(self, delivery: NewDelivery, *, now: float) -> int | None:
        """Stores a delivery with its parts and returns its id, or None where `dedup` is there already."""
        ...

    def last_answer(self, urn: str, *, since: float) -> WaitingAnswer | None:
        """The newest answer made for a question of `urn` after `since`, whatever its status."""
        ...

    def open_question(self, urn: str, *, since: float) -> int | None:
        """The id of the newest question that `urn` asked on a screen after `since` and that is still unanswered."""
        ...

    def expire_replies(self, urn: str) -> int:
        """Fails every delivery to `urn` that has not gone out, but for those sent despite a STOP. Returns how many."""
        ...

    def apply_status(self, update: StatusUpdate, *, now: float, keep: bool = True) -> bool:
        """Climbs the part's ladder, and its delivery's, and notes the price. False where the part is not known yet: then it is
        kept for later, unless `keep` is False."""
        ...

    def hold_for_screen(self, message_id: int, *, until: float) -> None:
        """A re-dialled screen waits for an unanswered question again: as if it had been queued with `screen_until=until`."""
        ...

    def end_session(self, key: str) -> None:
        """Closes the session ("channel:session id") and lets go of every question asked in it: their answers will be pushed."""
        ...


class Store(TicketStore, GaugeStore, BucketStore, ClockStore, WaitingStore, BacklogStore, Protocol):
    """The truth. Every method is atomic; times come from the caller; raises StoreDown where the database cannot answer."""

    def begin(self) -> AbstractContextManager[Tx]:
        """One write transaction. Commits at the end of the block, rolls back on an error."""
        ...

    # ANSWERS
    def claim_message(self, id: int, *, now: float, lease_s: float) -> ClaimedMessage | None:
        """Takes a waiting question, or one whose lease ran out. None: done, or somebody has it."""
        ...

    def renew_message(self, claim: Claim, *, now: float, lease_s: float) -> bool: ...

    def finish_message(self, claim: Claim, delivery: NewDelivery, *, now: float) -> int | None:
        """In one transaction: marks the question done where the token still matches, and stores the answer.

        Sets the delivery's `hold_until` to the question's screen deadline, so that a waiting screen can claim it first.
        Returns the delivery's id, or None where the claim was lost."""
        ...

    def expire_message(self, claim: Claim, notice: NewDelivery | None, *, since: float, now: float) -> int | None:
        """In one transaction: ends a question that waited too long, where the token still matches, and stores the `notice` that says
        so, unless its person got one of that kind from `since` on. Returns the notice's id, None where there is none.

        Counted as "message.expired"."""
        ...

    def release_message(self, claim: Claim, *, now: float, after_s: float) -> None:
        """Gives a question back, to be tried again after `after_s`."""
        ...

    # SENDS and ALERTS
    def claim_delivery(self, id: int, *, now: float, lease_s: float) -> ClaimedDelivery | None:
        """Takes a delivery that is due (QUEUED or ERRORED, hold over, next try reached), or one whose lease ran out in SENDING."""
        ...

    def part_sending(self, claim: Claim, n: int, *, now: float, lease_s: float, may_be_lost: bool = False) -> bool:
        """Commits that part `n` is about to be written to the provider. False: the claim was lost.

        `may_be_lost`: with the power, where a provider drops repeats of a key: then the part goes again, and once."""
        ...

    def part_wired(
        self, claim: Claim, n: int, external_id: str, *, now: float, price: Price | None = None, last: bool = False
    ) -> Status | None:
        """Keeps the provider's id and applies any status report that came before it.

        With the `last` part the delivery is finished, in the same commit, and its status returned as finish_delivery does."""
        ...

    def part_unknown(self, claim: Claim, n: int, code: str, *, now: float) -> None: ...

    def finish_delivery(self, claim: Claim, *, now: float) -> Status:
        """Ends the claim and sets the delivery's status from its parts."""
        ...

    def retry_delivery(
        self, claim: Claim, *, now: float, after_s: float, code: str, untaken: int | None = None, failed: bool = True, unclear: bool = False
    ) -> None:
        """ERRORED: another try after `after_s`. Part `untaken` surely has not gone out and is QUEUED again; any other part that was
        left in SENDING stays there: at one of its tries it may have gone out. Where the try `failed`, it counts among the delivery's
        errors; where it was `unclear`, among those."""
        ...

    def postpone_delivery(self, claim: Claim, *, now: float, until: float) -> None:
        """QUEUED again, not to be claimed before `until`. No error: nothing was tried. Its parts stay as they are."""
        ...

    def fail_delivery(self, claim: Claim, *, now: float, reason: str, untaken: int | None = None) -> Status:
        """Over: every part that surely has not gone out is FAILED, `untaken` among them; any other part that was left in SENDING is
        UNKNOWN. Returns the delivery's status: FAILED where any part is, else UNKNOWN."""
        ...

    def heard(self, channel: str, urn: str, *, since: float) -> bool:
        """Whether `urn` wrote to us on `channel` after `since`, by the provider's clock where it told the time."""
        ...

    # Rates: one bucket per person and channel, shared by all workers. Channels' own are in bot.core.bucket.
    def take_slot(self, name: str, *, rate_per_s: float, burst: float, now: float) -> float:
        """Takes a slot of the bucket `name` and returns 0.0, or takes nothing and returns the seconds until one is free.

        In any t seconds at most `burst + rate_per_s * t` slots are taken (GCRA, ITU-T I.371). `burst` is at least 1."""
        ...

    def slots_until(self, name: str) -> float:
        """The time at which the bucket `name` holds all its slots again, 0.0 where nobody took one. Changes nothing."""
        ...

    # USSD screens
    def claim_screen(self, message_id: int, *, now: float) -> WaitingAnswer | None:
        """The answer to this question for the screen. From then on its delivery is DELIVERED and no SMS goes out; a repeat of
        the same hop sees it again. None: not there yet, handed over, or a sender has it."""
        ...

    def hand_over(self, message_id: int, *, now: float) -> int | None:
        """The screen gives up: the answer may be pushed from now on. Returns the id of its delivery where it is there already."""
        ...

    # CHORES
    def due(self, *, now: float, limit: int, closed: Collection[str] = ()) -> Sequence[tuple[Lane, int]]:
        """Rows that wait too long (questions, deliveries), each pushed back with a growing delay so that no row floods a lane.
        Deliveries on `closed` channels are left alone: they could not go."""
        ...

    def next_due(self, channel: str, lane: Lane, *, now: float) -> int | None:
        """The delivery on this channel and lane that waits longest, could go now and that nobody hinted lately: now it is hinted."""
        ...

    def expire(self, *, now: float) -> int:
        """Fails every queued delivery whose `not_after` has passed. Returns how many."""
        ...

    def parts(self, delivery_id: int) -> Sequence[Part]: ...

    def conversation(self, urn: str, *, limit: int) -> Sequence["Line"]:
        """The last lines between us and `urn`, oldest first, as the simulator and the console show them."""
        ...

    def counts(self) -> Mapping[str, int]:
        """Rows by table and status, e.g. "message.new", "delivery.queued", for health and `ujumbe queue`."""
        ...

    def costs(self, *, since: float) -> Sequence[Spent]:
        """What the parts of deliveries made after `since` that a provider took cost, by channel, currency and category, in that order."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a conversation."""

    inbound: bool
    text: str
    at: float
    status: str
    id: str  # stable for this line
    channel: str
    choices: Sequence[Choice] = ()  # what could be picked natively under it
