"""The inbox of tests/core/test_inbox.py with places, warnings and roll calls around it."""

from dataclasses import dataclass, field
from typing import Any

from bot.core.alert.cap import Category, ResponseType, Severity
from bot.core.alert.notice import Notice, RollAnswer
from bot.core.alert.words import AlertWords, Hazard
from bot.core.inbox import Inbox
from bot.core.ports import Taken
from bot.core.storage import ClaimedDelivery, NewDelivery
from bot.core.ticket import Ticket, TicketState
from bot.core.types import Lane, Lang, Limits, Message
from tests.core.test_inbox import PERSON, Bench, Plain
from tests.places.small import small
from tests.small import EN, SW, small_library

FLOOD_EN = "KenyaMet: FLOOD danger, Garissa. Move to high ground now. Until Sat 6pm."
FLOOD_SW = "KenyaMet: HATARI YA MAFURIKO, Garissa. Hamia juu sasa. Hadi Jumamosi 12 jioni."


def hazard(name: str, en: str, sw: str, *asks: str, kin: str = "") -> Hazard:
    return Hazard(id=name, category=Category.MET, names={EN: en, SW: sw}, asks={EN: asks, SW: asks}, usual=ResponseType.EVACUATE, kin=kin)


WORDS = AlertWords(
    (
        hazard("flood", "flood", "mafuriko", "floods", "flooding"),
        hazard("flash-flood", "flash flood", "mafuriko ya ghafla", "flash floods", kin="flood"),
        hazard("storm", "storm", "dhoruba", "storms"),
        hazard("heavy-rain", "heavy rain", "mvua kubwa", "rain", "mvua"),
    ),
    (),
    {},
)


def notice(key: str = "broadcast:1", **values: Any) -> Notice:
    known: dict[str, Any] = {"hazard": "flood", "severity": Severity.SEVERE, "texts": {EN: FLOOD_EN, SW: FLOOD_SW}, "places": ("KE-07",)}
    return Notice(**{"key": key, "since": 1.0, "expires": 9e9} | known | values)


@dataclass
class AlertBench(Bench):
    """`screen` is what a USSD screen holds."""

    screen: Limits = field(default_factory=lambda: Limits(units=156, max_parts=1, reply_within_s=7.0, can_push=False))

    def __post_init__(self) -> None:
        whatsapp = Limits(gsm7=False, units=1024, units_joined=1024, max_parts=1, choices=10)
        self.channels = {
            "sms": Plain("sms", Limits()),
            "ussd": Plain("ussd", self.screen, hand_over="sms"),
            "whatsapp": Plain("whatsapp", whatsapp),
        }
        self.library, values = small_library(), {"emergency_number": "112"}
        self.inbox = Inbox(self.library, self.channels, lang=EN, values=values, words=WORDS, places=small())  # type: ignore[arg-type]

    def say(self, text: str, **values: Any) -> list[str]:
        """What comes back by SMS, as the phone shows it."""
        return self.deliver(self.send(text, **values))

    def send(self, text: str, *, channel: str = "sms", **values: Any) -> Taken:
        return self.take(Message(channel=channel, external_id=f"m{next(self.ids)}", urn=PERSON, text=text, **values))

    def deliver(self, taken: Taken) -> list[str]:
        """Sends what was decided, as the senders do; the last hop would let nothing through that is not for who stopped us."""
        rows = [row for lane, row in taken.hints if lane is Lane.SENDS]
        for row in rows:
            claimed = self.store.claim_delivery(row, now=self.now, lease_s=9)
            if claimed is None:
                continue  # the loop breaker has it
            assert claimed.despite_stop or not claimed.opted_out
            self._wire(claimed)
        return [part.text for row in rows for part in self.store.parts(row)]

    def _wire(self, claimed: ClaimedDelivery) -> None:
        for part in claimed.parts:
            assert self.store.part_sending(claimed.claim, part.n, now=self.now, lease_s=9)
            self.store.part_wired(claimed.claim, part.n, f"p{claimed.claim.id}-{part.n}", now=self.now)
        self.store.finish_delivery(claimed.claim, now=self.now)

    def see(self, path: str, *, dial: str = "d1") -> str:
        """What a screen shows after all inputs so far, joined by '*'; "" is the dial itself."""
        taken = self.hop(path, dial=dial)
        assert taken.reply is not None, "the screen waits for an answer"
        return taken.reply.text

    def put(self, *notices: Notice) -> None:
        with self.store.begin() as tx:
            for one in notices:
                tx.put_notice(one)

    def end(self, key: str) -> None:
        with self.store.begin() as tx:
            assert tx.end_notice(key, now=self.now)

    def roll_call(self, number: int = 1, *, sent: bool = True, to: str = PERSON) -> int:
        """A broadcast's roll call to the person, taken by the provider where it is `sent`."""
        made = NewDelivery(
            dedup=f"broadcast:{number}:{to}", channel="sms", urn=to, parts=(FLOOD_EN,), lane=Lane.ALERTS, broadcast_id=number
        )
        with self.store.begin() as tx:
            stored = tx.insert_delivery(made, now=self.now)
        assert stored is not None
        if sent:
            claimed = self.store.claim_delivery(stored, now=self.now, lease_s=9)
            assert claimed is not None
            self._wire(claimed)
        return stored

    def answered(self, number: int = 1, *, sent: bool = True) -> RollAnswer | None:
        """What the person's newest word to that roll call was. `sent`: it is the newest that they were sent."""
        with self.store.begin() as tx:
            call = tx.roll_call(PERSON, since=0.0) if sent else tx.roll_call_of(number, PERSON, asked=self.now)
        assert call is not None
        assert call.broadcast_id == number
        return call.answer

    def place(self) -> str:
        with self.store.begin() as tx:
            return tx.contact(PERSON, now=self.now, lang=EN).place

    def live_in(self, place: str, lang: Lang = EN) -> None:
        with self.store.begin() as tx:
            contact = tx.contact(PERSON, now=self.now, lang=lang)
            tx.save_contact(type(contact)(**{name: getattr(contact, name) for name in contact.__slots__} | {"place": place, "lang": lang}))

    def tickets(self) -> list[Ticket]:
        return sorted(self.store.tickets(states=tuple(TicketState), limit=99), key=lambda ticket: ticket.id)
