"""The whole service as `make run` starts it, with the real model, and the providers as they really speak: the issue's own words.

One service for the module: it is asked by SMS (Africa's Talking, Twilio, the simulator) and by USSD, refused things are sent to it, and its
answering worker is killed in the middle of a question.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest
import requests

from bench.service import Service
from tests.providers import africas_talking as at
from tests.providers import twilio

KEY = "0123456789abcdefghijkl"
ANSWER_S = 60.0

CONFIG = """
public_url = "https://bot.example.org"
[channels.sim]
[channels.sim_ussd]
[channels.at_sms]
username = "sandbox"
api_key = "at-test-key"
path_key = "{key}"
sender = "20880"
base_url = "{at}"
[channels.at_ussd]
path_key = "{key}"
[channels.twilio_sms]
account_sid = "{account}"
auth_token = "twilio-test-token"
from_number = "{number}"
base_url = "{twilio}"
"""


def incoming(number: str, text: str, *, id: str) -> dict[str, str]:
    """An SMS that was sent a moment ago."""
    return at.incoming(number, text, id=id, date=at.stamp(time.time()))


pytestmark = [pytest.mark.service, pytest.mark.model]


@dataclass(frozen=True)
class House:
    service: Service
    at: at.AfricasTalking
    twilio: twilio.Twilio

    def address(self, channel: str, action: str, key: str = KEY) -> str:
        return f"{self.service.url}/c/{channel}/{action}" + (f"/{key}" if key else "")

    def at_post(self, channel: str, action: str, form: Mapping[str, str], key: str = KEY) -> requests.Response:
        return at.post(self.address(channel, action, key), form)

    def twilio_post(self, action: str, form: Mapping[str, str], *, token: str = "twilio-test-token", query: str = "") -> requests.Response:
        path = f"/c/twilio_sms/{action}{query}"
        return twilio.post(self.service.url + path, form, token=token, signed_url=f"https://bot.example.org{path}")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("service")
    with ExitStack() as stack:
        provider, other = stack.enter_context(at.AfricasTalking()), stack.enter_context(twilio.Twilio())
        config = CONFIG.format(key=KEY, at=provider.url, twilio=other.url, account=twilio.ACCOUNT, number=twilio.NUMBER)
        (folder / "ujumbe.toml").write_text(config)
        yield House(stack.enter_context(Service(folder)), provider, other)


def until(found: Callable[[], list[str]], within_s: float = ANSWER_S) -> list[str]:
    """What `found` gives as soon as it gives something."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if got := found():
            return got
        time.sleep(0.05)
    return found()


def texts(provider: at.AfricasTalking | twilio.Twilio, number: str) -> list[str]:
    """What the provider was given for `number`."""
    return [row[1] for row in provider.messages if row[0] == number]


def waiting(house: House) -> Mapping[str, int]:
    """Rows by table and state, from the service's own health page."""
    health = requests.get(f"{house.service.url}/healthz", timeout=10)
    assert health.status_code == 200
    return dict(health.json())


@pytest.mark.parametrize(
    ("number", "question", "words"),
    [
        pytest.param("+254700000011", "how far apart should i plant maize", ["75", "25"], id="english"),
        pytest.param("+254700000012", "nipande mahindi nafasi gani", ["75", "25"], id="swahili"),
    ],
)
def test_a_question_by_simulated_sms(house: House, number: str, question: str, words: list[str]) -> None:
    assert house.service.ask(f"tel:{number}", question, id=f"sim-{number}") == 200
    reply = house.service.reply(f"tel:{number}", within_s=ANSWER_S)
    assert all(word in reply for word in words), reply


def test_a_question_by_africas_talking(house: House) -> None:
    number = "+254700000021"
    form = incoming(number, "how much salt and sugar for ORS", id="at-1")
    assert house.at_post("at_sms", "receive", form).status_code == 200
    assert house.at_post("at_sms", "receive", form).status_code == 200, "their retry"
    [reply] = until(lambda: texts(house.at, number))
    assert "6" in reply
    time.sleep(3)
    assert len(texts(house.at, number)) == 1, "answered once"
    [sent] = [row for row in house.at.messages if row[0] == number]
    assert house.at_post("at_sms", "status", at.report(sent[2], "Success", number)).status_code == 200


def test_a_question_by_twilio(house: House) -> None:
    number = "+254700000031"
    form = twilio.inbound(number, "mtu ananiomba PIN yangu ya M-Pesa", sid="SM" + "1" * 32)
    answer = house.twilio_post("receive", form)
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "text/xml")
    [reply] = until(lambda: texts(house.twilio, number))
    assert "PIN" in reply


def test_five_hops_of_ussd(house: House) -> None:
    phone = at.UssdPhone(house.address("at_ussd", "receive"), "+254700000041")
    screens = [phone.dial(), phone.type("1"), phone.type("1"), phone.type("0"), phone.type("0")]
    assert all(screen.startswith("CON ") for screen in screens), screens
    assert all(len(screen) <= 160 for screen in screens), screens
    assert screens[1] == screens[3]
    assert screens[0] == screens[4]


