"""Short words for the tests of broadcasts: people, staff, a desk, and a feeder that may be killed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Row, select, update

from bot.core.alert.broadcast import Audience, Broadcast, Mode
from bot.core.alert.cap import Severity
from bot.core.alert.desk import AlertDesk
from bot.core.alert.feeder import Feeder
from bot.core.alert.sending import Audiences, Cursor, Page, delivery, legs
from bot.core.alert.staff import Member, Role
from bot.core.ports import Channel
from bot.core.types import Contact, Lane, Lang, Limits, Status, StatusUpdate
from bot.store.alert_tables import MEMBERSHIP
from bot.store.engine import insert_once
from bot.store.sql import SqlStore
from bot.store.tables import CONTACT, DELIVERY, PART
from tests.core.test_inbox import Plain
from tests.places.small import small
from tests.store.bench import T

AMINA = Member("amina", frozenset({Role.AUTHOR, Role.APPROVER}))
BEN = Member("ben", frozenset({Role.APPROVER}))
EVE = Member("eve", frozenset({Role.AUTHOR, Role.APPROVER}))
FLOOD = {
    Lang.EN: "RED CROSS: FLOOD in Garissa. Move to high ground now.",
    Lang.SW: "RED CROSS: MAFURIKO Garissa. Nenda mahali pa juu sasa.",
}
GARISSA = Audience(places=("KE-07",))
WAYS = {"tel": "sms", "whatsapp": "wa"}


@dataclass
class Hall:
    """A store with a desk and a feeder, at a time of its own."""

    store: SqlStore
    now: float = T
    rate_per_s: float = 1000.0
    hints: list[tuple[Lane, int]] = field(default_factory=list, repr=False)
    rests: list[float] = field(default_factory=list, repr=False)  # of the feeder

    def __post_init__(self) -> None:
        sms, wa = Limits(rate_per_s=self.rate_per_s), Limits(gsm7=False, scheme="whatsapp", rate_per_s=self.rate_per_s)
        self.channels: Mapping[str, Channel] = {"sms": cast(Channel, Plain("sms", sms)), "wa": cast(Channel, Plain("wa", wa))}
        audiences = Audiences(self.store, WAYS, self.channels, Lang.EN)
        self.desk = AlertDesk(self.store, audiences, small(), self, lambda: self.now, lambda broadcast: ())
        self.feeder = Feeder(self.store, self.channels, WAYS, self, lambda: self.now, Lang.EN, self.rests.append)

    def hint(self, lane: Lane, *ids: int) -> None:
        self.hints += [(lane, row) for row in ids]

    def people(self, *urns: str, place: str = "KE-07", groups: Sequence[str] = (), **values: Any) -> None:
        rows = [_contact(Contact(urn, **{"lang": Lang.EN, "place": place} | values)) for urn in urns]
        members = [{"name": group, "urn": urn} for group in groups for urn in urns]
        with self.store._db.write() as connection:
            connection.execute(insert_once(connection.dialect.name, CONTACT, "urn"), rows)
            if members:
                connection.execute(insert_once(connection.dialect.name, MEMBERSHIP, "name", "urn"), members)

    def draft(self, audience: Audience = GARISSA, **values: Any) -> int:
        return self.desk.draft(flood(audience, now=self.now, **values), by=AMINA)

    def send(self, audience: Audience = GARISSA, **values: Any) -> int:
        """An approved broadcast of amina's, by ben."""
        drafted = self.draft(audience, **values)
        return self.approve(drafted)

    def approve(self, id: int) -> int:
        counted = self.desk.submit(id, by=AMINA)
        self.desk.approve(id, by=BEN, confirm=counted.total)
        return id

    def feed(self) -> int:
        """Until there is nothing to feed. What waits is let go of in between, as if it had been sent."""
        made = 0
        while some := self.feeder.run():
            made += some
            self.settle()
        return made

    def settle(self, status: str = "wired") -> None:
        """All that waits is over, and its parts too."""
        with self.store._db.write() as connection:
            connection.exec_driver_sql(f"UPDATE part SET status = '{status}' WHERE status = 'queued'")
            connection.exec_driver_sql(f"UPDATE delivery SET status = '{status}' WHERE status = 'queued'")

    def got(self, id: int) -> list[str]:
        """Who has a delivery of a broadcast, in the order in which they were made."""
        with self.store._db.read() as connection:
            return list(connection.scalars(select(DELIVERY.c.urn).where(DELIVERY.c.broadcast_id == id).order_by(DELIVERY.c.id)))

    def rows(self, id: int) -> Sequence[Row[Any]]:
        """Its deliveries, in the order in which they were made."""
        with self.store._db.read() as connection:
            return connection.execute(select(DELIVERY).where(DELIVERY.c.broadcast_id == id).order_by(DELIVERY.c.id)).all()

    def statuses(self, id: int) -> Mapping[tuple[str, str], int]:
        return Counter((row.status, row.code) for row in self.rows(id))

    def set(self, delivery: int, status: str, *, part: str = "") -> None:
        """As if it had come so far."""
        with self.store._db.write() as connection:
            connection.execute(update(DELIVERY).where(DELIVERY.c.id == delivery).values(status=status))
            connection.execute(update(PART).where(PART.c.delivery_id == delivery).values(status=part or status))

    def move(self, urn: str, place: str) -> None:
        with self.store._db.write() as connection:
            connection.execute(update(CONTACT).where(CONTACT.c.urn == urn).values(place=place))

    def report(self, external_id: str, status: Status, *, channel: str = "sms") -> None:
        with self.store.begin() as tx:
            tx.apply_status(StatusUpdate(channel=channel, external_id=external_id, status=status), now=self.now)

    def one_page(self, most: int = 3) -> None:
        """Feeds one page to people by SMS, and no more."""
        fed = self.store.to_feed()[0]
        cursor, made = Cursor(), []
        for n, leg in enumerate(legs(fed.broadcast.audience)):
            some = self.store.recipients(fed.broadcast, leg, "tel", after="", limit=most - len(made))
            made += some
            cursor = Cursor(n, some[-1].key) if some else cursor
            if len(made) == most:
                break
        deliveries = [(delivery(fed.broadcast, "sms", one.urn, ["text"]), one.place) for one in made]
        page = Page(track="tel", cursor=cursor, deliveries=deliveries, slots=[0.0] * len(made))
        assert self.store.feed(fed, page, now=self.now) is not None

    def empty_page(self) -> Page:
        return Page(track="tel", cursor=Cursor())


def flood(audience: Audience, *, now: float = T, **values: Any) -> Broadcast:
    usual = {
        "mode": Mode.LIVE,
        "texts": FLOOD,
        "expires": now + 7200.0,
        "severity": Severity.SEVERE,
        "hazard": "flood",
        "source": "Red Cross",
    }
    return Broadcast(**usual | {"audience": audience} | values)


def tel(n: int) -> str:
    return f"tel:+2547000{n:05}"


def wa(n: int) -> str:
    return f"whatsapp:+2547000{n:05}"


@contextmanager
def hall(url: str, **values: Any) -> Iterator[Hall]:
    store = SqlStore(url)
    try:
        yield Hall(store, **values)
    finally:
        store.close()


def _contact(contact: Contact) -> dict[str, Any]:
    return {name: getattr(contact, name) for name in [column.name for column in CONTACT.c]}
