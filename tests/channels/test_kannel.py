"""Kannel: addresses as it fetches them, bytes as the network sent them, and its answers (facts/channels.md 4.3)."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import BadConfig, Malformed, Rejected, SendError, Throttled, Unknown, Unreachable
from bot.core.types import Lang, Message, Reply, Request, Status, StatusUpdate
from channels.kannel import Kannel
from tests.channels.runner import NUMBER, PART_KEY, PATH_KEY, PUBLIC_URL, URN, Fields, Inbound, Outbound, SendingContract, Table, sending
from tests.providers import kannel
from tests.providers.server import Fault, Scripted

GOOD = {"from": NUMBER, "to": "20880", "coding": "0", "charset": "UTF-8", "time": "1793607345", "id": "u1", "text": "Habari"}
REPORT = {"key": PART_KEY, "status": "1"}
DLR_URL = f"{PUBLIC_URL}/c/kannel/status/{PATH_KEY}?key={PART_KEY}&status=%d"
OF_A_BODY = ("plain-text", "no-content-type", "the-other-one")


@dataclass(frozen=True)
class Fetched(Table):
    """A webhook that comes as GET: its fields stand in the address."""

    def request(self, action: str, body: bytes, *, query: str = "", headers: Fields | None = None) -> Request:
        posted = super().request(action, b"", query=query, headers=headers)
        return replace(posted, method="GET", url=f"{posted.url}?{quote_from_bytes(body, safe='=&+%')}")

    def columns(self) -> Mapping[str, Sequence[Any]]:
        columns = super().columns()
        return {**columns, "damage": [one for one in columns["damage"] if one.id not in OF_A_BODY]}


def sign(request: Request) -> Request:
    return replace(request, path_key=PATH_KEY)


def message(**changed: Any) -> Message:
    return replace(Message(channel="kannel", external_id="u1", urn=URN, text="Habari", to="20880", sent_at=1793607345.0), **changed)


def received(label: str, changes: dict[str, str], **expected: Any) -> Inbound:
    return Inbound(label, "receive", {**GOOD, **changes}, events=(message(**expected),))


def octets(label: str, raw: bytes, text: str, **fields: str) -> Inbound:
    """A text by its bytes."""
    url = kannel.get_url("", NUMBER, raw, id="u1", **fields)
    return Inbound(label, "receive", body=url[1:].encode(), events=(message(text=text),))


def reported(bit: int, status: Status) -> Inbound:
    update = StatusUpdate(channel="kannel", external_id=PART_KEY, key=PART_KEY, status=status, code=str(bit))
    return Inbound(f"report-{bit}", "status", {**REPORT, "status": str(bit)}, events=(update,))


def taken(label: str, **more: Any) -> Outbound:
    return replace(Outbound(label, Fault(202, body=kannel.SAYS[202], content_type="text/plain"), id=PART_KEY), **more)


def refused(status: int, error: SendError, says: str = "") -> Outbound:
    return Outbound(f"{status}-{says[:20]}", kannel.refused(status, says), error=error)


class TestKannel(SendingContract):
    table = Fetched(
        cls=Kannel,
        options={"username": kannel.USER, "password": kannel.PASSWORD, "path_key": PATH_KEY},
        needs=["username", "password", "path_key"],
        wrong=[
            ("path_key", "tooshort"),
            ("password", "line\nend"),
            ("sender", 20880),
            ("smsc", "caf\u00e9"),
            ("rate_per_s", 0),
            ("timeout_s", -1),
            ("base_url", "http://kannel.example.org:13013"),
        ],
        good={"receive": GOOD, "status": REPORT},
        required={"receive": ["from", "text"], "status": ["key", "status"]},
        sign=sign,
        inbound=[
            Inbound(
                "as-on-the-wire",
                "receive",
                body=b"from=%2B254700000001&to=20880&text=Habari+ya+leo%3F&coding=0&charset=UTF-8&time=1793607345&id=u1",
                events=(message(text="Habari ya leo?"),),
            ),
            received("plus-not-escaped", {"from": " 254700000001"}),
            received("no-plus", {"from": "254700000001"}),
            received("local-number", {"from": "0700000001"}),
            received("blank-text", {"text": ""}, text=""),
            received("spaces-are-kept", {"text": " STOP. "}, text=" STOP. "),
            received("no-receiver", {"to": ""}, to=""),
            received("time-as-%t", {"time": "2026-11-02 08:15:45"}),
            received("no-time", {"time": ""}, sent_at=None),
            received("time-of-another-world", {"time": "9" * 40}, sent_at=None),
            received("utf-8", {"text": "Ng\u2019ombe \U0001f404"}, text="Ng\u2019ombe \U0001f404"),
            octets("ucs-2", "\u12a5\u1295 \U0001f404".encode("utf-16-be"), "\u12a5\u1295 \U0001f404", coding="2", charset="UTF-16BE"),
            octets("ucs-2-without-charset", "\u12a5\u1295".encode("utf-16-be"), "\u12a5\u1295", coding="2", charset=""),
            octets("ucs-2-of-plain-letters", "Habari".encode("utf-16-be"), "Habari", coding="2", charset="UTF-16BE"),
            octets("half-a-letter", b"\x00H\xd8\x3d", "H\ufffd", coding="2", charset="UTF-16BE"),
            octets("recoded-to-windows", "caf\u00e9 \u20ac".encode("cp1252"), "caf\u00e9 \u20ac", coding="0", charset="WINDOWS-1252"),
            octets("recoded-to-utf-8", "\u12a5".encode(), "\u12a5", coding="0", charset="UTF-8"),
            octets("latin-1", b"caf\xe9", "caf\u00e9", coding="0", charset="ISO-8859-1"),
            octets("gsm-is-utf-8-inside", "caf\u00e9".encode(), "caf\u00e9", coding="0", charset="GSM"),
            octets("one-bad-byte-costs-one-letter", b"caf\xe9", "caf\ufffd", coding="0", charset="UTF-8"),
            Inbound("short-code-sender", "receive", {**GOOD, "from": "20880"}),
            Inbound("sender-name", "receive", {**GOOD, "from": "SAFARICOM"}),
            Inbound("no-number", "receive", {**GOOD, "from": "+12"}, error=Malformed, says="not the phone number"),
            Inbound("nothing-tells-it-apart", "receive", {**GOOD, "id": "", "time": ""}, error=Malformed, says="id=%I"),
            reported(1, Status.DELIVERED),
            reported(2, Status.FAILED),
            reported(4, Status.SENT),
            reported(8, Status.SENT),
            reported(16, Status.FAILED),
            Inbound("report-unknown", "status", {**REPORT, "status": "32"}),
            Inbound("report-not-filled-in", "status", {**REPORT, "status": "%d"}),
        ],
        outbound=[
            taken(
                "gsm",
                sent={
                    "username": kannel.USER,
                    "password": kannel.PASSWORD,
                    "to": NUMBER,
                    "text": "Habari",
                    "coding": "0",
                    "dlr-mask": "27",
                    "dlr-url": DLR_URL,
                    "validity": "60",
                },
                absent=["from", "charset", "smsc"],
            ),
            taken("with-sender", options={"sender": "20880", "smsc": "operator-1"}, sent={"from": "20880", "smsc": "operator-1"}),
            taken("gsm-beyond-ascii", text="caf\u00e9 \u20ac", sent={"coding": "0", "charset": "UTF-8", "text": "caf\u00e9 \u20ac"}),
            taken("keeps-every-letter", text="A+b&c=d%\n#?", sent={"text": "A+b&c=d%\n#?"}),
            taken("ucs-2", text="\u12a5", sent={"coding": "2"}, absent=["charset"]),
            Outbound("queued", kannel.queued(), id=PART_KEY),
            refused(403, Rejected("Not routable"), "Not routable. Do not try again."),
            refused(403, BadConfig("Authorization failed"), "Authorization failed for sendsms"),
            refused(403, BadConfig("HTTP 403"), "Forbidden"),
            refused(400, BadConfig("Sender missing"), "Sender missing and no global set, rejected"),
            refused(400, Rejected("Charset or body misformed"), "Charset or body misformed, rejected"),
            refused(400, Rejected("HTTP 400"), f"Receiver {NUMBER} is bad"),
            refused(404, BadConfig("HTTP 404"), "Unknown request."),
            refused(503, Unreachable("Temporal failure")),
            refused(503, Unknown("HTTP 503"), "<html>"),
            refused(429, Throttled("HTTP 429"), "Slow down"),
            refused(500, Unknown("HTTP 500"), "Oops"),
            refused(202, Unknown("unreadable answer"), "5: Who knows"),
            Outbound(
                "hotspot", Fault(body="<html>Log in to the network</html>", content_type="text/html"), error=Unknown("unreadable answer")
            ),
            Outbound("redirect", Fault(302, {"Location": "http://elsewhere.example.org"}, "x"), error=BadConfig("HTTP 302")),
            Outbound("cut-off", Fault(reset=True), error=Unknown("connection lost")),
            Outbound("too-slow", Fault(delay_s=5), error=Unknown("no answer in time"), options={"timeout_s": 0.2}),
        ],
    )

    def test_answers_with_an_empty_page(self) -> None:
        """Kannel would send a page with text on it as an SMS."""
        channel = self.table.make()
        assert (channel.respond(None).body, channel.respond(Reply("Karibu", Lang.SW, "menu")).body) == ("", "")

    def test_a_repeat_without_id_is_the_same_message(self) -> None:
        first, again = self._identity({}), self._identity({})
        assert first == again
        assert (
            len({first, self._identity({"text": "2"}), self._identity({"time": "1793607346"}), self._identity({"from": "0700000002"})}) == 4
        )

    def _identity(self, changes: dict[str, str]) -> str:
        fields = {**GOOD, "id": "", **changes}
        (event,) = self.table.make().routes()["receive"](sign(self.table.request("receive", self.table.encode(fields))))
        assert isinstance(event, Message)
        return event.external_id

    @given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=70))
    def test_every_text_survives_the_way_in(self, text: str) -> None:
        """As UTF-8 and as the network's own UTF-16, percent-encoded byte by byte."""
        for raw, charset in ((text.encode(), "UTF-8"), (text.encode("utf-16-be"), "UTF-16BE")):
            url = kannel.get_url(f"{PUBLIC_URL}/c/kannel/receive", NUMBER, raw, id="u1", charset=charset)
            (event,) = self.table.make().routes()["receive"](Request("GET", url, PATH_KEY, {}, b""))
            assert event == message(text=text)

    def test_no_password_in_a_log_of_any_level(self, caplog: pytest.LogCaptureFixture) -> None:
        """The whole address would be in the transport's own log lines."""
        caplog.set_level(logging.DEBUG)
        with Scripted() as provider:
            provider.fail_next(Fault(202, {"X-Odd": "\u00e9"}, kannel.SAYS[202]))
            sending(self.table.make(base_url=provider.url), "Habari")
        assert provider.sent[0].query["password"] == kannel.PASSWORD
        assert [record for record in caplog.records if record.name.startswith("urllib3")] == []
