"""Twilio as facts/channels.md 1 describes it: the Messages API, its list of messages, and the signed webhooks it posts.

with Twilio() as provider:
    channel = TwilioSms(base_url=provider.url, ...)
    provider.fail_next(refused(21610), Fault(reset=True))
    post(url, inbound("+254700000001", "habari", sid="SM..."), token=provider.auth_token)
    provider.keep("+254700000001", "habari", sid="SM...", at=1793607345.0)  # came while nobody listened
"""

import base64
import hmac
import itertools
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha1
from typing import Any
from urllib.parse import urlencode

import requests
from aiohttp import web

from tests.providers.server import Fault, Sent, Server

ACCOUNT = "AC" + "0" * 32
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
NUMBER = "+15005550006"  # Twilio's own magic test number
PATIENCE_S = 15.0

TITLES = {
    20003: (401, "Authenticate"),
    20429: (429, "Too Many Requests"),
    21211: (400, "The 'To' number {to} is not a valid phone number."),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {to}."),
    21606: (400, "The 'From' phone number provided is not a valid message-capable Twilio phone number for this destination."),
    21608: (400, "The number {to} is unverified. Trial accounts cannot send messages to unverified numbers."),
    21610: (400, "Attempt to send to unsubscribed recipient {to}"),
    21611: (429, "This 'From' number has exceeded the maximum number of queued messages"),
    21614: (400, "'To' number is not a valid mobile number: {to}"),
    63003: (400, "Channel could not find To address {to}"),
    63007: (400, "Twilio could not find a Channel with the specified From address"),
    63014: (400, "Channel message blocked by user action"),
    63015: (400, "Channel Sandbox can only send messages to phone numbers that have joined the Sandbox"),
    63016: (400, "Failed to send freeform message because you are outside the allowed window."),
    63017: (429, "Rate limit exceeded"),
    63018: (429, "Rate limit exceeded for Channel"),
    63024: (400, "Invalid message recipient {to}"),
    63033: (400, "Recipient blocked to receive message"),
    63038: (429, "Account exceeded the daily messages limit"),
}


def refused(code: int) -> Fault:
    """The error body of `code`, with the number in its message as Twilio has it."""
    return Fault(code=code)


def error_body(code: int, to: str = "") -> str:
    """Twilio's error object."""
    status, title = TITLES[code]
    more = f"https://www.twilio.com/docs/errors/{code}"
    return json.dumps({"code": code, "message": title.format(to=to), "more_info": more, "status": status})


def message_body(sid: str, to: str, text: str, *, price: str | None = None) -> str:
    """Twilio's message object, as a send returns it: the price is not known yet, as a rule."""
    known = {"sid": sid, "status": "queued", "to": to, "from": NUMBER, "body": text, "account_sid": ACCOUNT, "direction": "outbound-api"}
    unknown: dict[str, str | None] = dict.fromkeys(("date_sent", "error_code", "error_message", "messaging_service_sid"))
    when = "Mon, 02 Nov 2026 08:15:45 +0000"
    unknown |= {"price": price, "price_unit": "USD"}
    return json.dumps(known | unknown | {"date_created": when, "date_updated": when, "num_media": "0", "num_segments": "1"})


def list_row(number: str, text: str, *, sid: str, at: float, to: str, direction: str, service: str) -> dict[str, str | None]:
    """A message object, as a list returns it."""
    row: dict[str, str | None] = dict.fromkeys(("error_code", "error_message", "price"))
    when = format_datetime(datetime.fromtimestamp(at, UTC))
    row |= {"sid": sid, "from": number, "to": to, "body": text, "direction": direction, "messaging_service_sid": service or None}
    return row | {"date_sent": when, "date_created": when, "date_updated": when, "account_sid": ACCOUNT, "status": "received"}


