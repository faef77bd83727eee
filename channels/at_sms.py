"""Africa's Talking SMS, two-way. Webhooks: receive (incoming messages), status (delivery reports), optout (bulk SMS opt-out).

Africa's Talking signs nothing: a secret path key is all that proves who calls. It sends a message again until it hears 200 or 12 hours
have passed, always with the same id. The first message to a new subscriber gets its opt-out line appended, which may cost a part.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from africastalking.SMS import SMSService

from bot.core.errors import BadConfig, OptedOut, Rejected, SendError, Unknown, Unreachable
from bot.core.ports import Parse
from bot.core.types import Event, Limits, Message, OptOut, Reply, Request, Response, Status, StatusUpdate
from channels import _http, _options
from channels._form import check_key, read_form, read_time

_STATUSES: Mapping[str, Status] = {
    "sent": Status.SENT,  # by their network
    "submitted": Status.SENT,  # to the operator
    "buffered": Status.SENT,  # by the operator
    "success": Status.DELIVERED,
    "rejected": Status.FAILED,
    "failed": Status.FAILED,
    "expired": Status.FAILED,
}

_BLACKLISTED = "userinblacklist"  # the person stopped us, or all promotions, at the operator

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


class AtSms:
    """Options: `username` ("sandbox" for theirs), `api_key`, `path_key`; `sender` (short code or sender name; theirs where left out),
    `rate_per_s`, `timeout_s`, `base_url` (instead of https://api.africastalking.com). Raises BadSetting."""

    name = "at_sms"
    hand_over = ""

    def __init__(
        self,
        *,
        country: str,
        public_url: str = "",
        username: str = "",
        api_key: str = "",
        path_key: str = "",
        sender: str = "",
        rate_per_s: float = 10.0,
        timeout_s: float = _http.ANSWER_S,
        base_url: str = "",
    ) -> None:
        account = "Find it under Settings in the Africa's Talking dashboard."
        user = _options.text("channels.at_sms.username", username, account)
        key = _options.text("channels.at_sms.api_key", api_key, account)
        self.path_key = _options.path_key("channels.at_sms.path_key", path_key)
        self.limits = Limits(rate_per_s=_options.amount("channels.at_sms.rate_per_s", rate_per_s, most=1000.0))
        self.secrets: tuple[str, ...] = (key, self.path_key)
        self._country = country
        self._sender = _options.text("channels.at_sms.sender", sender, "Leave it out for theirs.") if sender else None
        self._timeout_s = _options.amount("channels.at_sms.timeout_s", timeout_s, most=120.0)
        self._api = _Api(user, key, base_url=_options.address("channels.at_sms.base_url", base_url) if base_url else "")

    def routes(self) -> Mapping[str, Parse]:
        """receive, status, optout."""
        return {"receive": self._receive, "status": self._status, "optout": self._optout}

    def respond(self, reply: Reply | None) -> Response:
        """200 is all they ask for."""
        return Response()

    def send(self, urn: str, text: str, *, key: str) -> str:
        """Sends one part. They take no key of ours, so that what is unclear stays Unknown."""
        answer = self._api.send(text, [_http.recipient(urn)], sender_id=self._sender, timeout=self._timeout_s)
        return _message_id(answer)

    def _receive(self, request: Request) -> Sequence[Event]:
        check_key(request, self.path_key)
        form = read_form(request)
        if form.from_machine("from"):
            return ()
        message = Message(
            channel=self.name,
            external_id=form.word("id"),
            urn=form.number("from", self._country),
            text=form.text("text"),
            to=form.word("to"),
            sent_at=read_time(form.maybe("date")),
            meta={name: value for name in ("networkCode", "linkId") if (value := form.maybe(name))},
        )
        return (message,)

    def _status(self, request: Request) -> Sequence[Event]:
        check_key(request, self.path_key)
        form = read_form(request)
        external_id, word = form.word("id"), form.word("status")
        status = _STATUSES.get(_letters(word))
        if status is None:  # a word they added: taken, because a refusal would only bring it back
            return ()
        code = form.maybe("failureReason") or word
        update = StatusUpdate(channel=self.name, external_id=external_id, status=status, code=code)
        if _letters(code) != _BLACKLISTED:
            return (update,)
        return (update, OptOut(channel=self.name, urn=form.number("phoneNumber", self._country)))

    def _optout(self, request: Request) -> Sequence[Event]:
        check_key(request, self.path_key)
        return (OptOut(channel=self.name, urn=read_form(request).number("phoneNumber", self._country)),)


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
        answer = _http.post(url, data=data, headers=headers, timeout_s=timeout)
        if not _http.is_success(answer):
            raise _http.refusal(answer.status_code, answer.headers)
        return _http.read_object(answer)


def _message_id(answer: Mapping[str, Any]) -> str:
    """The provider's id of the one message. Raises SendError where it did not take it."""
    data = answer.get("SMSMessageData")
    if not isinstance(data, dict):
        raise Unknown("unreadable answer")
    recipients = data.get("Recipients")
    if not recipients:
        raise _without_recipient(str(data.get("Message", "")))
    recipient = recipients[0] if isinstance(recipients, list) and isinstance(recipients[0], dict) else {}
    code, external_id = str(recipient.get("statusCode", "")), str(recipient.get("messageId") or "")
    if code in _REFUSED:
        word, kind = _REFUSED[code]
        raise kind(f"{code} {word}")
    if code not in _TAKEN or external_id in ("", "None"):
        raise Unknown("unreadable answer")
    return external_id


def _without_recipient(message: str) -> SendError:
    """An answer without recipients explains itself in `message`, which may hold a number and so goes no further unless we know it."""
    kind = _WORDS.get(_letters(message))
    return kind(message.strip()) if kind else Rejected("no recipient was accepted")


def _letters(word: str) -> str:
    """Letters only, in lower case: they spell their own words in several ways."""
    return "".join(filter(str.isalpha, word)).lower()
