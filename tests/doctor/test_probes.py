"""What each provider says of itself and of us, and what the doctor makes of it."""

from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import Any

import pytest

from bot.app.channels import CHANNELS, open_channels, open_checks
from bot.config import Settings
from bot.core.finding import Finding, Verdict
from bot.core.ports import Probe
from channels._checks import ask
from tests.doctor.house import Providers, providers
from tests.providers import twilio
from tests.providers.server import Fault, Server, closed_port

OK, LOOK, WRONG = Verdict
BASE = "https://bot.example.org"
ASKED = ("at_sms", "twilio_sms", "twilio_whatsapp", "meta_whatsapp", "android_gateway", "kannel", "jasmin")
RECEIVE = f"{BASE}/c/android_gateway/receive"


@pytest.fixture
def telcos() -> Iterator[Providers]:
    with providers() as all_of_them:
        all_of_them.register(BASE)
        yield all_of_them


def probe(name: str, table: dict[str, Any]) -> Probe:
    settings = Settings(public_url=BASE, channels={name: table})
    checks = open_checks(open_channels(settings)[name], settings)
    assert checks is not None
    return checks.probe()


def told(found: Probe, what: str) -> Finding:
    (finding,) = [finding for finding in found.findings if finding.what == what]
    return finding


def server(telcos: Providers, name: str) -> Server:
    by_name = {"at_sms": telcos.at, "meta_whatsapp": telcos.meta, "android_gateway": telcos.phone, "kannel": telcos.kannel}
    return by_name.get(name) or (telcos.jasmin if name == "jasmin" else telcos.twilio)


def test_every_channel_but_the_simulated_has_checks(telcos: Providers) -> None:
    tables = telcos.channels()
    assert {*tables} == {name for name in CHANNELS if not name.startswith("sim")}
    settings = Settings(public_url=BASE, channels=tables)
    assert all(open_checks(channel, settings) for name, channel in open_channels(settings).items() if name in tables)


