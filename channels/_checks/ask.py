"""Asking a provider at no cost, and the calls that we make to ourselves in its name."""

import json
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests

from bot.core.errors import SendError
from bot.core.finding import Finding, look, ok, skew, wrong
from bot.core.ports import Probe, SelfCall
from bot.core.types import Request
from channels import _http
from channels._form import FORM, JSON

TIMEOUT_S = 5.0
NOBODY = "Ujumbe"  # a sender's name, not a number: what comes from a machine is taken and dropped
ID = "ujumbe-doctor"

_NETWORK = "Check this machine's line, its DNS and its firewall, and base_url where you set one."
_REFUSED = frozenset({requests.codes.unauthorized, requests.codes.forbidden})


@dataclass(frozen=True, slots=True)
class Answer:
    """A provider's answer. `json` is what it holds, None where that is no JSON."""

    status: int
    json: Any
    ahead_s: float | None

    @property
    def body(self) -> Mapping[str, Any]:
        """Its JSON object, or {}."""
        return self.json if isinstance(self.json, dict) else {}


def get(
    url: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None, auth: tuple[str, str] | None = None
) -> Answer:
    """One GET. Raises SendError where no answer came."""
    answer = _http.get(url, params=params, headers=headers or {}, auth=auth, timeout_s=TIMEOUT_S)
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        found = None
    return Answer(answer.status_code, found, skew(answer.headers.get("Date", ""), now=time.time()))


def probe(
    question: Callable[[], Answer],
    *,
    remedy: str,
    then: Callable[[Answer], Sequence[Finding]] = lambda _: (),
    welcome: Sequence[int] = (200,),
) -> Probe:
    """Asks with our credentials. `remedy`: where to find the right ones. `then` reads an answer whose status is `welcome`."""
    try:
        answer = question()
    except SendError as error:
        return Probe((wrong("provider", f"cannot be asked ({error.code})", _NETWORK),))
    if answer.status in _REFUSED:
        found: tuple[Finding, ...] = (wrong("provider", f"refuses our credentials (HTTP {answer.status})", remedy),)
    elif answer.status in welcome:
        found = (ok("provider", "answers and knows our credentials"), *_read(then, answer))
    else:
        found = (look("provider", f"answers, but with HTTP {answer.status}", f"Try again later. If it stays so: {remedy}"),)
    return Probe(found, answer.ahead_s)


def _read(then: Callable[[Answer], Sequence[Finding]], answer: Answer) -> Sequence[Finding]:
    """A second question may fail where the first did not."""
    try:
        return then(answer)
    except SendError as error:
        return (look("webhook", f"cannot be asked for ({error.code})", "Try again later."),)


def connect(url: str) -> Finding:
    """Opens a connection, with TLS where the address says so, and says nothing on it."""
    parts = urlsplit(url)
    try:
        place = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        with socket.create_connection(place, timeout=TIMEOUT_S) as line:
            if parts.scheme == "https":
                ssl.create_default_context().wrap_socket(line, server_hostname=parts.hostname).close()
    except ssl.SSLError:
        return wrong("provider", "shows no certificate that this machine trusts", "Mend its certificate, or the address.")
    except (OSError, ValueError) as error:  # ValueError: a port or a name that cannot be
        return wrong("provider", f"cannot be reached ({type(error).__name__})", _NETWORK)
    return ok("provider", "can be reached")


def compare(field: str, registered: str, ours: str, remedy: str) -> Finding:
    """Whether the provider calls `ours`. What is registered may hold a secret, and is not shown. A fragment is never sent."""
    if registered.partition("#")[0] == ours:
        return ok("webhook", f"{field} is registered as {ours}")
    return wrong("webhook", f"{field} is {'another address' if registered else 'empty'}", f"Set it to {ours} {remedy}")


def by_form(url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Request:
    """A POST of a form."""
    return _request("POST", url, {"content-type": FORM, **(headers or {})}, urlencode(form).encode())


def by_json(url: str, tree: Mapping[str, Any]) -> Request:
    """A POST of JSON."""
    return _request("POST", url, {"content-type": JSON}, json.dumps(tree).encode())


def by_query(url: str, query: Mapping[str, str]) -> Request:
    """A GET."""
    return _request("GET", f"{url}?{urlencode(query)}", {}, b"")


def with_key(call: Callable[[str], Request], url: str, key: str) -> Sequence[SelfCall]:
    """The call with the secret at the end of its address, and without it."""
    return (SelfCall(call(f"{url}/{key}"), signed=True), SelfCall(call(url), signed=False))


def _request(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Request:
    return Request(method=method, url=url, path_key="", headers=headers, body=body)
