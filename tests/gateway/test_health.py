"""Dead, unready and degraded are three things, and each is told: with a real database, a real broker and real threads gone."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.core.storage import Store
from bot.gateway.health import Health
from bot.gateway.looks import PARTS, Look, Looks
from bot.gateway.site import make_app
from bot.gateway.writer import Writer
from bot.heartbeat import Heart, heartbeat_file
from bot.metrics.share import shared
from bot.store import open_store
from bot.store.migrate import upgrade
from bot.worker.queue import CeleryQueue
from tests import postgres
from tests.gateway.conftest import Client, serving
from tests.gateway.doubles import House
from tests.redis import server


@pytest.fixture(autouse=True)
def looked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look is a new one: what is kept for some seconds is no matter of these tests, but of one below."""
    made = Look.__init__
    monkeypatch.setattr(Look, "__init__", lambda self, ask, *, otherwise, keep_s=-1.0: made(self, ask, otherwise=otherwise, keep_s=keep_s))


async def ask(client: Client, path: str) -> tuple[int, dict[str, Any]]:
    answer = await client.get(path)
    return answer.status, await answer.json()


@contextmanager
def workers(data_dir: Path, *parts: str) -> Iterator[None]:
    """Something that answers for each of `parts`."""
    with ExitStack() as stack:
        for part in parts:
            stack.enter_context(shared(data_dir, part, lambda: b"# up\n"))
        yield


async def test_all_is_well(client: Client, doubles: House) -> None:
    with workers(doubles.app.settings.data_dir, *PARTS):
        assert await ask(client, "/readyz") == (200, {"store": "ok", "writer": "ok", "degraded": []})
        assert await ask(client, "/healthz") == (200, {"writer": "ok", "hints": "ok", "receipts": "ok"})


async def test_a_database_that_is_gone_makes_unready_but_not_dead_and_comes_back(client: Client, doubles: House) -> None:
    for down, status, word in [(True, 503, "down"), (False, 200, "ok"), (True, 503, "down")]:
        doubles.store.down = down
        ready, parts = await ask(client, "/readyz")
        assert (ready, parts["store"]) == (status, word)
        assert (await ask(client, "/healthz"))[0] == 200, "a restart would not bring it back"


async def test_silent_lanes_are_told_and_messages_are_taken(client: Client, doubles: House) -> None:
    with workers(doubles.app.settings.data_dir, "alerts", "sends", "beat"):
        assert await ask(client, "/readyz") == (200, {"store": "ok", "writer": "ok", "degraded": ["answers", "chores"]})


async def test_a_lane_that_broke_the_word_of_its_heartbeat_is_silent(client: Client, doubles: House) -> None:
    settings = doubles.app.settings
    with workers(settings.data_dir, *PARTS):
        heart = Heart(heartbeat_file(settings.run_path, "answers"))
        heart.promise(60.0)
        assert (await ask(client, "/readyz"))[1]["degraded"] == []
        heart.promise(-1.0)
        assert (await ask(client, "/readyz"))[1]["degraded"] == ["answers"]


async def test_a_thread_that_ended_makes_dead(doubles: House) -> None:
    app = doubles.app
    writer = Writer(app.store, app.inbox, app.clock, lambda _: None)
    writer.start()
    health = Health(Looks(app), {"writer": writer.is_alive})
    assert (await health.alive(None)).status == (await health.ready(None)).status == 200  # type: ignore[arg-type]
    writer.stop()
    assert (await health.alive(None)).status == (await health.ready(None)).status == 503  # type: ignore[arg-type]


async def test_a_postgresql_that_is_stopped(doubles: House) -> None:
    with ExitStack() as running:
        url = running.enter_context(postgres.running())
        upgrade(url)
        store = doubles.app.store = open_store(url)
        running.callback(store.close)
        async with serving(make_app(doubles.app)) as client:
            assert (await ask(client, "/readyz"))[0] == 200
            running.close()
            ready, parts = await ask(client, "/readyz")
            assert (ready, parts["store"], parts["writer"]) == (503, "down", "ok")
            assert (await ask(client, "/healthz"))[0] == 200


async def test_a_database_that_can_only_be_read(doubles: House, tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path / 'ujumbe.db'}")
    store = doubles.app.store = open_store(f"sqlite:///file:{tmp_path / 'ujumbe.db'}?mode=ro&uri=true")
    assert store.counts() == {}, "reading alone would not show it"
    async with serving(make_app(doubles.app)) as client:
        ready, parts = await ask(client, "/readyz")
        assert (ready, parts["store"]) == (503, "down")
    store.close()


_FULL = """
import resource, sys
from bot.core.errors import StoreDown
from bot.store import open_store
store = open_store(sys.argv[1])
store.check_write(now=1.0)
store.close()
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # no file may grow: what a full disk does
try:
    store.check_write(now=2.0)
except StoreDown:
    print("down")
"""


def test_a_disk_without_room_shows(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ujumbe.db'}"
    upgrade(url)
    assert subprocess.run([sys.executable, "-c", _FULL, url], capture_output=True, text=True, check=True).stdout == "down\n"


async def test_a_disk_that_fills_up_is_told_before_it_is_full(client: Client, doubles: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with workers(doubles.app.settings.data_dir, *PARTS):
        monkeypatch.setattr("bot.gateway.looks.LOW_DISK", 10**18)
        assert await ask(client, "/readyz") == (200, {"store": "ok", "writer": "ok", "degraded": ["disk"]})


async def test_a_broker_that_is_gone(doubles: House, tmp_path: Path) -> None:
    with server("valkey", tmp_path / "broker") as broker, workers(doubles.app.settings.data_dir, *PARTS):
        doubles.app.queue = CeleryQueue(broker.settings)
        async with serving(make_app(doubles.app)) as client:
            assert (await ask(client, "/readyz"))[1]["degraded"] == []
            broker.kill()
            assert await ask(client, "/readyz") == (200, {"store": "ok", "writer": "ok", "degraded": ["broker"]})
            broker.start()
            assert (await ask(client, "/readyz"))[1]["degraded"] == []


async def test_asking_often_costs_the_store_one_look(doubles: House) -> None:
    asked = []

    def check_write(*, now: float) -> None:
        asked.append(now)

    store: Store = doubles.app.store
    store.check_write = check_write  # type: ignore[method-assign]
    look = Look(lambda: store.check_write(now=1.0) is None, otherwise=False, keep_s=60.0)
    assert [await look() for _ in range(50)] == [True] * 50
    assert len(asked) == 1