class Twilio(Server):
    """POST and GET /2010-04-01/Accounts/<sid>/Messages.json. `messages` holds what it took: (number, text, sid, status callback).

    A list has the newest first, page by page, and reads a time as its day: the coarser of what the documents allow.
    """

    def __init__(self, *, auth_token: str = "twilio-test-token") -> None:
        super().__init__()
        self.auth_token = auth_token
        self.messages: list[tuple[str, str, str, str]] = []
        self._ids = itertools.count(1)
        self._kept: list[tuple[float, dict[str, Any]]] = []

    def keep(self, number: str, text: str, *, sid: str, at: float, to: str = NUMBER, direction: str = "inbound", service: str = "") -> None:
        """Puts a message into the list that nobody was told of, at `at` seconds since the epoch."""
        self._kept.append((at, list_row(number, text, sid=sid, at=at, to=to, direction=direction, service=service)))

    def keep_sent(self, number: str, *, sid: str, at: float, status: str = "delivered", error: int | None = None, **more: str) -> None:
        """Puts a message of ours into the list, with what became of it. `more`: price, sender, service."""
        row = list_row(
            more.get("sender", NUMBER), "x", sid=sid, at=at, to=number, direction="outbound-api", service=more.get("service", "")
        )
        self._kept.append((at, {**row, "status": status, "error_code": error, "price": more.get("price"), "price_unit": "USD"}))

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        if sent.path != PATH or sent.method not in ("POST", "GET"):
            return web.Response(status=404, text=json.dumps({"code": 20404, "status": 404, "message": "Not found"}))
        basic = base64.b64encode(f"{ACCOUNT}:{self.auth_token}".encode()).decode()
        code = 20003 if sent.headers.get("authorization") != f"Basic {basic}" else fault.code
        if code:
            return web.Response(status=TITLES[code][0], text=error_body(code, sent.form.get("To", "")), content_type="application/json")
        if sent.method == "GET":
            return web.Response(text=json.dumps(self._page(sent.query)), content_type="application/json")
        body = message_body(self._take(sent), sent.form["To"], _said(sent))
        return web.Response(status=201, text=body, content_type="application/json")

    def _page(self, query: Mapping[str, str]) -> dict[str, object]:
        """One page of the list, and where the next one is."""
        day = query.get("DateSent>", "")[:10]
        rows = [row for at, row in sorted(self._kept, key=lambda one: -one[0]) if datetime.fromtimestamp(at, UTC).date().isoformat() >= day]
        rows = [row for row in rows if query.get("To") in (None, row["to"]) and query.get("From") in (None, row["from"])]
        page, size = int(query.get("Page", 0)), int(query.get("PageSize", 50))
        here, more = rows[page * size :][:size], len(rows) > (page + 1) * size
        following = f"{PATH}?{urlencode({**query, 'Page': page + 1, 'PageToken': f'PA{page}'})}" if more else None
        return {"messages": here, "page": page, "page_size": size, "next_page_uri": following, "uri": PATH, "start": 0, "end": len(here)}

    def _take(self, sent: Sent) -> str:
        sid = f"SM{next(self._ids):032x}"
        self.messages.append((sent.form["To"], _said(sent), sid, sent.form.get("StatusCallback", "")))
        return sid


def _said(sent: Sent) -> str:
    """The text, or what fills the template."""
    return str(sent.form["Body"] if "Body" in sent.form else json.loads(sent.form["ContentVariables"])["1"])


def inbound(number: str, text: str, *, sid: str) -> dict[str, str]:
    """The form of an incoming SMS."""
    return {
        "ToCountry": "US",
        "ToState": "",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "SmsSid": sid,
        "SmsStatus": "received",
        "Body": text,
        "FromCountry": "KE",
        "To": NUMBER,
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": ACCOUNT,
        "From": number,
        "ApiVersion": "2010-04-01",
    }


def callback(sid: str, status: str, number: str, *, error: str = "") -> dict[str, str]:
    """The form of a status callback."""
    form = {
        "MessageSid": sid,
        "MessageStatus": status,
        "SmsSid": sid,
        "SmsStatus": status,
        "AccountSid": ACCOUNT,
        "From": NUMBER,
        "To": number,
        "ApiVersion": "2010-04-01",
    }
    return form | ({"ErrorCode": error} if error else {})


def whatsapp_inbound(number: str, text: str, *, sid: str) -> dict[str, str]:
    """The form of an incoming WhatsApp message."""
    form = inbound(f"whatsapp:{number}", text, sid=sid) | {"To": f"whatsapp:{NUMBER}"}
    kept = {name: value for name, value in form.items() if "Country" not in name and "State" not in name}
    return kept | {"ProfileName": "Amina", "WaId": number.removeprefix("+"), "MessageType": "text"}


def whatsapp_callback(sid: str, status: str, number: str, *, error: str = "") -> dict[str, str]:
    """The form of a status callback of WhatsApp."""
    form = callback(sid, status, f"whatsapp:{number}", error=error) | {"From": f"whatsapp:{NUMBER}", "ChannelPrefix": "whatsapp"}
    return form | ({"EventType": "READ"} if status == "read" else {})


def sign(url: str, form: Mapping[str, str], token: str) -> str:
    """X-Twilio-Signature, from the documents and not from the SDK: HMAC-SHA1 over the URL and every name and value in order."""
    data = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), data.encode(), sha1).digest()).decode()


def post(url: str, form: Mapping[str, str], *, token: str, signed_url: str = "") -> requests.Response:
    """Posts a signed webhook. `signed_url` is the public address where a proxy stands between."""
    signature = sign(signed_url or url, form, token)
    return requests.post(url, data=form, headers={"X-Twilio-Signature": signature}, timeout=PATIENCE_S)
