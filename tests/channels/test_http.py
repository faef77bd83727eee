"""The generic channel, held to docs/channels/http.md. (What _http says about calls is in test_calling.py.)"""

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from bot.core.errors import BadConfig, BadSetting, Malformed, Rejected, SendError, Throttled, Unknown, Unreachable, Unsigned
from bot.core.ports import Channel
from bot.core.price import Price, price_of
from bot.core.types import Message, Request, Status, StatusUpdate
from channels.http import Http
from tests.channels.runner import JSON, NUMBER, PART_KEY, PATH_KEY, URN, Inbound, Outbound, SendingContract, Table, sending
from tests.providers import http_gateway as gateway
from tests.providers.server import Fault, Scripted

GOOD = gateway.incoming(NUMBER, "Habari", id="m1")
REPORT = {"id": "gw-1", "status": "delivered"}
TAKEN = Fault(202, body='{"id":"gw-1"}')


@dataclass(frozen=True)
class Sends(Table):
    """Its whole address is configured, not a base."""

    def make(self, **options: Any) -> Channel:
        return super().make(**{"send_url" if name == "base_url" else name: value for name, value in options.items()})


def sign(request: Request) -> Request:
    return replace(request, headers={**request.headers, "x-ujumbe-signature": gateway.signature(request.body, gateway.SECRET)})


def message(**changed: Any) -> Message:
    return replace(Message(channel="http", external_id="m1", urn=URN, text="Habari", to="20880", sent_at=1793607345.0), **changed)


def received(label: str, changes: dict[str, str], **expected: Any) -> Inbound:
    return Inbound(label, "receive", {**GOOD, **changes}, events=(message(**expected),))


def reported(label: str, fields: dict[str, str], **expected: Any) -> Inbound:
    update = StatusUpdate(channel="http", external_id="gw-1", status=Status.DELIVERED, code="delivered")
    return Inbound(label, "status", fields, events=(replace(update, **expected),))


def http(status: int, error: SendError, **headers: str) -> Outbound:
    return Outbound(f"http-{status}-{len(headers)}", Fault(status, headers, f'{{"error":"{NUMBER}"}}'), error=error)


