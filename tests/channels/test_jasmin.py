"""Jasmin: fields as it throws them, octets as the network sent them, and its answers (facts/channels.md 4.4)."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import BadConfig, Malformed, Rejected, SendError, Throttled, Unknown, Unreachable
from bot.core.text import is_gsm7
from bot.core.types import Lang, Message, Reply, Request, Status, StatusUpdate
from channels import _gsm7
from channels.jasmin import Jasmin
from tests.channels.runner import NUMBER, PART_KEY, PATH_KEY, PUBLIC_URL, URN, Inbound, Outbound, SendingContract, Table, sending
from tests.providers import jasmin
from tests.providers.server import Fault

ID = "07033084-5cfd-4812-90a4-e4d24ffb6e3d"
GOOD = jasmin.incoming(NUMBER, b"Habari", id=ID)
BARE = {name: value for name, value in GOOD.items() if name != "binary"}
STATUS_URL = f"{PUBLIC_URL}/c/jasmin/status/{PATH_KEY}?key={PART_KEY}"
GSM7 = "".join(sorted(_gsm7._CODES))


def sign(request: Request) -> Request:
    return replace(request, path_key=PATH_KEY)


def message(**changed: Any) -> Message:
    made = Message(channel="jasmin", external_id=ID, urn=URN, text="Habari", to="20880", meta={"origin-connector": "operator-1"})
    return replace(made, **changed)


def received(label: str, changes: dict[str, str], **expected: Any) -> Inbound:
    return Inbound(label, "receive", {**GOOD, **changes}, events=(message(**expected),))


def octets(label: str, raw: bytes, text: str, coding: str = "0") -> Inbound:
    return Inbound(label, "receive", jasmin.incoming(NUMBER, raw, id=ID, coding=coding), events=(message(text=text),))


def reported(word: str, status: Status, *, level: int = 2) -> Inbound:
    update = StatusUpdate(channel="jasmin", external_id=ID, key=PART_KEY, status=status, code=word)
    return Inbound(f"report-{word}", "status", jasmin.report(ID, word, level=level), query=f"?key={PART_KEY}", events=(update,))


def taken(label: str, **more: Any) -> Outbound:
    return replace(Outbound(label, Fault(body=f'Success "{ID}"', content_type="text/plain"), id=ID), **more)


def refused(status: int, says: str, error: SendError) -> Outbound:
    return Outbound(f"{status}-{says[:20]}", jasmin.refused(status, says), error=error)


class TestJasmin(SendingContract):
    table = Table(
        cls=Jasmin,
        options={"username": jasmin.USER, "password": jasmin.PASSWORD, "path_key": PATH_KEY},
        needs=["username", "password", "path_key"],
        wrong=[
            ("path_key", "tooshort"),
            ("password", "line\nend"),
            ("sender", 20880),
            ("rate_per_s", 0),
            ("timeout_s", -1),
            ("base_url", "http://jasmin.example.org:1401"),
        ],
        good={"receive": GOOD, "status": jasmin.report(ID, "DELIVRD")},
        required={"receive": ["id", "from", "to"], "status": ["message_status", "id"]},
        sign=sign,
        inbound=[
            received("sms", {}),
            received("plus-is-stripped", {"from": NUMBER, "to": "+20880"}),
            received("local-number", {"from": "0700000001"}),
            received("no-connector", {"origin-connector": ""}, meta={}),
            octets("blank-text", b"", ""),
            octets("gsm-at-sign-and-accents", b"\x00 \x05 \x1b\x65", "@ \u00e9 \u20ac"),
            octets("gsm-unknown-escape", b"a\x1bz\x1b", "az"),
            octets("latin-1-that-says-gsm", b"caf\xe9", "caf\u00e9"),
            octets("coding-3-is-latin-1", b"caf\xe9", "caf\u00e9", "3"),
            octets("coding-1-is-ascii", b"[Habari]", "[Habari]", "1"),
            octets("ucs-2", "\u12a5\u1295 \U0001f404".encode("utf-16-be"), "\u12a5\u1295 \U0001f404", "8"),
            octets("half-a-letter", b"\x00H\xd8\x3d", "H\ufffd", "8"),
            Inbound("no-octets", "receive", {**BARE, "content": "Ng\u2019ombe"}, events=(message(text="Ng\u2019ombe"),)),
            Inbound("no-coding", "receive", {n: v for n, v in GOOD.items() if n != "coding"}, events=(message(),)),
            Inbound("no-hex", "receive", {**GOOD, "binary": "xyz"}, error=Malformed, says="'binary' is not hex"),
            Inbound("nul", "receive", {**GOOD, "coding": "8", "binary": "0000"}, error=Malformed, says="'binary' holds a character"),
            Inbound("no-text-at-all", "receive", {n: v for n, v in BARE.items() if n != "content"}, error=Malformed, says="'content'"),
            Inbound("short-code-sender", "receive", {**GOOD, "from": "20880"}),
            Inbound("sender-name", "receive", {**GOOD, "from": "MPESA"}),
            Inbound("no-number", "receive", {**GOOD, "from": "12"}, error=Malformed, says="not the phone number"),
            reported("ESME_ROK", Status.SENT, level=1),
            reported("ESME_RINVDSTADR", Status.FAILED, level=1),
            reported("ACCEPTD", Status.SENT),
            reported("ENROUTE", Status.SENT),
            reported("DELIVRD", Status.DELIVERED),
            reported("UNDELIV", Status.FAILED),
            reported("REJECTD", Status.FAILED),
            reported("EXPIRED", Status.FAILED),
            reported("DELETED", Status.FAILED),
            Inbound("report-unknown", "status", jasmin.report(ID, "UNKNOWN")),
            Inbound(
                "report-without-key",
                "status",
                jasmin.report(ID, "DELIVRD"),
                events=(StatusUpdate(channel="jasmin", external_id=ID, status=Status.DELIVERED, code="DELIVRD"),),
            ),
        ],
        outbound=[
            taken(
                "gsm",
                sent={
                    "username": jasmin.USER,
                    "password": jasmin.PASSWORD,
                    "to": NUMBER[1:],
                    "coding": "0",
                    "hex-content": b"Habari".hex(),
                    "dlr": "yes",
                    "dlr-url": STATUS_URL,
                    "dlr-level": "3",
                    "dlr-method": "POST",
                    "validity-period": "60",
                },
                absent=["content", "from"],
            ),
            taken("with-sender", options={"sender": "+254700000099"}, sent={"from": "254700000099"}),
            taken("with-sender-name", options={"sender": "UJUMBE"}, sent={"from": "UJUMBE"}),
            taken("gsm-beyond-ascii", text="@ \u00e9 \u20ac", sent={"coding": "0", "hex-content": "002005201b65"}),
            taken("ucs-2", text="\u12a5 \U0001f404", sent={"coding": "8", "hex-content": "\u12a5 \U0001f404".encode("utf-16-be").hex()}),
            refused(403, "User throughput exceeded", Throttled("User throughput exceeded")),
            refused(403, "Authentication failure for username:ujumbe", BadConfig("Authentication failure")),
            refused(400, "Argument [username] has an invalid value: [u].", BadConfig("Argument [username]")),
            refused(400, "Argument [password] has an invalid value: [p].", BadConfig("Argument [password]")),
            refused(403, "Cannot charge submit_sm, check RouterPB log file", BadConfig("Cannot charge submit_sm")),
            refused(403, "Something they added", BadConfig("HTTP 403")),
            refused(400, f"Argument [to] has an invalid value: [{NUMBER}].", Rejected("HTTP 400")),
            refused(412, "No route found", Rejected("No route found")),
            refused(412, "Failover route has no bound connectors", Unreachable("Failover route has no bound connectors")),
            refused(500, "Cannot send submit_sm, check SMPPClientManagerPB log", Unreachable("Cannot send submit_sm")),
            refused(503, "InterceptorPB not connected !", Unreachable("InterceptorPB not")),
            refused(500, "Unknown error: x", Unknown("HTTP 500")),
            Outbound("error-under-200", Fault(body='Error "Odd"', content_type="text/plain"), error=Unknown("unreadable answer")),
            Outbound("success-of-nothing", Fault(body='Success ""', content_type="text/plain"), error=Unknown("unreadable answer")),
            Outbound("hotspot", Fault(body="<html>Log in</html>", content_type="text/html"), error=Unknown("unreadable answer")),
            Outbound("redirect", Fault(302, {"Location": "http://elsewhere.example.org"}, "x"), error=BadConfig("HTTP 302")),
            Outbound("cut-off", Fault(reset=True), error=Unknown("connection lost")),
            Outbound("too-slow", Fault(delay_s=5), error=Unknown("no answer in time"), options={"timeout_s": 0.2}),
        ],
    )

    def test_says_the_word_that_ends_the_retries(self) -> None:
        channel = self.table.make()
        for answer in (channel.respond(None), channel.respond(Reply("Karibu", Lang.SW, "menu"))):
            assert (answer.status, answer.body, answer.content_type) == (200, "ACK/Jasmin", "text/plain")

    def test_a_connector_may_use_get(self, action: str) -> None:
        body = self.table.encode(self.table.good[action])
        url = f"{PUBLIC_URL}/c/jasmin/{action}/{PATH_KEY}?key={PART_KEY}&{body.decode()}"
        fetched = Request("GET", url, PATH_KEY, {}, b"")
        posted = sign(self.table.request(action, body, query=f"?key={PART_KEY}"))
        parse = self.table.make().routes()[action]
        assert list(parse(fetched)) == list(parse(posted)) != []

    @given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=70) | st.text(st.sampled_from(GSM7), max_size=160))
    def test_every_text_survives_both_ways(self, text: str) -> None:
        """What we put on the wire, read as a phone's octets in the same coding."""
        with pytest.MonkeyPatch.context() as patch:
            wire: dict[str, str] = {}

            def post(url: str, *, data: dict[str, str], **_: object) -> Any:
                wire.update(data)
                return _answer()

            patch.setattr("channels._http.post", post)
            assert sending(self.table.make(), text) == ID
        assert wire["coding"] == ("0" if is_gsm7(text) else "8")
        fields = jasmin.incoming(NUMBER, bytes.fromhex(wire["hex-content"]), id=ID, coding=wire["coding"])
        request = sign(self.table.request("receive", self.table.encode(fields)))
        assert list(self.table.make().routes()["receive"](request)) == [message(text=text)]


def _answer() -> Any:
    class Answer:
        status_code, text = 200, f'Success "{ID}"'

    return Answer()
