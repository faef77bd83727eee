"""The disk is full: providers hear "send it again", nothing is damaged, and with room again everything goes on by itself."""

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.core.errors import StoreDown
from bot.core.storage import Store
from bot.core.types import Lane
from bot.gateway.site import make_app
from bot.store import open_store
from bot.store.migrate import upgrade
from bot.worker.queue import CeleryQueue
from tests.degrade.house import House, open_house
from tests.degrade.small_disk import files_end_at, fill, mounted
from tests.redis import Server, server, until
from tests.store.bench import OTHER, put, send

Full = Callable[[], AbstractContextManager[None]]


@pytest.fixture(params=["a-small-disk", "a-limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, Full]]:
    """A folder, and how to fill its disk for a while."""
    if request.param == "a-limit":
        folder = tmp_path / "limited"
        folder.mkdir()
        yield folder, lambda: _limited(folder)
        return
    with mounted(tmp_path / "small") as really:  # where we may not mount, the limit stands for it a second time
        yield tmp_path / "small", (lambda: _filled(tmp_path / "small")) if really else (lambda: _limited(tmp_path / "small"))


@contextmanager
def _filled(folder: Path) -> Iterator[None]:
    ballast = fill(folder)
    yield
    ballast.unlink()


@contextmanager
def _limited(folder: Path) -> Iterator[None]:
    """The log of the database cannot grow beyond what it has."""
    sizes = [path.stat().st_size for path in folder.glob("ujumbe.db-wal")] or [0]
    with files_end_at(max(sizes)):
        yield


@pytest.fixture
def store(disk: tuple[Path, Full]) -> Iterator[Store]:
    url = f"sqlite:///{disk[0] / 'ujumbe.db'}"
    upgrade(url)
    opened = open_store(url)
    put(opened)
    yield opened
    opened.close()


def _until_full(store: Store) -> None:
    """Writes until the store says that it cannot: there is a little room in the last page and in the log."""
    for number in range(3000):
        put(store, "x" * 900, urn=f"tel:+2547{number:08d}")


def test_a_full_disk_is_told_with_its_remedy_and_nothing_is_half_written(store: Store, disk: tuple[Path, Full]) -> None:
    folder, full = disk
    with full():
        with pytest.raises(StoreDown, match=r"[Dd]isk.*(Make room|look at the space)"):
            _until_full(store)
        before = store.counts()
        assert before["delivery.queued"] > 0, "who only reads is served"
        with pytest.raises(StoreDown):
            put(store, "y" * 5000)
        assert store.counts() == before
    number = put(store, urn=OTHER)
    assert send(store, number).value == "wired"
    with closing(sqlite3.connect(folder / "ujumbe.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.fixture
def house(disk: tuple[Path, Full], store: Store, tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path, f"sqlite:///{disk[0] / 'ujumbe.db'}") as opened:
        yield opened


@pytest.fixture
async def gateway(house: House) -> AsyncIterator[TestClient]:  # type: ignore[type-arg]
    async with TestClient(TestServer(make_app(house.app))) as client:
        yield client


async def _ask(client: TestClient, house: House, id: str, text: str = "When do I plant maize?") -> int:  # type: ignore[type-arg]
    key = (house.app.settings.data_dir / "keys" / "sim").read_text()
    body = {"from": "+254700000009", "text": text, "id": id}
    async with client.post(f"/c/sim/receive/{key}", json=body) as response:
        return response.status


async def test_the_provider_is_asked_to_send_again_and_then_answered_once(
    gateway: TestClient,  # type: ignore[type-arg]
    house: House,
    disk: tuple[Path, Full],
) -> None:
    _, full = disk
    with full():
        statuses = [await _ask(gateway, house, f"q-{number}", "x" * 900) for number in range(400)]
        refused = statuses.index(503)
        assert set(statuses) <= {200, 503}
        with pytest.raises(StoreDown):
            await asyncio.to_thread(_sweep_until_full, house)
    assert await _ask(gateway, house, f"q-{refused}", "x" * 900) == 200, "the provider's retry"
    assert await _ask(gateway, house, "last") == 200
    await asyncio.to_thread(house.pass_time, 10)
    counts = house.app.store.counts()
    assert counts.get("message.new", 0) == 0, "every message that was acknowledged is worked off"


def _sweep_until_full(house: House) -> None:
    """A sweep that has something to write ends in StoreDown, which its worker logs; the next one comes in two seconds."""
    for _ in range(50):
        house.board.tick(2)
        house.app.sweep()
        _until_full(house.app.store)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Server]:
    """A broker whose log can be kept from growing. A limit ends a process that does not ignore its signal; a full disk does not."""
    with server("valkey", tmp_path) as running:
        running.kill()
        running.command = ["sh", "-c", 'trap "" XFSZ; exec "$0" "$@"', *running.command]
        running.start()
        yield running


def test_a_broker_on_a_full_disk_drops_hints_and_takes_them_again(broker: Server) -> None:
    """Valkey refuses writes while its log cannot be written: the publisher drops hints, which the sweep repeats later."""
    assert broker.process is not None
    hints = CeleryQueue(broker.settings)
    hints.hint(Lane.SENDS, 1)
    before = resource.prlimit(broker.process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    until(lambda: hints.hint(Lane.SENDS, 2) or hints._down, within_s=30)
    assert broker.process.poll() is None
    resource.prlimit(broker.process.pid, resource.RLIMIT_FSIZE, before)
    until(lambda: hints.hint(Lane.SENDS, 3) or not hints._down, within_s=30)
    assert broker.process.poll() is None
