"""The endpoint over the wire: one letter comes back, or EndpointFailed does, in time whatever the other side does."""

import json
import threading
import time
from typing import Any

import pytest

from bot.core.errors import EndpointFailed
from bot.core.ports import Said
from models.remote import MOST_BYTES, REFUSED_S, Endpoint
from tests.providers.chat_endpoint import KEY, MODEL, ChatEndpoint, Dripping
from tests.providers.server import Fault, closed_port

LATE_S = 3.0  # generous: the limits below are tenths of a second


def ask(url: str, *, key: str = KEY, within_s: float = 5.0) -> Said:
    return Endpoint(f"{url}/v1", model=MODEL, api_key=key).complete("Choose.", "Question", max_tokens=16, within_s=within_s)


def failure(url: str, *, key: str = KEY, within_s: float = 5.0) -> EndpointFailed:
    with pytest.raises(EndpointFailed) as failed:
        ask(url, key=key, within_s=within_s)
    return failed.value


def test_asks_as_the_api_wants_it_and_tells_the_tokens() -> None:
    with ChatEndpoint("B", tokens=321) as server:
        assert ask(server.url) == Said("B", 321)
    (sent,) = server.sent
    assert sent.form == {
        "model": MODEL,
        "messages": [{"role": "system", "content": "Choose."}, {"role": "user", "content": "Question"}],
        "max_tokens": 16,
        "temperature": 0,
        "stream": False,
    }
    assert sent.headers["user-agent"] == "ujumbe"
    assert "cookie" not in sent.headers


@pytest.mark.parametrize(
    ("fault", "code", "after_s"),
    [
        pytest.param(Fault(401, body="{}"), "HTTP 401", REFUSED_S, id="key"),
        pytest.param(Fault(402, body="{}"), "HTTP 402", REFUSED_S, id="unpaid"),
        pytest.param(Fault(429, {"Retry-After": "90"}, "{}"), "HTTP 429", 90.0, id="too-many"),
        pytest.param(Fault(429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, "{}"), "HTTP 429", 0.0, id="too-many-by-date"),
        pytest.param(Fault(500, body="{}"), "HTTP 500", 0.0, id="500"),
        pytest.param(Fault(503, {"Retry-After": "7"}, "{}"), "HTTP 503", 7.0, id="503"),
        pytest.param(Fault(body="<html>Welcome to the Wi-Fi</html>", content_type="text/html"), "no JSON", 0.0, id="portal"),
        pytest.param(Fault(body="[1]"), "no JSON", 0.0, id="list"),
        pytest.param(Fault(body="[" * 50_000), "no JSON", 0.0, id="deep"),
        pytest.param(Fault(body="{}"), "no text", 0.0, id="empty"),
        pytest.param(Fault(body='{"choices": []}'), "no text", 0.0, id="no-choices"),
        pytest.param(Fault(body='{"choices": "A"}'), "no text", 0.0, id="text-for-choices"),
        pytest.param(Fault(body='{"choices": [{"message": null}]}'), "no text", 0.0, id="no-message"),
        pytest.param(Fault(body=json.dumps({"pad": "x" * MOST_BYTES})), "too long an answer", 0.0, id="huge"),
        pytest.param(Fault(reset=True), "connection lost", 0.0, id="cut"),
    ],
)
def test_what_goes_wrong_there(fault: Fault, code: str, after_s: float) -> None:
    with ChatEndpoint("B") as server:
        server.fail_next(fault)
        error = failure(server.url)
        assert (error.code, error.after_s) == (code, after_s)
        assert ask(server.url).text == "B", "the next call is none the worse"


