"""The home of Africa's Talking's SDK: sending to many numbers in one call, listing what was sent to us, and what their refusals mean."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from africastalking.SMS import SMSService

from bot.core.errors import BadConfig, OptedOut, Rejected, SendError, Unknown, Unreachable
from bot.core.price import Sent, read_price
from channels import _http
from channels._form import Form
from channels._json import children, fields

_PAGES = 200  # of up to 100 messages each

_TAKEN = frozenset({"100", "101", "102"})  # Processed, Sent, Queued

# The word of a recipient's statusCode, and what it means for the message. An explicit refusal was surely not sent.
_REFUSED: Mapping[str, tuple[str, type[SendError]]] = {
    "401": ("RiskHold", BadConfig),
    "402": ("InvalidSenderId", BadConfig),
    "403": ("InvalidPhoneNumber", Rejected),
    "404": ("UnsupportedNumberType", Rejected),
    "405": ("InsufficientBalance", BadConfig),
    "406": ("UserInBlacklist", OptedOut),
    "407": ("CouldNotRoute", Unreachable),
    "409": ("DoNotDisturbRejection", Rejected),
    "500": ("InternalServerError", Unreachable),
    "501": ("GatewayError", Unreachable),
    "502": ("RejectedByGateway", Rejected),
}
_WORDS: Mapping[str, type[SendError]] = {word.lower(): kind for word, kind in _REFUSED.values()}


class Account:
    """One account's messaging API. `sender` is a short code or a sender's name, None for theirs."""

    def __init__(self, username: str, api_key: str, *, sender: str | None, base_url: str, timeout_s: float) -> None:
        self._api = _Api(username, api_key, base_url=base_url)
        self._sender, self._timeout_s = sender, timeout_s

    def send(self, text: str, number: str) -> str:
        """Sends to one number and returns the provider's id. Raises SendError."""
        rows = _recipients(self._api.send(text, [number], sender_id=self._sender, timeout=self._timeout_s))
        result = _result(rows[0])
        if isinstance(result, SendError):
            raise result
        return result

    def send_bulk(self, text: str, numbers: Sequence[str]) -> Mapping[str, str | SendError]:
        """One call for many numbers: number -> the provider's id or what became of it. Raises SendError where all share one fate.

        They answer in any order, and what they leave out is Unknown.
        """
        answer = self._api.send(text, list(numbers), sender_id=self._sender, enqueue=True, timeout=self._timeout_s)
        results = {_digits(str(row.get("number", ""))): _result(row) for row in _recipients(answer)}
        return {number: results.get(_digits(number)) or Unknown("no word of this number") for number in numbers}

    def inbox(self, *, after: str) -> Iterator[Form]:
        """The messages after the id `after` ("0": all), oldest first, page by page, with the webhook's field names. Raises SendError."""
        for _ in range(_PAGES):
            data = self._api.fetch_messages(after, timeout=self._timeout_s).get("SMSMessageData")
            if not isinstance(data, dict) or not isinstance(data.get("Messages"), list):
                raise Unknown("unreadable answer")
            rows = children(data, "Messages")
            yield from map(fields, rows)
            last = str(rows[-1].get("id") or "") if rows else ""
            if last in ("", after):
                return
            after = last


class _Api(SMSService):  # type: ignore[misc]  # the SDK has no types
    """The SDK's SMS service with what it keeps from us: the HTTP status, and JSON under any content type."""

    def __init__(self, username: str, api_key: str, *, base_url: str) -> None:
        self._override = base_url
        super().__init__(username, api_key)

    def _init_service(self) -> None:
        super()._init_service()
        if self._override:
            self._baseUrl = f"{self._override}/version1"

    def _make_request(  # noqa: PLR0917  # the SDK's own order
        self, url: str, method: str, headers: Any, data: Any, params: Any, callback: Any = None, timeout: Any = None
    ) -> Mapping[str, Any]:
        if method == "GET":
            answer = _http.get(url, params=params, headers=headers, timeout_s=timeout)
        else:
            answer = _http.post(url, data=data, headers=headers, timeout_s=timeout)
        if not _http.is_success(answer):
            raise _http.refusal(answer.status_code, answer.headers)
        return _http.read_object(answer)


def _recipients(answer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The rows of an answer, at least one. Raises SendError where there are none."""
    data = answer.get("SMSMessageData")
    if not isinstance(data, dict):
        raise Unknown("unreadable answer")
    if not data.get("Recipients"):
        raise _without_recipient(str(data.get("Message", "")))
    rows = children(data, "Recipients")
    if not rows:
        raise Unknown("unreadable answer")
    return rows


def _result(row: Mapping[str, Any]) -> str | SendError:
    """The provider's id of one recipient's message with its price, or why there is none."""
    code, external_id = str(row.get("statusCode", "")), str(row.get("messageId") or "")
    if code in _REFUSED:
        word, kind = _REFUSED[code]
        return kind(f"{code} {word}")
    if code not in _TAKEN or external_id in ("", "None"):
        return Unknown("unreadable answer")
    price = read_price(str(row.get("cost", "")))
    return Sent(external_id, price) if price else external_id


def _without_recipient(message: str) -> SendError:
    """An answer without recipients explains itself in `message`, which may hold a number and so goes no further unless we know it."""
    kind = _WORDS.get(letters(message))
    return kind(message.strip()) if kind else Rejected("no recipient was accepted")


def letters(word: str) -> str:
    """Letters only, in lower case: they spell their own words in several ways."""
    return "".join(filter(str.isalpha, word)).lower()


def _digits(number: str) -> str:
    return re.sub(r"[^0-9]", "", number)
