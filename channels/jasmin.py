"""Jasmin, the open SMS gateway. Webhooks: receive (its HTTP connector, GET or POST), status (delivery reports of every level).

Jasmin signs nothing: the secret path key at the end of the address is all that proves who calls. It sends a message again, three times
and 30 s apart, until it reads exactly "ACK/Jasmin". Texts travel as hex both ways: no gateway in between can recode them.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import requests

from bot.core.errors import BadConfig, Malformed, Rejected, SendError, Throttled, Unknown, Unreachable
from bot.core.ports import Parse
from bot.core.text import is_gsm7
from bot.core.types import Event, Limits, Message, Reply, Request, Response, Status, StatusUpdate
from channels import _gsm7, _http, _options
from channels._form import Form, check_key, read_form, read_query

_STATUSES: Mapping[str, Status] = {
    "ESME_ROK": Status.SENT,  # level 1: the message centre took it
    "ACCEPTD": Status.SENT,
    "ENROUTE": Status.SENT,
    "DELIVRD": Status.DELIVERED,
    "UNDELIV": Status.FAILED,
    "REJECTD": Status.FAILED,
    "EXPIRED": Status.FAILED,
    "DELETED": Status.FAILED,
}
_SMPP_ERROR = "ESME_"  # level 1: the message centre refused it

_SUCCESS = re.compile(r'Success "([^"\s]{1,100})"\s*')

# How an error begins, and what it means for the message: Jasmin gives one HTTP status to several. All were surely not sent. The rest
# of the text may hold a number or a user's name and goes no further.
_REFUSED: Mapping[str, type[SendError]] = {
    "User throughput exceeded": Throttled,
    "Cannot charge submit_sm": BadConfig,  # no balance
    "Authentication failure": BadConfig,
    "Argument [username]": BadConfig,  # longer than 16 characters
    "Argument [password]": BadConfig,
    "No route found": Rejected,  # for this number
    "Failover route has no bound connectors": Unreachable,
    "Cannot send submit_sm": Unreachable,
    "InterceptorPB not": Unreachable,
}

_UCS2 = "8"
_CODECS = {"1": "ascii", "3": "latin-1", _UCS2: "utf-16-be"}


class Jasmin:
    """Options: `username`, `password` (of a Jasmin user), `path_key`; `sender` (number or name; the route's own where left out),
    `rate_per_s`, `timeout_s`, `base_url` (http://127.0.0.1:1401). Raises BadSetting."""

    name = "jasmin"
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
        rate_per_s: float = 10.0,
        timeout_s: float = _http.ANSWER_S,
        base_url: str = "http://127.0.0.1:1401",
    ) -> None:
        user = "See `user --list` in Jasmin's jcli."
        self.path_key = _options.path_key("channels.jasmin.path_key", path_key)
        account = {"username": _text("username", username, user), "password": _text("password", password, user)}
        self._fixed = account | {"dlr": "yes", "dlr-level": "3", "dlr-method": "POST"}
        if sender:
            self._fixed["from"] = _text("sender", sender, "Or leave it out.").removeprefix("+")
        self.secrets: tuple[str, ...] = (account["password"], self.path_key)
        self.limits = Limits(rate_per_s=_options.amount("channels.jasmin.rate_per_s", rate_per_s, most=1000.0))
        self._country = country
        self._timeout_s = _options.amount("channels.jasmin.timeout_s", timeout_s, most=120.0)
        self._url = _options.address("channels.jasmin.base_url", base_url, lan=True) + "/send"
        self._status_url = f"{public_url.rstrip('/')}/c/{self.name}/status/{self.path_key}"

    def routes(self) -> Mapping[str, Parse]:
        """receive, status."""
        return {"receive": self._receive, "status": self._status}

    def respond(self, reply: Reply | None) -> Response:
        """The one word that stops it from sending again."""
        return Response(body="ACK/Jasmin")

    def send(self, urn: str, text: str, *, key: str) -> str:
        """Sends one part. Jasmin drops no repeats, but gives our key back in the address of its reports."""
        report = f"{self._status_url}?{urlencode({'key': key})}"
        minutes = str(int(self.limits.max_age_s // 60))
        part = {"to": _http.recipient(urn).removeprefix("+"), "validity-period": minutes, "dlr-url": report, **_content(text)}
        answer = _http.post(self._url, data=self._fixed | part, headers={}, timeout_s=self._timeout_s)
        found = _SUCCESS.fullmatch(answer.text) if _http.is_success(answer) else None
        if found is None:
            raise _refusal(answer)
        return found.group(1)

    def _receive(self, request: Request) -> Sequence[Event]:
        form = self._read(request)
        if form.from_machine("from"):
            return ()
        message = Message(
            channel=self.name,
            external_id=form.word("id"),
            urn=form.number("from", self._country),
            text=_incoming(form),
            to=form.word("to").removeprefix("+"),
            meta={name: value for name in ("origin-connector",) if (value := form.maybe(name))},
        )
        return (message,)

    def _status(self, request: Request) -> Sequence[Event]:
        form, key = self._read(request), read_query(request).maybe("key")
        external_id, word = form.word("id"), form.word("message_status")
        status = _STATUSES.get(word, Status.FAILED if word.startswith(_SMPP_ERROR) else None)
        if status is None:  # UNKNOWN, and what message centres make up: no news
            return ()
        return (StatusUpdate(channel=self.name, external_id=external_id, status=status, code=word, key=key),)

    def _read(self, request: Request) -> Form:
        check_key(request, self.path_key)
        return read_query(request) if request.method == "GET" else read_form(request)


def _content(text: str) -> Mapping[str, str]:
    """The fields that carry `text`."""
    if is_gsm7(text):
        return {"coding": "0", "hex-content": _gsm7.encode(text).hex()}
    return {"coding": _UCS2, "hex-content": text.encode("utf-16-be").hex()}


def _incoming(form: Form) -> str:
    """What a person wrote, from the octets of the network; `content` holds the same, recoded by a guess. Raises Malformed."""
    if "binary" not in form:
        return form.text("content")
    try:
        raw = bytes.fromhex(form.text("binary"))
    except ValueError:
        raise Malformed("The field 'binary' is not hex.") from None
    codec = _CODECS.get(form.maybe("coding"))
    return Form([("binary", raw.decode(codec, "replace") if codec else _gsm7.decode(raw))]).text("binary")


def _refusal(answer: requests.Response) -> SendError:
    """By Jasmin's own words where we know them, else by the HTTP status."""
    said = answer.text.removeprefix('Error "')
    for words, kind in _REFUSED.items():
        if said.startswith(words):
            return kind(words)
    return Unknown("unreadable answer") if _http.is_success(answer) else _http.refusal(answer.status_code, answer.headers)


def _text(option: str, value: str, remedy: str) -> str:
    return _options.text(f"channels.jasmin.{option}", value, remedy)