def test_a_free_question_by_ussd_is_answered_exactly_once(house: House) -> None:
    """On the screen in time, or by SMS a little later; never both, never neither."""
    number = "+254700000042"
    phone = at.UssdPhone(house.address("at_ussd", "receive"), number)
    phone.dial()
    began = time.monotonic()
    screen = phone.type("how dry must maize be before i store it")
    assert time.monotonic() - began < 10, "Africa's Talking would have closed the dial"
    on_screen = "13" in screen
    if on_screen:
        time.sleep(3)
        assert texts(house.at, number) == []
    else:
        assert screen.startswith("END ")
        [reply] = until(lambda: texts(house.at, number))
        assert "13" in reply
    [item] = [line[0] for line in phone.dial().split("\n") if "ast answer" in line]
    assert "13" in phone.type(item)


def test_stop_is_confirmed_once_and_kept(house: House) -> None:
    number = "+254700000051"
    house.at_post("at_sms", "receive", incoming(number, "Stop.", id="stop-1"))
    assert len(until(lambda: texts(house.at, number))) == 1
    house.at_post("at_sms", "receive", incoming(number, "how far apart should i plant maize", id="stop-2"))
    house.at_post("at_sms", "receive", incoming(number, "STOP", id="stop-3"))
    time.sleep(6)
    assert len(texts(house.at, number)) == 1


GOOD_SMS = incoming("+254700000061", "when to plant beans", id="bad-1")
GOOD_HOP = at.hop("ATUid_bad", "+254700000061", "")


@pytest.mark.parametrize(
    ("channel", "action", "form", "key", "status"),
    [
        pytest.param("at_sms", "receive", GOOD_SMS, "wrong-key-wrong-key-wrong", 403, id="sms-wrong-key"),
        pytest.param("at_sms", "receive", GOOD_SMS, "", 403, id="sms-no-key"),
        pytest.param("at_sms", "receive", {k: v for k, v in GOOD_SMS.items() if k != "from"}, KEY, 400, id="sms-no-sender"),
        pytest.param("at_sms", "receive", {k: v for k, v in GOOD_SMS.items() if k != "id"}, KEY, 400, id="sms-no-id"),
        pytest.param("at_sms", "receive", {**GOOD_SMS, "from": "+12"}, KEY, 400, id="sms-bad-number"),
        pytest.param("at_sms", "receive", {}, KEY, 400, id="sms-empty"),
        pytest.param("at_ussd", "receive", GOOD_HOP, "wrong-key-wrong-key-wrong", 403, id="ussd-wrong-key"),
        pytest.param("at_ussd", "receive", {k: v for k, v in GOOD_HOP.items() if k != "sessionId"}, KEY, 400, id="ussd-no-session"),
        pytest.param("at_sms", "guess", GOOD_SMS, KEY, 404, id="no-such-action"),
        pytest.param("pigeon", "receive", GOOD_SMS, KEY, 404, id="no-such-channel"),
    ],
)
def test_what_is_malformed_is_refused_with_a_reason(
    house: House, channel: str, action: str, form: Mapping[str, str], key: str, status: int
) -> None:
    answer = house.at_post(channel, action, form, key)
    assert answer.status_code == status
    assert len(answer.text) > 20
    assert "+254" not in answer.text


@pytest.mark.parametrize(
    ("form", "token", "status"),
    [
        pytest.param(twilio.inbound("+254700000062", "hello", sid="SM" + "2" * 32), "another-token", 403, id="bad-signature"),
        pytest.param({"From": "+254700000062", "Body": "hello"}, "twilio-test-token", 400, id="no-sid"),
    ],
)
def test_twilio_is_refused_with_a_reason(house: House, form: Mapping[str, str], token: str, status: int) -> None:
    answer = house.twilio_post("receive", form, token=token)
    assert answer.status_code == status
    assert len(answer.text) > 20


def test_nothing_that_was_refused_was_queued(house: House) -> None:
    time.sleep(3)
    for number in ("+254700000061", "+254700000062"):
        assert texts(house.at, number) == []
        assert texts(house.twilio, number) == []
        assert house.service.conversation(f"tel:{number}") == []


def test_killing_the_model_in_the_middle_loses_nothing_and_answers_once(house: House) -> None:
    numbers = [f"+2547000000{n}" for n in range(71, 77)]
    for number in numbers:
        house.at_post("at_sms", "receive", incoming(number, "what can i do about army worms in my maize", id=f"kill-{number}"))
    until(lambda: texts(house.at, numbers[0]))
    house.service.processes()["answers"].kill()
    assert [len(until(lambda n=number: texts(house.at, n), 120)) for number in numbers] == [1] * len(numbers)  # type: ignore[misc]
    time.sleep(5)
    assert [len(texts(house.at, number)) for number in numbers] == [1] * len(numbers)


def test_the_logs_hold_no_number_no_text_and_no_secret(house: House) -> None:
    logs = "".join(path.read_text() for path in (house.service.data_dir / "logs").glob("*.log*"))
    assert len(logs) > 500
    for word in ("2547000000", KEY, "at-test-key", "twilio-test-token", "army worms", "M-Pesa"):
        assert word not in logs, word


def test_a_second_start_in_the_same_place_is_refused(house: House) -> None:
    with pytest.raises(RuntimeError, match="runs already"):
        replace(house.service, process=None, port=1).__enter__()
