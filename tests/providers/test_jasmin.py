"""The stand-in does what facts/channels.md 4.4 says, seen through our own channel."""

import pytest

from bot.core.errors import BadConfig, SendError, Throttled, Unknown
from channels.jasmin import Jasmin
from tests.providers import jasmin
from tests.providers.server import Fault, Scripted

NUMBER = "+254700000001"
PUBLIC_URL = "http://127.0.0.1:8080"
KEY = "stand-in-path-key-0123456789"
ACK = Fault(body="ACK/Jasmin", content_type="text/plain")


def channel(provider: jasmin.Jasmin, *, password: str = jasmin.PASSWORD, timeout_s: float = 5.0) -> Jasmin:
    options = {"username": jasmin.USER, "password": password, "path_key": KEY}
    return Jasmin(country="KE", public_url=PUBLIC_URL, base_url=provider.url, timeout_s=timeout_s, **options)


def test_takes_a_message_and_keeps_where_to_report() -> None:
    with jasmin.Jasmin() as provider:
        ids = [channel(provider).send(f"tel:{NUMBER}", text, key="9-0-x") for text in ("one", "\u12a5")]
    url = f"{PUBLIC_URL}/c/jasmin/status/{KEY}?key=9-0-x"
    assert provider.messages == [
        jasmin.Taken(NUMBER[1:], "0", b"one", ids[0], url),
        jasmin.Taken(NUMBER[1:], "8", "\u12a5".encode("utf-16-be"), ids[1], url),
    ]
    assert ids[0] != ids[1]


@pytest.mark.parametrize(
    ("fault", "error", "taken"),
    [
        pytest.param(jasmin.refused(403, "User throughput exceeded"), Throttled, 0, id="too-fast"),
        pytest.param(Fault(500, body="x"), Unknown, 0, id="500-before"),
        pytest.param(Fault(500, body="x", accepted=True), Unknown, 1, id="500-after"),
        pytest.param(Fault(reset=True, accepted=True), Unknown, 1, id="cut-after"),
        pytest.param(Fault(delay_s=5), Unknown, 1, id="slow"),
    ],
)
def test_faults_come_once_and_in_order(fault: Fault, error: type[SendError], taken: int) -> None:
    with jasmin.Jasmin() as provider:
        provider.fail_next(fault)
        with pytest.raises(error):
            channel(provider, timeout_s=0.3).send(f"tel:{NUMBER}", "one", key="k")
        channel(provider).send(f"tel:{NUMBER}", "two", key="k")
    assert len(provider.messages) == taken + 1


def test_knows_its_password() -> None:
    with jasmin.Jasmin() as provider, pytest.raises(BadConfig):
        channel(provider, password="another").send(f"tel:{NUMBER}", "one", key="k")
    assert provider.messages == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_throws_until_it_is_acknowledged(method: str) -> None:
    with Scripted() as bot:
        bot.fail_next(Fault(503, body="later"), Fault(body="OK", content_type="text/plain"), ACK)
        fields = jasmin.incoming(NUMBER, b"Habari", id="m1")
        assert jasmin.throw(f"{bot.url}/receive", fields, method=method) == 3
    assert [(sent.form or sent.query)["binary"] for sent in bot.sent] == [b"Habari".hex()] * 3


def test_gives_up_in_the_end() -> None:
    with Scripted() as bot, pytest.raises(AssertionError, match="never acknowledged: 599"):
        jasmin.throw(bot.url, jasmin.report("m1", "DELIVRD"))
    assert len(bot.sent) == jasmin.TRIES
