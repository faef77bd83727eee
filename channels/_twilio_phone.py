"""What the Twilio channels have in common. Webhooks: receive (incoming messages), status (status callbacks); both are signed with the
account's auth token.

Twilio asks for an answer within 15 s and does not try again for long: we answer with empty TwiML, send replies over REST, and list what
an outage made us miss. Its status callbacks come in any order.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

from bot.core.errors import BadSetting, Malformed, Unsigned
from bot.core.ports import Parse
from bot.core.types import Event, Limits, Message, OptOut, Reply, Request, Response, Status, StatusUpdate
from channels import _http, _options, _twilio
from channels._form import Form, is_form, read_form

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
_INBOUND = frozenset({"", "received", "receiving"})


class TwilioPhone(ABC):
    """Options: `account_sid`, `auth_token`, and `from_number` or `messaging_service_sid`; `second_auth_token` (while tokens rotate),
    `shared_key` (where webhooks are signed with one), `templates` (language -> SID of a content template, for WhatsApp), `rate_per_s`,
    `timeout_s`, `base_url` (instead of api.twilio.com). Raises BadSetting."""

    name: str
    hand_over = ""
    usual_limits: ClassVar[Limits]

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
        templates: Mapping[str, str] | None = None,
        rate_per_s: float | None = None,
        timeout_s: float = _http.ANSWER_S,
        base_url: str = "",
    ) -> None:
        sid, token = self._sid("account_sid", "AC", account_sid), self._text("auth_token", auth_token)
        others = {"second_auth_token": second_auth_token, "shared_key": shared_key}
        self._signers = (token, *(self._text(option, value) for option, value in others.items() if value))
        self.secrets: tuple[str, ...] = self._signers
        rate = self.usual_limits.rate_per_s if rate_per_s is None else rate_per_s
        self.limits = replace(self.usual_limits, rate_per_s=_options.amount(self._option("rate_per_s"), rate, most=1000.0))
        self.templates = _options.templates(self._option("templates"), templates or {}, name=r"HX[0-9a-f]{32}")
        self._country = country
        self._status_url = f"{public_url.rstrip('/')}/c/{self.name}/status"
        self._account = _twilio.Account(
            sid,
            token,
            sender=self._sender(from_number, messaging_service_sid),
            base_url=_options.address(self._option("base_url"), base_url) if base_url else _twilio.API,
            timeout_s=_options.amount(self._option("timeout_s"), timeout_s, most=120.0),
        )

    def routes(self) -> Mapping[str, Parse]:
        """receive, status."""
        return {"receive": self._receive, "status": self._status}

    def respond(self, reply: Reply | None) -> Response:
        """Empty TwiML: replies go over REST."""
        return Response(body=_NOTHING, content_type="text/xml")

    def send(self, urn: str, text: str, *, key: str) -> str:
        """Sends one part. Twilio takes no key of ours but gives it back in the status callback's address."""
        return self._send(urn, {"body": text}, key)

    def send_template(self, urn: str, name: str, lang: str, parameters: Sequence[str], *, key: str) -> str:
        """Sends the content template `name` with {{1}}, {{2}}, ... filled, each one line. Its language is its own."""
        values = {str(n): " ".join(value.split()) for n, value in enumerate(parameters, 1)}
        return self._send(urn, {"content_sid": name, "content_variables": json.dumps(values)}, key)

    def _send(self, urn: str, content: Mapping[str, str], key: str) -> str:
        callback = f"{self._status_url}?{urlencode({'key': key})}"
        return self._account.send(self._to(urn), content, callback=callback, validity_s=int(self.limits.max_age_s))

    def missed(self, *, since: float, last_id: str) -> Sequence[Message]:
        """See ports.Recovers. Twilio lists by time, so that `last_id` says nothing. What is no message for us is left out."""
        found: list[Message] = []
        for form, at in self._account.inbound(since=since):
            try:
                found += [replace(message, sent_at=at) for message in self._messages(form)]
            except Malformed:
                continue
        return found[::-1]

    def told(self, *, since: float) -> Sequence[StatusUpdate]:
        """See ports.Reports: the statuses of callbacks that we missed, and the prices, which callbacks do not tell."""
        found: list[StatusUpdate] = []
        for form, price in self._account.outbound(since=since):
            with suppress(Malformed):
                found += [replace(update, price=price) for update in self._updates(form, key="")]
        return found

    def verify(self, request: Request) -> Form:
        """The form of a request that one of our secrets signed. Raises Unsigned, or Malformed where what was signed is no form."""
        form = read_form(request) if is_form(request) else None
        if not any(_twilio.is_signed(request, form, secret) for secret in self._signers):
            raise Unsigned("The signature is missing or wrong. Check auth_token, and that public_url is what Twilio calls.")
        return form if form is not None else read_form(request)

    def _receive(self, request: Request) -> Sequence[Event]:
        form = self.verify(request)
        if form.maybe("MessageStatus") not in _INBOUND:
            raise Malformed("This is a status callback: it belongs to the address that ends in /status.")
        return (*self._links(form), *self._messages(form))

    def _messages(self, form: Form) -> Sequence[Message]:
        """The message of a form; none where a machine sent it."""
        if form.from_machine("From"):
            return ()
        message = Message(
            channel=self.name,
            external_id=form.word("MessageSid"),
            urn=self._person(form, "From"),
            text=self._said(form),
            to=form.word("To"),
            meta=self._extras(form),
        )
        return (message,)

    def _status(self, request: Request) -> Sequence[Event]:
        form = self.verify(request)
        updates = self._updates(form, key=_key(request.url))
        stops = [OptOut(channel=self.name, urn=self._person(form, "To")) for update in updates if update.code in _twilio.STOPPED]
        return (*updates, *stops)

    def _updates(self, form: Form, *, key: str) -> Sequence[StatusUpdate]:
        """What a form says of a message of ours; nothing for a word that Twilio added."""
        external_id, word = form.word("MessageSid"), form.word("MessageStatus")
        if word not in _STATUSES:
            return ()
        code = form.maybe("ErrorCode") or word
        return (StatusUpdate(channel=self.name, external_id=external_id, status=_STATUSES[word], code=code, key=key),)

    # What SMS and WhatsApp do each in their own way.

    @abstractmethod
    def _to(self, urn: str) -> str:
        """How Twilio calls a person. Raises Rejected for whom this channel cannot reach."""

    @abstractmethod
    def _from(self, number: str) -> str:
        """How Twilio calls our own number. Raises BadSetting."""

    @abstractmethod
    def _person(self, form: Form, field: str) -> str:
        """The URN of the person that `field` names. Raises Malformed."""

    def _said(self, form: Form) -> str:
        """What the person wrote, "" where a picture came without words."""
        return form.text("Body") if "Body" in form else ""

    def _extras(self, form: Form) -> Mapping[str, str]:
        """The message's `meta`."""
        return {}

    def _links(self, form: Form) -> Sequence[Event]:
        """Whether the sender shows more than one of their names."""
        return ()

    # Options.

    def _option(self, option: str) -> str:
        return f"channels.{self.name}.{option}"

    def _text(self, option: str, value: str) -> str:
        return _options.text(self._option(option), value, "Copy it from the Twilio console.")

    def _sid(self, option: str, prefix: str, value: str) -> str:
        sid = self._text(option, value)
        if not (sid.startswith(prefix) and _SID.fullmatch(sid)):
            raise BadSetting(f"{self._option(option)} is not {prefix} and 32 letters and digits. Copy it from the Twilio console.")
        return sid

    def _sender(self, from_number: str, service: str) -> Mapping[str, str]:
        if service:
            return {"messaging_service_sid": self._sid("messaging_service_sid", "MG", service)}
        if not from_number:
            raise BadSetting(f"channels.{self.name} has no sender. Set from_number or messaging_service_sid.")
        return {"from_": self._from(self._text("from_number", from_number))}


def _key(url: str) -> str:
    return parse_qs(urlsplit(url).query).get("key", [""])[0]
