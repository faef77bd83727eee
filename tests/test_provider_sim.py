"""`ujumbe provider-sim` over streams, against a real gateway: a rehearsal as a person types it."""

import asyncio
import copy
import io
import re
import socket
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.app.channels import open_channels
from bot.config import Settings
from bot.core.errors import BadSetting
from bot.core.finding import Finding, Verdict
from bot.doctor.channels import examine
from bot.provider_sim import NAMES
from bot.provider_sim.screen import HELP, run
from tests.console.house import real_site
from tests.gateway.conftest import serving
from tests.providers.server import closed_port

FREE = dict.fromkeys(NAMES, 0)
QUESTION = "how far apart do i plant maize"
SECRETS = [
    ("at_sms", "api_key"),
    ("at_sms", "path_key"),
    ("at_ussd", "path_key"),
    ("twilio_sms", "auth_token"),
    *(("meta_whatsapp", option) for option in ("access_token", "app_secret", "verify_token")),
    *(("android_gateway", option) for option in ("password", "signing_key")),
    *((name, option) for name in ("kannel", "jasmin") for option in ("password", "path_key")),
    ("http", "secret"),
]
EACH = {
    "at": {"at_sms", "at_ussd"},
    "twilio": {"twilio_sms"},
    "meta": {"meta_whatsapp"},
    "android": {"android_gateway"},
    "kannel": {"kannel"},
    "jasmin": {"jasmin"},
    "http": {"http"},
}


def free_port() -> int:
    return int(closed_port().rpartition(":")[2])


def rehearse(provider: str, settings: Settings, *typed: str, ports: dict[str, int] = FREE) -> str:
    """What stands on the screen when `typed` is over."""
    out = io.StringIO()
    run(provider, settings, io.StringIO("".join(f"{line}\n" for line in typed)), out, ports=ports)
    return out.getvalue()


def tables(screen: str) -> dict[str, dict[str, str]]:
    """The tables that the screen shows, read as ujumbe.toml will be."""
    lines = [line for line in screen.splitlines() if re.match(r'\[channels\.|\w+ = "', line)]
    found: dict[str, dict[str, str]] = tomllib.loads("\n".join(lines)).get("channels", {})
    return found


@pytest.mark.parametrize(
    ("provider", "names"),
    [*(pytest.param(*one, id=one[0]) for one in EACH.items()), pytest.param("all", set().union(*EACH.values()), id="all")],
)
def test_the_tables_are_ready_to_paste(tmp_path: Path, provider: str, names: set[str]) -> None:
    shown = tables(rehearse(provider, Settings(data_dir=tmp_path)))
    assert set(shown) == names
    assert set(open_channels(Settings(data_dir=tmp_path, channels=shown))) == names | {"sim", "sim_ussd", "sim_whatsapp"}


def test_every_rehearsal_has_secrets_of_its_own(tmp_path: Path) -> None:
    first, second = (tables(rehearse("all", Settings(data_dir=tmp_path))) for _ in range(2))
    assert {first[name][option] for name, option in SECRETS} & {second[name][option] for name, option in SECRETS} == set()


def test_what_was_pasted_is_found_again_and_not_shown(tmp_path: Path) -> None:
    ports = {name: free_port() for name in NAMES}
    pasted = tables(rehearse("all", Settings(data_dir=tmp_path), ports=ports))
    screen = rehearse("all", Settings(data_dir=tmp_path, channels=pasted), ports=ports)
    assert tables(screen) == {}
    assert screen.count("as ujumbe.toml says") == len(NAMES)
    assert [secret for name, secret in SECRETS if pasted[name][secret] in screen] == []


def test_secrets_of_a_real_account_are_never_shown(tmp_path: Path) -> None:
    real = {"username": "farm", "api_key": "the-real-key", "path_key": "the-real-path-key-0123456789"}
    screen = rehearse("at", Settings(data_dir=tmp_path, channels={"at_sms": real, "at_ussd": {"path_key": real["path_key"]}}))
    assert "the-real" not in screen
    assert tables(screen)["at_sms"]["username"] == "sandbox"


