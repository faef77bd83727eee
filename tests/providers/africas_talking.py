"""Africa's Talking as facts/channels.md 2 describes it: the messaging API, and the webhooks it posts.

with AfricasTalking() as provider:
    channel = AtSms(base_url=provider.url, ...)
    provider.fail_next(recipient(406), too_fast(after_s=3))
    provider.text(webhook, "+254700000001", "habari")        # posts an incoming SMS
    screen = UssdPhone(webhook, "+254700000001").dial()      # "CON ..." or "END ..."
"""

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass

import requests
from aiohttp import web

from tests.providers.server import Fault, Sent, Server

WORDS = {
    100: "Processed",
    101: "Sent",
    102: "Queued",
    401: "RiskHold",
    402: "InvalidSenderId",
    403: "InvalidPhoneNumber",
    404: "UnsupportedNumberType",
    405: "InsufficientBalance",
    406: "UserInBlacklist",
    407: "CouldNotRoute",
    409: "DoNotDisturbRejection",
    500: "InternalServerError",
    501: "GatewayError",
    502: "RejectedByGateway",
}
SHORT_CODE = "20880"
PATIENCE_S = 10.0


def recipient(code: int) -> Fault:
    """201, but this recipient got `code`."""
    return Fault(code=code)


def too_fast(*, after_s: int | None = None) -> Fault:
    """429."""
    return Fault(429, {} if after_s is None else {"Retry-After": str(after_s)}, "Too many requests", "text/plain")


def broken(*, accepted: bool) -> Fault:
    """500, before or after the message was taken."""
    return Fault(500, body="Internal server error", content_type="text/plain", accepted=accepted)


def cut(*, accepted: bool) -> Fault:
    """The connection is reset instead of an answer."""
    return Fault(reset=True, accepted=accepted)


def slow(delay_s: float) -> Fault:
    """Takes the message at once and answers late."""
    return Fault(delay_s=delay_s)


def send_result(number: str, message_id: str, code: int = 101) -> str:
    """The body of an answer to a send, with one recipient."""
    taken = code in (100, 101, 102)
    row = {
        "statusCode": code,
        "number": number,
        "status": "Success" if taken else WORDS[code],
        "cost": "KES 0.8000" if taken else "0",
        "messageId": message_id if taken else "None",
    }
    summary = f"Sent to {int(taken)}/1 Total Cost: KES {'0.8000' if taken else '0'}"
    return json.dumps({"SMSMessageData": {"Message": summary, "Recipients": [row]}})


class AfricasTalking(Server):
    """POST /version1/messaging. `messages` holds what it took: (number, text, id)."""

    def __init__(self, *, api_key: str = "at-test-key") -> None:
        super().__init__()
        self.api_key = api_key
        self.messages: list[tuple[str, str, str]] = []
        self._ids = itertools.count(1)

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        if (sent.method, sent.path) != ("POST", "/version1/messaging"):
            return web.Response(status=404, text="Not found")
        if sent.headers.get("apikey") != self.api_key:
            return web.Response(status=401, text="The supplied authentication is invalid")
        if missing := [name for name in ("username", "to", "message") if not sent.form.get(name)]:
            return web.Response(status=400, text=f"Request is missing required form field '{missing[0]}'")
        code = fault.code or 101
        message_id = self._take(sent) if code < 400 else "None"
        return web.Response(status=201, text=send_result(sent.form["to"], message_id, code), content_type="application/json")

    def _take(self, sent: Sent) -> str:
        message_id = f"ATXid_{next(self._ids):032x}"
        self.messages.append((sent.form["to"], sent.form["message"], message_id))
        return message_id


def incoming(number: str, text: str, *, id: str, to: str = SHORT_CODE) -> dict[str, str]:
    """The form of an incoming SMS."""
    return {"date": "2026-11-02 08:15:45", "from": number, "id": id, "text": text, "to": to, "networkCode": "63902"}


def report(message_id: str, status: str, number: str, *, reason: str = "") -> dict[str, str]:
    """The form of a delivery report."""
    form = {"id": message_id, "status": status, "phoneNumber": number, "networkCode": "63902", "retryCount": "0"}
    return form | ({"failureReason": reason} if reason else {})


def opted_out(number: str) -> dict[str, str]:
    """The form of a bulk SMS opt-out."""
    return {"senderId": "UJUMBE", "phoneNumber": number}


def hop(session_id: str, number: str, text: str, *, service_code: str = "*384*123#") -> dict[str, str]:
    """The form of one USSD hop."""
    return {"sessionId": session_id, "phoneNumber": number, "networkCode": "63902", "serviceCode": service_code, "text": text}


def ended(session_id: str, number: str, *, status: str = "Success", text: str = "", last: str = "") -> dict[str, str]:
    """The form of the end of a dial."""
    return {
        "date": "2026-11-02 08:16:45",
        "sessionId": session_id,
        "serviceCode": "*384*123#",
        "networkCode": "63902",
        "phoneNumber": number,
        "status": status,
        "cost": "KES 0.5",
        "durationInMillis": "21500",
        "hopsCount": "3",
        "input": text,
        "lastAppResponse": last,
    }


def post(url: str, form: Mapping[str, str]) -> requests.Response:
    """Posts a webhook as they do."""
    return requests.post(url, data=form, timeout=PATIENCE_S)


@dataclass
class UssdPhone:
    """One phone at the network's end of a USSD webhook. A screen that is not "CON " or "END " ends the dial with an error."""

    url: str
    number: str
    session_id: str = "ATUid_0"
    path: str = ""
    is_open: bool = False
    dials: int = 0

    def dial(self) -> str:
        """Dials and returns the first screen."""
        self.dials += 1
        self.session_id, self.path, self.is_open = f"ATUid_{self.number[-6:]}{self.dials:04d}", "", True
        return self.repeat()

    def type(self, text: str) -> str:
        """Types an answer and returns the next screen."""
        assert self.is_open, "the dial is over"
        self.path = f"{self.path}*{text}" if self.path else text
        return self.repeat()

    def repeat(self) -> str:
        """Posts the same hop (again), as the network does when it heard nothing."""
        answer = post(self.url, hop(self.session_id, self.number, self.path))
        screen = answer.content.decode()
        assert answer.status_code == 200, f"{answer.status_code}: {screen}"
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert screen[:4] in ("CON ", "END "), screen
        self.is_open = screen.startswith("CON ")
        return screen

    def hang_up(self, end_url: str) -> requests.Response:
        """Ends the dial and posts its end."""
        self.is_open = False
        return post(end_url, ended(self.session_id, self.number, status="Incomplete", text=self.path))
