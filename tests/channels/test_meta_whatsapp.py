"""WhatsApp by Meta: batches as they post them, signatures, answers and error codes (facts/channels.md 3)."""

import base64
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.errors import (
    BadConfig,
    BadSetting,
    BadWebhook,
    Challenge,
    Malformed,
    NoWindow,
    OptedOut,
    Rejected,
    SendError,
    Throttled,
    ThrottledOne,
    Unknown,
    Unreachable,
    Unsigned,
)
from bot.core.ports import Receipts, Templates
from bot.core.price import Price
from bot.core.types import Choice, Linked, Message, OptOut, Request, Status, StatusUpdate
from channels.meta_whatsapp import MetaWhatsapp
from tests.channels.runner import JSON, NUMBER, PART_KEY, Inbound, Outbound, SendingContract, Table, silent, sound
from tests.providers import meta
from tests.providers.server import Fault

PHONE = NUMBER[1:]
URN = f"whatsapp:{NUMBER}"
USER = "KE.13491208655302741918"
ID, SENT_ID = "wamid.IN1", "wamid.OUT1"
TOKEN, VERIFY = "meta-access-token", "meta-verify-token"
GOOD = meta.batch(messages=[meta.text(PHONE, "Habari", id=ID)])
MENU = [Choice("1", "Mahindi"), Choice("2", "Ng\u2019ombe"), Choice("3", "Hali ya hewa")]
VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "meta_signature.json"
OTHERS: dict[str, Any] = json.loads(VECTORS.read_text()) if VECTORS.is_file() else {"cases": [], "verify_challenge": []}


def sign(request: Request, secret: str = meta.APP_SECRET) -> Request:
    return replace(request, headers={**request.headers, "x-hub-signature-256": meta.sign(request.body, secret)})


def message(**changed: Any) -> Message:
    made = Message(channel="meta_whatsapp", external_id=ID, urn=URN, text="Habari", to=meta.NUMBER, sent_at=1793607345.0)
    return replace(made, **changed)


def update(word: str = "delivered", **changed: Any) -> StatusUpdate:
    made = StatusUpdate(channel="meta_whatsapp", external_id=SENT_ID, status=Status.DELIVERED, code=word, key=PART_KEY)
    return replace(made, **changed)


def batch(label: str, *changes: dict[str, Any], events: Sequence[Any] = ()) -> Inbound:
    return Inbound(label, "receive", meta.batch(*changes), events=events)


def received(label: str, one: dict[str, Any], **expected: Any) -> Inbound:
    return Inbound(label, "receive", meta.batch(messages=[one]), events=(message(**expected),))


def kind(name: str, content: Any, words: str = "", **extras: str) -> Inbound:
    return received(name, meta.message(PHONE, name, content, id=ID), text=words, meta={"type": name, **extras})


def ignored(label: str, one: dict[str, Any]) -> Inbound:
    return Inbound(label, "receive", meta.batch(messages=[one]))


def at(stamp: str, sent_at: float | None) -> Inbound:
    return received(f"sent-at-{stamp}", meta.text(PHONE, "Habari", id=ID, at=stamp), sent_at=sent_at)


def reported(word: str, status: Status, *, code: int = 0) -> Inbound:
    report = meta.report(SENT_ID, word, PHONE, key=PART_KEY, code=code)
    return Inbound(f"status-{word}-{code}", "receive", meta.batch(statuses=[report]), events=(update(str(code or word), status=status),))


LINK = Linked(channel="meta_whatsapp", urn=URN, other=f"whatsapp:{USER}")


def changed(one: dict[str, Any], *, contact: dict[str, str] | None = None) -> dict[str, Any]:
    """One message, with the contact that stands beside it."""
    made = meta.change(messages=[one])
    made["value"]["contacts"] = [{"profile": {"name": "Asha"}, **contact}] if contact else []
    return made


def priced(label: str, pricing: object, category: str | None) -> Inbound:
    report = {**meta.report(SENT_ID, "sent", PHONE, key=PART_KEY), "pricing": pricing}
    price = Price(category=category) if category else None
    return Inbound(f"priced-{label}", "receive", meta.batch(statuses=[report]), events=(update("sent", status=Status.SENT, price=price),))


