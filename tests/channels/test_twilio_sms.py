"""Twilio SMS: bodies as they post them (facts/channels.md 1.1, 1.5), signatures (1.4), answers (1.6, 1.7)."""

import base64
import hmac
import json
from dataclasses import replace
from hashlib import sha1, sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import BadConfig, Malformed, OptedOut, Rejected, SendError, Throttled, Unknown, Unreachable, Unsigned
from bot.core.types import Message, OptOut, Request, Status, StatusUpdate
from channels.twilio_sms import TwilioSms
from tests.channels.runner import FORM, JSON, NUMBER, PART_KEY, PUBLIC_URL, URN, Inbound, Outbound, SendingContract, Table
from tests.providers import twilio
from tests.providers.server import Fault

TOKEN = "twilio-primary-token"
SID = "SM00000000000000000000000000000001"
SERVICE = "MG" + "1" * 32
GOOD = twilio.inbound(NUMBER, "Habari yako", sid=SID)
PICTURE = {name: value for name, value in GOOD.items() if name != "Body"} | {"NumMedia": "1"}
AMHARIC = "\u12a5\u1295\u12f4\u1275 " * 6
LONG = "Nipande mahindi lini? Mvua imechelewa sana mwaka huu na sijui la kufanya."

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "twilio_signature.json"
OURS = {
    "id": "ours",
    "name": "a status callback",
    "kind": "form",
    "url": "https://bot.example.org/c/twilio_sms/status?key=1-0-a",
    "params": [["MessageStatus", "sent"], ["MessageSid", "SM1"], ["ErrorCode", ""]],
    "auth_token": "12345",
    "signature": twilio.sign(
        "https://bot.example.org/c/twilio_sms/status?key=1-0-a", {"MessageStatus": "sent", "MessageSid": "SM1", "ErrorCode": ""}, "12345"
    ),
    "valid": True,
}
CASES = [OURS, *(json.loads(VECTORS.read_text())["cases"] if VECTORS.is_file() else [])]


def sign(request: Request, token: str = TOKEN) -> Request:
    """As Twilio signs: the form's fields, whatever the content type claims."""
    fields = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return replace(request, headers={**request.headers, "x-twilio-signature": twilio.sign(request.url, fields, token)})


def message(**changed: str) -> Message:
    return replace(Message(channel="twilio_sms", external_id=SID, urn=URN, text="Habari yako", to=twilio.NUMBER), **changed)  # type: ignore[arg-type]


def received(label: str, changes: dict[str, str], **expected: str) -> Inbound:
    return Inbound(label, "receive", {**GOOD, **changes}, events=(message(**expected),))


def reported(word: str, status: Status, *, error: str = "") -> Inbound:
    update = StatusUpdate(channel="twilio_sms", external_id=SID, status=status, code=error or word, key=PART_KEY)
    return Inbound(f"status-{word}", "status", twilio.callback(SID, word, NUMBER, error=error), query=f"?key={PART_KEY}", events=(update,))


def stopped() -> Inbound:
    update = StatusUpdate(channel="twilio_sms", external_id=SID, status=Status.FAILED, code="21610")
    return Inbound(
        "stopped-at-twilio",
        "status",
        twilio.callback(SID, "failed", NUMBER, error="21610"),
        events=(update, OptOut(channel="twilio_sms", urn=URN)),
    )


def taken(label: str, **more: Any) -> Outbound:
    return replace(Outbound(label, Fault(201, body=twilio.message_body(SID, NUMBER, "Habari")), id=SID), **more)


def refused(code: int, error: type[SendError]) -> Outbound:
    fault = Fault(twilio.TITLES[code][0], body=twilio.error_body(code, NUMBER))
    return Outbound(f"code-{code}", fault, error=error(str(code)))


