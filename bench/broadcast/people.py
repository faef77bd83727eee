"""The people of a run: those who must get the alert, and all kinds of those who must not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from bot.core.alert.broadcast import EXERCISE, VOLUNTEERS, Audience
from bot.core.types import Contact, Lang
from bot.store.alert_tables import MEMBERSHIP
from bot.store.engine import Database, insert_once
from bot.store.tables import CONTACT

PLACES = tuple(f"XX-{n:02}" for n in range(40))  # the area, nearest first
ELSEWHERE = "YY-01"
AREA = Audience(places=PLACES)
_EXERCISES = 30
_BATCH = 2000


@dataclass(frozen=True, slots=True)
class People:
    """`eligible` get the alert; one in twenty as many of each other kind do not."""

    eligible: int

    @property
    def few(self) -> int:
        return max(10, self.eligible // 20)

    def numbers(self, kind: str) -> Sequence[str]:
        """The numbers of a kind: eligible, stopped, away."""
        start, count = {
            "eligible": (0, self.eligible),
            "stopped": (self.eligible, self.few),
            "away": (self.eligible + self.few, self.few),
        }[kind]
        return [number(n) for n in range(start, start + count)]

    @property
    def exercising(self) -> Sequence[str]:
        return [number(n) for n in range(_EXERCISES)]

    def store(self, database: Database) -> None:
        """Writes them all: each twentieth of those who are eligible is there by WhatsApp, too."""
        everybody = self._contacts()
        while contacts := list(islice(everybody, _BATCH)):
            with database.write() as connection:
                connection.execute(insert_once(connection.dialect.name, CONTACT, "urn"), contacts)
        members = [(EXERCISE, one) for one in self.exercising]
        members += [(VOLUNTEERS, one) for one in self.numbers("eligible")[:: max(1, self.eligible // 100)]]
        with database.write() as connection:
            rows = [{"name": name, "urn": f"tel:{one}"} for name, one in members]
            connection.execute(insert_once(connection.dialect.name, MEMBERSHIP, "name", "urn"), rows)

    def _contacts(self) -> Iterator[dict[str, object]]:
        for n, one in enumerate(self.numbers("eligible")):
            yield _row(Contact(f"tel:{one}", (Lang.EN, Lang.SW)[n % 2], place=PLACES[n % len(PLACES)]))
            if n % 20 == 0:
                yield _row(Contact(f"whatsapp:{one}", Lang.EN, place=PLACES[n % len(PLACES)]))
        for one in self.numbers("stopped"):
            yield _row(Contact(f"tel:{one}", Lang.EN, place=PLACES[0], opted_out=True))
        for one in self.numbers("away"):
            yield _row(Contact(f"tel:{one}", Lang.EN, place=ELSEWHERE))


def number(n: int) -> str:
    """A person's number."""
    return f"+25470{n:07}"


def _row(contact: Contact) -> dict[str, object]:
    return {column.name: getattr(contact, column.name) for column in CONTACT.c}
