"""Twilio SMS. Webhooks: receive (incoming messages), status (status callbacks); both are signed with the account's auth token.

Twilio asks for an answer within 15 s and does not try again for long: we answer with empty TwiML and send replies over REST. Its status
callbacks come in any order.
"""

import base64
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from twilio.http import HttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response as TwilioResponse  # type: ignore[import-untyped]
from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator, get_signature_algorithm  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from bot.core.errors import BadConfig, BadSetting, Malformed, OptedOut, Rejected, SendError, Throttled, Unknown, Unsigned
from bot.core.ports import Parse
from bot.core.types import Event, Limits, Message, OptOut, Reply, Request, Response, Status, StatusUpdate
from channels import _http, _options
from channels._form import Form, is_form, read_form

_API = "https://api.twilio.com"
_SID = re.compile(r"[A-Z]{2}[0-9a-zA-Z]{32}")
_NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

_STATUSES: Mapping[str, Status] = {
    "queued": Status.WIRED,
    "accepted": Status.WIRED,
    "scheduled": Status.WIRED,
    "sending": Status.WIRED,
    "sent": Status.SENT,
    "partially_delivered": Status.SENT,  # the phone lacks a segment: the network has it, the person has not
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    "undelivered": Status.FAILED,
    "failed": Status.FAILED,
    "canceled": Status.FAILED,
}
_STOPPED = "21610"  # the person sent STOP to Twilio itself
_INBOUND = frozenset({"", "received", "receiving"})

# Twilio's error codes that mean more than their HTTP status. One country or one unverified number (21408, 21608) is no reason to
# stop the whole channel.
_CODES: Mapping[int, type[SendError]] = {
    **dict.fromkeys((20429, 14107, 21611, 30001, 30022), Throttled),
    **dict.fromkeys((21610,), OptedOut),
    **dict.fromkeys((20003, 20404, 21212, 21601, 21603, 21606, 21609, 21703, 21704, 21705, 30002), BadConfig),
    **dict.fromkeys((21211, 21408, 21602, 21604, 21608, 21612, 21614, 21617), Rejected),
}


