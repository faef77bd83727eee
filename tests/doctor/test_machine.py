"""`ujumbe doctor`: the machine and the installation, each finding for its reason."""

import asyncio
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot import machine, valkey
from bot.__main__ import main
from bot.app.texts import SKILLS
from bot.config import Settings
from bot.core.finding import Finding, Verdict, look, ok, wrong
from bot.doctor import machine as doctor
from bot.doctor import tell
from bot.doctor.service import service
from bot.gateway.looks import PARTS
from bot.gateway.site import make_app
from bot.metrics.share import shared
from bot.store.migrate import upgrade
from tests.console.house import real_site
from tests.gateway.conftest import serving
from tests.gateway.doubles import house
from tests.providers.server import Fault, Scripted, closed_port
from tests.skills import tree

OK, LOOK, WRONG = Verdict


def free_port() -> int:
    return int(closed_port().rpartition(":")[2])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", model="none", port=free_port())


def told(settings: Settings, what: str, *, skills: Path = SKILLS) -> Finding:
    (found,) = [finding for finding in doctor.examine(settings, skills=skills) if finding.what == what]
    return found


def test_before_the_first_start_nothing_is_wrong(settings: Settings) -> None:
    found = {finding.what: finding.verdict for finding in doctor.examine(settings)}
    assert found.pop("skills") is not WRONG  # they grow old
    assert found.pop("places") is not WRONG  # the user's cache may have them, or not
    assert found == {
        "python": OK,
        "data_dir": OK,
        "disk": OK,
        "memory": OK,
        "database": LOOK,
        "broker": LOOK,
        "model": OK,
        "service": LOOK,
    }
    assert [path.name for path in settings.data_dir.iterdir()] == []  # looking makes no database


def test_an_old_sqlite(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    assert told(settings, "python").verdict is WRONG


def test_a_data_folder_that_cannot_be_made(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = [
        f for f in doctor.examine(settings.model_copy(update={"data_dir": tmp_path / "file" / "data"})) if f.what in ("data_dir", "disk")
    ]
    assert [finding.what for finding in found] == ["data_dir"]  # no disk to speak of
    assert found[0].verdict is WRONG
    assert "UJUMBE_DATA_DIR" in found[0].found


def test_a_full_disk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "DISK_MB", 10**9)
    assert told(settings, "disk").verdict is WRONG


def test_too_little_memory_to_start_is_no_fault_of_what_runs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "free_memory_mb", lambda: 20)
    assert told(settings, "memory").verdict is WRONG
    monkeypatch.setattr(doctor, "runs", lambda _: True)
    assert told(settings, "memory").verdict is OK


def test_a_system_that_does_not_tell_its_memory(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "free_memory_mb", lambda: None)
    assert told(settings, "memory").verdict is OK


def test_a_database_at_the_newest_version(settings: Settings) -> None:
    settings.data_dir.mkdir()
    upgrade(settings.sqlalchemy_url)
    assert told(settings, "database").verdict is OK


