"""Recovery on both Twilio channels: what came while nobody listened is what the webhook would have brought, and when it came; and what
became of what we sent, with its price."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.core.errors import BadConfig, SendError, Throttled, Unknown, Unreachable
from bot.core.ports import Recovers, Reports
from bot.core.price import Price, price_of
from bot.core.types import Request, Status
from channels._twilio import KEPT
from channels._twilio_phone import TwilioPhone
from channels.twilio_sms import TwilioSms
from channels.twilio_whatsapp import TwilioWhatsapp
from tests.channels.runner import FORM, NUMBER, PUBLIC_URL, silent
from tests.channels.test_twilio_sms import sign
from tests.providers import twilio
from tests.providers.server import Fault, Scripted, closed_port

TOKEN = "twilio-primary-token"
SERVICE = "MG" + "1" * 32
NOON = 1793620800.0  # 2026-11-02 12:00 UTC


@dataclass(frozen=True)
class Line:
    """One of the two channels, as the provider names things on it."""

    cls: type[TwilioPhone]
    prefix: str = ""

    def make(self, url: str, **options: Any) -> TwilioPhone:
        options = {"from_number": twilio.NUMBER, "timeout_s": 5.0, **options}
        return self.cls(country="KE", public_url=PUBLIC_URL, account_sid=twilio.ACCOUNT, auth_token=TOKEN, base_url=url, **options)

    def keep(self, provider: twilio.Twilio, n: int, *, at: float, **more: str) -> None:
        given = {"to": f"{self.prefix}{twilio.NUMBER}", "text": f"text {n}", **more}
        provider.keep(f"{self.prefix}{NUMBER}", given.pop("text"), sid=sid(n), at=at, **given)

    def texts(self, channel: TwilioPhone, *, since: float) -> list[str]:
        return [message.text for message in channel.missed(since=since, last_id="")]


SMS, WHATSAPP = Line(TwilioSms), Line(TwilioWhatsapp, "whatsapp:")
LINES = [pytest.param(SMS, id="sms"), pytest.param(WHATSAPP, id="whatsapp")]


def sid(n: int) -> str:
    return f"SM{n:032x}"


@pytest.mark.parametrize("line", LINES)
def test_is_what_the_webhook_would_have_brought(line: Line) -> None:
    """The same event but for its time: so the store drops what came both ways."""
    form = twilio.inbound(NUMBER, "Habari", sid=sid(1)) if line is SMS else twilio.whatsapp_inbound(NUMBER, "Habari", sid=sid(1))
    with twilio.Twilio(auth_token=TOKEN) as provider:
        line.keep(provider, 1, at=NOON, text="Habari")
        channel = line.make(provider.url)
        [missed] = channel.missed(since=NOON - 60, last_id="")
    request = _posted(channel.name, form)
    assert [replace(missed, sent_at=None)] == list(channel.routes()["receive"](request))
    assert missed.sent_at == NOON
    assert isinstance(channel, Recovers)


def _posted(name: str, form: Mapping[str, str]) -> Request:
    return sign(Request("POST", f"{PUBLIC_URL}/c/{name}/receive", "", {"content-type": FORM}, urlencode(form).encode()))


@pytest.mark.parametrize("line", LINES)
def test_oldest_first_over_many_pages_and_not_before_since(line: Line) -> None:
    """Twilio may read the time as its day: what is older on that day is ours to leave out."""
    order = random.Random(1).sample(range(450), 450)
    with twilio.Twilio(auth_token=TOKEN) as provider:
        for n in order:
            line.keep(provider, n, at=NOON + n)
        texts = line.texts(line.make(provider.url), since=NOON + 20)
    assert texts == [f"text {n}" for n in range(20, 450)]
    assert [sent.method for sent in provider.sent] == ["GET"] * 3


def test_keeps_the_newest_where_there_are_too_many() -> None:
    with twilio.Twilio(auth_token=TOKEN) as provider:
        for n in range(KEPT + 50):
            SMS.keep(provider, n, at=NOON + n)
        texts = SMS.texts(SMS.make(provider.url), since=NOON)
    assert texts == [f"text {n}" for n in range(50, KEPT + 50)]


@pytest.mark.parametrize("line", LINES)
def test_leaves_out_what_is_not_for_us(line: Line) -> None:
    with twilio.Twilio(auth_token=TOKEN) as provider:
        line.keep(provider, 1, at=NOON, direction="outbound-api")
        line.keep(provider, 2, at=NOON, to=f"{line.prefix}+15005550001")
        line.keep(provider, 3, at=NOON, text="\0")
        provider.keep("20880", "a machine", sid=sid(4), at=NOON, to=f"{line.prefix}{twilio.NUMBER}")
        line.keep(provider, 5, at=NOON)
        assert line.texts(line.make(provider.url), since=NOON) == ["text 5"]


@pytest.mark.parametrize("line", LINES)
def test_a_service_takes_its_own_of_this_network(line: Line) -> None:
    """A service may send and receive on both networks, and the list cannot be narrowed to a service: we look at each message."""
    with twilio.Twilio(auth_token=TOKEN) as provider:
        for n, other in enumerate((SMS, WHATSAPP)):
            other.keep(provider, 10 * n, at=NOON, service=SERVICE, text=other.cls.name)
            other.keep(provider, 10 * n + 1, at=NOON, service="MG" + "2" * 32)
            other.keep(provider, 10 * n + 2, at=NOON)
        channel = line.make(provider.url, messaging_service_sid=SERVICE)
        assert line.texts(channel, since=NOON) == [line.cls.name]
    assert "To" not in provider.sent[0].query


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param(Fault(401, body=twilio.error_body(20003)), BadConfig, id="token"),
        pytest.param(Fault(429, {"Retry-After": "3"}, "{}"), Throttled, id="too-fast"),
        pytest.param(Fault(503, {"Retry-After": "3"}, "{}"), Unreachable, id="down"),
        pytest.param(Fault(500, body="{}"), Unknown, id="broken"),
        pytest.param(Fault(reset=True), Unknown, id="cut"),
        pytest.param(Fault(200, body="OK"), Unknown, id="no-json"),
        pytest.param(Fault(200, body='{"messages":"none"}'), Unknown, id="no-list"),
        pytest.param(Fault(200, body='{"messages":["a"]}'), Unknown, id="odd-row"),
        pytest.param(Fault(200, body='{"messages":[],"more":[]}'), Unknown, id="odd-list"),
        pytest.param(Fault(200, body='{"messages":[{"direction":"inbound","date_sent":5}]}'), Unknown, id="odd-date"),
        pytest.param(
            Fault(200, body='{"messages":[{"direction":"inbound","date_sent":"Mon, 99 Nov 2026 08:00:00 +0000"}]}'), Unknown, id="99th"
        ),
    ],
)
def test_says_what_went_wrong(fault: Fault, error: type[SendError]) -> None:
    with Scripted() as provider:
        provider.fail_next(fault)
        channel = SMS.make(provider.url)
        with pytest.raises(error) as caught:
            channel.missed(since=NOON, last_id="")
    silent(str(caught.value), channel)


def test_a_list_that_breaks_off_gives_nothing() -> None:
    """Half a list would hide the other half until the next round: it is asked again as a whole."""
    first = {"messages": [twilio.list_row(NUMBER, "a", sid=sid(1), at=NOON, to=twilio.NUMBER, direction="inbound", service="")]}
    with Scripted() as provider:
        provider.fail_next(Fault(200, body=json.dumps({**first, "next_page_uri": f"{twilio.PATH}?Page=1"})), Fault(500, body="{}"))
        with pytest.raises(Unknown):
            SMS.make(provider.url).missed(since=NOON, last_id="")
    assert [sent.query.get("Page") for sent in provider.sent] == [None, "1"]


def test_a_provider_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        SMS.make(closed_port()).missed(since=NOON, last_id="")


@pytest.mark.parametrize("line", LINES)
def test_tells_what_became_of_our_messages_and_their_price(line: Line) -> None:
    person, ours = f"{line.prefix}{NUMBER}", f"{line.prefix}{twilio.NUMBER}"
    with twilio.Twilio(auth_token=TOKEN) as provider:
        provider.keep_sent(person, sid=sid(1), at=NOON, price="-0.00750", sender=ours)
        provider.keep_sent(person, sid=sid(2), at=NOON + 1, status="undelivered", error=30003, sender=ours)
        provider.keep_sent(person, sid=sid(3), at=NOON + 2, status="pondering", sender=ours)
        provider.keep_sent(person, sid=sid(4), at=NOON - 61, sender=ours)
        provider.keep_sent(person, sid=sid(5), at=NOON, sender=f"{line.prefix}+15005550001")
        line.keep(provider, 6, at=NOON)
        channel = line.make(provider.url)
        assert isinstance(channel, Reports)
        told = channel.told(since=NOON - 60)
    assert [(one.external_id, one.status, one.code, one.price) for one in told] == [
        (sid(2), Status.FAILED, "30003", None),
        (sid(1), Status.DELIVERED, "delivered", Price(Decimal("0.0075"), "USD")),
    ]


def test_a_price_that_is_known_at_once_stands_beside_the_id() -> None:
    with Scripted() as provider:
        provider.fail_next(Fault(201, body=twilio.message_body(sid(1), NUMBER, "x", price="-0.0075")))
        sent = SMS.make(provider.url).send(f"tel:{NUMBER}", "x", key="k")
    assert (sent, price_of(sent)) == (sid(1), Price(Decimal("0.0075"), "USD"))