class TwilioSms:
    """Options: `account_sid`, `auth_token`, and `from_number` or `messaging_service_sid`; `second_auth_token` (while tokens rotate),
    `shared_key` (where webhooks are signed with one), `rate_per_s` (1), `timeout_s`, `base_url` (instead of api.twilio.com).
    Raises BadSetting."""

    name = "twilio_sms"
    hand_over = ""

    def __init__(
        self,
        *,
        country: str,
        public_url: str,
        account_sid: str = "",
        auth_token: str = "",
        second_auth_token: str = "",
        shared_key: str = "",
        from_number: str = "",
        messaging_service_sid: str = "",
        rate_per_s: float = 1.0,
        timeout_s: float = _http.ANSWER_S,
        base_url: str = "",
    ) -> None:
        sid, token = _sid("account_sid", "AC", account_sid), _text("auth_token", auth_token)
        others = {"second_auth_token": second_auth_token, "shared_key": shared_key}
        self._signers = (token, *(_text(option, value) for option, value in others.items() if value))
        self.secrets: tuple[str, ...] = self._signers
        self.limits = Limits(rate_per_s=_options.amount("channels.twilio_sms.rate_per_s", rate_per_s, most=1000.0))
        self._country = country
        self._sender = _sender(from_number, messaging_service_sid)
        self._status_url = f"{public_url.rstrip('/')}/c/{self.name}/status"
        timeout = _options.amount("channels.twilio_sms.timeout_s", timeout_s, most=120.0)
        api = _options.address("channels.twilio_sms.base_url", base_url) if base_url else _API
        # An environment of our own: the SDK would let TWILIO_EDGE and TWILIO_REGION of the machine choose another host.
        self._client = Client(sid, token, http_client=_Http(api, timeout), environment={"TWILIO_EDGE": None})

    def routes(self) -> Mapping[str, Parse]:
        """receive, status."""
        return {"receive": self._receive, "status": self._status}

    def respond(self, reply: Reply | None) -> Response:
        """Empty TwiML: replies go over REST."""
        return Response(body=_NOTHING, content_type="text/xml")

    def send(self, urn: str, text: str, *, key: str) -> str:
        """Sends one part. Twilio takes no key of ours but gives it back in the status callback's address."""
        callback = f"{self._status_url}?{urlencode({'key': key})}"
        to, validity = _http.recipient(urn), int(self.limits.max_age_s)
        sent = self._client.messages.create(to=to, body=text, status_callback=callback, validity_period=validity, **self._sender)
        return str(sent.sid)

    def verify(self, request: Request) -> Form:
        """The form of a request that one of our secrets signed. Raises Unsigned, or Malformed where what was signed is no form."""
        form = read_form(request) if is_form(request) else None
        if not any(_signed(request, form, secret) for secret in self._signers):
            raise Unsigned("The signature is missing or wrong. Check auth_token, and that public_url is what Twilio calls.")
        return form if form is not None else read_form(request)

    def _receive(self, request: Request) -> Sequence[Event]:
        form = self.verify(request)
        if form.maybe("MessageStatus") not in _INBOUND:
            raise Malformed("This is a status callback: it belongs to the address that ends in /status.")
        if form.from_machine("From"):
            return ()
        message = Message(
            channel=self.name,
            external_id=form.word("MessageSid"),
            urn=form.number("From", self._country),
            text=_plain(form.text("Body")) if "Body" in form else "",  # pictures come without words
            to=form.word("To"),
        )
        return (message,)

    def _status(self, request: Request) -> Sequence[Event]:
        form = self.verify(request)
        external_id, word = form.word("MessageSid"), form.word("MessageStatus")
        if word not in _STATUSES:
            return ()
        code, key = form.maybe("ErrorCode") or word, _key(request.url)
        update = StatusUpdate(channel=self.name, external_id=external_id, status=_STATUSES[word], code=code, key=key)
        return (update, OptOut(channel=self.name, urn=form.number("To", self._country))) if code == _STOPPED else (update,)


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
        """Sends one POST. Raises SendError for whatever is not a message that Twilio took."""
        url = uri.replace(_API, self._base_url, 1)
        answer = _http.post(url, data=data, headers=headers, auth=auth, timeout_s=self._timeout_s)
        if not _http.is_success(answer):
            raise _refusal(answer)
        if not isinstance(_http.read_object(answer).get("sid"), str):
            raise Unknown("unreadable answer")
        return TwilioResponse(answer.status_code, answer.text, answer.headers)


def _refusal(answer: requests.Response) -> SendError:
    """By Twilio's code where we know it, else by the HTTP status. Its message names the number, so that it goes no further."""
    general, code = _http.refusal(answer.status_code, answer.headers), _http.read_object(answer).get("code")
    if not isinstance(code, int):
        return general
    return _CODES.get(code, type(general))(str(code), after_s=general.after_s)


def _signed(request: Request, form: Form | None, secret: str) -> bool:
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


def _plain(body: str) -> str:
    """The text that Twilio sometimes passes on as base64 when an SMS came in pieces."""
    if len(body) < 60 or len(body) % 4:
        return body
    try:
        text = base64.b64decode(body, validate=True).decode()
    except ValueError:
        return body
    return text if text.replace("\n", "").replace("\r", "").isprintable() else body


def _key(url: str) -> str:
    return parse_qs(urlsplit(url).query).get("key", [""])[0]


def _text(option: str, value: str) -> str:
    return _options.text(f"channels.twilio_sms.{option}", value, "Copy it from the Twilio console.")


def _sid(option: str, prefix: str, value: str) -> str:
    sid = _text(option, value)
    if not (sid.startswith(prefix) and _SID.fullmatch(sid)):
        raise BadSetting(f"channels.twilio_sms.{option} is not {prefix} and 32 letters and digits. Copy it from the Twilio console.")
    return sid


def _sender(from_number: str, service: str) -> Mapping[str, str]:
    if service:
        return {"messaging_service_sid": _sid("messaging_service_sid", "MG", service)}
    if not from_number:
        raise BadSetting("channels.twilio_sms has no sender. Set from_number or messaging_service_sid.")
    return {"from_": _text("from_number", from_number)}