def test_a_taken_port_makes_way(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        shown = tables(rehearse("at", Settings(data_dir=tmp_path), ports={"at": port}))
    assert not shown["at_sms"]["base_url"].endswith(f":{port}")


def typing(lines: tuple[str, ...], out: io.StringIO) -> Iterator[str]:
    """What a person types; "until X" types nothing and waits until the screen shows X."""
    for line in lines:
        if not line.startswith("until "):
            yield f"{line}\n"
            continue
        end = time.monotonic() + 20
        while line.removeprefix("until ") not in out.getvalue():
            assert time.monotonic() < end, out.getvalue()
            time.sleep(0.01)


async def played(tmp_path: Path, provider: str, *typed: str, spoil: Callable[[dict[str, Any]], None] = lambda _: None) -> str:
    """The screen below the introduction, after `typed`, with a gateway that has the pasted tables (`spoil` changes them)."""
    ports = {name: free_port() for name in NAMES}
    pasted = tables(rehearse(provider, Settings(data_dir=tmp_path), ports=ports))
    theirs = copy.deepcopy(pasted)
    spoil(theirs)
    site, app = real_site(tmp_path, channels=theirs, public_url="https://bot.example.org")
    out = io.StringIO()
    async with serving(site) as client:
        settings = app.settings.model_copy(update={"port": client.port, "channels": pasted})
        await asyncio.to_thread(run, provider, settings, typing(typed, out), out, ports=ports)
    return out.getvalue().partition(HELP)[2].strip()


async def test_a_question_by_sms_and_its_answer(tmp_path: Path) -> None:
    screen = await played(tmp_path, "at", f"at +254700000001 {QUESTION}", "until 75 cm", "at delivered")
    lines = screen.splitlines()
    assert lines.count("taken") == 2
    assert any(line.startswith("at > +2547***001: ") for line in lines)
    assert "+254700000001" not in screen


def test_the_doctor_is_content_with_a_rehearsal(tmp_path: Path) -> None:
    found: list[Finding] = []
    ports = {name: free_port() for name in NAMES}
    given = Settings(data_dir=tmp_path, port=free_port())
    pasted = tables(rehearse("all", given, ports=ports))
    settings = given.model_copy(update={"channels": pasted})

    def visited() -> Iterator[str]:
        found.extend(examine(settings))
        yield "quit"

    run("all", settings, visited(), io.StringIO(), ports=ports)
    wrong = [finding.what for finding in found if finding.verdict is Verdict.WRONG]
    assert wrong == ["public_url"]  # it is not set
    asked = {finding.what: finding.verdict for finding in found}
    providers = [f"{name}, provider" for names in EACH.values() for name in names if name != "at_ussd"]
    webhooks = [f"{name}, webhook" for name in ("twilio_sms", "meta_whatsapp", "android_gateway")]
    assert {asked[what] for what in (*providers, *webhooks)} == {Verdict.OK}


@pytest.mark.parametrize("provider", [name for name in NAMES if name != "at"])
async def test_a_question_by_any_other_and_its_answer(tmp_path: Path, provider: str) -> None:
    said = f"{provider} +254700000001 {QUESTION}"
    lines = (await played(tmp_path, provider, said, "until 75 cm", f"{provider} delivered", f"{provider} failed")).splitlines()
    assert lines.count("taken") == 3  # what the provider hears of its own comes in between, in whatever order
    assert any(line.startswith(f"{provider} > +2547***001: ") for line in lines)


async def test_whatsapp_shows_choices_and_what_was_read(tmp_path: Path) -> None:
    number = "+254700000001"
    typed = (
        f"meta {number} MENU",
        "until [1 Crops]",
        f"meta {number} 1",
        "until Ask about Crops",
        "meta read",
        "until see that we read it",
    )
    lines = (await played(tmp_path, "meta", *typed)).splitlines()
    assert "meta: they see that we read it" in lines
    assert lines.count("taken") == 3


@pytest.mark.parametrize("provider", ["android", "kannel", "jasmin", "http", "meta"])
async def test_a_gateway_that_knows_another_secret_refuses(tmp_path: Path, provider: str) -> None:
    secret = {"android": "signing_key", "http": "secret", "meta": "app_secret"}.get(provider, "path_key")

    def other(channels: dict[str, Any]) -> None:
        [table] = channels.values()
        table[secret] = "b" * 24

    told = await played(tmp_path, provider, f"{provider} +254700000001 habari", spoil=other)
    assert told.startswith("not taken: ")
    assert "403" in told


async def test_a_dial(tmp_path: Path) -> None:
    screen = await played(tmp_path, "at", "ussd 1", "ussd *384#", f"ussd {QUESTION}", "ussd end")
    assert screen.startswith("no dial is open")
    assert "CON " in screen
    assert "75 cm" in screen.partition("CON ")[2]
    assert screen.endswith("taken")


async def test_a_gateway_that_refuses_is_quoted(tmp_path: Path) -> None:
    def other_key(channels: dict[str, Any]) -> None:
        channels["at_sms"]["path_key"] = channels["at_ussd"]["path_key"] = "b" * 24

    screen = await played(tmp_path, "at", "at +254700000001 habari", "ussd *384#", "ussd 1", spoil=other_key)
    sms, ussd, closed = screen.splitlines()
    assert sms.startswith("not taken: HTTP 403. The key")
    assert ussd.startswith("the operator shows an error: 403")
    assert closed.startswith("no dial is open")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param("at +254700000001 habari", "no answer from the gateway (ConnectionError)", id="no-gateway"),
        pytest.param("ussd *384#", "no answer from the gateway (ConnectionError)", id="no-gateway-to-dial"),
        pytest.param("at delivered", "it took no message yet", id="nothing-to-report"),
        pytest.param("at habari", HELP, id="no-number"),
        pytest.param("at +254700000001", HELP, id="no-words"),
        pytest.param("at", HELP, id="no-more"),
        pytest.param("", HELP, id="blank"),
        pytest.param("twilio +254700000001 habari", HELP, id="not-played"),
        pytest.param("help", HELP, id="help"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, line: str, says: str) -> None:
    screen = rehearse("at", Settings(data_dir=tmp_path, port=free_port()), line)
    assert says in screen.partition(HELP)[2]


def test_quit_ends(tmp_path: Path) -> None:
    assert rehearse("at", Settings(data_dir=tmp_path), "quit", "help").count(HELP) == 1


def test_without_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.provider_sim.screen.ROOT", tmp_path)
    with pytest.raises(BadSetting, match="run it from a checkout"):
        rehearse("at", Settings(data_dir=tmp_path))


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("quit\n"))
    monkeypatch.setenv("UJUMBE_CONFIG", str(tmp_path / "none.toml"))
    assert main(["provider-sim", "twilio"]) == 0
    assert "[channels.twilio_sms]" in capsys.readouterr().out
