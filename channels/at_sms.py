"""Africa's Talking SMS, two-way. Webhooks: receive (incoming messages), status (delivery reports), optout (bulk SMS opt-out).

Africa's Talking signs nothing: a secret path key is all that proves who calls. It sends a message again until it hears 200 or 12 hours
have passed, always with the same id, so that an outage loses little. Its inbox can be read as well (`poll`), which is off: what is young
enough to be answered will be sent again anyway, and whether the inbox has the webhook's ids we could not verify. Where it is on, a message
that came both ways is known by its words: the same person, the same text, at most `TWIN_S` apart.

The first message to a new subscriber gets their opt-out line appended, which may cost a part. Replies to premium messages, which must
carry the `linkId` of the question, are not sent.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from bot.core.errors import Malformed, Rejected, SendError
from bot.core.ports import Parse
from bot.core.types import Event, Limits, Message, OptOut, Reply, Request, Response, Status, StatusUpdate
from channels import _at, _http, _options
from channels._at import letters
from channels._form import Form, check_key, read_form, read_time

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

BULK = 100  # numbers in one call
KEPT = 1000  # messages of one listing, the newest
TWIN_S = 600.0  # between what the webhook and the inbox say of the same message's time


class AtSms:
    """Options: `username` ("sandbox" for theirs), `api_key`, `path_key`; `sender` (short code or sender name; theirs where left out),
    `rate_per_s`, `timeout_s`, `poll` (true: read their inbox for what an outage made us miss, see above), `base_url` (instead of
    https://api.africastalking.com). Raises BadSetting."""

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
        poll: bool = False,
        base_url: str = "",
    ) -> None:
        account = "Find it under Settings in the Africa's Talking dashboard."
        user = _options.text("channels.at_sms.username", username, account)
        key = _options.text("channels.at_sms.api_key", api_key, account)
        self.path_key = _options.path_key("channels.at_sms.path_key", path_key)
        self.limits = Limits(rate_per_s=_options.amount("channels.at_sms.rate_per_s", rate_per_s, most=1000.0))
        self.secrets: tuple[str, ...] = (key, self.path_key)
        self._country = country
        self._polls = _options.flag("channels.at_sms.poll", poll)
        self._account = _at.Account(
            user,
            key,
            sender=_options.text("channels.at_sms.sender", sender, "Leave it out for theirs.") if sender else None,
            base_url=_options.address("channels.at_sms.base_url", base_url) if base_url else "",
            timeout_s=_options.amount("channels.at_sms.timeout_s", timeout_s, most=120.0),
        )

    def routes(self) -> Mapping[str, Parse]:
        """receive, status, optout."""
        return {"receive": self._receive, "status": self._status, "optout": self._optout}

    def respond(self, reply: Reply | None) -> Response:
        """200 is all they ask for."""
        return Response()

    def send(self, urn: str, text: str, *, key: str) -> str:
        """Sends one part. They take no key of ours, so that what is unclear stays Unknown."""
        return self._account.send(text, _http.recipient(urn))

    def send_bulk(self, urns: Sequence[str], text: str, *, key: str) -> Mapping[str, str | SendError]:
        """Sends one text of one part to at most `BULK` people in one call: URN -> the provider's id, or what became of it.

        Never raises SendError: what befalls the whole call befalls each. Raises ValueError for more people.
        """
        if len(urns) > BULK:
            raise ValueError(f"{len(urns)} people in one call: {BULK} is the most")
        results: dict[str, str | SendError] = dict.fromkeys(urns, Rejected("not a phone number"))
        numbers = {}
        for urn in urns:
            with suppress(Rejected):
                numbers[urn] = _http.recipient(urn)
        if not numbers:
            return results
        try:
            sent = self._account.send_bulk(text, list(numbers.values()))
        except SendError as error:
            return results | dict.fromkeys(numbers, error)
        return results | {urn: sent[number] for urn, number in numbers.items()}

    def missed(self, *, since: float, last_id: str) -> Sequence[Message]:
        """See ports.Recovers. () unless `poll` is set. They list from an id on: without `last_id` the whole inbox is read, 20,000
        messages at most. What is no message for us, or has no date, is left out."""
        kept: deque[Message] = deque(maxlen=KEPT)
        for form in self._account.inbox(after=last_id or "0") if self._polls else ():
            with suppress(Malformed):
                kept.extend(replace(one, polled=True) for one in self._messages(form) if (one.sent_at or 0.0) >= since)
        return tuple(kept)

    def _receive(self, request: Request) -> Sequence[Event]:
        check_key(request, self.path_key)
        return self._messages(read_form(request))

    def _messages(self, form: Form) -> Sequence[Message]:
        """The message of a form; none where a machine sent it."""
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
            twin_s=TWIN_S if self._polls else 0.0,
        )
        return (message,)

    def _status(self, request: Request) -> Sequence[Event]:
        check_key(request, self.path_key)
        form = read_form(request)
        external_id, word = form.word("id"), form.word("status")
        status = _STATUSES.get(letters(word))
        if status is None:  # a word they added: taken, because a refusal would only bring it back
            return ()
        code = form.maybe("failureReason") or word
        update = StatusUpdate(channel=self.name, external_id=external_id, status=status, code=code)
        if letters(code) != _BLACKLISTED:
            return (update,)
        return (update, OptOut(channel=self.name, urn=form.number("phoneNumber", self._country)))

    def _optout(self, request: Request) -> Sequence[Event]:
        check_key(request, self.path_key)
        return (OptOut(channel=self.name, urn=read_form(request).number("phoneNumber", self._country)),)