@pytest.mark.parametrize(
    ("version", "remedy"), [pytest.param("0001", "ujumbe migrate", id="older"), pytest.param("9999", "ujumbe restore", id="newer")]
)
def test_a_database_of_another_version(settings: Settings, version: str, remedy: str) -> None:
    settings.data_dir.mkdir()
    upgrade(settings.sqlalchemy_url)
    with closing(sqlite3.connect(settings.data_dir / "ujumbe.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (version,))
        database.commit()
    found = told(settings, "database")
    assert (found.verdict, version in found.found, remedy in str(found)) == (WRONG, True, True)


def test_a_damaged_database(settings: Settings) -> None:
    settings.data_dir.mkdir()
    upgrade(settings.sqlalchemy_url)
    with closing(sqlite3.connect(settings.data_dir / "ujumbe.db")) as database:
        page = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'contact'").fetchone()[0]
    with (settings.data_dir / "ujumbe.db").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xa5" * 4096)
    found = told(settings, "database")
    assert (found.verdict, "damaged" in found.found, "ujumbe restore" in found.remedy) == (WRONG, True, True)


def test_a_database_that_is_not_there(settings: Settings) -> None:
    url = f"postgresql+psycopg://ujumbe:db-password@127.0.0.1:{free_port()}/ujumbe"
    found = told(settings.model_copy(update={"database_url": url}), "database")
    assert found.verdict is WRONG
    assert "db-password" not in str(found)


def test_a_database_of_a_kind_we_do_not_know(settings: Settings) -> None:
    assert told(settings.model_copy(update={"database_url": "mysql://x"}), "database").verdict is WRONG


def test_a_broker_that_is_not_there(settings: Settings) -> None:
    found = told(settings.model_copy(update={"broker_url": f"redis://:broker-password@127.0.0.1:{free_port()}/0"}), "broker")
    assert found.verdict is WRONG
    assert "broker-password" not in str(found)


def test_a_broker_of_a_kind_that_loses(settings: Settings) -> None:
    found = told(settings.model_copy(update={"broker_url": "filesystem://"}), "broker")
    assert (found.verdict, "UJUMBE_BROKER_URL" in found.found) == (WRONG, True)


@pytest.mark.parametrize(
    ("answers", "runs", "verdict"),
    [
        pytest.param(True, True, OK, id="both"),
        pytest.param(False, False, LOOK, id="neither"),
        pytest.param(False, True, WRONG, id="service-without-it"),
    ],
)
def test_the_embedded_broker(settings: Settings, monkeypatch: pytest.MonkeyPatch, answers: bool, runs: bool, verdict: Verdict) -> None:
    monkeypatch.setattr(valkey, "answers", lambda _: answers)
    monkeypatch.setattr(doctor, "runs", lambda _: runs)
    assert told(settings, "broker").verdict is verdict


def test_what_may_not_be_read(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> tuple[str, str]:
        raise PermissionError(13, "Permission denied", "ujumbe.db")

    monkeypatch.setattr(doctor, "versions", refuse)  # root may read anything
    found = told(settings, "database")
    assert (found.verdict, "Permission denied" in found.found) == (WRONG, True)


def test_a_model_that_was_not_brought(settings: Settings, tmp_path: Path) -> None:
    found = told(settings.model_copy(update={"model": str(tmp_path / "none.gguf")}), "model")
    assert (found.verdict, "ujumbe model pull" in found.found) == (WRONG, True)


def test_a_broken_model(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF but not really")
    assert told(settings.model_copy(update={"model": str(tmp_path / "broken.gguf")}), "model").verdict is WRONG


def test_an_unknown_model(settings: Settings) -> None:
    assert told(settings.model_copy(update={"model": "parrot"}), "model").verdict is WRONG


def test_a_machine_without_the_engine(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda _: None)
    assert told(settings.model_copy(update={"model": "parrot"}), "engine").verdict is LOOK


def test_skills_that_cannot_be_loaded(settings: Settings, tmp_path: Path) -> None:
    root = tree.make(tmp_path)
    tree.replace(root / "bees" / "skill.toml", '"Bees"', '"Bees')
    found = told(settings, "skills", skills=root)
    assert (found.verdict, "skills/bees/skill.toml:4" in found.found) == (WRONG, True)


def test_facts_that_grew_old(settings: Settings, tmp_path: Path) -> None:
    root = tree.make(tmp_path)
    for lang in ("en", "sw"):
        tree.replace(root / "bees" / "facts" / f"hive.{lang}.md", "reviewed: 2026-01-15", "reviewed: 2001-01-15")
    found = told(settings, "skills", skills=root)
    assert (found.verdict, "more" in found.found, "ujumbe skills check" in found.remedy) == (LOOK, True, True)


async def visited(site: web.Application, settings: Settings) -> Finding:
    async with serving(site) as client:
        return await asyncio.to_thread(service, settings.model_copy(update={"port": client.port}))


async def test_a_service_that_runs(tmp_path: Path) -> None:
    site, app = real_site(tmp_path, channels={"sim": {}})
    with ExitStack() as stack:
        for part in PARTS:
            stack.enter_context(shared(tmp_path, part, lambda: b"# up\n"))
        found = await visited(site, app.settings)
    assert (found.verdict, "runs at http://127.0.0.1:" in found.found) == (OK, True)


async def test_a_service_whose_workers_are_gone(tmp_path: Path) -> None:
    site, app = real_site(tmp_path, channels={"sim": {}})
    found = await visited(site, app.settings)
    assert (found.verdict, "without alerts, sends, answers, chores, beat" in found.found) == (LOOK, True)


async def test_a_service_without_its_store(tmp_path: Path) -> None:
    sick = house(tmp_path)
    sick.store.down = True
    found = await visited(make_app(sick.app), sick.app.settings)
    assert (found.verdict, "its store does not work" in found.found) == (WRONG, True)


def test_a_port_that_nobody_knows(settings: Settings) -> None:
    assert service(settings.model_copy(update={"port": 0})).verdict is LOOK


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        pytest.param(Fault(body="<html>", content_type="text/html"), "another program", id="a-page"),
        pytest.param(Fault(body="[]"), "another program", id="other-json"),
        pytest.param(Fault(404), "another program", id="404"),
    ],
)
def test_another_program_on_our_port(settings: Settings, fault: Fault, says: str) -> None:
    with Scripted() as other:
        other.fail_next(fault)
        found = service(settings.model_copy(update={"port": int(other.url.rpartition(":")[2])}))
    assert (found.verdict, says in found.found) == (WRONG, True)


def test_a_service_that_hangs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.doctor.service.PATIENCE_S", 0.2)
    with Scripted() as other:
        other.fail_next(Fault(delay_s=5))
        found = service(settings.model_copy(update={"port": int(other.url.rpartition(":")[2])}))
    assert (found.verdict, "does not answer" in found.found) == (WRONG, True)


@pytest.mark.parametrize(
    ("findings", "status", "last"),
    [
        pytest.param([ok("a", "b")], 0, "All is well.", id="well"),
        pytest.param([ok("a", "b"), look("a", "b")], 0, "0 wrong, 1 to look at.", id="look"),
        pytest.param([wrong("a", "b"), ok("a", "b")], 1, "1 wrong, 0 to look at.", id="wrong"),
    ],
)
def test_the_status_follows_the_findings(findings: list[Finding], status: int, last: str) -> None:
    lines: list[str] = []
    assert tell(findings, lines.append) == status
    assert lines == [*map(str, findings), last]


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        pytest.param(["doctor"], 0, "ok     python:", id="machine"),
        pytest.param(["doctor", "channels"], 1, "wrong  pigeon, settings:", id="channels"),
    ],
)
def test_the_command(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], status: int, says: str
) -> None:
    values: dict[str, Any] = {"DATA_DIR": settings.data_dir, "MODEL": "none", "PORT": settings.port, "CHANNELS": '{"pigeon": {}}'}
    for name, value in values.items():
        monkeypatch.setenv(f"UJUMBE_{name}", str(value))
    monkeypatch.setenv("UJUMBE_CONFIG", str(settings.data_dir / "none.toml"))
    assert main(words) == status
    assert says in capsys.readouterr().out
