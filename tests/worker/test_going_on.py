"""A thread that has sent goes on with who waits behind, without a way through the broker for each."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.app import build
from bot.app.service import GO_ON_S
from bot.config import load
from bot.core.storage import NewDelivery
from bot.core.types import Lane
from bot.store.memory import MemoryStore
from channels.sim import Sim
from tests.core.test_desk import Hints
from tests.store.bench import T

LATER_S = 30.0  # by then everybody's hint is overdue


class Slow(Sim):
    """Takes its time, on a clock of its own."""

    def __init__(self, takes_s: float) -> None:
        super().__init__(country="KE")
        self.takes_s, self.passed = takes_s, 0.0

    def send(self, urn: str, text: str, *, key: str) -> str:
        self.passed += self.takes_s
        return super().send(urn, text, key=key)


class House:
    """An App, and six people who wait."""

    def __init__(self, directory: Path, phone: Slow) -> None:
        self.store, self.hints = MemoryStore(), Hints()
        settings = load(data_dir=directory, model="none", embedder="none")
        self.app = build(settings, store=self.store, queue=self.hints, clock=lambda: T + LATER_S + phone.passed)
        self.app.channels, self.app.steady = {"sim": phone}, lambda: phone.passed
        with self.store.begin() as tx:
            orders = [NewDelivery(dedup=f"test:{n}", channel="sim", urn=f"tel:+2547000000{n:02}", parts=("one",)) for n in range(6)]
            self.rows = [row for row in (tx.insert_delivery(order, now=T) for order in orders) if row is not None]

    def statuses(self) -> Sequence[str]:
        return [part.status for row in self.rows for part in self.store.parts(row)]


def test_it_goes_on_until_nobody_waits(tmp_path: Path) -> None:
    house = House(tmp_path, Slow(takes_s=GO_ON_S / 10))
    house.app.send(house.rows[0])
    assert house.statuses() == ["wired"] * 6
    assert house.hints == []


@pytest.mark.parametrize("sends", [1, 2, 4])
def test_when_its_time_is_up_it_hints_the_next_one_and_leaves(tmp_path: Path, sends: int) -> None:
    house = House(tmp_path, Slow(takes_s=GO_ON_S / sends))
    house.app.send(house.rows[0])
    assert house.statuses() == ["wired"] * sends + ["queued"] * (6 - sends)
    assert house.hints == [(Lane.SENDS, house.rows[sends])]