class TestHttp(SendingContract):
    table = Sends(
        cls=Http,
        options={"send_url": "https://gateway.example.org/send", "secret": gateway.SECRET},
        needs=["send_url", "secret"],
        wrong=[
            ("send_url", "http://gateway.example.org/send"),
            ("send_url", "gateway"),
            ("secret", "short"),
            ("path_key", "short"),
            ("keeps_key", "perhaps"),
            ("rate_per_s", 0),
            ("timeout_s", 1000),
        ],
        good={"receive": GOOD, "status": REPORT},
        required={"receive": ["id", "from", "text"], "status": ["status", "id"]},
        sign=sign,
        content_type=JSON,
        inbound=[
            received("message", {}),
            Inbound(
                "only-what-must-be-there",
                "receive",
                {"id": "m1", "from": "0700000001", "text": "Habari"},
                events=(message(to="", sent_at=None),),
            ),
            received("blank-text", {"text": ""}, text=""),
            received("any-letter", {"text": " \u12a5 \U0001f404\n"}, text=" \u12a5 \U0001f404\n"),
            received("time-with-zone", {"sent_at": "2026-11-02T11:15:45+03:00"}),
            received("a-field-of-theirs", {"operator": "x"}),
            Inbound("short-code-sender", "receive", {**GOOD, "from": "20880"}),
            Inbound(
                "a-number-as-number", "receive", body=b'{"id":1,"from":"0700000001","text":"x"}', error=Malformed, says="object of texts"
            ),
            Inbound("no-number", "receive", {**GOOD, "from": "+12"}, error=Malformed, says="'from'"),
            reported("by-id", REPORT),
            reported("by-key", {"key": PART_KEY, "status": "delivered"}, external_id="", key=PART_KEY),
            reported("by-both", {**REPORT, "key": PART_KEY}, key=PART_KEY),
            reported("sent", {**REPORT, "status": "sent"}, status=Status.SENT, code="sent"),
            reported("price", {**REPORT, "cost": "KES 0.8"}, price=Price(Decimal("0.8"), "KES")),
            reported("no-price", {**REPORT, "cost": "little"}),
            reported("read", {**REPORT, "status": "read"}, status=Status.READ, code="read"),
            reported("failed", {**REPORT, "status": "failed", "code": "no credit"}, status=Status.FAILED, code="no credit"),
            Inbound("status-of-another-word", "status", {**REPORT, "status": "Delivered"}, error=Malformed, says="none of sent, delivered"),
            Inbound("of-no-message", "status", {"id": " ", "status": "sent"}, error=Malformed, says="'id' and 'key'"),
        ],
        outbound=[
            Outbound("sent", TAKEN, id="gw-1", sent={"key": PART_KEY, "to": NUMBER, "text": "Habari"}),
            Outbound("any-letter", TAKEN, id="gw-1", text="\u12a5 \U0001f404", sent={"text": "\u12a5 \U0001f404"}),
            http(401, BadConfig("HTTP 401")),
            http(400, Rejected("HTTP 400")),
            http(429, Throttled("HTTP 429", after_s=3.0), **{"Retry-After": "3"}),
            http(503, Unreachable("HTTP 503", after_s=30.0), **{"Retry-After": "30"}),
            http(503, Unknown("HTTP 503")),
            http(500, Unknown("HTTP 500")),
            http(302, BadConfig("HTTP 302"), Location="https://elsewhere.example.org"),
            Outbound("hotspot", Fault(body="<html>Log in</html>", content_type="text/html"), error=Unknown("unreadable answer")),
            Outbound("no-id", Fault(202, body="{}"), error=Unknown("unreadable answer")),
            Outbound("blank-id", Fault(202, body='{"id":" "}'), error=Unknown("unreadable answer")),
            Outbound("id-is-a-number", Fault(202, body='{"id":7}'), error=Unknown("unreadable answer")),
            Outbound("id-too-long", Fault(202, body=json.dumps({"id": "x" * 201})), error=Unknown("unreadable answer")),
            Outbound("cut-off", Fault(reset=True), error=Unknown("connection lost")),
            Outbound("too-slow", Fault(delay_s=5), error=Unknown("no answer in time"), options={"timeout_s": 0.2}),
        ],
    )

    @pytest.mark.parametrize(
        ("cost", "price"), [("KES 0.8", Price(Decimal("0.8"), "KES")), (0.8, None), (["KES 1"], None), ("KES -1", None)]
    )
    def test_the_price_stands_beside_the_id(self, cost: object, price: Price | None) -> None:
        with Scripted() as provider:
            provider.fail_next(Fault(202, body=json.dumps({"id": "gw-1", "cost": cost})))
            sent = self.table.make(base_url=provider.url).send(URN, "Habari", key=PART_KEY)
        assert (sent, price_of(sent)) == ("gw-1", price)

    def test_signs_what_it_sends_and_names_it_for_ever(self) -> None:
        with Scripted() as provider:
            provider.fail_next(TAKEN)
            sending(self.table.make(base_url=provider.url), "Habari \u12a5")
        sent = provider.sent[0]
        assert sent.headers["x-ujumbe-signature"] == gateway.signature(sent.body, gateway.SECRET)
        assert sent.headers["idempotency-key"] == PART_KEY
        assert sent.headers["content-type"] == JSON

    def test_with_a_path_key_alone_nothing_is_signed(self) -> None:
        channel = self.table.make(secret="", path_key=PATH_KEY)
        plain = self.table.request("receive", self.table.encode(GOOD))
        assert list(channel.routes()["receive"](replace(plain, path_key=PATH_KEY))) == [message()]
        for refused in (plain, replace(sign(plain), path_key=PATH_KEY[::-1])):
            with pytest.raises(Unsigned):
                channel.routes()["receive"](refused)

    def test_with_both_both_have_to_be_right(self) -> None:
        parse = self.table.make(path_key=PATH_KEY).routes()["receive"]
        plain = self.table.request("receive", self.table.encode(GOOD))
        assert list(parse(replace(sign(plain), path_key=PATH_KEY))) == [message()]
        for refused in (sign(plain), replace(plain, path_key=PATH_KEY)):
            with pytest.raises(Unsigned):
                parse(refused)

    @pytest.mark.parametrize("header", ["", "sha256=", "SHA256=", "sha1=", "\udcff", "none, none"])
    def test_a_signature_of_another_form(self, header: str) -> None:
        request = self.table.request("receive", self.table.encode(GOOD), headers={"x-ujumbe-signature": header})
        with pytest.raises(Unsigned):
            self.table.make().routes()["receive"](request)

    def test_needs_at_least_one_proof(self) -> None:
        with pytest.raises(BadSetting, match="neither secret nor path_key"):
            self.table.make(secret="")

    @pytest.mark.parametrize(("value", "kept"), [(True, True), ("true", True), (False, False), ("false", False)])
    def test_the_gateway_says_whether_it_drops_repeats(self, value: object, kept: bool) -> None:
        assert self.table.make(keeps_key=value).limits.keeps_key is kept