class TestTwilioSms(SendingContract):
    table = Table(
        cls=TwilioSms,
        options={"account_sid": twilio.ACCOUNT, "auth_token": TOKEN, "from_number": twilio.NUMBER},
        needs=["account_sid", "auth_token", "from_number"],
        wrong=[
            ("account_sid", "SK" + "0" * 32),
            ("account_sid", "AC12"),
            ("auth_token", "two words\n"),
            ("second_auth_token", "caf\u00e9"),
            ("messaging_service_sid", twilio.ACCOUNT),
            ("rate_per_s", 0),
            ("timeout_s", 1000),
            ("base_url", "http://api.example.org"),
        ],
        good={"receive": GOOD, "status": twilio.callback(SID, "delivered", NUMBER)},
        required={"receive": ["MessageSid", "From", "To"], "status": ["MessageStatus", "MessageSid"]},
        sign=sign,
        inbound=[
            received("sms", {}),
            received("blank-body", {"Body": ""}, text=""),
            received("spaces-and-lines-are-kept", {"Body": " a\r\n b "}, text=" a\r\n b "),
            received("a-keyword-is-a-text-like-any", {"Body": "Stop", "OptOutType": "STOP"}, text="Stop"),
            received("a-field-that-they-added", {"ChannelMetadata": "x" * 20_000}),
            received("status-of-inbound", {"MessageStatus": "received"}),
            received("base64", {"Body": base64.b64encode(LONG.encode()).decode()}, text=LONG),
            received("base64-amharic", {"Body": base64.b64encode(AMHARIC.encode()).decode()}, text=AMHARIC),
            received("not-base64", {"Body": "a" * 64}, text="a" * 64),
            received("short-base64-stays", {"Body": "SGFiYXJp"}, text="SGFiYXJp"),
            Inbound("picture", "receive", PICTURE, events=(message(text=""),)),
            Inbound("short-code-sender", "receive", {**GOOD, "From": "20880"}, events=()),
            Inbound("sender-name", "receive", {**GOOD, "From": "MPESA"}, events=()),
            Inbound("no-number", "receive", {**GOOD, "From": "+12"}, error=Malformed, says="not the phone number of a person"),
            Inbound("whatsapp-at-the-sms-door", "receive", {**GOOD, "From": f"whatsapp:{NUMBER}"}, error=Malformed, says="'From'"),
            Inbound("status-at-the-wrong-door", "receive", twilio.callback(SID, "sent", NUMBER), error=Malformed, says="/status"),
            Inbound("json-without-hash", "receive", body=b"{}", headers={"content-type": JSON}, error=Unsigned),
            reported("queued", Status.WIRED),
            reported("accepted", Status.WIRED),
            reported("scheduled", Status.WIRED),
            reported("sending", Status.WIRED),
            reported("sent", Status.SENT),
            reported("partially_delivered", Status.SENT),
            reported("delivered", Status.DELIVERED),
            reported("read", Status.READ),
            reported("undelivered", Status.FAILED, error="30003"),
            reported("failed", Status.FAILED, error="30007"),
            reported("canceled", Status.FAILED),
            stopped(),
            Inbound("status-unknown", "status", twilio.callback(SID, "pondering", NUMBER)),
            Inbound("status-of-inbound-is-no-news", "status", twilio.callback(SID, "received", NUMBER)),
            Inbound(
                "status-without-key",
                "status",
                twilio.callback(SID, "sent", NUMBER),
                events=(StatusUpdate(channel="twilio_sms", external_id=SID, status=Status.SENT, code="sent"),),
            ),
        ],
        outbound=[
            taken(
                "from-a-number",
                sent={
                    "To": NUMBER,
                    "From": twilio.NUMBER,
                    "Body": "Habari",
                    "ValidityPeriod": "3600",
                    "StatusCallback": f"{PUBLIC_URL}/c/twilio_sms/status?key={PART_KEY}",
                },
                absent=["MessagingServiceSid"],
            ),
            taken("from-a-service", options={"messaging_service_sid": SERVICE}, sent={"MessagingServiceSid": SERVICE}, absent=["From"]),
            taken("keeps-every-letter", text="A+b&c=d%\n\u12a5 \u00e7", sent={"Body": "A+b&c=d%\n\u12a5 \u00e7"}),
            refused(20003, BadConfig),
            refused(20429, Throttled),
            refused(21211, Rejected),
            refused(21408, Rejected),
            refused(21606, BadConfig),
            refused(21608, Rejected),
            refused(21610, OptedOut),
            refused(21611, Throttled),
            refused(21614, Rejected),
            Outbound("a-new-code", Fault(400, body='{"code":29999,"message":"new"}'), error=Rejected("29999")),
            Outbound("throttled", Fault(429, {"Retry-After": "3"}, "{}"), error=Throttled("HTTP 429", after_s=3.0)),
            Outbound(
                "throttled-by-code", Fault(429, {"Retry-After": "3"}, twilio.error_body(20429)), error=Throttled("20429", after_s=3.0)
            ),
            Outbound("no-account", Fault(404, body="Not found"), error=BadConfig("HTTP 404")),
            Outbound("redirect", Fault(307, {"Location": "https://elsewhere.example.org"}, "{}"), error=BadConfig("HTTP 307")),
            Outbound("server-error", Fault(500, body='{"code":20500,"message":"Internal"}'), error=Unknown("20500")),
            Outbound("unavailable", Fault(503, body="<html>"), error=Unknown("HTTP 503")),
            Outbound("unavailable-for-now", Fault(503, {"Retry-After": "60"}, "{}"), error=Unreachable("HTTP 503", after_s=60.0)),
            Outbound("cut-off", Fault(reset=True), error=Unknown("connection lost")),
            Outbound("too-slow", Fault(delay_s=5), error=Unknown("no answer in time"), options={"timeout_s": 0.2}),
            Outbound("no-json", Fault(201, body="OK"), error=Unknown("unreadable answer")),
            Outbound("no-sid", Fault(201, body='{"sid":null}'), error=Unknown("unreadable answer")),
        ],
    )

    @pytest.mark.parametrize("case", [pytest.param(case, id=f"{case['id']}-{case['name']}".replace(" ", "-")) for case in CASES])
    def test_signature_vectors(self, case: dict[str, Any]) -> None:
        """Where the SDK raises (`valid` is null) we refuse. A JSON body that is well signed is then refused for not being a form."""
        request = vector(case)
        channel = self.table.make(auth_token=case["auth_token"])
        if not case["valid"]:
            with pytest.raises(Unsigned):
                channel.verify(request)  # type: ignore[attr-defined]
        elif case["kind"] == "json":
            with pytest.raises(Malformed, match="content type"):
                channel.verify(request)  # type: ignore[attr-defined]
        else:
            names = [name for name, _ in case["params"] or []]
            assert list(channel.verify(request)) == names  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        ("public_url", "signed_over"),
        [
            pytest.param("https://bot.example.org:8443", "https://bot.example.org:8443", id="port"),
            pytest.param("https://bot.example.org:8443", "https://bot.example.org", id="port-left-out"),
            pytest.param("https://bot.example.org", "https://bot.example.org:443", id="usual-port-spelt-out"),
            pytest.param("http://bot.example.org", "http://bot.example.org:80", id="usual-port-of-http"),
            pytest.param("https://bot.example.org/ujumbe", "https://bot.example.org/ujumbe", id="below-a-path"),
        ],
    )
    def test_the_address_as_twilio_writes_it(self, public_url: str, signed_over: str) -> None:
        """A proxy stands between: what counts is the public address, not the one that the request came to."""
        target = "/c/twilio_sms/receive?a=1&b=%C3%A9&a=2"
        request = Request("POST", public_url + target, "", {"content-type": FORM, "x-forwarded-host": "10.0.0.1"}, self.table.encode(GOOD))
        signed = sign(replace(request, url=signed_over + target))
        assert list(self.table.make().routes()["receive"](replace(signed, url=request.url))) == [message()]
        with pytest.raises(Unsigned):
            self.table.make().routes()["receive"](replace(signed, url=request.url.replace("bot.", "bad.")))

    @pytest.mark.parametrize(
        "extra", [b"&Note=b&Note=a", b"&Note=&Note=", b"&Note=a+b%2Bc", b"&Note=%F0%9F%8C%BD", b"&note=a&Note=b", b"&=x"]
    )
    def test_parameters_that_twilio_adds(self, extra: bytes) -> None:
        """It adds some without notice: repeated, blank, escaped, in another case. Signed is each name with its values, in order."""
        body = self.table.encode(GOOD) + extra
        pairs = sorted(set(parse_qsl(body.decode(), keep_blank_values=True)))
        data = f"{PUBLIC_URL}/c/twilio_sms/receive" + "".join(name + value for name, value in pairs)
        signature = base64.b64encode(hmac.new(TOKEN.encode(), data.encode(), sha1).digest()).decode()
        request = self.table.request("receive", body, headers={"x-twilio-signature": signature})
        assert list(self.table.make().routes()["receive"](request)) == [message()]

    @pytest.mark.parametrize(("digest", "error"), [("right", Malformed), ("wrong", Unsigned), ("missing", Unsigned)])
    def test_a_json_body_is_covered_by_its_hash_in_the_address(self, digest: str, error: type[Exception]) -> None:
        """Well signed it is no message of ours all the same; with another hash, or none, it is not even signed."""
        body = json.dumps({"MessageSid": "SM1", "Body": "\u12a5"}).encode()
        said = sha256(body if digest == "right" else b"another").hexdigest()
        url = f"{PUBLIC_URL}/c/twilio_sms/receive" + ("" if digest == "missing" else f"?bodySHA256={said}")
        signature = base64.b64encode(hmac.new(TOKEN.encode(), url.encode(), sha1).digest()).decode()
        request = Request("POST", url, "", {"content-type": JSON, "x-twilio-signature": signature}, body)
        with pytest.raises(error):
            self.table.make().routes()["receive"](request)

    @pytest.mark.parametrize("option", ["auth_token", "second_auth_token", "shared_key"])
    def test_either_secret_signs(self, option: str) -> None:
        request = sign(self.table.request("receive", self.table.encode(GOOD)), "another-secret")
        assert list(self.table.make(**{option: "another-secret"}).routes()["receive"](request)) == [message()]

    @pytest.mark.parametrize(
        ("settings", "taken"),
        [
            pytest.param("key=webhooks_1,algorithm=HMAC_SHA1", True, id="sha1"),
            pytest.param("key=webhooks_1", True, id="no-algorithm"),
            pytest.param("key=webhooks_1,algorithm=HMAC_SHA256", False, id="signed-with-another"),
            pytest.param("algorithm=NONE", False, id="unknown"),
        ],
    )
    def test_algorithm_header(self, settings: str, taken: bool, caplog: pytest.LogCaptureFixture) -> None:
        request = sign(self.table.request("receive", self.table.encode(GOOD), headers={"x-twilio-webhooks-signature-settings": settings}))
        parse = self.table.make().routes()["receive"]
        if taken:
            assert parse(request)
        else:
            with pytest.raises(Unsigned):
                parse(request)
        assert caplog.text == "", "a stranger's header must not reach the log"

    @pytest.mark.parametrize(
        "url",
        [
            "https://bot.example.org:abc/c/twilio_sms/receive",
            "https://bot.example.org:99999/",
            "https://[::1/",
            "",
            "https://bot.example.org/\ud800",
        ],
        ids=["port-of-letters", "port-too-big", "half-an-address", "none", "half-a-letter"],
    )
    def test_an_odd_address_is_unsigned(self, url: str) -> None:
        request = replace(sign(self.table.request("receive", self.table.encode(GOOD))), url=url)
        with pytest.raises(Unsigned):
            self.table.make().routes()["receive"](request)

    @given(position=st.integers(0, len(urlencode(GOOD)) - 1), byte=st.integers(0, 255))
    def test_a_signed_request_that_was_changed_is_not_taken_for_another(self, position: int, byte: int) -> None:
        """One byte of the body is changed on the way: refused, or it means the same (as %2b for %2B does)."""
        body = bytearray(self.table.encode(GOOD))
        request = sign(self.table.request("receive", bytes(body)))
        body[position] = byte
        try:
            events = self.table.make().routes()["receive"](replace(request, body=bytes(body)))
        except (Unsigned, Malformed):
            return
        assert list(events) == [message()]

    def test_the_sdk_ignores_the_machine_s_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TWILIO_REGION", "au1")
        monkeypatch.setenv("TWILIO_EDGE", "sydney")
        client = self.table.make()._account._client  # type: ignore[attr-defined]
        assert client.get_hostname("https://api.twilio.com/x") == "https://api.twilio.com/x"


def vector(case: dict[str, Any]) -> Request:
    """A vector as the request that it was made from."""
    is_json = case["kind"] == "json"
    body = case["params"] if is_json else urlencode([(name, value) for name, value in case["params"] or []])
    headers = {"content-type": JSON if is_json else FORM, "x-twilio-signature": case["signature"]}
    if "algorithm" in case:
        headers["x-twilio-webhooks-signature-settings"] = f"key=k1,algorithm={case['algorithm']}"
    return Request("POST", case["url"], "", headers, body.encode())
