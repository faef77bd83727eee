"""capcom6 "SMS Gateway for Android" as facts/channels.md 4.1 describes it: the phone's local server, and the webhooks it posts.

with Capcom6() as phone:
    channel = AndroidGateway(base_url=phone.url, ...)
    phone.fail_next(queue_full(), Fault(reset=True, accepted=True))
    post(url, received("+254700000001", "habari"), key="...")
"""

import base64
import hmac
import itertools
import json
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from zlib import crc32

import requests
from aiohttp import web

from tests.providers.server import Fault, Sent, Server

USER, PASSWORD, KEY = "sms", "phone-password", "a-long-signing-key-0123"
AT = "2026-11-02T11:15:45.000+03:00"
PATIENCE_S = 30.0

_ids = itertools.count(1)


def queue_full() -> Fault:
    """Too many messages wait on the phone."""
    return Fault(503, body=json.dumps({"code": "QUEUE_LIMIT_EXCEEDED", "message": "queue limit exceeded"}))


def state(id: str, number: str) -> str:
    """A message object, as a send returns it."""
    recipients = [{"phoneNumber": number, "state": "Pending", "error": None}]
    known = {"id": id, "deviceId": "dev1", "state": "Pending", "recipients": recipients}
    return json.dumps(known | {"isHashed": False, "isEncrypted": False, "states": {"Pending": AT}})


class Capcom6(Server):
    """POST /message and /messages, GET /health. `messages` holds what it took: (id, number, text)."""

    def __init__(self, *, password: str = PASSWORD) -> None:
        super().__init__()
        self.messages: list[tuple[str, str, str]] = []
        self.authorization = f"Basic {base64.b64encode(f'{USER}:{password}'.encode()).decode()}"

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        if (sent.method, sent.path) == ("GET", "/health"):
            return web.json_response({"status": "pass", "version": "1.60.0", "releaseId": 100, "checks": {}})
        if sent.method != "POST" or sent.path not in ("/message", "/messages"):
            return web.Response(status=404)
        if sent.headers.get("authorization") != self.authorization:
            return web.Response(status=401)
        if not sent.form.get("phoneNumbers"):
            return web.json_response({"message": "phoneNumbers is empty"}, status=400)
        if sent.form["id"] in {taken for taken, _, _ in self.messages}:
            return web.json_response({"message": "message with this ID already exists"}, status=409)
        number = sent.form["phoneNumbers"][0]
        self.messages.append((sent.form["id"], number, sent.form["textMessage"]["text"]))
        return web.Response(status=202, text=state(sent.form["id"], number), content_type="application/json")


def event(
    name: str, payload: Mapping[str, Any], *, id: str = "", device: str = "dev1", registration: str = "LreFUt-Z3sSq0JufY9uWB"
) -> bytes:
    """The body of a webhook. Every registration of a webhook gets its own id for the same thing."""
    body = {"deviceId": device, "event": name, "id": id or f"event-{next(_ids)}", "payload": payload, "webhookId": registration}
    return json.dumps(body, ensure_ascii=False).encode()


def received(number: str, text: str, *, at: str = AT, sim: int | None = 1, **envelope: str) -> bytes:
    """An incoming SMS."""
    short = format(crc32(text.encode()), "x")
    payload = {"messageId": short, "message": text, "phoneNumber": number, "sender": number, "recipient": None}
    return event("sms:received", payload | {"simNumber": sim, "receivedAt": at}, **envelope)


def reported(name: str, message_id: str, number: str, *, reason: str = "") -> bytes:
    """ "sms:sent", "sms:delivered" (once per part) or "sms:failed"."""
    ends: dict[str, dict[str, object]] = {"sms:sent": {"sentAt": AT, "partsCount": 1}, "sms:delivered": {"deliveredAt": AT}}
    when = ends.get(name, {"failedAt": AT, "reason": reason})
    return event(name, {"messageId": message_id, "phoneNumber": number, "sender": None, "recipient": number, "simNumber": 1, **when})


def signed(body: bytes, *, key: str = KEY, at: float | None = None) -> dict[str, str]:
    """The headers of one try: each try is signed anew."""
    stamp = str(int(time.time() if at is None else at))
    return {"X-Timestamp": stamp, "X-Signature": hmac.new(key.encode(), body + stamp.encode(), sha256).hexdigest()}


def post(url: str, body: bytes, *, key: str = KEY, at: float | None = None) -> requests.Response:
    """Posts a webhook as the phone does."""
    headers = {"Content-Type": "application/json", **signed(body, key=key, at=at)}
    return requests.post(url, data=body, headers=headers, timeout=PATIENCE_S)
