"""Meta's WhatsApp Cloud API as facts/channels.md 3 describes it: its messages endpoint, and the signed batches that it posts.

with MetaCloud() as provider:
    channel = MetaWhatsapp(base_url=provider.url, ...)
    provider.fail_next(refused(131047), Fault(reset=True))
    post(url, batch(messages=[text("254700000001", "habari", id="wamid.1")]), secret=APP_SECRET)
"""

import hmac
import itertools
import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import requests
from aiohttp import web

from tests.providers.server import Fault, Sent, Server

NUMBER_ID = "106540352242922"
NUMBER = "15550000001"  # the number of the business, as Meta shows it
APP_SECRET = "meta-test-app-secret"
PATIENCE_S = 15.0

ERRORS = {
    4: (400, "Application request limit reached"),
    10: (403, "Permission is either not granted or has been removed"),
    100: (400, "Invalid parameter"),
    190: (401, "Access token has expired"),
    200: (403, "Provide valid app ID"),
    368: (403, "Temporarily blocked for policies violations"),
    80007: (400, "Rate limit issues"),
    130429: (400, "Rate limit hit"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131009: (400, "Parameter value is not valid"),
    131026: (400, "Message undeliverable"),
    131031: (403, "Account has been locked"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam rate limit hit"),
    131049: (400, "Not delivered to keep the ecosystem healthy"),
    131050: (400, "User has stopped marketing messages"),
    131051: (400, "Unsupported message type"),
    131056: (400, "Pair rate limit hit"),
    131057: (500, "Account in maintenance mode"),
    132001: (404, "Template does not exist"),
    133016: (400, "Account register deregister rate limit exceeded"),
}


def refused(code: int) -> Fault:
    """The error of `code`, with the number in its details."""
    return Fault(code=code)


def error_body(code: int, to: str = "", *, subcode: int = 0) -> str:
    """Meta's error object."""
    title = ERRORS[code][1] if code in ERRORS else "An error"
    error = {
        "message": f"(#{code}) {title}",
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": f"{title}: {to}"},
        "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam",
    }
    return json.dumps({"error": error | ({"error_subcode": subcode} if subcode else {})})


def sent_body(id: str, to: str) -> str:
    """Meta's answer to a message that it took."""
    return json.dumps({"messaging_product": "whatsapp", "contacts": [{"input": to, "wa_id": to}], "messages": [{"id": id}]})


class MetaCloud(Server):
    """POST /v25.0/<number id>/messages. `messages` holds what it took, whole; `seen` the ids of messages that were marked as read."""

    def __init__(self, *, access_token: str = "meta-test-token") -> None:
        super().__init__()
        self.access_token = access_token
        self.messages: list[tuple[Mapping[str, Any], str]] = []
        self.seen: list[str] = []
        self._ids = itertools.count(1)

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        if (sent.method, sent.path) != ("POST", f"/v25.0/{NUMBER_ID}/messages"):
            return _json(400, error_body(100, subcode=33))
        if sent.headers.get("authorization") != f"Bearer {self.access_token}":
            return _json(401, error_body(190))
        if fault.code:
            return _json(ERRORS[fault.code][0], error_body(fault.code, sent.form.get("to", "")))
        if sent.form.get("status") == "read":
            self.seen.append(sent.form["message_id"])
            return _json(200, '{"success":true}')
        if mistake := wrong(sent.form):
            return _json(400, error_body(131009, mistake))
        return _json(200, sent_body(self._take(sent.form), sent.form.get("to") or sent.form["recipient"]))

    def _take(self, message: Mapping[str, Any]) -> str:
        wamid = f"wamid.{next(self._ids):08d}"
        self.messages.append((message, wamid))
        return wamid


def wrong(message: Mapping[str, Any]) -> str:
    """Which of Meta's rules `message` breaks, "" for none."""
    if message.get("messaging_product") != "whatsapp" or ("to" in message) == ("recipient" in message):
        return "product or recipient"
    if len(message.get("biz_opaque_callback_data", "")) > 512:
        return "callback data"
    if message["type"] == "text":
        return "" if 0 < len(message["text"]["body"]) <= 4096 else "text"
    if message["type"] == "template":
        return "" if message["template"]["name"] and message["template"]["language"]["code"] else "template"
    menu = message["interactive"]
    return _wrong_buttons(menu) if menu["type"] == "button" else _wrong_list(menu)


def _wrong_buttons(menu: Mapping[str, Any]) -> str:
    replies = [button["reply"] for button in menu["action"]["buttons"]]
    titles = [reply["title"] for reply in replies]
    if not 0 < len(menu["body"]["text"]) <= 1024:
        return "body"
    if not 0 < len(titles) <= 3 or len(set(titles)) < len(titles) or not all(0 < len(title) <= 20 for title in titles):
        return "titles"
    return "" if _unique([reply["id"] for reply in replies], 256) else "ids"


def _wrong_list(menu: Mapping[str, Any]) -> str:
    rows = [row for section in menu["action"]["sections"] for row in section["rows"]]
    if not 0 < len(menu["body"]["text"]) <= 4096 or not 0 < len(menu["action"]["button"]) <= 20:
        return "body or button"
    if not 0 < len(rows) <= 10 or not all(0 < len(row["title"]) <= 24 and len(row.get("description", "")) <= 72 for row in rows):
        return "rows"
    return "" if _unique([row["id"] for row in rows], 200) else "ids"


def _unique(ids: Sequence[str], most: int) -> bool:
    return len(set(ids)) == len(ids) and all(0 < len(one) <= most for one in ids)


def _json(status: int, body: str) -> web.Response:
    return web.Response(status=status, text=body, content_type="application/json")


def message(number: str, kind: str, content: Mapping[str, Any] | None, *, id: str, at: str = "1793607345", **more: Any) -> dict[str, Any]:
    """One incoming message of any type. A `number` with a dot in it is the id of a user who shows none."""
    person = {"from_user_id": number} if "." in number else {"from": number}
    return {**person, "id": id, "timestamp": at, "type": kind, **({kind: content} if content is not None else {}), **more}


def text(number: str, words: str, *, id: str, **more: Any) -> dict[str, Any]:
    """One incoming text."""
    return message(number, "text", {"body": words}, id=id, **more)


def report(id: str, word: str, number: str, *, key: str = "", code: int = 0) -> dict[str, Any]:
    """One status report."""
    person = {"recipient_user_id": number} if "." in number else {"recipient_id": number}
    known = {"id": id, "status": word, "timestamp": "1793607350", **person}
    error = {"code": code, "title": "An error", "message": "An error", "error_data": {"details": "Details"}}
    return known | ({"biz_opaque_callback_data": key} if key else {}) | ({"errors": [error]} if code else {})


def change(
    *, messages: Sequence[Any] = (), statuses: Sequence[Any] = (), number_id: str = NUMBER_ID, field: str = "messages"
) -> dict[str, Any]:
    """News of one number."""
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": NUMBER, "phone_number_id": number_id},
    }
    if messages:
        value["contacts"] = [{"profile": {"name": "Asha"}, "wa_id": one["from"]} for one in messages if "from" in one]
        value["messages"] = list(messages)
    if statuses:
        value["statuses"] = list(statuses)
    return {"value": value, "field": field}


def batch(*changes: Mapping[str, Any], messages: Sequence[Any] = (), statuses: Sequence[Any] = ()) -> dict[str, Any]:
    """What Meta posts: `changes`, or one change of `messages` and `statuses`."""
    news = list(changes) or [change(messages=messages, statuses=statuses)]
    return {"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": news}]}


def encode(body: Mapping[str, Any]) -> bytes:
    """As Meta writes JSON: ASCII only, slashes escaped."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


def sign(body: bytes, secret: str) -> str:
    """X-Hub-Signature-256."""
    return "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()


def post(url: str, body: Mapping[str, Any], *, secret: str) -> requests.Response:
    """Posts a signed batch."""
    raw = encode(body)
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sign(raw, secret)}
    return requests.post(url, data=raw, headers=headers, timeout=PATIENCE_S)


def check(url: str, *, token: str, challenge: str = "1158201444") -> requests.Response:
    """Checks the address of a webhook, as Meta does when it is entered."""
    asked = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": challenge}
    return requests.get(url, params=asked, timeout=PATIENCE_S)
