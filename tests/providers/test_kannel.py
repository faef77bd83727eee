"""The stand-in does what facts/channels.md 4.3 says, seen through our own channel."""

import pytest

from bot.core.errors import BadConfig, SendError, Unknown, Unreachable
from channels.kannel import Kannel
from tests.providers import kannel
from tests.providers.server import Fault, Scripted

NUMBER = "+254700000001"
PUBLIC_URL = "http://127.0.0.1:8080"
KEY = "stand-in-path-key-0123456789"


def channel(provider: kannel.Kannel, *, password: str = kannel.PASSWORD, timeout_s: float = 5.0) -> Kannel:
    options = {"username": kannel.USER, "password": password, "path_key": KEY}
    return Kannel(country="KE", public_url=PUBLIC_URL, base_url=provider.url, timeout_s=timeout_s, **options)


@pytest.mark.parametrize(
    ("text", "coding"),
    [
        pytest.param("Habari + 50% & more", "0", id="ascii"),
        pytest.param("caf\u00e9 \u20ac @", "0", id="gsm"),
        pytest.param("\u12a5\u1295 \U0001f404", "2", id="ucs-2"),
    ],
)
def test_reads_what_we_sent(text: str, coding: str) -> None:
    with kannel.Kannel() as provider:
        assert channel(provider).send(f"tel:{NUMBER}", text, key="9-0-x") == "9-0-x"
    url = f"{PUBLIC_URL}/c/kannel/status/{KEY}?key=9-0-x&status=%d"
    assert provider.messages == [kannel.Taken(NUMBER, text, coding, "27", url)]


@pytest.mark.parametrize(
    ("fault", "error", "taken"),
    [
        pytest.param(kannel.refused(503), Unreachable, 0, id="not-now"),
        pytest.param(Fault(500, body="x"), Unknown, 0, id="500-before"),
        pytest.param(Fault(500, body="x", accepted=True), Unknown, 1, id="500-after"),
        pytest.param(Fault(reset=True, accepted=True), Unknown, 1, id="cut-after"),
        pytest.param(Fault(delay_s=5), Unknown, 1, id="slow"),
    ],
)
def test_faults_come_once_and_in_order(fault: Fault, error: type[SendError], taken: int) -> None:
    with kannel.Kannel() as provider:
        provider.fail_next(fault)
        with pytest.raises(error):
            channel(provider, timeout_s=0.3).send(f"tel:{NUMBER}", "one", key="k")
        channel(provider).send(f"tel:{NUMBER}", "two", key="k")
    assert len(provider.messages) == taken + 1


def test_queued_is_taken() -> None:
    with kannel.Kannel() as provider:
        provider.fail_next(kannel.queued())
        assert channel(provider).send(f"tel:{NUMBER}", "one", key="k") == "k"
    assert len(provider.messages) == 1


def test_knows_its_password() -> None:
    with kannel.Kannel() as provider, pytest.raises(BadConfig):
        channel(provider, password="another").send(f"tel:{NUMBER}", "one", key="k")
    assert provider.messages == []


def test_fetches_as_kannel_does() -> None:
    with Scripted() as bot:
        bot.fail_next(Fault(body=" "), Fault(body=" "))
        kannel.fetch(kannel.get_url(f"{bot.url}/receive", NUMBER, "a b+c", id="u1"))
        kannel.report(f"{bot.url}/status?key=9-0-x&status=%d", 8)
    assert [sent.method for sent in bot.sent] == ["GET", "GET"]
    assert "from=%2B254700000001" in bot.sent[0].target
    assert "text=a+b%2Bc" in bot.sent[0].target
    assert bot.sent[1].target == "/status?key=9-0-x&status=8"
