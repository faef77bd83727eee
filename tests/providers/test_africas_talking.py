"""The stand-in does what facts/channels.md 2 says, seen through our own channel and by plain posts."""

import pytest
import requests

from bot.core.errors import BadConfig, OptedOut, SendError, Throttled, Unknown
from channels.at_sms import AtSms
from tests.providers import africas_talking as at
from tests.providers.server import Fault, Scripted

NUMBER = "+254700000001"
KEY = "stand-in-path-key-0123456789"


def channel(provider: at.AfricasTalking, *, api_key: str = "at-test-key", timeout_s: float = 5.0) -> AtSms:
    return AtSms(country="KE", username="sandbox", api_key=api_key, path_key=KEY, base_url=provider.url, timeout_s=timeout_s)


def test_takes_a_message_and_gives_each_its_id() -> None:
    with at.AfricasTalking() as provider:
        ids = [channel(provider).send(f"tel:{NUMBER}", text, key="k") for text in ("one", "two")]
    assert provider.messages == [(NUMBER, "one", ids[0]), (NUMBER, "two", ids[1])]
    assert ids[0] != ids[1]


@pytest.mark.parametrize(
    ("fault", "error", "taken"),
    [
        pytest.param(at.recipient(406), OptedOut, 0, id="recipient-refused"),
        pytest.param(at.too_fast(after_s=2), Throttled, 0, id="too-fast"),
        pytest.param(at.broken(accepted=False), Unknown, 0, id="500-before"),
        pytest.param(at.broken(accepted=True), Unknown, 1, id="500-after"),
        pytest.param(at.cut(accepted=False), Unknown, 0, id="cut-before"),
        pytest.param(at.cut(accepted=True), Unknown, 1, id="cut-after"),
        pytest.param(at.slow(5), Unknown, 1, id="slow"),
    ],
)
def test_faults_come_once_and_in_order(fault: Fault, error: type[SendError], taken: int) -> None:
    with at.AfricasTalking() as provider:
        provider.fail_next(fault)
        with pytest.raises(error):
            channel(provider, timeout_s=0.3).send(f"tel:{NUMBER}", "one", key="k")
        channel(provider).send(f"tel:{NUMBER}", "two", key="k")
    assert len(provider.sent) == 2
    assert len(provider.messages) == taken + 1
    assert provider.unused == 0


def test_knows_its_key() -> None:
    with at.AfricasTalking() as provider, pytest.raises(BadConfig):
        channel(provider, api_key="another").send(f"tel:{NUMBER}", "one", key="k")
    assert provider.messages == []


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        pytest.param("/version1/other", {}, 404, id="path"),
        pytest.param("/version1/messaging", {"username": "sandbox", "to": NUMBER}, 400, id="no-message"),
    ],
)
def test_refuses_what_is_no_send(path: str, form: dict[str, str], status: int) -> None:
    with at.AfricasTalking() as provider:
        assert requests.post(provider.url + path, data=form, headers={"apiKey": provider.api_key}, timeout=5).status_code == status


def screens(*bodies: str) -> list[Fault]:
    return [Fault(body=body, content_type="text/plain") for body in bodies]


def test_a_phone_dials_types_and_hangs_up() -> None:
    with Scripted() as bot:
        bot.fail_next(*screens("CON Menu", "CON Crops", "CON Crops", "ok"))
        phone = at.UssdPhone(bot.url, NUMBER)
        assert [phone.dial(), phone.type("1"), phone.repeat()] == ["CON Menu", "CON Crops", "CON Crops"]
        phone.hang_up(f"{bot.url}/end")
    texts = [sent.form.get("text") for sent in bot.sent]
    assert texts == ["", "1", "1", None]
    assert len({sent.form["sessionId"] for sent in bot.sent}) == 1
    assert bot.sent[-1].form["status"] == "Incomplete"


def test_a_dial_that_was_ended_takes_no_more_input() -> None:
    with Scripted() as bot:
        bot.fail_next(*screens("END Bye", "CON Menu"))
        phone = at.UssdPhone(bot.url, NUMBER)
        phone.dial()
        with pytest.raises(AssertionError, match="over"):
            phone.type("1")
        phone.dial()
    assert bot.sent[0].form["sessionId"] != bot.sent[1].form["sessionId"]


@pytest.mark.parametrize("body", ["Menu", " CON Menu", "con Menu"])
def test_a_screen_without_its_prefix_is_an_error(body: str) -> None:
    with Scripted() as bot:
        bot.fail_next(*screens(body))
        with pytest.raises(AssertionError, match="Menu"):
            at.UssdPhone(bot.url, NUMBER).dial()
