"""What a call without an answer says about the message: surely not taken, or unknown."""

import socket
import ssl

import pytest
import requests
import urllib3.exceptions as u3

from bot.core.errors import BadConfig, SendError, Unknown, Unreachable
from channels import _http
from channels._form import read_time
from tests.providers.server import Fault, Scripted


def wrapped(reason: Exception, kind: type[requests.ConnectionError] = requests.ConnectionError) -> requests.ConnectionError:
    """As requests wraps what urllib3 gave up on."""
    return kind(u3.MaxRetryError(None, "/", reason))  # type: ignore[arg-type]


CERTIFICATE = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        pytest.param(requests.ConnectTimeout(), Unreachable, id="connect-time-out"),
        pytest.param(requests.exceptions.ProxyError(), Unreachable, id="proxy"),
        pytest.param(wrapped(u3.NewConnectionError(None, "refused")), Unreachable, id="refused"),  # type: ignore[arg-type]
        pytest.param(wrapped(u3.NameResolutionError("h", None, socket.gaierror())), Unreachable, id="no-such-name"),  # type: ignore[arg-type]
        pytest.param(wrapped(u3.SSLError(CERTIFICATE), requests.exceptions.SSLError), Unreachable, id="bad-certificate"),
        pytest.param(wrapped(u3.SSLError("EOF occurred"), requests.exceptions.SSLError), Unknown, id="tls-broke-off"),
        pytest.param(requests.ReadTimeout(), Unknown, id="read-time-out"),
        pytest.param(requests.ConnectionError(u3.ProtocolError("Connection aborted.")), Unknown, id="cut"),
        pytest.param(requests.exceptions.ChunkedEncodingError(), Unknown, id="half-an-answer"),
        pytest.param(requests.exceptions.InvalidURL(), BadConfig, id="bad-address"),
    ],
)
def test_unanswered(error: requests.RequestException, kind: type[SendError]) -> None:
    assert type(_http.unanswered(error)) is kind


def test_a_name_that_does_not_resolve_was_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(Unreachable):
        _http.post("https://api.example.org", data={}, headers={}, timeout_s=1.0)


def test_follows_no_redirect() -> None:
    with Scripted() as other, Scripted() as first:
        first.fail_next(Fault(302, {"Location": other.url}, "moved"))
        answer = _http.post(first.url, data={"a": "b"}, headers={"apiKey": "k"}, timeout_s=5.0)
    assert (answer.status_code, other.sent) == (302, [])
    assert not _http.is_success(answer)


def test_a_question_asks_in_its_address_and_follows_no_redirect() -> None:
    with Scripted() as provider:
        provider.fail_next(Fault(302, {"Location": "https://elsewhere.example.org"}, "moved"))
        answer = _http.get(f"{provider.url}/x?a=1", params={"b": "+2 &c"}, headers={"apiKey": "k"}, auth=("me", "secret"), timeout_s=5.0)
    [sent] = provider.sent
    assert (answer.status_code, sent.method, sent.query, sent.form) == (302, "GET", {"a": "1", "b": "+2 &c"}, {})
    assert (sent.headers["apikey"], sent.headers["authorization"][:6]) == ("k", "Basic ")


def test_a_wish_for_a_very_late_try_is_shortened() -> None:
    assert _http.refusal(429, {"Retry-After": "999999999999"}).after_s == _http.MAX_AFTER_S


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [
        pytest.param("2026-11-02T08:15:45Z", 1793607345.0, id="zulu"),
        pytest.param("2026-11-02 08:15:45", 1793607345.0, id="no-zone-is-utc"),
        pytest.param("2026-11-02T11:15:45+03:00", 1793607345.0, id="nairobi"),
        pytest.param("", None, id="none"),
        pytest.param("02/11/2026", None, id="another-shape"),
        pytest.param("2026-13-45 00:00:00", None, id="no-such-day"),
    ],
)
def test_times(raw: str, seconds: float | None) -> None:
    assert read_time(raw) == seconds
