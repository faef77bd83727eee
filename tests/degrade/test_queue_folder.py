"""The embedded queue's files are damaged: the service starts all the same, says so once, and the sweep brings back what waits."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from bot import serve, valkey
from bot.config import Settings
from bot.core.types import Lane
from bot.store import open_store
from bot.store.migrate import upgrade
from bot.supervisor import Supervisor
from bot.worker.queue import CeleryQueue
from tests.redis import server, until
from tests.store.bench import T, ask


def _each(pattern: str, change: Callable[[Path], object]) -> Callable[[Path], None]:
    def damage(home: Path) -> None:
        found = list(home.rglob(pattern))
        assert found, f"Valkey writes no {pattern} any more"
        for path in found:
            change(path)

    return damage


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 40] = b"\xff" * 40
    path.write_bytes(content)


def _file_for_folder(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("not a folder")


DAMAGED = [
    pytest.param(_each("*.incr.aof", lambda path: path.write_bytes(b"garbage\n" * 100)), id="garbage"),
    pytest.param(_each("*.incr.aof", _flip), id="flipped-in-the-middle"),
    pytest.param(_each("*.manifest", lambda path: path.write_bytes(b"\0garbage")), id="manifest"),
    pytest.param(_each("*.base.rdb", lambda path: path.write_bytes(b"garbage")), id="base"),
    pytest.param(_each("*.base.rdb", Path.unlink), id="base-gone"),
    pytest.param(lambda home: _file_for_folder(home / "appendonlydir"), id="a-file-for-the-inner-folder"),
    pytest.param(_file_for_folder, id="a-file-for-the-folder"),
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a service whose queue holds hints and was killed."""
    with server("valkey", tmp_path) as running:
        for number in range(300):
            CeleryQueue(running.settings).hint(Lane.SENDS, number) if number == 0 else running.client.lpush("sends", "x" * 40)
        until(lambda: any(path.stat().st_size > 9000 for path in tmp_path.rglob("*.incr.aof")))
        return running.settings


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def boss(settings: Settings, said: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(settings.data_dir / "logs", said.append)
    yield supervisor
    supervisor.stop(grace_s=5)


def _start(boss: Supervisor, settings: Settings, said: list[str]) -> "redis.Redis":
    if moved := valkey.look_over(settings):
        said.append(moved)
    boss.start([serve.broker(settings)], within_s=30)
    return redis.Redis(unix_socket_path=str(valkey.socket_path(settings)))


@pytest.mark.parametrize("damage", DAMAGED)
def test_the_queue_starts_empty_and_the_sweep_fills_it(
    boss: Supervisor, settings: Settings, said: list[str], damage: Callable[[Path], None]
) -> None:
    damage(settings.data_dir / "valkey")
    client = _start(boss, settings, said)
    assert client.llen("sends") == 0
    assert len([line for line in said if "The queue's files cannot be used: they are kept in" in line]) == 1
    (aside,) = settings.data_dir.glob("valkey.damaged-*")
    assert aside.is_file() or any(aside.rglob("*"))
    _sweep(settings)
    assert client.llen("answers") == 1
    client.close()


def _sweep(settings: Settings) -> None:
    """A question is in the database, and its hint was in the damaged files."""
    upgrade(settings.sqlalchemy_url)
    store, queue = open_store(settings.sqlalchemy_url), CeleryQueue(settings)
    asked = ask(store)
    assert [queue.hint(lane, row) or row for lane, row in store.due(now=T + 60, limit=9)] == [asked]
    store.close()


def test_a_cut_file_is_used_as_far_as_it_goes(boss: Supervisor, settings: Settings, said: list[str]) -> None:
    """As a power cut leaves it: Valkey drops the last hint and nothing is set aside."""
    _each("*.incr.aof", lambda path: path.write_bytes(path.read_bytes()[:-10]))(settings.data_dir / "valkey")
    client = _start(boss, settings, said)
    assert int(client.llen("sends")) > 0  # type: ignore[arg-type]
    assert not list(settings.data_dir.glob("valkey.damaged-*"))
    client.close()


def test_a_folder_of_another_user_is_set_aside(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after one start as root. Root may enter any folder, so that the answer is scripted."""
    monkeypatch.setattr(valkey.os, "access", lambda *_: False)
    assert "kept in" in valkey.look_over(settings)
    assert list((settings.data_dir / "valkey").iterdir()) == []


def test_a_folder_that_cannot_be_moved_is_told_and_kills_nobody(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    assert "not be moved (Permission denied). Move them away" in valkey.set_aside(settings)


def test_three_damaged_queues_are_kept_and_an_empty_one_is_none(settings: Settings) -> None:
    for number in range(5):
        (settings.data_dir / f"valkey.damaged-2026010{number}-000000").mkdir()
    assert valkey.set_aside(settings)
    kept = sorted(path.name for path in settings.data_dir.glob("valkey.damaged-*"))
    assert len(kept) == 3
    assert kept[0].startswith("valkey.damaged-20260103")
    assert valkey.set_aside(settings) == ""
