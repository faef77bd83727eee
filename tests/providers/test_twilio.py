"""The stand-in does what facts/channels.md 1 says, seen through our own channel."""

import pytest

from bot.core.errors import BadConfig, OptedOut, SendError, Throttled, Unknown
from channels.twilio_sms import TwilioSms
from tests.providers import twilio
from tests.providers.server import Fault, Scripted

NUMBER = "+254700000001"


def channel(provider: twilio.Twilio, *, auth_token: str = "twilio-test-token", timeout_s: float = 5.0) -> TwilioSms:
    return TwilioSms(
        country="KE",
        public_url="https://bot.example.org",
        account_sid=twilio.ACCOUNT,
        auth_token=auth_token,
        from_number=twilio.NUMBER,
        base_url=provider.url,
        timeout_s=timeout_s,
    )


def test_takes_a_message_and_keeps_where_to_report() -> None:
    with twilio.Twilio() as provider:
        sid = channel(provider).send(f"tel:{NUMBER}", "one", key="9-0-x")
    assert provider.messages == [(NUMBER, "one", sid, "https://bot.example.org/c/twilio_sms/status?key=9-0-x")]


@pytest.mark.parametrize(
    ("fault", "error", "taken"),
    [
        pytest.param(twilio.refused(21610), OptedOut, 0, id="opted-out"),
        pytest.param(twilio.refused(20429), Throttled, 0, id="too-fast"),
        pytest.param(Fault(500, body="{}"), Unknown, 0, id="500-before"),
        pytest.param(Fault(500, body="{}", accepted=True), Unknown, 1, id="500-after"),
        pytest.param(Fault(reset=True, accepted=True), Unknown, 1, id="cut-after"),
        pytest.param(Fault(delay_s=5), Unknown, 1, id="slow"),
    ],
)
def test_faults_come_once_and_in_order(fault: Fault, error: type[SendError], taken: int) -> None:
    with twilio.Twilio() as provider:
        provider.fail_next(fault)
        with pytest.raises(error):
            channel(provider, timeout_s=0.3).send(f"tel:{NUMBER}", "one", key="k")
        channel(provider).send(f"tel:{NUMBER}", "two", key="k")
    assert len(provider.sent) == 2
    assert len(provider.messages) == taken + 1


def test_knows_its_token() -> None:
    with twilio.Twilio() as provider, pytest.raises(BadConfig):
        channel(provider, auth_token="another").send(f"tel:{NUMBER}", "one", key="k")
    assert provider.messages == []


def test_signs_as_in_the_documents() -> None:
    """The example of Twilio's own security page."""
    form = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309", "To": "+18005551212"}
    assert twilio.sign("https://mycompany.com/myapp.php?foo=1&bar=2", form, "12345") == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_signs_what_it_posts() -> None:
    with Scripted() as bot:
        bot.fail_next(Fault(body="<Response/>"))
        form = twilio.inbound(NUMBER, "Habari & karibu", sid="SM1")
        twilio.post(f"{bot.url}/x", form, token="t", signed_url="https://bot.example.org/x")
    assert bot.sent[0].form == form
    assert bot.sent[0].headers["x-twilio-signature"] == twilio.sign("https://bot.example.org/x", form, "t")
