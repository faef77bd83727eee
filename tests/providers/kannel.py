"""Kannel as facts/channels.md 4.3 describes it: sendsms, the get-url of an sms-service, and delivery reports.

with Kannel() as provider:
    channel = channels.kannel.Kannel(base_url=provider.url, ...)
    provider.fail_next(refused(503))
    fetch(get_url(webhook, "+254700000001", "habari", id="..."))      # what Kannel would send back as an SMS
    report(provider.messages[0].dlr_url, 1)
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, quote_plus

import requests
from aiohttp import web

from tests.providers.server import Fault, Sent, Server

USER, PASSWORD = "ujumbe", "kannel-password"
PATIENCE_S = 30.0

SAYS = {
    202: "0: Accepted for delivery",
    400: "Charset or body misformed, rejected",
    403: "Authorization failed for sendsms",
    503: "Temporal failure, try again later.",
}


def queued() -> Fault:
    """Taken, but no message centre is connected."""
    return Fault(202, body="3: Queued for later delivery", content_type="text/plain", accepted=True)


def refused(status: int, says: str = "") -> Fault:
    """Not taken, in Kannel's words."""
    return Fault(status, body=says or SAYS[status], content_type="text/plain")


@dataclass(frozen=True)
class Taken:
    """One message that Kannel took. `coding` 2 is UTF-16BE, and Kannel has read it as that."""

    number: str
    text: str
    coding: str
    dlr_mask: str
    dlr_url: str


class Kannel(Server):
    """GET /cgi-bin/sendsms."""

    def __init__(self, *, password: str = PASSWORD) -> None:
        super().__init__()
        self.password = password
        self.messages: list[Taken] = []

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        raw = sent.target.partition("?")[2]
        fields = dict(parse_qsl(raw, keep_blank_values=True, encoding="latin-1"))
        if (sent.method, sent.path) != ("GET", "/cgi-bin/sendsms"):
            return web.Response(status=404, text="Unknown request.")
        if (fields.get("username"), fields.get("password")) != (USER, self.password):
            return web.Response(status=403, text=SAYS[403])
        codec = "utf-16-be" if fields["coding"] == "2" else fields.get("charset", "ascii")
        text = fields["text"].encode("latin-1").decode(codec)
        self.messages.append(Taken(fields["to"], text, fields["coding"], fields["dlr-mask"], fields["dlr-url"]))
        return web.Response(status=202, text=SAYS[202])


def get_url(
    webhook: str, number: str, text: str | bytes, *, id: str = "", time: str = "1793607345", coding: str = "0", charset: str = "UTF-8"
) -> str:
    """The address that Kannel fetches for one incoming SMS. Kannel escapes every byte that is no letter or digit."""
    fields = {"from": number, "to": "20880", "text": text, "coding": coding, "charset": charset, "time": time, "id": id}
    return f"{webhook}?{'&'.join(f'{name}={quote_plus(value)}' for name, value in fields.items())}"


def fetch(url: str) -> tuple[int, str]:
    """Status and page of a get-url. With max-messages = 1, Kannel's own default, the page would go out as an SMS."""
    answer = requests.get(url, timeout=PATIENCE_S)
    return answer.status_code, answer.text


def report(dlr_url: str, bit: int) -> tuple[int, str]:
    """Fetches the address of a delivery report."""
    return fetch(dlr_url.replace("%d", str(bit)))
