"""Calling a provider: one POST or GET, and what its failure says about the message."""

import logging
import re
from collections.abc import Mapping
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError

from bot.core.errors import BadConfig, Rejected, SendError, Throttled, Unknown, Unreachable
from bot.core.urn import address
from channels._lines import Lines

CONNECT_S = 5.0
ANSWER_S = 30.0  # a slow line is no reason to lose sight of a message that went out
MAX_AFTER_S = 3600.0
_LINES = Lines()

# The transport logs whole addresses, and in some of them stand a password, a number and the text.
logging.getLogger("urllib3.connectionpool").addFilter(lambda _: False)


def recipient(urn: str, *, scheme: str = "tel") -> str:
    """The number to reach a person of `scheme` ("tel", "whatsapp") by, "+254...". Raises Rejected for anybody else."""
    if not re.fullmatch(rf"{scheme}:\+[1-9][0-9]{{6,14}}", urn):
        raise Rejected("not a phone number")
    return address(urn)


def post(
    url: str, *, data: Mapping[str, Any] | bytes, headers: Mapping[str, str], auth: tuple[str, str] | None = None, timeout_s: float
) -> requests.Response:
    """One POST of a form, or of bytes as they are. Raises Unreachable where the provider surely did not take it, Unknown where it may have.

    A connection is used again for a second at most: one that the provider just closed would turn plain sends into Unknown. Redirects
    are not followed, so that our credentials go nowhere else.
    """
    return _call("POST", url, data=data, headers=headers, auth=auth, timeout_s=timeout_s)


def get(
    url: str, *, params: Mapping[str, Any] | None = None, headers: Mapping[str, str], auth: tuple[str, str] | None = None, timeout_s: float
) -> requests.Response:
    """One GET, with the promises of `post`."""
    return _call("GET", url, params=params, headers=headers, auth=auth, timeout_s=timeout_s)


def _call(method: str, url: str, *, timeout_s: float, **what: Any) -> requests.Response:
    try:
        return _LINES.call(method, url, timeout_s=(CONNECT_S, timeout_s), **what)
    except requests.RequestException as error:
        raise unanswered(error) from None


def unanswered(error: requests.RequestException) -> SendError:
    """What a call without an answer means for the message."""
    if isinstance(error, ValueError):  # requests' InvalidURL and its kin: nothing was written
        return BadConfig("bad address")
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return Unreachable("no connection")
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, NewConnectionError):  # refused, no route, no such name
        return Unreachable("no connection")
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(reason):
        return Unreachable("bad certificate")
    return Unknown("no answer in time" if isinstance(error, requests.Timeout) else "connection lost")


def refusal(status: int, headers: Mapping[str, str]) -> SendError:
    """What an HTTP answer other than 2xx means for the message, where the body does not say more."""
    code, after = f"HTTP {status}", _retry_after(headers)
    if status == requests.codes.too_many_requests:
        return Throttled(code, after_s=after)
    if status == requests.codes.service_unavailable and after is not None:
        return Unreachable(code, after_s=after)  # it says so itself: not now, come again
    if status >= requests.codes.internal_server_error:
        return Unknown(code)  # the provider may have failed after it took the message
    if status in (requests.codes.unauthorized, requests.codes.forbidden, requests.codes.not_found) or status < requests.codes.bad_request:
        return BadConfig(code)  # credentials, account or address
    return Rejected(code)


def is_success(answer: requests.Response) -> bool:
    """2xx, not a redirect."""
    return 200 <= answer.status_code < 300


def read_object(answer: requests.Response) -> Mapping[str, Any]:
    """The JSON object of an answer whatever content type it claims, or {} where it holds none."""
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("Retry-After", "").strip()
    return min(float(value), MAX_AFTER_S) if value.isascii() and value.isdigit() else None
