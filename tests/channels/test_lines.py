"""A connection that is used again saves a broadcast its handshakes, and costs no message its certainty."""

from threading import Thread

import pytest

from bot.core.errors import BadConfig, Unknown, Unreachable
from channels import _http, _lines
from tests.providers.server import Fault, Scripted

TAKEN = Fault(202, body="taken")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    monkeypatch.setattr(_http, "_LINES", _lines.Lines())  # no connection of an earlier test
    return Scripted()


def call(provider: Scripted) -> int:
    return _http.post(provider.url, data={"a": "b"}, headers={}, timeout_s=5.0).status_code


def test_calls_that_follow_each_other_share_a_connection(provider: Scripted) -> None:
    with provider:
        provider.fail_next(*[TAKEN] * 3)
        assert [call(provider) for _ in range(3)] == [202] * 3
    assert len({one.connection for one in provider.sent}) == 1


def test_a_call_after_a_rest_opens_its_own(provider: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lines, "KEPT_S", 0.0)
    with provider:
        provider.fail_next(TAKEN, TAKEN)
        assert [call(provider), call(provider)] == [202, 202]
    assert len({one.connection for one in provider.sent}) == 2


def test_threads_share_none(provider: Scripted) -> None:
    with provider:
        provider.fail_next(TAKEN, TAKEN)
        call(provider)
        other = Thread(target=call, args=(provider,))
        other.start()
        other.join(10)
    assert len({one.connection for one in provider.sent}) == 2


def test_a_connection_that_the_provider_closed_meanwhile_loses_no_certainty(provider: Scripted) -> None:
    with provider:
        provider.fail_next(TAKEN, TAKEN)
        call(provider)
        provider.vanish()
        with pytest.raises(Unreachable):  # not Unknown: nothing went out on the dead one
            call(provider)
        provider.come_back()
        assert call(provider) == 202


def test_a_connection_that_broke_is_left(provider: Scripted) -> None:
    with provider:
        provider.fail_next(TAKEN, Fault(reset=True), TAKEN)
        call(provider)
        with pytest.raises(Unknown):
            call(provider)
        assert call(provider) == 202
    assert len({one.connection for one in provider.sent}) == 2


def test_keeps_no_cookie(provider: Scripted) -> None:
    with provider:
        provider.fail_next(Fault(202, {"Set-Cookie": "who=amina"}, "taken"), TAKEN)
        call(provider)
        call(provider)
    assert "cookie" not in provider.sent[1].headers


def test_goes_by_the_proxy_of_the_environment(provider: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with provider:
        monkeypatch.setenv("http_proxy", provider.url)
        provider.fail_next(TAKEN)
        assert _http.get("http://sms.example.org/send", headers={}, timeout_s=5.0).status_code == 202
    assert provider.sent[0].target == "http://sms.example.org/send"


def test_an_address_that_is_none_was_not_called() -> None:
    with pytest.raises(BadConfig):
        _http.get("http://[::1", headers={}, timeout_s=5.0)
