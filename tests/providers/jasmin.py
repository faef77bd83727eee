"""Jasmin as facts/channels.md 4.4 describes it: the HTTP API, its HTTP connector for incoming messages, and delivery reports.

with Jasmin() as provider:
    channel = channels.jasmin.Jasmin(base_url=provider.url, ...)
    provider.fail_next(refused(403, "User throughput exceeded"))
    throw(webhook, incoming("+254700000001", "habari", id="..."))      # how many tries it took until ACK/Jasmin
    throw(provider.messages[0].dlr_url, report(id, "DELIVRD"))
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import requests
from aiohttp import web

from channels import _gsm7
from tests.providers.server import Fault, Sent, Server

USER, PASSWORD = "ujumbe", "jasmin-password"
TRIES = 4  # the first and three retries
PATIENCE_S = 30.0


def refused(status: int, says: str) -> Fault:
    """Not taken, in Jasmin's words."""
    return Fault(status, body=f'Error "{says}"', content_type="text/plain")


@dataclass(frozen=True)
class Taken:
    """One message that Jasmin took: the octets that it hands to the message centre."""

    number: str
    coding: str
    octets: bytes
    id: str
    dlr_url: str

    @property
    def text(self) -> str:
        """What the phone shows."""
        return _gsm7.decode(self.octets) if self.coding == "0" else self.octets.decode("utf-16-be")


class Jasmin(Server):
    """POST or GET /send."""

    def __init__(self, *, password: str = PASSWORD) -> None:
        super().__init__()
        self.password = password
        self.messages: list[Taken] = []

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        fields = sent.form or sent.query
        if sent.path != "/send":
            return web.Response(status=404, text="No Such Resource")
        if (fields.get("username"), fields.get("password")) != (USER, self.password):
            return web.Response(status=403, text=f'Error "Authentication failure for username:{fields.get("username")}"')
        if not re.fullmatch(r"\+?\d+", fields.get("to", "")) or not re.match("https?://", fields["dlr-url"]):
            return web.Response(status=400, text='Error "Argument [to] has an invalid value."')
        if ("content" in fields) == ("hex-content" in fields):
            return web.Response(status=400, text='Error "content or hex-content not present."')
        uuid = f"07033084-5cfd-4812-90a4-{len(self.messages) + 1:012x}"
        self.messages.append(Taken(fields["to"], fields["coding"], bytes.fromhex(fields["hex-content"]), uuid, fields["dlr-url"]))
        return web.Response(text=f'Success "{uuid}"')


def incoming(number: str, octets: bytes, *, id: str, coding: str = "0") -> dict[str, str]:
    """The fields of an incoming SMS. `content` is what a Jasmin that guesses makes of the octets."""
    content = octets.decode("utf-8", "replace")
    fields = {"id": id, "from": number.removeprefix("+"), "to": "20880", "origin-connector": "operator-1"}
    return fields | {"priority": "1", "coding": coding, "content": content, "binary": octets.hex()}


def report(id: str, status: str, *, level: int = 2) -> dict[str, str]:
    """The fields of a delivery report."""
    fields = {"id": id, "level": str(level), "message_status": status, "connector": "operator-1"}
    if level == 1:
        return fields
    dates = {"subdate": "2611020815", "donedate": "2611020816"}
    return fields | {"id_smsc": "c1", "sub": "001", "dlvrd": "001", **dates, "err": "000", "text": "-"}


def throw(url: str, fields: Mapping[str, str], *, method: str = "POST") -> int:
    """Throws a webhook until it hears ACK/Jasmin, as Jasmin does but without the waiting. Returns how many tries it took."""
    for tries in range(1, TRIES + 1):
        query, form = (fields, None) if method == "GET" else (None, fields)
        answer = requests.request(method, url, params=query, data=form, timeout=PATIENCE_S)
        if answer.status_code == 200 and answer.text.strip() == "ACK/Jasmin":
            return tries
    raise AssertionError(f"never acknowledged: {answer.status_code} {answer.text!r}")
