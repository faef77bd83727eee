"""The stand-in does what facts/channels.md 4.1 says, seen through our own channel."""

import json

import pytest
import requests

from bot.core.errors import BadConfig, SendError, Throttled, Unknown
from channels.android_gateway import AndroidGateway
from tests.providers import capcom6
from tests.providers.server import Fault, Scripted

NUMBER = "+254700000001"


def channel(phone: capcom6.Capcom6, *, password: str = capcom6.PASSWORD, timeout_s: float = 5.0) -> AndroidGateway:
    options = {"username": capcom6.USER, "password": password, "signing_key": capcom6.KEY}
    return AndroidGateway(country="KE", base_url=phone.url, timeout_s=timeout_s, **options)


def test_takes_a_message_under_our_key() -> None:
    with capcom6.Capcom6() as phone:
        assert channel(phone).send(f"tel:{NUMBER}", "one", key="9-0-x") == "9-0-x"
    assert phone.messages == [("9-0-x", NUMBER, "one")]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param(capcom6.queue_full(), Throttled, id="queue-full"),
        pytest.param(Fault(500, body="{}"), Unknown, id="500-before"),
        pytest.param(Fault(500, body="{}", accepted=True), Unknown, id="500-after"),
        pytest.param(Fault(reset=True), Unknown, id="cut-before"),
        pytest.param(Fault(reset=True, accepted=True), Unknown, id="cut-after"),
        pytest.param(Fault(delay_s=5), Unknown, id="slow"),
    ],
)
def test_whatever_went_wrong_a_second_try_sends_it_once(fault: Fault, error: type[SendError]) -> None:
    with capcom6.Capcom6() as phone:
        phone.fail_next(fault)
        with pytest.raises(error):
            channel(phone, timeout_s=0.3).send(f"tel:{NUMBER}", "one", key="k")
        assert channel(phone).send(f"tel:{NUMBER}", "one", key="k") == "k"
    assert phone.messages == [("k", NUMBER, "one")]


def test_knows_its_password() -> None:
    with capcom6.Capcom6() as phone, pytest.raises(BadConfig):
        channel(phone, password="another").send(f"tel:{NUMBER}", "one", key="k")
    assert phone.messages == []


def test_tells_its_health_to_anybody() -> None:
    with capcom6.Capcom6() as phone:
        assert requests.get(f"{phone.url}/health", timeout=5).json()["status"] == "pass"


def test_signs_what_it_posts() -> None:
    """C002 of the vectors, spelt out: the key, the body, the timestamp, and nothing between the last two."""
    body = '{"deviceId":"dev1","event":"sms:received","id":"Ey6ECgOkVVFjz3CL48B8C","payload":{"message":"ሰላም 🌽","messageId":"9fdd2a1c",'
    body += '"phoneNumber":"+254722000222","sender":"+254722000222","recipient":null,"simNumber":1,'
    body += '"receivedAt":"2026-03-14T10:41:31.000+03:00"},"webhookId":"LreFUt-Z3sSq0JufY9uWB"}'
    signed = capcom6.signed(body.encode(), key="abcd1234", at=1773474091)
    assert signed == {"X-Timestamp": "1773474091", "X-Signature": "39dcd7bdeaafabd980b159c11512b9227ededa93882ff029012cdbffa2cfc182"}


def test_posts_what_it_signed() -> None:
    with Scripted() as bot:
        bot.fail_next(Fault(body="{}"))
        capcom6.post(bot.url, capcom6.received(NUMBER, "Habari"), at=1773474091)
    assert bot.sent[0].headers["x-signature"] == capcom6.signed(bot.sent[0].body, at=1773474091)["X-Signature"]
    assert json.loads(bot.sent[0].body)["payload"]["message"] == "Habari"
