"""Group commit: many share a transaction, a bad one fails alone, the end loses nothing."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, wait
from pathlib import Path
from typing import cast

import pytest

from bot.core.errors import StoreDown
from bot.core.ports import Taken
from bot.core.types import Message
from bot.gateway.hints import Hint
from bot.gateway.writer import GROUP, Writer
from tests.gateway.doubles import NUMBER, House, house


def _message(id: int, text: str = "hello") -> Message:
    return Message(channel="line", external_id=str(id), urn=f"tel:{NUMBER}", text=text)


class Bench:
    """A writer whose first transaction holds until `release`, so that everything given meanwhile waits together."""

    def __init__(self, tmp_path: Path, *, patience_s: float = 20.0, hold_s: float = 20.0) -> None:
        self.house: House = house(tmp_path)
        self.hints: list[Hint] = []
        self.writer = Writer(
            self.house.store, self.house.app.inbox, lambda: 1000.0, self.hints.extend, patience_s=patience_s, hold_s=hold_s
        )  # type: ignore[arg-type]
        self.house.store.gate.clear()
        self.writer.start()
        self.first = self.writer.take(_message(-1))
        while self.house.store.begins == 0:
            threading.Event().wait(0.005)

    def release(self, futures: list[Future[Taken]]) -> None:
        self.house.store.gate.set()
        wait([self.first, *futures], timeout=20)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.house.store.gate.set()
    bench.writer.stop()


def test_what_waits_shares_a_transaction(bench: Bench) -> None:
    futures = [bench.writer.take(_message(n)) for n in range(2 * GROUP)]
    bench.release(futures)
    assert bench.house.store.begins == 1 + 2
    assert bench.house.store.rows == ["-1", *(str(n) for n in range(2 * GROUP))]
    assert len(bench.hints) == 1 + 2 * GROUP


def test_slow_group_lets_go_of_the_lock_in_between(tmp_path: Path) -> None:
    bench = Bench(tmp_path, hold_s=0.0)
    futures = [bench.writer.take(_message(n)) for n in range(10)]
    bench.release(futures)
    bench.writer.stop()
    assert bench.house.store.begins == 1 + 10
    assert bench.house.store.rows == ["-1", *(str(n) for n in range(10))]


def test_poison_fails_alone(bench: Bench) -> None:
    futures = [bench.writer.take(_message(n, "poison" if n == 17 else "hello")) for n in range(50)]
    bench.release(futures)
    assert [n for n, future in enumerate(futures) if future.exception() is not None] == [17]
    assert isinstance(futures[17].exception(), RuntimeError)
    assert bench.house.store.rows == ["-1", *(str(n) for n in range(50) if n != 17)]


def test_rolled_back_group_leaves_no_hint(bench: Bench) -> None:
    futures = [bench.writer.take(_message(n, "poison")) for n in range(3)]
    bench.release(futures)
    assert [future.exception() is not None for future in futures] == [True] * 3
    assert len(bench.hints) == 1


def test_down_store_fails_everyone(bench: Bench) -> None:
    futures = [bench.writer.take(_message(n)) for n in range(10)]
    bench.house.store.down = True
    bench.release(futures)
    assert {type(future.exception()) for future in [bench.first, *futures]} == {StoreDown}
    bench.house.store.down = False
    assert bench.writer.take(_message(99)).result(20) == Taken(hints=tuple(bench.hints))


def test_late_events_are_not_tried(tmp_path: Path) -> None:
    bench = Bench(tmp_path, patience_s=0.05)
    futures = [bench.writer.take(_message(n)) for n in range(10)]
    threading.Event().wait(0.1)
    bench.release(futures)
    bench.writer.stop()
    assert {type(future.exception()) for future in futures} == {StoreDown}
    assert bench.house.store.rows == ["-1"]


def test_stop_takes_in_what_waits(bench: Bench) -> None:
    futures = [bench.writer.take(_message(n)) for n in range(GROUP + 5)]
    bench.house.store.gate.set()
    bench.writer.stop()
    assert all(future.done() and future.exception() is None for future in futures)
    assert len(bench.house.store.rows) == 1 + GROUP + 5


def test_time_is_that_of_arrival(tmp_path: Path) -> None:
    clock = iter([1.0, 2.0, 3.0])
    doubles = house(tmp_path)
    seen: list[float] = []

    class Inbox:
        def take(self, tx: object, event: object, *, now: float) -> Taken:
            seen.append(now)
            return Taken()

    writer = Writer(cast(object, doubles.store), Inbox(), lambda: next(clock), lambda hints: None)  # type: ignore[arg-type]
    futures = [writer.take(_message(n)) for n in range(3)]
    writer.start()
    wait(futures, timeout=20)
    writer.stop()
    assert seen == [1.0, 2.0, 3.0]