def stopped(person: str, urn: str) -> Inbound:
    report = meta.report(SENT_ID, "failed", person, key=PART_KEY, code=131050)
    events = (update("131050", status=Status.FAILED), OptOut(channel="meta_whatsapp", urn=urn))
    return Inbound(f"stopped-in-whatsapp-{urn[9]}", "receive", meta.batch(statuses=[report]), events=events)


def taken(label: str, **more: Any) -> Outbound:
    return replace(Outbound(label, Fault(body=meta.sent_body(SENT_ID, PHONE)), id=SENT_ID), **more)


def refused(code: int, kind: type[SendError], *, after_s: float | None = None) -> Outbound:
    fault = Fault(meta.ERRORS[code][0], body=meta.error_body(code, PHONE))
    return Outbound(f"code-{code}", fault, error=kind(str(code), after_s=after_s))


def answered(label: str, status: int, body: str, error: SendError, **headers: str) -> Outbound:
    return Outbound(label, Fault(status, headers, body), error=error)


class TestMetaWhatsapp(SendingContract):
    table = Table(
        cls=MetaWhatsapp,
        options={"phone_number_id": meta.NUMBER_ID, "access_token": TOKEN, "app_secret": meta.APP_SECRET, "verify_token": VERIFY},
        needs=["phone_number_id", "access_token", "app_secret", "verify_token"],
        wrong=[
            ("phone_number_id", "+254700000001"),
            ("phone_number_id", 106540352242922),
            ("access_token", "two\nlines"),
            ("access_token", "caf\u00e9"),
            ("verify_token", "   "),
            ("menu_word", "a word that no button has room for"),
            ("version", "25"),
            ("version", "v25.0/x"),
            ("rate_per_s", 0),
            ("timeout_s", 1000),
            ("base_url", "http://graph.example.org"),
            ("read_receipts", "perhaps"),
            *(("templates", value) for value in ("ujumbe_news", {"English": "news"}, {"en": "Two words"}, {"en": 5.5}, ["en"])),
        ],
        good={"receive": GOOD},
        required={"receive": ["object", "entry"]},
        sign=sign,
        urn=URN,
        content_type=JSON,
        inbound=[
            received("text", meta.text(PHONE, "Habari", id=ID)),
            Inbound(
                "as-meta-escapes-it",
                "receive",
                body=meta.encode(GOOD).replace(b"Habari", b"\\u12a5 \\ud83c\\udf3d a\\/b"),
                events=(message(text="\u12a5 \U0001f33d a/b"),),
            ),
            Inbound(
                "plain-utf-8", "receive", body=meta.encode(GOOD).replace(b"Habari", "\u12a5".encode()), events=(message(text="\u12a5"),)
            ),
            received("spaces-and-lines-are-kept", meta.text(PHONE, " STOP.\r\n", id=ID), text=" STOP.\r\n"),
            received("blank", meta.text(PHONE, "", id=ID), text=""),
            received("too-long-is-cut", meta.text(PHONE, "x" * 5000, id=ID), text="x" * 4096),
            received("half-a-letter", meta.text(PHONE, "a\ud83c\0b", id=ID), text="a\ufffd\ufffdb"),
            received("forwarded", meta.text(PHONE, "Habari", id=ID, context={"forwarded": True})),
            received("no-number-but-a-user-id", meta.text(USER, "Habari", id=ID), urn=f"whatsapp:{USER}"),
            batch("number-and-user-id", changed(meta.text(PHONE, "Habari", id=ID, from_user_id=USER)), events=(LINK, message())),
            batch(
                "number-and-user-id-in-the-contact",
                changed(meta.text(PHONE, "Habari", id=ID), contact={"wa_id": PHONE, "user_id": USER}),
                events=(LINK, message()),
            ),
            batch(
                "user-id-whose-number-stands-in-the-contact",
                changed(meta.text(USER, "Habari", id=ID), contact={"wa_id": PHONE, "user_id": USER}),
                events=(LINK, message(urn=f"whatsapp:{USER}")),
            ),
            batch("an-odd-user-id", changed(meta.text(PHONE, "Habari", id=ID, from_user_id="x" * 999)), events=(message(),)),
            batch(
                "linked-once",
                meta.change(messages=[meta.text(PHONE, "Habari", id=name, from_user_id=USER) for name in (ID, "wamid.IN2")]),
                events=(LINK, message(), message(external_id="wamid.IN2")),
            ),
            batch(
                "status-of-both",
                meta.change(statuses=[{**meta.report(SENT_ID, "delivered", PHONE, key=PART_KEY), "recipient_user_id": USER}]),
                events=(LINK, update()),
            ),
            priced("billed", {"billable": True, "pricing_model": "PMP", "category": "utility"}, "utility"),
            priced(
                "free", {"billable": False, "pricing_model": "PMP", "category": "service", "type": "free_customer_service"}, "service, free"
            ),
            priced("odd", {"category": "<b>"}, None),
            priced("odder", "free", None),
            received("mexican-id", meta.text("5215500000001", "Habari", id=ID), urn="whatsapp:+5215500000001"),
            at("1793607345000", 1793607345.0),
            at("1793607345123", 1793607345.123),
            at("", None),
            at("yesterday", None),
            at("-5", None),
            kind("image", {"id": "99", "mime_type": "image/jpeg", "sha256": "x", "caption": "jani"}, "jani"),
            kind("video", {"id": "99", "mime_type": "video/mp4"}),
            kind("document", {"id": "99", "filename": "a.pdf", "caption": None}),
            kind("audio", {"id": "99", "mime_type": "audio/ogg", "voice": True}),
            kind("sticker", {"id": "99"}),
            kind("reaction", {"message_id": SENT_ID, "emoji": "\U0001f44d"}),
            kind("unsupported", None),
            kind("contacts", [{"phones": []}]),
            kind("something_new", {"body": "?"}),
            kind("button", {"payload": "STOP_PAYLOAD", "text": "Stop"}, "Stop"),
            kind("interactive", {"type": "button_reply", "button_reply": {"id": "2", "title": "Ng\u2019ombe"}}, "2"),
            kind("interactive", {"type": "list_reply", "list_reply": {"id": "7", "title": "Kuku", "description": "x"}}, "7"),
            kind("interactive", {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "{}"}}),
            kind("location", {"latitude": -1.2921, "longitude": 36.8219, "name": "Shamba"}, latitude="-1.2921", longitude="36.8219"),
            kind("location", {"latitude": 0, "longitude": -180}, latitude="0", longitude="-180"),
            ignored("group", meta.text(PHONE, "Habari", id=ID, group_id="120363000000000000")),
            ignored("system-note", meta.message(PHONE, "system", {"body": "changed number", "type": "user_changed_number"}, id=ID)),
            reported("sent", Status.SENT),
            reported("delivered", Status.DELIVERED),
            reported("read", Status.READ),
            reported("failed", Status.FAILED, code=131026),
            reported("failed", Status.FAILED),
            stopped(PHONE, URN),
            stopped(USER, f"whatsapp:{USER}"),
            Inbound("status-deleted", "receive", meta.batch(statuses=[meta.report(SENT_ID, "deleted", PHONE)])),
            Inbound("status-unknown", "receive", meta.batch(statuses=[meta.report(SENT_ID, "pondering", PHONE)])),
            Inbound(
                "status-without-key", "receive", meta.batch(statuses=[meta.report(SENT_ID, "delivered", PHONE)]), events=(update(key=""),)
            ),
            batch(
                "everything-in-one",
                meta.change(messages=[meta.text(PHONE, "one", id="1"), meta.text(PHONE, "two", id="2")]),
                meta.change(statuses=[meta.report(SENT_ID, "delivered", PHONE, key=PART_KEY)]),
                meta.change(messages=[meta.text(PHONE, "not for us", id="9")], number_id="999999"),
                meta.change(messages=[meta.text(PHONE, "not a message", id="9")], field="smb_message_echoes"),
                meta.change(messages=[meta.text(PHONE, "three", id="3")], statuses=[meta.report(SENT_ID, "read", PHONE, key=PART_KEY)]),
                events=(
                    message(external_id="1", text="one"),
                    message(external_id="2", text="two"),
                    update(),
                    message(external_id="3", text="three"),
                    update("read", status=Status.READ),
                ),
            ),
            Inbound("nothing-new", "receive", cast(Any, {"object": "whatsapp_business_account", "entry": []})),
            Inbound("news-of-the-account", "receive", meta.batch({"field": "account_update", "value": {"event": "VERIFIED"}})),
            Inbound("instagram", "receive", {**GOOD, "object": "instagram"}, error=Malformed, says="WhatsApp only"),
            Inbound("entry-is-no-list", "receive", cast(Any, {**GOOD, "entry": {}}), error=Malformed, says="'entry' is not a list"),
            Inbound("text-that-is-no-json", "receive", body=b"hello", error=Malformed, says="not JSON"),
        ],
        outbound=[
            taken(
                "text",
                sent=cast(
                    Any,
                    {
                        "messaging_product": "whatsapp",
                        "recipient_type": "individual",
                        "to": PHONE,
                        "type": "text",
                        "text": {"body": "Habari", "preview_url": False},
                        "biz_opaque_callback_data": PART_KEY,
                    },
                ),
                absent=["recipient"],
            ),
            taken(
                "keeps-every-letter",
                text="A+b&c=d%\n\u12a5 \U0001f33d",
                sent=cast(Any, {"text": {"body": "A+b&c=d%\n\u12a5 \U0001f33d", "preview_url": False}}),
            ),
            *(refused(code, Throttled) for code in (4, 80007, 130429, 133016)),
            refused(131048, Throttled, after_s=900.0),
            refused(131056, ThrottledOne, after_s=4.0),
            refused(131047, NoWindow),
            refused(131050, OptedOut),
            *(refused(code, Rejected) for code in (100, 131009, 131026, 131049, 131051, 132001)),
            *(refused(code, BadConfig) for code in (10, 190, 200, 368, 131005, 131031)),
            refused(131000, Unknown),
            refused(131057, Unreachable),
            answered("permission-299", 400, meta.error_body(299), BadConfig("299")),
            answered("no-permission-300", 400, meta.error_body(300), Rejected("300")),
            answered("wrong-number-id", 400, meta.error_body(100, subcode=33), BadConfig("100")),
            answered("their-trouble-not-taken", 400, meta.error_body(131000), Unreachable("131000")),
            answered("a-new-code", 400, meta.error_body(139999), Rejected("139999")),
            answered("throttled-by-code", 429, meta.error_body(130429), Throttled("130429", after_s=3.0), **{"Retry-After": "3"}),
            answered("throttled", 429, "{}", Throttled("HTTP 429")),
            answered("odd-error", 400, '{"error":"no"}', Rejected("HTTP 400")),
            answered("code-in-words", 401, '{"error":{"code":"190"}}', BadConfig("HTTP 401")),
            answered("redirect", 307, "{}", BadConfig("HTTP 307"), Location="https://elsewhere.example.org"),
            answered("server-error", 500, "<html>", Unknown("HTTP 500")),
            answered("unavailable-for-now", 503, "{}", Unreachable("HTTP 503", after_s=60.0), **{"Retry-After": "60"}),
            Outbound("cut-off", Fault(reset=True), error=Unknown("connection lost")),
            Outbound("too-slow", Fault(delay_s=5), error=Unknown("no answer in time"), options={"timeout_s": 0.2}),
            answered("no-json", 200, "OK", Unknown("unreadable answer")),
            answered("no-id", 200, '{"messages":[{"id":null}]}', Unknown("unreadable answer")),
            answered("no-message", 200, '{"messages":[]}', Unknown("unreadable answer")),
        ],
    )

    # The check of the address.

    def ask(self, query: str, **options: Any) -> str:
        """The answer to a GET with `query`."""
        request = replace(self.table.request("receive", b"", query=f"?{query}" if query else ""), method="GET")
        with pytest.raises(Challenge) as caught:
            self.table.make(**options).routes()["receive"](request)
        return caught.value.text

    def test_answers_meta_s_check(self) -> None:
        query = urlencode({"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "<b>1158201444 \u12a5"})
        assert self.ask(query) == "<b>1158201444 \u12a5"

    @pytest.mark.parametrize(
        ("query", "error"),
        [
            pytest.param("", Unsigned, id="nothing"),
            pytest.param(f"hub.mode=subscribe&hub.verify_token={VERIFY}x&hub.challenge=1", Unsigned, id="another-token"),
            pytest.param("hub.mode=subscribe&hub.verify_token=%C3%A9&hub.challenge=1", Unsigned, id="token-in-another-script"),
            pytest.param(f"hub.mode=unsubscribe&hub.verify_token={VERIFY}&hub.challenge=1", Unsigned, id="another-mode"),
            pytest.param(f"hub.mode=subscribe&hub.verify_token={VERIFY}", Malformed, id="no-challenge"),
            pytest.param(f"hub.mode=subscribe&hub.verify_token={VERIFY}&hub.challenge=%00", Malformed, id="nul"),
            pytest.param(f"hub.mode=subscribe&hub.verify_token={VERIFY}&hub.challenge={'1' * 300}", Malformed, id="huge"),
            pytest.param(f"hub.mode=subscribe&hub.verify_token={VERIFY}&hub.challenge=\udcff", Malformed, id="half-a-letter"),
            pytest.param("&".join("a=1" for _ in range(300)), Malformed, id="many"),
        ],
    )
    def test_refuses_another_check(self, query: str, error: type[BadWebhook]) -> None:
        request = replace(self.table.request("receive", b"", query=f"?{query}"), method="GET")
        with pytest.raises(error) as caught:
            self.table.make().routes()["receive"](request)
        silent(str(caught.value), self.table.make())

    @pytest.mark.parametrize("case", OTHERS["verify_challenge"])
    def test_challenge_vectors(self, case: dict[str, Any]) -> None:
        if not case["configured_token"]:
            with pytest.raises(BadSetting, match="verify_token"):
                self.table.make(verify_token="")
        elif case["status"] == 200:
            assert self.ask(case["query"], verify_token=case["configured_token"]) == case["body"]
        else:
            request = replace(self.table.request("receive", b"", query=f"?{case['query']}"), method="GET")
            with pytest.raises(Unsigned) as caught:
                self.table.make(verify_token=case["configured_token"]).routes()["receive"](request)
            assert caught.value.status == case["status"]

    # The signature.

    @pytest.mark.parametrize("case", [pytest.param(case, id=f"{case['id']}-{case['name']}".replace(" ", "-")) for case in OTHERS["cases"]])
    def test_signature_vectors(self, case: dict[str, Any]) -> None:
        """A signed body that is no batch is refused for that, and not for its signature."""
        headers = {"x-hub-signature-256": case["header"]} if case["header"] else {}
        request = self.table.request("receive", base64.b64decode(case["body_b64"]), headers=headers)
        channel = self.table.make(app_secret=case["app_secret"], phone_number_id="106540352242922")
        try:
            events = channel.routes()["receive"](request)
        except Unsigned:
            assert not case["valid"]
        except Malformed:
            assert case["valid"]
            assert case["body_text"] in ("", "{}")
        else:
            assert case["valid"]
            assert events

    @pytest.mark.parametrize(
        "change", [str.upper, lambda header: header + "0", lambda header: header[7:], lambda header: header + "\u00e9"]
    )
    def test_the_signature_has_one_form(self, change: Any) -> None:
        request = sign(self.table.request("receive", meta.encode(GOOD)))
        headers = {**request.headers, "x-hub-signature-256": change(request.headers["x-hub-signature-256"])}
        with pytest.raises(Unsigned):
            self.table.make().routes()["receive"](replace(request, headers=headers))

    @given(position=st.integers(0, len(meta.encode(GOOD)) - 1), byte=st.integers(0, 255))
    def test_one_changed_byte_breaks_the_signature(self, position: int, byte: int) -> None:
        body = bytearray(meta.encode(GOOD))
        request = sign(self.table.request("receive", bytes(body)))
        if body[position] == byte:
            return
        body[position] = byte
        with pytest.raises(Unsigned):
            self.table.make().routes()["receive"](replace(request, body=bytes(body)))

    # Batches.

    @pytest.mark.parametrize(
        "bad",
        [
            pytest.param(meta.text("12", "x", id="b"), id="no-number"),
            pytest.param(meta.text("not.a.user", "x", id="b"), id="no-user-id"),
            pytest.param({"id": "b", "type": "text", "text": {"body": "x"}}, id="from-nobody"),
            pytest.param(meta.text(PHONE, "x", id=""), id="no-id"),
            pytest.param({"from": PHONE, "id": "b"}, id="no-type"),
            pytest.param(meta.message(PHONE, "text", None, id="b"), id="no-text"),
            pytest.param(meta.message(PHONE, "text", {"body": 5}, id="b"), id="number-for-text"),
            pytest.param(meta.message(PHONE, "interactive", {"list_reply": {"title": "x"}}, id="b"), id="no-choice"),
            pytest.param(meta.message(PHONE, "location", {"latitude": 91, "longitude": 0}, id="b"), id="nowhere"),
            pytest.param(meta.message(PHONE, "location", {"latitude": float("nan"), "longitude": 0}, id="b"), id="not-a-number"),
            pytest.param(meta.message(PHONE, "location", {"longitude": 0}, id="b"), id="half-a-place"),
            pytest.param("x", id="no-object"),
            pytest.param(None, id="null"),
        ],
    )
    def test_a_bad_message_costs_nothing_of_the_others(self, bad: Any, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        batch = json.loads(json.dumps(GOOD))
        batch["entry"][0]["changes"][0]["value"]["messages"] = [bad, meta.text(PHONE, "Habari", id=ID), bad]
        request = sign(self.table.request("receive", meta.encode(batch)))
        channel = self.table.make()
        assert list(channel.routes()["receive"](request)) == [message()]
        assert caplog.text.count("left one message out") == (2 if isinstance(bad, dict) else 0)
        silent(caplog.text, channel)

    @pytest.mark.parametrize("bad", [{}, {"field": "messages"}, {"field": "messages", "value": {"metadata": {}}}, 5], ids=repr)
    def test_a_bad_change_costs_nothing_of_the_others(self, bad: Any) -> None:
        request = sign(
            self.table.request("receive", meta.encode(meta.batch(bad, meta.change(messages=[meta.text(PHONE, "Habari", id=ID)]))))
        )
        assert list(self.table.make().routes()["receive"](request)) == [message()]

    def test_takes_a_thousand_updates(self) -> None:
        messages = [meta.text(PHONE, "Habari", id=str(n)) for n in range(1000)]
        request = sign(self.table.request("receive", meta.encode(meta.batch(messages=messages))))
        events = self.table.make().routes()["receive"](request)
        assert events == tuple(message(external_id=str(n)) for n in range(1000))

    @settings(max_examples=300, deadline=None)
    @given(data=st.data())
    def test_anything_anywhere_in_a_batch_is_survived(self, data: st.DataObject) -> None:
        """One value at any depth becomes any other: the batch is refused as a whole, or its other message is still there."""
        channel = self.table.make()
        tree = meta.batch(
            meta.change(messages=[json.loads(json.dumps(data.draw(st.sampled_from(ONES))))], statuses=[meta.report("x", "sent", PHONE)]),
            meta.change(messages=[meta.text(PHONE, "Habari", id=ID)]),
        )
        path = data.draw(st.sampled_from([path for path in paths(tree) if path[:4] != ("entry", 0, "changes", 1)]))
        put(tree, path, data.draw(ANYTHING))
        try:
            events = channel.routes()["receive"](sign(self.table.request("receive", meta.encode(tree))))
        except Malformed:
            assert len(path) < 2
            return
        for event in events:
            sound(event, channel)
        assert message() in events or len(path) < 4

    # What goes out besides text.

    @pytest.mark.parametrize(
        ("choices", "text", "kind"),
        [
            pytest.param(MENU, "Chagua:", "button", id="three"),
            pytest.param(MENU[:1], "x" * 1024, "button", id="one"),
            pytest.param([*MENU, Choice("4", "Kuku")], "Chagua:", "list", id="four"),
            pytest.param(MENU, "x" * 1025, "list", id="long-text"),
            pytest.param([Choice("1", "x" * 21)], "Chagua:", "list", id="long-label"),
            pytest.param([Choice("1", "same"), Choice("2", "same")], "Chagua:", "list", id="same-label"),
            pytest.param([Choice(str(n), f"Somo {n}") for n in range(10)], "x" * 4096, "list", id="ten"),
        ],
    )
    def test_menus(self, choices: list[Choice], text: str, kind: str) -> None:
        with meta.MetaCloud(access_token=TOKEN) as provider:
            assert self.to(provider).send_menu(URN, text, choices, key=PART_KEY) == "wamid.00000001"
        ((sent, _),) = provider.messages
        menu = sent["interactive"]
        assert (menu["type"], menu["body"]["text"], sent["biz_opaque_callback_data"]) == (kind, text, PART_KEY)
        shown = [button["reply"] for button in menu["action"]["buttons"]] if kind == "button" else menu["action"]["sections"][0]["rows"]
        assert [one["id"] for one in shown] == [choice.id for choice in choices]
        assert [one.get("description", one["title"]) for one in shown] == [choice.label for choice in choices]

    def test_a_tap_comes_back_as_the_choice_s_id(self) -> None:
        """The round trip of a menu: what we sent, as a phone taps it."""
        with meta.MetaCloud(access_token=TOKEN) as provider:
            self.to(provider).send_menu(URN, "Chagua:", MENU, key=PART_KEY)
        reply = provider.messages[0][0]["interactive"]["action"]["buttons"][1]["reply"]
        tapped = meta.message(PHONE, "interactive", {"type": "button_reply", "button_reply": reply}, id=ID)
        request = sign(self.table.request("receive", meta.encode(meta.batch(messages=[tapped]))))
        (event,) = self.table.make().routes()["receive"](request)
        assert isinstance(event, Message)
        assert event.text == "2"

    @settings(max_examples=100, deadline=None)
    @given(
        labels=st.lists(
            st.text(st.sampled_from("aW \u00e9\u12a5\U0001f33d\U0001f3fd\u0301\u200d"), min_size=1, max_size=90), min_size=1, max_size=10
        ),
        text=st.integers(1, 4096).map(lambda n: "x" * n),
    )
    def test_every_menu_keeps_meta_s_rules(self, labels: list[str], text: str) -> None:
        channel = Listening(**self.table.options)
        channel.send_menu(URN, text, [Choice(str(n), label) for n, label in enumerate(labels)], key=PART_KEY)
        assert meta.wrong({"messaging_product": "whatsapp", **channel.heard[0]}) == ""

    @pytest.mark.parametrize(
        ("label", "title", "description"),
        [
            pytest.param("x" * 24, "x" * 24, None, id="just-fits"),
            pytest.param("Kupanda mahindi kabla ya mvua", "Kupanda mahindi kabla y\u2026", "Kupanda mahindi kabla ya mvua", id="longer"),
            pytest.param("x" * 80, "x" * 23 + "\u2026", "x" * 71 + "\u2026", id="too-long-for-both"),
            pytest.param("x" * 22 + "e\u0301" * 3, "x" * 22 + "\u2026", "x" * 22 + "e\u0301" * 3, id="never-inside-a-letter"),
        ],
    )
    def test_a_long_label_stands_in_full_below(self, label: str, title: str, description: str | None) -> None:
        with meta.MetaCloud(access_token=TOKEN) as provider:
            self.to(provider, menu_word="Orodha").send_menu(URN, "Chagua:", [Choice("0", label), *MENU], key=PART_KEY)
        action = provider.messages[0][0]["interactive"]["action"]
        row = action["sections"][0]["rows"][0]
        assert (action["button"], row["title"], row.get("description")) == ("Orodha", title, description)

    @pytest.mark.parametrize("count", [0, 11])
    def test_a_menu_of_another_size_is_our_own_mistake(self, count: int) -> None:
        with meta.MetaCloud() as provider, pytest.raises(ValueError, match="1 to 10"):
            self.to(provider).send_menu(URN, "Chagua:", [Choice(str(n), str(n)) for n in range(count)], key=PART_KEY)
        assert provider.sent == []

    @pytest.mark.parametrize("values", [[], ["Asha", "Nakuru"]], ids=len)
    def test_templates(self, values: list[str]) -> None:
        with meta.MetaCloud(access_token=TOKEN) as provider:
            assert self.to(provider).send_template(URN, "flood_alert", "sw", values, key=PART_KEY) == "wamid.00000001"
        sent = provider.messages[0][0]
        template = sent["template"]
        assert (sent["type"], template["name"], template["language"]["code"]) == ("template", "flood_alert", "sw")
        assert [one["text"] for part in template["components"] for one in part["parameters"]] == values

    def test_what_fills_a_template_is_one_line(self) -> None:
        """Meta refuses line ends, tabs and wide gaps there."""
        with meta.MetaCloud(access_token=TOKEN) as provider:
            self.to(provider).send_template(URN, "flood_alert", "sw", ["Flood.\n\tMove     now."], key=PART_KEY)
        assert provider.messages[0][0]["template"]["components"][0]["parameters"][0]["text"] == "Flood. Move now."

    def test_templates_of_the_settings(self) -> None:
        channel = self.table.make(templates={"en_GB": "ujumbe_news", "sw": "ujumbe_habari"})
        assert isinstance(channel, Templates)
        assert channel.templates == {"en_GB": "ujumbe_news", "sw": "ujumbe_habari"}

    def test_a_user_without_a_number_is_answered_by_the_user_id(self) -> None:
        with meta.MetaCloud(access_token=TOKEN) as provider:
            self.to(provider).send(f"whatsapp:{USER}", "Habari", key=PART_KEY)
        sent = provider.messages[0][0]
        assert (sent["recipient"], "to" in sent) == (USER, False)

    @pytest.mark.parametrize("urn", [USER, f"tel:{USER}", "whatsapp:KE.", "whatsapp:254700000001"])
    def test_calls_nobody_for_what_is_no_user(self, urn: str) -> None:
        with meta.MetaCloud(access_token=TOKEN) as provider, pytest.raises(Rejected):
            self.to(provider).send(urn, "Habari", key=PART_KEY)
        assert provider.sent == []

    @pytest.mark.parametrize("typing", [True, False])
    def test_marks_a_message_as_seen(self, typing: bool) -> None:
        with meta.MetaCloud(access_token=TOKEN) as provider:
            channel = self.to(provider)
            channel.mark_read(ID, typing=typing)
            provider.fail_next(meta.refused(131009))
            with pytest.raises(Rejected):
                channel.mark_read(ID, typing=typing)
        assert isinstance(channel, Receipts)
        assert (provider.seen, provider.messages) == ([ID], [])
        assert provider.sent[0].form.get("typing_indicator") == ({"type": "text"} if typing else None)

    def test_shows_nothing_where_it_may_not(self) -> None:
        with meta.MetaCloud(access_token=TOKEN) as provider:
            self.to(provider, read_receipts="false").mark_read(ID, typing=True)
        assert provider.sent == []

    def to(self, provider: meta.MetaCloud, **options: Any) -> MetaWhatsapp:
        return cast(MetaWhatsapp, self.table.make(base_url=provider.url, **options))


class Listening(MetaWhatsapp):
    """Calls nobody, and keeps what it would have said: thousands of menus in no time."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.heard: list[Mapping[str, Any]] = []

    def _call(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        self.heard.append(body)
        return {"messages": [{"id": SENT_ID}]}


ONES = [
    meta.text(PHONE, "x", id="x"),
    meta.text(USER, "x", id="x"),
    meta.message(PHONE, "location", {"latitude": 1.5, "longitude": 2}, id="x"),
    meta.message(PHONE, "interactive", {"type": "list_reply", "list_reply": {"id": "1", "title": "x"}}, id="x"),
    meta.message(PHONE, "image", {"id": "9", "caption": "x"}, id="x"),
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["text", "failed", PHONE, "\0", "x" * 5000]),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=4) | st.sampled_from(["body", "id"]), some, max_size=3),
    max_leaves=6,
)


def paths(tree: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value below `tree`."""
    below = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path for name, value in below for path in ((*before, name), *paths(value, (*before, name)))]


def put(tree: Any, path: tuple[Any, ...], value: Any) -> None:
    """Replaces the value at the end of `path`."""
    for step in path[:-1]:
        tree = tree[step]
    tree[path[-1]] = value