@pytest.mark.parametrize(
    ("message", "choice"),
    [
        pytest.param({"content": None, "tool_calls": [{"id": "t"}]}, {"finish_reason": "tool_calls"}, id="tool-call"),
        pytest.param({"tool_calls": [{"id": "t"}]}, {}, id="text-and-tool-call"),
        pytest.param({"content": [{"type": "text", "text": "A"}]}, {}, id="parts"),
        pytest.param({}, {"finish_reason": "length"}, id="cut-off"),
        pytest.param({}, {"finish_reason": "content_filter"}, id="filtered"),
    ],
)
def test_half_an_answer_is_none(message: dict[str, Any], choice: dict[str, Any]) -> None:
    with ChatEndpoint("A") as server:
        server.message, server.choice = message, choice
        assert failure(server.url).code == "no text"


@pytest.mark.parametrize("tokens", ["9", -5, 10**12, None, 1.5])
def test_a_count_of_tokens_that_cannot_be_is_none(tokens: object) -> None:
    body = json.dumps({"choices": [{"message": {"content": "A"}}], "usage": {"total_tokens": tokens}})
    with ChatEndpoint() as server:
        server.fail_next(Fault(body=body))
        assert ask(server.url) == Said("A", 0)


def test_no_redirect_is_followed() -> None:
    with ChatEndpoint("A") as elsewhere, ChatEndpoint("A") as server:
        server.fail_next(Fault(307, {"Location": f"{elsewhere.url}/v1/chat/completions"}, "{}"))
        assert failure(server.url).code == "HTTP 307"
    assert elsewhere.sent == []


def test_the_environments_proxy_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatEndpoint("A") as proxy, ChatEndpoint("A") as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        ask(server.url)
    assert proxy.sent == []


def test_nobody_listens() -> None:
    assert failure(closed_port()).code == "no connection"


def test_a_name_that_leads_out_of_the_house_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that answers "gpu" with a public address gets no unencrypted question."""
    monkeypatch.setattr("models.remote.near_address", lambda address: address not in ("127.0.0.1", "::1"))
    with ChatEndpoint("A") as server:
        assert failure(server.url.replace("127.0.0.1", "localhost")).code == "no connection"
    assert server.sent == []


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Pad: ", id="in-its-headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n", id="in-its-body"),
        pytest.param(b"", id="before-all"),
    ],
)
def test_a_byte_now_and_then_holds_nothing_up(start: bytes) -> None:
    with Dripping(start, b"x") as server:
        began = time.monotonic()
        assert failure(server.url, within_s=0.4).code in ("no answer in time", "connection lost")
        assert time.monotonic() - began < LATE_S
        assert server.gone.wait(10), "the connection is closed, too"


def test_silence_is_not_waited_for() -> None:
    with ChatEndpoint("A") as server:
        server.fail_next(Fault(delay_s=30))
        began = time.monotonic()
        assert failure(server.url, within_s=0.4).code == "no answer in time"
        assert time.monotonic() - began < LATE_S


def test_a_name_server_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    hang = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: hang.wait(20) and [])
    began = time.monotonic()
    try:
        assert failure("http://gpu.lan:8000", within_s=0.4).code == "no answer in time"
        assert time.monotonic() - began < LATE_S
    finally:
        hang.set()


def test_a_librarys_surprise_is_a_failure_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def surprised(*_: object, **__: object) -> None:
        raise RuntimeError("with the question in it")

    monkeypatch.setattr("aiohttp.ClientSession", surprised)
    assert failure("http://127.0.0.1:9").code == "RuntimeError"


def test_neither_key_nor_words_stand_in_the_error() -> None:
    with ChatEndpoint("A") as server:
        error = failure(server.url, key="wrong-key-that-nobody-may-see")
    assert str(error) == "the remote endpoint did not choose: HTTP 401"


def test_lists_its_models() -> None:
    with ChatEndpoint() as server:
        endpoint = Endpoint(f"{server.url}/v1", model=MODEL, api_key=KEY)
        assert endpoint.models(within_s=5) == ["small", MODEL]
        server.fail_next(Fault(body='{"data": [1, {"id": 2}]}'))
        assert endpoint.models(within_s=5) == []
