"""Kannel, the SMS gateway of many operators. Webhooks, both GET: receive (Kannel's get-url), status (delivery reports).

Kannel signs nothing: the secret path key at the end of the address is all that proves who calls. Its configuration for us:

    group = sms-service
    keyword = default
    catch-all = true
    max-messages = 0
    get-url = "https://bot.example.org/c/kannel/receive/PATH-KEY?from=%p&to=%P&text=%b&coding=%c&charset=%C&time=%T&id=%I"

With any other max-messages it answers our empty page with an SMS of its own, "<Empty reply from service provider>". Set
`http-request-retry` in `group = smsbox` too: without it, what comes while we are away is lost. Use %b: %a squeezes spaces, which
breaks every text outside GSM-7. Kannel tells no id when it takes a message, so reports find their part by our key.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from urllib.parse import urlencode

import requests

from bot.core.errors import BadConfig, Malformed, Rejected, SendError, Unknown, Unreachable
from bot.core.ports import Parse
from bot.core.text import is_gsm7
from bot.core.types import Event, Limits, Message, Reply, Request, Response, Status, StatusUpdate
from channels import _http, _options
from channels._form import Form, check_key, read_query, read_time

_STATUSES: Mapping[str, Status] = {
    "1": Status.DELIVERED,
    "2": Status.FAILED,  # the phone did not get it
    "4": Status.SENT,  # queued at the message centre
    "8": Status.SENT,  # taken by the message centre
    "16": Status.FAILED,  # refused by the message centre
}
_ALL_BUT_QUEUED = "27"  # 1 + 2 + 8 + 16

_TAKEN = ("0: Accepted for delivery", "3: Queued for later delivery")

# How a refusal begins, and what it means for the message. The rest of the text may hold a number and goes no further.
_REFUSED: Mapping[str, type[SendError]] = {
    "Not routable": Rejected,
    "Temporal failure": Unreachable,
    "Authorization failed": BadConfig,
    "Sender missing": BadConfig,
    "Charset or body misformed": Rejected,
}

_CODECS = {"utf-16be": "utf-16-be", "windows-1252": "cp1252", "iso-8859-1": "latin-1"}
_UCS2 = "2"


class Kannel:
    """Options: `username`, `password` (of a sendsms-user), `path_key`; `sender` (number or name; Kannel's own where left out), `smsc`
    (route through this one only), `rate_per_s`, `timeout_s`, `base_url` (http://127.0.0.1:13013). Raises BadSetting."""

    name = "kannel"
    hand_over = ""

    def __init__(
        self,
        *,
        country: str,
        public_url: str,
        username: str = "",
        password: str = "",
        path_key: str = "",
        sender: str = "",
        smsc: str = "",
        rate_per_s: float = 10.0,
        timeout_s: float = _http.ANSWER_S,
        base_url: str = "http://127.0.0.1:13013",
    ) -> None:
        user = "Copy it from the sendsms-user group of kannel.conf."
        self.path_key = _options.path_key("channels.kannel.path_key", path_key)
        fixed = {"username": _text("username", username, user), "password": _text("password", password, user), "dlr-mask": _ALL_BUT_QUEUED}
        chosen = {"from": ("sender", sender), "smsc": ("smsc", smsc)}
        self._fixed = fixed | {field: _text(option, value, "Or leave it out.") for field, (option, value) in chosen.items() if value}
        self.secrets: tuple[str, ...] = (self._fixed["password"], self.path_key)
        self.limits = Limits(rate_per_s=_options.amount("channels.kannel.rate_per_s", rate_per_s, most=1000.0))
        self._country = country
        self._timeout_s = _options.amount("channels.kannel.timeout_s", timeout_s, most=120.0)
        self._url = _options.address("channels.kannel.base_url", base_url, lan=True) + "/cgi-bin/sendsms"
        self._status_url = f"{public_url.rstrip('/')}/c/{self.name}/status/{self.path_key}"

    def routes(self) -> Mapping[str, Parse]:
        """receive, status."""
        return {"receive": self._receive, "status": self._status}

    def respond(self, reply: Reply | None) -> Response:
        """An empty page: Kannel would send whatever stands on it as an SMS."""
        return Response()

    def send(self, urn: str, text: str, *, key: str) -> str:
        """Sends one part. The password stands in the address, as Kannel wants it, so no error and no log may show one."""
        report = f"{self._status_url}?{urlencode({'key': key})}&status=%d"  # Kannel puts the number there
        minutes = str(int(self.limits.max_age_s // 60))
        part = {"to": _http.recipient(urn), "validity": minutes, "dlr-url": report, **_content(text)}
        answer = _http.get(self._url, params={**self._fixed, **part}, headers={}, timeout_s=self._timeout_s)
        if _http.is_success(answer) and answer.text.startswith(_TAKEN):
            return key
        raise _refusal(answer)

    def _receive(self, request: Request) -> Sequence[Event]:
        check_key(request, self.path_key)
        form = read_query(request, codecs={"text": _codec(read_query(request))})
        if form.from_machine("from"):
            return ()
        message = Message(
            channel=self.name,
            external_id=form.maybe("id") or _identity(form),
            urn=form.number("from", self._country),
            text=form.text("text"),
            to=form.maybe("to"),
            sent_at=_time(form.maybe("time")),
        )
        return (message,)

    def _status(self, request: Request) -> Sequence[Event]:
        check_key(request, self.path_key)
        form = read_query(request)
        key, word = form.word("key"), form.word("status")
        if word not in _STATUSES:
            return ()
        return (StatusUpdate(channel=self.name, external_id=key, key=key, status=_STATUSES[word], code=word),)


def _content(text: str) -> Mapping[str, str | bytes]:
    """The fields that carry `text`. Kannel builds without iconv refuse a charset, so none is named where none is needed."""
    if not is_gsm7(text):
        return {"coding": _UCS2, "text": text.encode("utf-16-be")}
    return {"coding": "0", "text": text} if text.isascii() else {"coding": "0", "charset": "UTF-8", "text": text}


def _codec(form: Form) -> str:
    """The encoding of an incoming text: UTF-16 as it came from the network, or what `mo-recode` made of it."""
    return _CODECS.get(form.maybe("charset").lower(), "utf-16-be" if form.maybe("coding") == _UCS2 else "utf-8")


def _identity(form: Form) -> str:
    """An id for a Kannel whose get-url has no %I: the same request twice is the same message. Raises Malformed where nothing tells."""
    if not form.maybe("time"):
        raise Malformed("The field 'id' is missing. Put id=%I into get-url, or at least time=%T.")
    same = [form.word("from"), form.maybe("to"), form.text("text"), form.maybe("time")]
    return sha256(json.dumps(same).encode()).hexdigest()[:32]


def _time(raw: str) -> float | None:
    """%T is seconds since the epoch, %t a date and time in UTC."""
    return float(raw) if raw.isascii() and raw.isdigit() and len(raw) <= len("9999999999") else read_time(raw)


def _refusal(answer: requests.Response) -> SendError:
    """By Kannel's own words where we know them, else by the HTTP status."""
    for words, kind in _REFUSED.items():
        if answer.text.startswith(words):
            return kind(words)
    return Unknown("unreadable answer") if _http.is_success(answer) else _http.refusal(answer.status_code, answer.headers)


def _text(option: str, value: str, remedy: str) -> str:
    return _options.text(f"channels.kannel.{option}", value, remedy)
