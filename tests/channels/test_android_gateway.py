"""The Android gateway: events as the app posts them, signatures, and answers of the phone (facts/channels.md 4.1)."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import BadConfig, BadWebhook, Malformed, Rejected, Throttled, Unknown, Unsigned
from bot.core.types import Event, Message, Request, Status, StatusUpdate
from channels._json import read_tree
from channels.android_gateway import AndroidGateway, check_signature
from tests.channels.runner import JSON, NUMBER, PART_KEY, URN, Fields, Inbound, Outbound, SendingContract, Table
from tests.providers import capcom6
from tests.providers.server import Fault

GOOD = {"event": "sms:received", "id": "e1", "sender": NUMBER, "receivedAt": capcom6.AT, "message": "Habari"}
ENVELOPE = ("event", "id", "deviceId", "webhookId")
STATUS = {"event": "sms:delivered", "id": "e2", "messageId": PART_KEY, "phoneNumber": NUMBER}

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "capcom6_signature.json"
BODY = capcom6.received(NUMBER, "ሰላም 🌽").decode()
OURS = [
    {
        "id": "ours",
        "name": name,
        "signing_key": "abcd1234",
        "body": body,
        "x_timestamp": stamp,
        "x_signature": mac,
        "now": now,
        "valid": valid,
    }
    for name, body, stamp, mac, now, valid in (
        ("good", BODY, "1773474091", capcom6.signed(BODY.encode(), key="abcd1234", at=1773474091)["X-Signature"], 1773474391, True),
        ("too old", BODY, "1773474091", capcom6.signed(BODY.encode(), key="abcd1234", at=1773474091)["X-Signature"], 1773474392, False),
        (
            "from the future",
            BODY,
            "1773474091",
            capcom6.signed(BODY.encode(), key="abcd1234", at=1773474091)["X-Signature"],
            1773473790,
            False,
        ),
        ("no timestamp", BODY, "", capcom6.signed(BODY.encode(), key="abcd1234", at=1773474091)["X-Signature"], 1773474091, False),
        ("no signature", BODY, "1773474091", "", 1773474091, False),
        ("letters no body has", BODY, "1773474091", "\udcff", 1773474091, False),
    )
]
CASES = [*OURS, *(json.loads(VECTORS.read_text())["cases"] if VECTORS.is_file() else [])]


class Nested(Table):
    """Fields that belong to the payload are put there."""

    def encode(self, values: Fields) -> bytes:
        payload = {name: value for name, value in values.items() if name not in ENVELOPE}
        return json.dumps({**{name: value for name, value in values.items() if name in ENVELOPE}, "payload": payload}).encode()


def sign(request: Request) -> Request:
    headers = {name.lower(): value for name, value in capcom6.signed(request.body).items()}
    return replace(request, headers={**request.headers, **headers})


def message(**changed: Any) -> Message:
    made = Message(channel="android_gateway", external_id=IDENTITY, urn=URN, text="Habari", sent_at=1793607345.0)
    return replace(made, **changed)


def changed(label: str, changes: dict[str, str], **expected: Any) -> Inbound:
    """An SMS with another identity, because of what is different about it."""
    fields = {**GOOD, **changes}
    return Inbound(label, "receive", fields, events=(message(external_id=identity(TABLE.encode(fields)), **expected),))


def update(status: Status, code: str) -> StatusUpdate:
    return StatusUpdate(channel="android_gateway", external_id=PART_KEY, key=PART_KEY, status=status, code=code)


def app(label: str, body: bytes, *events: Event, error: type[BadWebhook] | None = None, says: str = "") -> Inbound:
    return Inbound(label, "receive", body=body, events=events, error=error, says=says)


def identity(body: bytes) -> str:
    (event,) = make().routes()["receive"](sign(TABLE.request("receive", body)))
    assert isinstance(event, Message)
    return event.external_id


def taken(label: str, **more: Any) -> Outbound:
    return replace(Outbound(label, Fault(202, body=capcom6.state(PART_KEY, NUMBER)), id=PART_KEY), **more)


def http(status: int, body: str, error: Exception, headers: Mapping[str, str] | None = None) -> Outbound:
    return Outbound(f"http-{status}-{len(headers or {})}", Fault(status, headers or {}, body), error=error)  # type: ignore[arg-type]


OPTIONS = {"base_url": "http://192.168.1.20:8080", "username": capcom6.USER, "password": capcom6.PASSWORD, "signing_key": capcom6.KEY}
TABLE = Nested(
    cls=AndroidGateway,
    options=OPTIONS,
    needs=["base_url", "username", "password", "signing_key"],
    wrong=[
        ("base_url", "http://sms.example.org"),
        ("base_url", "http://8.8.8.8:8080"),
        ("base_url", "ftp://192.168.1.20"),
        ("signing_key", "short"),
        ("password", "line\nend"),
        ("sim_number", 0),
        ("sim_number", "second"),
        ("priority", 128),
        ("rate_per_s", 0),
        ("tolerance_s", -1),
        ("timeout_s", 1000),
    ],
    good={"receive": GOOD},
    required={"receive": ["event", "sender", "receivedAt", "message"]},
    sign=sign,
    content_type=JSON,
)


def make(**options: Any) -> AndroidGateway:
    return AndroidGateway(**{**OPTIONS, **options}, country="KE")


IDENTITY = identity(TABLE.encode(GOOD))


class TestAndroidGateway(SendingContract):
    table = replace(
        TABLE,
        inbound=[
            app("sms", capcom6.received(NUMBER, "Habari"), message(meta={"simNumber": "1"})),
            app("second-sim", capcom6.received(NUMBER, "Habari", sim=2), message(meta={"simNumber": "2"})),
            app("no-sim", capcom6.received(NUMBER, "Habari", sim=None), message()),
            Inbound("as-before-2026", "receive", {**GOOD, "sender": None, "phoneNumber": NUMBER}, events=(message(),)),  # type: ignore[dict-item]
            Inbound("our-number", "receive", {**GOOD, "recipient": "+254700000099"}, events=(message(to="+254700000099"),)),
            changed("local-number", {"sender": "0700000001"}),
            changed("blank-text", {"message": ""}, text=""),
            changed("spaces-are-kept", {"message": " STOP. "}, text=" STOP. "),
            changed("unreadable-time", {"receivedAt": "yesterday"}, sent_at=None),
            app("short-code-sender", capcom6.received("20880", "You won")),
            app("sender-name", capcom6.received("MPESA", "Confirmed")),
            app("no-number", capcom6.received("+12", "x"), error=Malformed, says="'sender' is not the phone number"),
            app("sent", capcom6.reported("sms:sent", PART_KEY, NUMBER), update(Status.SENT, "sms:sent")),
            app("delivered", capcom6.reported("sms:delivered", PART_KEY, NUMBER), update(Status.DELIVERED, "sms:delivered")),
            app("failed", capcom6.reported("sms:failed", PART_KEY, NUMBER, reason="Unknown"), update(Status.FAILED, "sms:failed")),
            app(
                "failed-with-a-reason",
                capcom6.reported("sms:failed", PART_KEY, NUMBER, reason=f"{NUMBER}: RESULT_ERROR_LIMIT_EXCEEDED {'x' * 300}"),
                update(Status.FAILED, "RESULT_ERROR_LIMIT_EXCEEDED"),
            ),
            app("cancelled", capcom6.reported("sms:cancelled", PART_KEY, NUMBER), update(Status.FAILED, "sms:cancelled")),
            app("report-of-nothing", capcom6.event("sms:sent", {"phoneNumber": NUMBER}), error=Malformed, says="'messageId' is missing"),
            app("ping", capcom6.event("system:ping", {})),
            app("app-started", capcom6.event("app:started", {"version": "1.60"})),
            app("picture", capcom6.event("mms:received", {"sender": NUMBER})),
            app("data-message", capcom6.event("sms:data-received", {"sender": NUMBER, "data": "AAEC"})),
            app("payload-is-no-object", capcom6.event("sms:received", ["x"]), error=Malformed, says="'payload' is not an object"),  # type: ignore[arg-type]
            app("a-list", b"[]", error=Malformed, says="not a JSON object"),
        ],
        outbound=[
            taken(
                "sent",
                sent={
                    "id": PART_KEY,
                    "textMessage": {"text": "Habari"},
                    "phoneNumbers": [NUMBER],
                    "withDeliveryReport": True,
                    "ttl": 3600,
                },
                absent=["simNumber", "priority", "message"],
            ),
            taken("from-one-sim", options={"sim_number": "2", "priority": 100}, sent={"simNumber": 2, "priority": 100}),
            taken("keeps-every-letter", text="A+b&c=d%\n\u12a5 \u00e7", sent={"textMessage": {"text": "A+b&c=d%\n\u12a5 \u00e7"}}),
            Outbound("has-it-already", Fault(409, body='{"message":"exists"}'), id=PART_KEY),
            Outbound("taken-without-an-id", Fault(202, body="Accepted", content_type="text/plain"), id=PART_KEY),
            Outbound("a-phone-with-ids-of-its-own", Fault(202, body='{"id":"nanoid"}'), id="nanoid"),
            Outbound("queue-full", capcom6.queue_full(), error=Throttled("HTTP 503")),
            http(503, "{}", Throttled("HTTP 503", after_s=60.0), {"Retry-After": "60"}),
            http(401, "", BadConfig("HTTP 401")),
            http(400, f'{{"message":"Invalid phone number {NUMBER}"}}', Rejected("HTTP 400")),
            http(429, "{}", Throttled("HTTP 429", after_s=7.0), {"Retry-After": "7"}),
            http(500, "{}", Unknown("HTTP 500")),
            http(302, "moved", BadConfig("HTTP 302"), {"Location": "http://elsewhere.example.org"}),
            Outbound("cut-off", Fault(reset=True), error=Unknown("connection lost")),
            Outbound("too-slow", Fault(delay_s=5), error=Unknown("no answer in time"), options={"timeout_s": 0.2}),
        ],
    )

    @pytest.mark.parametrize("case", [pytest.param(case, id=f"{case['id']}-{case['name']}".replace(" ", "-")) for case in CASES])
    def test_signature_vectors(self, case: dict[str, Any]) -> None:
        """A body that carries a digit of the timestamp may be well signed, but is no JSON then."""
        headers = {"content-type": JSON, "x-timestamp": case["x_timestamp"], "x-signature": case["x_signature"]}
        request = Request("POST", "https://bot.example.org/c/android_gateway/receive", "", headers, case["body"].encode())

        def verify() -> None:
            check_signature(request, case["signing_key"], now=case["now"], tolerance_s=300)
            read_tree(request)

        if case["valid"]:
            verify()
        else:
            with pytest.raises((Unsigned, Malformed)):
                verify()

    @given(cut=st.integers(1, 9))
    def test_no_digit_changes_sides(self, cut: int) -> None:
        """Nothing separates body and timestamp in what is signed. At any time of the day, a shifted pair means nothing."""
        body, stamp = capcom6.received(NUMBER, "Habari"), "1773474091"
        mac = capcom6.signed(body, at=int(stamp))["X-Signature"]
        shifted = replace(
            TABLE.request("receive", body + stamp[:cut].encode()),
            headers={"content-type": JSON, "x-timestamp": stamp[cut:], "x-signature": mac},
        )
        check_signature(shifted, capcom6.KEY, now=int(stamp[cut:]), tolerance_s=300)
        with pytest.raises(Malformed):
            read_tree(shifted)

    def test_a_wrong_clock_is_told_from_a_wrong_key(self) -> None:
        body = capcom6.received(NUMBER, "Habari")
        headers = {name.lower(): value for name, value in capcom6.signed(body, at=1773474091).items()}
        request = replace(TABLE.request("receive", body), headers={"content-type": JSON, **headers})
        with pytest.raises(Unsigned, match="clocks"):
            make().routes()["receive"](request)
        with pytest.raises(Unsigned, match="signing_key"):
            make(signing_key="another-key-of-twenty").routes()["receive"](request)

    def test_a_tolerance_of_its_own(self) -> None:
        request = Request("POST", "", "", {"x-timestamp": "1000", **_mac(b"{}", 1000)}, b"{}")
        check_signature(request, capcom6.KEY, now=1600, tolerance_s=600)
        with pytest.raises(Unsigned, match="599 s"):
            check_signature(request, capcom6.KEY, now=1600, tolerance_s=599)

    @pytest.mark.parametrize("stamp", ["", "-5", "+5", "5.0", "1e9", " 5", "\u0665", "9" * 5000])
    def test_a_well_signed_timestamp_that_is_none(self, stamp: str) -> None:
        mac = hmac.new(capcom6.KEY.encode(), b"{}" + stamp.encode(), "sha256").hexdigest()
        with pytest.raises(Unsigned):
            check_signature(Request("POST", "", "", {"x-timestamp": stamp, "x-signature": mac}, b"{}"), capcom6.KEY, now=5, tolerance_s=300)

    def test_two_registrations_are_one_message(self) -> None:
        """The app's two modes have an id, a device id and a registration each, and a phone may change its time zone between tries."""
        first = capcom6.received(NUMBER, "1", id="a", device="local-1", registration="r1")
        second = capcom6.received(NUMBER, "1", id="b", device="cloud-1", registration="r2", at="2026-11-02T08:15:45.000Z")
        assert identity(first) == identity(second)

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(capcom6.received("+254700000002", "1"), id="of-another"),
            pytest.param(capcom6.received(NUMBER, "2"), id="another-text"),
            pytest.param(capcom6.received(NUMBER, "1", at="2026-11-02T11:15:46.000+03:00"), id="a-second-later"),
        ],
    )
    def test_another_message_has_another_id(self, other: bytes) -> None:
        assert identity(capcom6.received(NUMBER, "1", id="a")) != identity(other)

    def test_may_be_sent_again(self) -> None:
        assert self.table.make().limits.keeps_key

    @pytest.mark.parametrize(
        "base_url",
        [
            "http://10.0.0.7:8080/",
            "http://[fd00::7]:8080",
            "http://phone:8080",
            "http://phone.local:8080",
            "https://api.sms-gate.app/3rdparty/v1",
        ],
    )
    def test_where_a_phone_may_be(self, base_url: str) -> None:
        make(base_url=base_url)


def _mac(body: bytes, at: float) -> dict[str, str]:
    return {"x-signature": capcom6.signed(body, at=at)["X-Signature"]}
