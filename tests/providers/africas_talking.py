"""Africa's Talking as facts/channels.md 2 describes it: the messaging API, and the webhooks it posts.

with AfricasTalking() as provider:
    channel = AtSms(base_url=provider.url, ...)
    provider.fail_next(recipient(406), too_fast(after_s=3))
    provider.text(webhook, "+254700000001", "habari")        # posts an incoming SMS
    provider.keep("+254700000001", "habari", id=15071, date="2026-11-02T08:15:45Z")  # into the inbox, nobody is told
    screen = UssdPhone(webhook, "+254700000001").dial()      # "CON ..." or "END ..."
"""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

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
PAGE = 100  # messages of the inbox in one answer
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
    return bulk_result([(number, message_id, code)])


def bulk_result(results: Sequence[tuple[str, str, int]]) -> str:
    """The body of an answer to a send: (number, message id, statusCode) of each recipient."""
    rows = [_row(*result) for result in results]
    taken = sum(row["status"] == "Success" for row in rows)
    summary = f"Sent to {taken}/{len(rows)} Total Cost: KES {0.8 * taken:.4f}"
    return json.dumps({"SMSMessageData": {"Message": summary, "Recipients": rows}})


def _row(number: str, message_id: str, code: int) -> dict[str, object]:
    taken = code in (100, 101, 102)
    return {
        "statusCode": code,
        "number": number,
        "status": "Success" if taken else WORDS[code],
        "cost": "KES 0.8000" if taken else "0",
        "messageId": message_id if taken else "None",
    }


class AfricasTalking(Server):
    """POST and GET /version1/messaging. `messages` holds what it took: (number, text, id).

    `refuses` has the statusCode of numbers that it does not take, `forgets` the numbers that it leaves out of its answer. The
    answer's recipients are in the reverse of the order asked for. The inbox is listed oldest first, after `lastReceivedId`.
    """

    def __init__(self, *, api_key: str = "at-test-key") -> None:
        super().__init__()
        self.api_key = api_key
        self.messages: list[tuple[str, str, str]] = []
        self.refuses: dict[str, int] = {}
        self.forgets: set[str] = set()
        self._ids = itertools.count(1)
        self._inbox: list[dict[str, str | int]] = []

    def keep(self, number: str, text: str, *, id: int, date: str, to: str = SHORT_CODE) -> None:
        """Puts a message into the inbox that nobody was told of. Ids grow."""
        self._inbox.append({"linkId": "", "text": text, "to": to, "id": id, "date": date, "from": number})

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        if sent.path != "/version1/messaging" or sent.method not in ("POST", "GET"):
            return web.Response(status=404, text="Not found")
        if sent.headers.get("apikey") != self.api_key:
            return web.Response(status=401, text="The supplied authentication is invalid")
        if sent.method == "GET":
            return web.Response(text=self._page(int(sent.query["lastReceivedId"])), content_type="application/json")
        if missing := [name for name in ("username", "to", "message") if not sent.form.get(name)]:
            return web.Response(status=400, text=f"Request is missing required form field '{missing[0]}'")
        numbers = sent.form["to"].split(",")[::-1]
        codes = {number: fault.code or self.refuses.get(number, 101) for number in numbers}
        results = [(number, self._take(number, sent) if code < 400 else "None", code) for number, code in codes.items()]
        body = bulk_result([result for result in results if result[0] not in self.forgets])
        return web.Response(status=201, text=body, content_type="application/json")

    def _take(self, number: str, sent: Sent) -> str:
        message_id = f"ATXid_{next(self._ids):032x}"
        self.messages.append((number, sent.form["message"], message_id))
        return message_id

    def _page(self, after: int) -> str:
        return json.dumps({"SMSMessageData": {"Messages": [row for row in self._inbox if int(row["id"]) > after][:PAGE]}})


def stamp(at: float) -> str:
    """A time as they write it."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}"


def incoming(number: str, text: str, *, id: str, to: str = SHORT_CODE, date: str = "2026-11-02 08:15:45") -> dict[str, str]:
    """The form of an incoming SMS."""
    return {"date": date, "from": number, "id": id, "text": text, "to": to, "networkCode": "63902"}


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
