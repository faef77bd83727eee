"""Every webhook route of the house, with good requests to begin from: the rows of the channels' own table tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.ports import Channel
from tests.channels.runner import Fields, Table
from tests.channels.test_android_gateway import TestAndroidGateway
from tests.channels.test_at_sms import TestAtSms
from tests.channels.test_at_ussd import TestAtUssd
from tests.channels.test_http import TestHttp
from tests.channels.test_jasmin import TestJasmin
from tests.channels.test_kannel import TestKannel
from tests.channels.test_meta_whatsapp import TestMetaWhatsapp
from tests.channels.test_sim import TestSim
from tests.channels.test_sim_ussd import TestSimUssd
from tests.channels.test_sim_whatsapp import TestSimWhatsapp
from tests.channels.test_twilio_sms import TestTwilioSms
from tests.channels.test_twilio_whatsapp import TestTwilioWhatsapp

_TESTS: tuple[Any, ...] = (
    TestAndroidGateway,
    TestAtSms,
    TestAtUssd,
    TestHttp,
    TestJasmin,
    TestKannel,
    TestMetaWhatsapp,
    TestSim,
    TestSimUssd,
    TestSimWhatsapp,
    TestTwilioSms,
    TestTwilioWhatsapp,
)
TABLES: Mapping[str, Table] = {test.table.name: test.table for test in _TESTS}
SHORT_S = 0.02  # a screen waits this long for an answer: nobody answers here
_SIGNS_THE_BODY = frozenset({"android_gateway", "http", "meta_whatsapp"})


@dataclass(frozen=True)
class Seed:
    """A request to begin from."""

    body: bytes
    query: str = ""
    headers: Fields | None = None


@dataclass(frozen=True)
class Door:
    """One route: channel and action."""

    table: Table
    action: str

    @property
    def name(self) -> str:
        return f"{self.table.name}/{self.action}"

    @property
    def good(self) -> Seed:
        return Seed(self.table.encode(self.table.good[self.action]))

    @property
    def seeds(self) -> Sequence[Seed]:
        """The good request and every row of the table for this route."""
        rows = [row for row in self.table.inbound if row.action == self.action]
        return [self.good, *(Seed(self.table.encode(row.fields) if row.body is None else row.body, row.query, row.headers) for row in rows)]

    @property
    def signs_the_body(self) -> bool:
        """Whether one changed byte of the body makes the signature wrong."""
        return self.table.name in _SIGNS_THE_BODY


DOORS: Mapping[str, Door] = {door.name: door for table in TABLES.values() for door in (Door(table, action) for action in table.good)}


def channels() -> Mapping[str, Channel]:
    """All of them, with the options of their tables."""
    short = {name: {"reply_within_s": SHORT_S} for name in ("at_ussd", "sim_ussd")}
    return {name: table.make(**short.get(name, {})) for name, table in TABLES.items()}
