"""`ujumbe doctor channels` against a real gateway, a proxy before it, and every provider: each finding for its reason."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.app import App
from bot.config import Settings
from bot.core.finding import Finding, Verdict, ok
from bot.doctor import channels
from bot.doctor.channels import examine
from tests.console.house import real_site
from tests.doctor.house import KEY, Providers, Proxy, providers
from tests.gateway.conftest import serving
from tests.providers import capcom6, http_gateway, jasmin, kannel, meta
from tests.providers.server import closed_port

OK, LOOK, WRONG = Verdict
NAMES = ("at_sms", "at_ussd", "twilio_sms", "twilio_whatsapp", "meta_whatsapp", "android_gateway", "kannel", "jasmin", "http")


@pytest.fixture(scope="module")
def telcos() -> Iterator[Providers]:
    with providers() as all_of_them:
        yield all_of_them


@dataclass
class Clinic:
    """A running gateway behind `proxy`, and the settings that the doctor reads."""

    app: App
    proxy: Proxy
    settings: Settings

    async def visit(self, **changes: Any) -> list[Finding]:
        return await asyncio.to_thread(lambda: list(examine(self.settings.model_copy(update=changes))))


@asynccontextmanager
async def clinic(tmp_path: Path, tables: dict[str, dict[str, Any]]) -> AsyncIterator[Clinic]:
    with Proxy() as proxy:
        site, app = real_site(tmp_path, channels=tables, public_url=proxy.url)
        async with serving(site) as client:
            settings = app.settings.model_copy(update={"port": client.port})
            proxy.target = settings.local_url
            yield Clinic(app, proxy, settings)


def told(findings: list[Finding], what: str) -> Finding:
    (found,) = [finding for finding in findings if finding.what == what]
    return found


async def test_all_is_well_and_nothing_is_left_behind(tmp_path: Path, telcos: Providers) -> None:
    async with clinic(tmp_path, telcos.channels()) as house:
        telcos.register(house.proxy.url)
        before = dict(house.app.store.counts())
        findings = await house.visit()
        assert dict(house.app.store.counts()) == before
    wrong = [finding for finding in findings if finding.verdict is WRONG]
    assert [finding.what for finding in wrong] == ["public_url", "public_url"]  # a proxy on loopback cannot be what it must be
    for name in NAMES:
        for way in ("gateway", "public_url"):
            signed = [finding for finding in findings if finding.what.startswith(f"{name}, signed") and finding.what.endswith(way)]
            unsigned = [finding for finding in findings if finding.what.startswith(f"{name}, unsigned") and finding.what.endswith(way)]
            assert {finding.found for finding in signed} == {"is taken"}
            assert {finding.found for finding in unsigned} == {"is refused, as it must be"}
            assert len(signed) == len(unsigned) == (2 if name == "meta_whatsapp" else 1)
        assert told(findings, f"{name}, clock").verdict is OK


@pytest.mark.parametrize("name", ["meta_whatsapp", "twilio_whatsapp"])
@pytest.mark.parametrize("set_up", [True, False])
def test_whatsapp_without_a_template_is_told(telcos: Providers, name: str, set_up: bool) -> None:
    """Whoever finds that out during a flood finds it out too late."""
    template = "ujumbe_news" if name == "meta_whatsapp" else f"HX{'0' * 32}"
    table = telcos.channels()[name] | ({"templates": {"en": template}} if set_up else {})
    finding = told(list(examine(Settings(channels={name: table}))), f"{name}, templates")
    assert finding.verdict is (OK if set_up else LOOK)
    assert ("are set for en" if set_up else "24 hours") in finding.found


def test_sms_needs_no_template(telcos: Providers) -> None:
    findings = examine(Settings(channels={"twilio_sms": telcos.channels()["twilio_sms"]}))
    assert [finding for finding in findings if finding.what.endswith("templates")] == []


async def test_no_secret_and_no_number_is_said(tmp_path: Path, telcos: Providers) -> None:
    async with clinic(tmp_path, telcos.channels()) as house:
        findings = await house.visit()
        secrets = {secret for channel in house.app.channels.values() for secret in channel.secrets}
    said = "\n".join(map(str, findings))
    assert {KEY, kannel.PASSWORD, jasmin.PASSWORD, capcom6.PASSWORD, http_gateway.SECRET, meta.APP_SECRET} <= secrets
    assert [secret for secret in secrets if secret in said] == []
    assert "+254" not in said
    assert "+1500" not in said


async def test_a_secret_that_slips_into_a_finding_is_hidden(tmp_path: Path, telcos: Providers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "_hand_over", lambda *_: iter([ok("x", f"found {KEY}")]))
    tables = {"at_ussd": telcos.channels()["at_ussd"]}
    findings = await asyncio.to_thread(lambda: list(examine(Settings(data_dir=tmp_path, port=1, channels=tables))))
    assert told(findings, "at_ussd, x").found == "found ***"


@pytest.mark.parametrize("name", NAMES)
async def test_a_gateway_with_other_secrets(tmp_path: Path, telcos: Providers, name: str) -> None:
    table = telcos.channels()[name]
    others = {"path_key": "b" * 24, "auth_token": "another", "app_secret": "another", "verify_token": "b", "signing_key": "another-key"}
    old = table | {option: value for option, value in others.items() if option in table}
    async with clinic(tmp_path, {name: old}) as house:
        findings = await house.visit(channels={name: table})
    signed = [finding for finding in findings if finding.what.startswith(f"{name}, signed") and finding.what.endswith("gateway")]
    assert {(finding.verdict, finding.found) for finding in signed} == {(WRONG, "gets HTTP 403")}
    assert "other settings" in signed[0].remedy


async def test_a_gateway_that_has_not_heard_of_the_channel(tmp_path: Path, telcos: Providers) -> None:
    async with clinic(tmp_path, {"sim": {}}) as house:
        findings = await house.visit(channels={"at_ussd": telcos.channels()["at_ussd"]})
    found = told(findings, "at_ussd, signed POST to the gateway")
    assert (found.verdict, found.found) == (WRONG, "gets HTTP 404")
    assert "start it again" in found.remedy


def _drops(proxy: Proxy) -> None:
    proxy.drops = ("x-twilio-signature",)


def _answers(status: int) -> Callable[[Proxy], None]:
    def fix(proxy: Proxy) -> None:
        proxy.fixed = status

    return fix


@pytest.mark.parametrize(
    ("spoil", "what", "found", "remedy"),
    [
        pytest.param(_drops, "signed POST", "gets HTTP 403", "on the way changes", id="signature-dropped"),
        pytest.param(_answers(404), "signed POST", "gets HTTP 404", "leads to something else", id="another-site"),
        pytest.param(_answers(301), "signed POST", "gets HTTP 301", "do not follow", id="redirect"),
        pytest.param(_answers(502), "signed POST", "gets HTTP 502", "proxy's log", id="proxy-without-gateway"),
        pytest.param(_answers(200), "unsigned POST", "is taken: anybody", "Let no proxy", id="takes-everything"),
    ],
)
async def test_what_a_proxy_spoils(
    tmp_path: Path, telcos: Providers, spoil: Callable[[Proxy], None], what: str, found: str, remedy: str
) -> None:
    async with clinic(tmp_path, {"twilio_sms": telcos.channels()["twilio_sms"]}) as house:
        spoil(house.proxy)
        findings = await house.visit()
    finding = told(findings, f"twilio_sms, {what} to the public_url")
    assert finding.verdict is WRONG
    assert found in finding.found
    assert remedy in finding.remedy
    assert told(findings, f"twilio_sms, {what} to the gateway").verdict is OK


async def test_nobody_at_the_public_address(tmp_path: Path, telcos: Providers) -> None:
    nowhere = closed_port()
    tables = {"at_ussd": telcos.channels()["at_ussd"]}
    site, app = real_site(tmp_path, channels=tables, public_url=nowhere)
    async with serving(site) as client:
        settings = app.settings.model_copy(update={"port": client.port})
        findings = await asyncio.to_thread(lambda: list(examine(settings)))
    found = told(findings, "at_ussd, call to the public_url")
    assert (found.verdict, found.found) == (LOOK, "gets no answer from here")
    assert told(findings, "at_ussd, signed POST to the gateway").verdict is OK


async def test_a_public_address_without_a_certificate(tmp_path: Path, telcos: Providers) -> None:
    async with clinic(tmp_path, {"at_ussd": telcos.channels()["at_ussd"]}) as house:
        findings = await house.visit(public_url=house.proxy.url.replace("http://", "https://"))
    found = told(findings, "at_ussd, call to the public_url")
    assert (found.verdict, "certificate" in found.found) == (WRONG, True)


def visit(tmp_path: Path, tables: dict[str, dict[str, Any]], **settings: Any) -> list[Finding]:
    """Where no gateway runs."""
    port = int(closed_port().rpartition(":")[2])
    return list(examine(Settings(data_dir=tmp_path, port=port, channels=tables, **settings)))


def test_no_gateway(tmp_path: Path, telcos: Providers) -> None:
    findings = visit(tmp_path, {"at_ussd": telcos.channels()["at_ussd"]})
    assert told(findings, "service").verdict is LOOK
    assert told(findings, "at_ussd, signed call").verdict is LOOK


def test_a_missing_credential_ends_the_visit_of_that_channel_only(tmp_path: Path, telcos: Providers) -> None:
    tables = telcos.channels()
    del tables["at_sms"]["api_key"]
    findings = visit(tmp_path, {name: tables[name] for name in ("at_sms", "at_ussd")})
    assert [finding.what for finding in findings if finding.what.startswith("at_sms")] == ["at_sms, settings"]
    found = told(findings, "at_sms, settings")
    assert found.verdict is WRONG
    assert "channels.at_sms.api_key is missing" in found.found
    assert told(findings, "at_ussd, settings").verdict is OK


def test_an_unknown_channel(tmp_path: Path) -> None:
    found = told(visit(tmp_path, {"pigeon": {}}), "pigeon, settings")
    assert (found.verdict, "no such channel" in found.found) == (WRONG, True)


@pytest.mark.parametrize(
    ("others", "said"), [pytest.param((), True, id="nobody-to-push"), pytest.param(("at_sms",), False, id="somebody-to-push")]
)
def test_late_answers_need_a_channel(tmp_path: Path, telcos: Providers, others: tuple[str, ...], said: bool) -> None:
    tables = telcos.channels()
    findings = visit(tmp_path, {name: tables[name] for name in ("at_ussd", *others)})
    assert any(finding.what == "at_ussd, hand_over" and finding.verdict is WRONG for finding in findings) is said


def test_simulated_phones_have_nobody_to_ask(tmp_path: Path) -> None:
    findings = visit(tmp_path, {"sim": {}, "sim_ussd": {}})
    assert {finding.verdict for finding in findings if finding.what.startswith("sim")} == {OK}
    assert [finding for finding in findings if finding.what == "public_url"] == []


def test_no_secret_travels_in_plain_sight(tmp_path: Path, telcos: Providers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "call", lambda *_, **__: pytest.fail("it was called"))
    findings = visit(tmp_path, {"at_ussd": telcos.channels()["at_ussd"]}, public_url="http://bot.example.org")
    assert told(findings, "at_ussd, call to the public_url").verdict is LOOK


def test_a_data_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = told(visit(tmp_path / "file" / "data", {"sim": {}}), "sim, settings")
    assert (found.verdict, "data_dir cannot be used" in found.found) == (WRONG, True)


async def test_a_proxy_that_passes_only_the_path(tmp_path: Path, telcos: Providers) -> None:
    """Twilio signs the whole address: a proxy under a path of its own has to be in public_url, and to take it away again."""
    async with clinic(tmp_path, {"twilio_sms": telcos.channels()["twilio_sms"]}) as house:
        findings = await house.visit(public_url=f"{house.proxy.url}/elsewhere")
    assert told(findings, "twilio_sms, signed POST to the gateway").found == "gets HTTP 403"
    assert told(findings, "twilio_sms, signed POST to the public_url").found == "gets HTTP 404"