@pytest.mark.parametrize("name", ASKED)
def test_a_provider_that_takes_too_long(telcos: Providers, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(ask, "TIMEOUT_S", 0.2)
    server(telcos, name).fail_next(Fault(delay_s=10))
    (finding,) = probe(name, telcos.channels()[name]).findings
    assert (finding.verdict, finding.found) == (WRONG, "cannot be asked (no answer in time)")


@pytest.mark.parametrize("name", ASKED)
def test_well(telcos: Providers, name: str) -> None:
    found = probe(name, telcos.channels()[name])
    assert told(found, "provider").found == "answers and knows our credentials"
    assert [finding for finding in found.findings if finding.verdict is WRONG] == []
    assert found.ahead_s is not None
    assert abs(found.ahead_s) < 5


@pytest.mark.parametrize("name", ASKED)
def test_wrong_credentials(telcos: Providers, name: str) -> None:
    secret = {"at_sms": "api_key", "twilio_sms": "auth_token", "twilio_whatsapp": "auth_token", "meta_whatsapp": "access_token"}
    found = probe(name, telcos.channels()[name] | {secret.get(name, "password"): "another-secret"})
    (finding,) = found.findings
    assert (finding.what, finding.verdict) == ("provider", WRONG)
    assert "refuses our credentials" in finding.found
    assert finding.remedy


@pytest.mark.parametrize("name", ASKED)
def test_nobody_there(telcos: Providers, name: str) -> None:
    (finding,) = probe(name, telcos.channels()[name] | {"base_url": closed_port()}).findings
    assert (finding.verdict, finding.found) == (WRONG, "cannot be asked (no connection)")


@pytest.mark.parametrize("name", ASKED)
def test_trouble_at_the_provider_is_no_fault_of_ours(telcos: Providers, name: str) -> None:
    server(telcos, name).fail_next(Fault(500, body="{}"))
    (finding,) = probe(name, telcos.channels()[name]).findings
    assert (finding.verdict, finding.found) == (LOOK, "answers, but with HTTP 500")


def test_the_provider_clock(telcos: Providers) -> None:
    telcos.jasmin.fail_next(Fault(headers={"Date": formatdate(0, usegmt=True)}, body="{}"))
    assert (probe("jasmin", telcos.channels()["jasmin"]).ahead_s or 0) > 1e9


def test_a_provider_without_a_date_says_nothing_of_clocks(telcos: Providers) -> None:
    telcos.jasmin.fail_next(Fault(headers={"Date": "soon"}, body="{}"))
    assert probe("jasmin", telcos.channels()["jasmin"]).ahead_s is None


@pytest.mark.parametrize(("balance", "verdict"), [pytest.param("KES 12.50", OK, id="some"), pytest.param("KES 0.00", LOOK, id="none")])
def test_africas_talking_tells_the_balance(telcos: Providers, balance: str, verdict: Verdict) -> None:
    telcos.at.balance = balance
    assert told(probe("at_sms", telcos.channels()["at_sms"]), "balance").verdict is verdict


@pytest.mark.parametrize(
    "answer", ["[]", "{}", '{"UserData": 7}', '{"UserData": {"balance": ""}}', '{"UserData": {"balance": "KES much"}}']
)
def test_africas_talking_without_a_balance(telcos: Providers, answer: str) -> None:
    telcos.at.fail_next(Fault(body=answer))
    found = probe("at_sms", telcos.channels()["at_sms"])
    assert [finding.what for finding in found.findings] == ["provider", "webhook"]


def test_a_suspended_account(telcos: Providers) -> None:
    telcos.twilio.status = "suspended"
    assert told(probe("twilio_sms", telcos.channels()["twilio_sms"]), "account").verdict is WRONG


def _elsewhere(telcos: Providers) -> None:
    telcos.register("https://old.example.org")


def _none(telcos: Providers) -> None:
    telcos.twilio.number = {"sms_url": ""}
    telcos.meta.registered = {}


def _no_number(telcos: Providers) -> None:
    telcos.twilio.number = None


def _app(telcos: Providers) -> None:
    telcos.twilio.number = {"sms_url": "", "sms_application_sid": "AP" + "0" * 32}


def _slash(telcos: Providers) -> None:
    telcos.twilio.number = {"sms_url": f"{BASE}/c/twilio_sms/receive/"}


def _fragment(telcos: Providers) -> None:
    telcos.twilio.number = {"sms_url": f"{BASE}/c/twilio_sms/receive#rc=2&rp=all"}


def _get(telcos: Providers) -> None:
    telcos.twilio.number = {"sms_url": f"{BASE}/c/twilio_sms/receive", "sms_method": "GET"}


def _closer(telcos: Providers) -> None:
    telcos.meta.registered = {"application": f"{BASE}/c/meta_whatsapp/receive", "phone_number": "https://old.example.org"}


def _untold(telcos: Providers) -> None:
    telcos.meta.registered = None


@pytest.mark.parametrize(
    ("name", "change", "verdict", "found"),
    [
        pytest.param("twilio_sms", lambda _: None, OK, f"{BASE}/c/twilio_sms/receive", id="twilio-ours"),
        pytest.param("twilio_sms", _elsewhere, WRONG, "is another address", id="twilio-elsewhere"),
        pytest.param("twilio_sms", _slash, WRONG, "is another address", id="twilio-slash"),
        pytest.param("twilio_sms", _fragment, OK, f"{BASE}/c/twilio_sms/receive", id="twilio-fragment"),
        pytest.param("twilio_sms", _none, WRONG, "is empty", id="twilio-empty"),
        pytest.param("twilio_sms", _no_number, WRONG, "no number of this account", id="twilio-not-our-number"),
        pytest.param("twilio_sms", _app, LOOK, "does not tell", id="twilio-app"),
        pytest.param("meta_whatsapp", lambda _: None, OK, f"{BASE}/c/meta_whatsapp/receive", id="meta-ours"),
        pytest.param("meta_whatsapp", _elsewhere, WRONG, "is another address", id="meta-elsewhere"),
        pytest.param("meta_whatsapp", _none, WRONG, "is empty", id="meta-empty"),
        pytest.param("meta_whatsapp", _closer, WRONG, "is another address", id="meta-override"),
        pytest.param("meta_whatsapp", _untold, LOOK, "does not tell", id="meta-untold"),
        pytest.param("android_gateway", lambda _: None, OK, "all our events", id="phone-ours"),
        pytest.param("android_gateway", _elsewhere, WRONG, "sms:received", id="phone-elsewhere"),
    ],
)
def test_the_registered_address(telcos: Providers, name: str, change: Callable[[Providers], None], verdict: Verdict, found: str) -> None:
    change(telcos)
    finding = told(probe(name, telcos.channels()[name]), "webhook")
    assert finding.verdict is verdict
    assert found in finding.found
    assert (BASE in finding.remedy) or verdict is OK or name == "android_gateway" or change is _no_number


def test_a_number_that_calls_with_get(telcos: Providers) -> None:
    _get(telcos)
    finding = told(probe("twilio_sms", telcos.channels()["twilio_sms"]), "webhook")
    assert (finding.verdict, "HTTP GET" in finding.found, "HTTP POST" in finding.remedy) == (WRONG, True, True)


@pytest.mark.parametrize(
    "sender",
    [
        pytest.param({"from_number": "", "messaging_service_sid": "MG" + "0" * 32}, id="service"),
        pytest.param({"from_number": "20880"}, id="short-code"),
    ],
)
def test_senders_whose_settings_are_elsewhere(telcos: Providers, sender: dict[str, str]) -> None:
    assert told(probe("twilio_sms", telcos.channels()["twilio_sms"] | sender), "webhook").verdict is LOOK


def test_a_second_question_that_fails_spoils_nothing(telcos: Providers) -> None:
    telcos.twilio.fail_next(Fault(body='{"status": "active"}'), Fault(reset=True))
    found = probe("twilio_sms", telcos.channels()["twilio_sms"])
    assert told(found, "provider").verdict is OK
    assert told(found, "webhook").verdict is LOOK


def test_a_phone_that_tells_of_messages_but_not_of_reports(telcos: Providers) -> None:
    telcos.phone.webhooks = telcos.phone.webhooks[:1]
    finding = told(probe("android_gateway", telcos.channels()["android_gateway"]), "webhook")
    assert finding.verdict is LOOK
    assert "sms:delivered, sms:failed, sms:sent" in finding.found


@pytest.mark.parametrize(
    ("health", "verdict"),
    [pytest.param("pass", OK, id="pass"), pytest.param("warn", LOOK, id="warn"), pytest.param("fail", LOOK, id="fail")],
)
def test_the_health_of_the_phone(telcos: Providers, health: str, verdict: Verdict) -> None:
    telcos.phone.health = health
    assert told(probe("android_gateway", telcos.channels()["android_gateway"]), "phone").verdict is verdict


def test_ussd_has_no_api(telcos: Providers) -> None:
    finding = told(probe("at_ussd", telcos.channels()["at_ussd"]), "webhook")
    assert (finding.verdict, f"{BASE}/c/at_ussd/receive/" in finding.remedy) == (LOOK, True)


def test_a_gateway_of_our_own_is_only_called(telcos: Providers) -> None:
    table = telcos.channels()["http"]
    assert told(probe("http", table), "provider").verdict is OK
    assert telcos.http.sent == []
    for wrong_url in (closed_port(), "https://gateway.example.org:99999"):
        assert told(probe("http", table | {"send_url": wrong_url}), "provider").verdict is WRONG


def test_a_gateway_without_tls_where_tls_is_due(telcos: Providers) -> None:
    table = telcos.channels()["http"] | {"send_url": telcos.http.url.replace("http://", "https://")}
    finding = told(probe("http", table), "provider")
    assert (finding.verdict, "certificate" in finding.found) == (WRONG, True)


def test_nothing_is_sent_by_asking(telcos: Providers) -> None:
    for name in ASKED:
        probe(name, telcos.channels()[name])
    assert [telcos.at.messages, telcos.twilio.messages, telcos.meta.messages, telcos.phone.messages] == [[], [], [], []]
    assert [telcos.kannel.messages, telcos.jasmin.messages] == [[], []]
    assert {
        one.method for asked in (telcos.at, telcos.twilio, telcos.meta, telcos.phone, telcos.kannel, telcos.jasmin) for one in asked.sent
    } == {"GET"}


def test_the_number_is_no_part_of_a_finding(telcos: Providers) -> None:
    _no_number(telcos)
    said = "\n".join(map(str, probe("twilio_sms", telcos.channels()["twilio_sms"]).findings))
    assert twilio.NUMBER not in said
