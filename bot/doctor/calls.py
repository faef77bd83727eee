"""Calls to ourselves, as a provider makes them: what became of them, and why."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import requests

from bot.core.finding import Finding, look, ok, skew, wrong
from bot.core.ports import SelfCall
from bot.doctor.service import PATIENCE_S, local

_OK, _FORBIDDEN, _NOT_FOUND, _UNAVAILABLE = 200, 403, 404, 503

Way = Literal["gateway", "public_url"]

_REDIRECT = "Set public_url to where it leads: providers do not follow."
# What an answer to a call that should have been taken means, by the way that it went.
_MEANS: Mapping[Way, Mapping[int, str]] = {
    "gateway": {
        _FORBIDDEN: "The gateway runs with other settings than these: stop `ujumbe serve` and start it again.",
        _NOT_FOUND: "The gateway does not have this channel yet: stop `ujumbe serve` and start it again.",
        _UNAVAILABLE: "The gateway cannot store it: see gateway.log in data_dir.",
    },
    "public_url": {
        _FORBIDDEN: "Something on the way changes address, headers or body: let the proxy pass them as they are.",
        _NOT_FOUND: "public_url leads to something else: let the proxy pass /c/ to the gateway.",
        **dict.fromkeys((301, 302, 303, 307, 308), _REDIRECT),
    },
}


@dataclass(frozen=True, slots=True)
class Calls:
    """What became of a channel's calls. `ahead_s`: our clock against the one in the answers, None where there was none."""

    findings: Sequence[Finding]
    ahead_s: float | None = None


def call(calls: Sequence[SelfCall], way: Way, *, base_url: str, to: str) -> Calls:
    """Makes each call to the address `to` instead of `base_url`, over which it is signed. Stops where nobody answers."""
    findings: list[Finding] = []
    ahead_s = None
    for one in calls:
        try:
            answer = _send(one, to + one.request.url.removeprefix(base_url), way)
        except requests.RequestException as error:
            return Calls((*findings, _unanswered(error, way)), ahead_s)
        ahead_s = skew(answer.headers.get("Date", ""), now=time.time())
        findings.append(_judge(one, answer.status_code, way))
    return Calls(findings, ahead_s)


def _send(one: SelfCall, url: str, way: Way) -> requests.Response:
    request = one.request
    with local() if way == "gateway" else requests.Session() as session:
        return session.request(
            request.method, url, data=request.body, headers=dict(request.headers), timeout=PATIENCE_S, allow_redirects=False
        )


def _judge(one: SelfCall, status: int, way: Way) -> Finding:
    what = f"{'signed' if one.signed else 'unsigned'} {one.request.method} to the {way}"
    if status == (_OK if one.signed else _FORBIDDEN):
        return ok(what, "is taken" if one.signed else "is refused, as it must be")
    if not one.signed and status == _OK:
        return wrong(what, "is taken: anybody could send messages in people's names", "Let no proxy add a signature or a key of its own.")
    return wrong(what, f"gets HTTP {status}", _MEANS[way].get(status, "See gateway.log in data_dir, and the proxy's log."))


def _unanswered(error: requests.RequestException, way: Way) -> Finding:
    what = f"call to the {way}"
    if isinstance(error, requests.exceptions.SSLError):
        return wrong(what, "ends at a certificate that is not trusted", "Renew it, or mend the proxy: providers refuse it too.")
    if way == "gateway":
        return wrong(what, "gets no answer", "Start the service: `ujumbe serve`.")
    remedy = "Some lines cannot call their own public address: try it on a phone with mobile data. If that fails too, mend DNS or proxy."
    return look(what, "gets no answer from here", remedy)
