"""The home of Twilio's SDK: whether a webhook is theirs, sending a message, listing what was sent to us, and what their refusals mean."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]
from twilio.http import HttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response as TwilioResponse  # type: ignore[import-untyped]
from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator, get_signature_algorithm  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from bot.core.errors import BadConfig, NoWindow, OptedOut, Rejected, SendError, Throttled, Unknown
from bot.core.price import Price, Sent, read_price
from bot.core.types import Request
from channels import _http
from channels._form import Form

API = "https://api.twilio.com"
KEPT = 1000  # messages of one listing, the newest
_LOOKED_AT = 5000  # where the list cannot be narrowed to our number, most of it may be of others
_PAGE = 200

# Twilio's error codes that mean more than their HTTP status. One country or one unverified number (21408, 21608) is no reason to
# stop the whole channel. 63...: WhatsApp.
_CODES: Mapping[int, type[SendError]] = {
    **dict.fromkeys((20429, 14107, 21611, 30001, 30022, 63017, 63018, 63038), Throttled),
    **dict.fromkeys((21610, 63014, 63033), OptedOut),
    **dict.fromkeys((63016,), NoWindow),
    **dict.fromkeys((20003, 20404, 21212, 21601, 21603, 21606, 21609, 21703, 21704, 21705, 30002, 63001, 63007, 63015, 63020), BadConfig),
    **dict.fromkeys((21211, 21408, 21602, 21604, 21608, 21612, 21614, 21617, 63003, 63005, 63013, 63021, 63024, 63032), Rejected),
}
_AFTER_S = {63038: 3600.0}  # the limit of a day: no use to ask again in seconds
STOPPED = frozenset(str(code) for code, kind in _CODES.items() if kind is OptedOut)  # the person stopped us at Twilio or in WhatsApp


def is_signed(request: Request, form: Form | None, secret: str) -> bool:
    """Whether `secret` made the signature. A body that is no form is covered by its hash in the address, or not at all."""
    signature = request.headers.get("x-twilio-signature", "")
    algorithm = get_signature_algorithm(request.headers.get("x-twilio-webhooks-signature-settings", "")).upper()
    if not signature or algorithm not in (HMAC_SHA1, HMAC_SHA256):
        return False
    try:
        if form is None and "bodySHA256" not in parse_qs(urlsplit(request.url).query):
            return False
        params = request.body.decode() if form is None else form
        return bool(RequestValidator(secret).validate(request.url, params, signature, algorithm))
    except ValueError:  # an address or a body that cannot be what Twilio signed
        return False


class Account:
    """One account's Messages API. `sender` is {"from_": number} or {"messaging_service_sid": sid}."""

    def __init__(self, sid: str, token: str, *, sender: Mapping[str, str], base_url: str, timeout_s: float) -> None:
        self._sender = sender
        # An environment of our own: the SDK would let TWILIO_EDGE and TWILIO_REGION of the machine choose another host.
        self._client = Client(sid, token, http_client=_Http(base_url, timeout_s), environment={"TWILIO_EDGE": None})

    def send(self, to: str, content: Mapping[str, str], *, callback: str, validity_s: int) -> str:
        """Sends one message, {"body": text} or a template, and returns its SID with its price where Twilio knows it. Raises SendError."""
        sent = self._client.messages.create(to=to, status_callback=callback, validity_period=validity_s, **content, **self._sender)
        price = _price(sent)
        return Sent(sent.sid, price) if price else str(sent.sid)

    def inbound(self, *, since: float) -> Sequence[tuple[Form, float]]:
        """What came to our sender at or after `since`, with the webhook's field names, and when; newest first, `KEPT` at most.

        Raises SendError."""
        return [(_as_form(row), at) for row, at in self._listed(since, "to", "inbound")]

    def outbound(self, *, since: float) -> Sequence[tuple[Form, Price | None]]:
        """What we sent at or after `since`, with the status callback's field names, and its price; newest first, `KEPT` at most.

        Raises SendError."""
        return [(_as_report(row), _price(row)) for row, _ in self._listed(since, "from_", "outbound")]

    def _listed(self, since: float, ours: str, direction: str) -> Sequence[tuple[Any, float]]:
        """The messages of one direction with our sender in the field `ours`, and when they were sent. Twilio lists newest first, and may
        read a time as its day only: the rest of the narrowing is ours."""
        service = self._sender.get("messaging_service_sid")
        narrow = {} if service else {ours: self._sender["from_"]}
        after = datetime.fromtimestamp(since, UTC)
        try:
            rows = self._client.messages.stream(date_sent_after=after, limit=_LOOKED_AT, page_size=_PAGE, **narrow)
            found = (row for row in rows if row.direction.startswith(direction) and (not service or row.messaging_service_sid == service))
            timed = ((row, (row.date_sent or row.date_created or after).timestamp()) for row in found)
            return list(islice((one for one in timed if one[1] >= since), KEPT))
        except (TwilioException, AttributeError, TypeError, ValueError):  # the SDK trusts what it reads
            raise Unknown("unreadable answer") from None


def _as_form(row: Any) -> Form:
    return _texts({"MessageSid": row.sid, "From": row.from_, "To": row.to, "Body": row.body})


def _as_report(row: Any) -> Form:
    code = str(row.error_code) if row.error_code else None
    return _texts({"MessageSid": row.sid, "MessageStatus": row.status, "To": row.to, "ErrorCode": code})


def _texts(fields: Mapping[str, Any]) -> Form:
    return Form([(name, value) for name, value in fields.items() if isinstance(value, str)])


def _price(row: Any) -> Price | None:
    """What Twilio charges, written "-0.00750" and "USD"; not known before it has passed the message on."""
    return read_price(f"{row.price_unit} {str(row.price).removeprefix('-')}") if row.price else None


class _Http(HttpClient):  # type: ignore[misc]  # the SDK has no types
    """The SDK's transport with our time-outs and errors, and without its log lines. `base_url` stands for Twilio's own."""

    def __init__(self, base_url: str, timeout_s: float) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False, timeout=timeout_s)
        self._base_url, self._timeout_s = base_url, timeout_s

    def request(  # noqa: PLR0917  # the SDK's own order
        self,
        method: str,
        uri: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: Any = None,
        timeout: Any = None,
        allow_redirects: bool = False,
    ) -> TwilioResponse:
        """Sends one POST or GET. Raises SendError for whatever is not a message that Twilio took, or a list of them."""
        url = uri.replace(API, self._base_url, 1)
        if method == "GET":
            answer = _http.get(url, params=params, headers=headers, auth=auth, timeout_s=self._timeout_s)
        else:
            answer = _http.post(url, data=data, headers=headers, auth=auth, timeout_s=self._timeout_s)
        if not _http.is_success(answer):
            raise _refusal(answer)
        if not _is_expected(method, _http.read_object(answer)):
            raise Unknown("unreadable answer")
        return TwilioResponse(answer.status_code, answer.text, answer.headers)


def _is_expected(method: str, body: Mapping[str, Any]) -> bool:
    return isinstance(body.get("messages"), list) if method == "GET" else isinstance(body.get("sid"), str)


def _refusal(answer: requests.Response) -> SendError:
    """By Twilio's code where we know it, else by the HTTP status. Its message names the number, so that it goes no further."""
    general, code = _http.refusal(answer.status_code, answer.headers), _http.read_object(answer).get("code")
    if not isinstance(code, int):
        return general
    return _CODES.get(code, type(general))(str(code), after_s=general.after_s or _AFTER_S.get(code))
