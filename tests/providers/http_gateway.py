"""Somebody's own gateway, written after docs/channels/http.md.

with HttpGateway(secret=...) as gateway:
    channel = Http(send_url=gateway.url, ...)
    gateway.fail_next(Fault(429, {"Retry-After": "3"}))
    post(url, incoming("+254700000001", "habari", id="m1"), secret=...)
"""

import hmac
import json
from collections.abc import Mapping
from hashlib import sha256

import requests
from aiohttp import web

from tests.providers.server import Fault, Sent, Server

SECRET = "http-gateway-secret-0123456789"
PATIENCE_S = 30.0


class HttpGateway(Server):
    """POST to any path. `messages` holds what it took, by key: (number, text, id). A key that it has already is taken once."""

    def __init__(self, *, secret: str = SECRET) -> None:
        super().__init__()
        self.secret = secret
        self.messages: dict[str, tuple[str, str, str]] = {}

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        if sent.headers.get("x-ujumbe-signature") != signature(sent.body, self.secret):
            return web.json_response({"error": "signature"}, status=401)
        key = sent.headers["idempotency-key"]
        if key != sent.form["key"]:
            return web.json_response({"error": "key"}, status=400)
        if key not in self.messages:
            self.messages[key] = (sent.form["to"], sent.form["text"], f"gw-{len(self.messages) + 1}")
        return web.json_response({"id": self.messages[key][2]}, status=202)


def incoming(number: str, text: str, *, id: str, sent_at: str = "2026-11-02T08:15:45Z") -> dict[str, str]:
    """The fields of an incoming message."""
    return {"id": id, "from": number, "to": "20880", "text": text, "sent_at": sent_at}


def signature(body: bytes, secret: str) -> str:
    """X-Ujumbe-Signature, from the document and not from the channel."""
    return "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()


def post(url: str, fields: Mapping[str, str], *, secret: str = SECRET) -> requests.Response:
    """Posts a signed webhook."""
    body = json.dumps(fields).encode()
    headers = {"Content-Type": "application/json", "X-Ujumbe-Signature": signature(body, secret)}
    return requests.post(url, data=body, headers=headers, timeout=PATIENCE_S)
