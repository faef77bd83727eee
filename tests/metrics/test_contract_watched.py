"""The contract of every store, held by a store that is watched: watching changes nothing."""

from inspect import signature
from types import ModuleType

import pytest

from bot.core.storage import Store
from bot.core.types import Lane
from bot.metrics.watch import watched
from bot.store.memory import MemoryStore
from tests.store import (
    test_contract_chores,
    test_contract_gauges,
    test_contract_people,
    test_contract_questions,
    test_contract_screens,
    test_contract_senders,
    test_contract_statuses,
    test_contract_tickets,
    test_contract_tx,
)

CONTRACTS = (
    test_contract_chores,
    test_contract_gauges,
    test_contract_people,
    test_contract_questions,
    test_contract_screens,
    test_contract_senders,
    test_contract_statuses,
    test_contract_tickets,
    test_contract_tx,
)


@pytest.fixture
def store() -> Store:
    return watched(MemoryStore(), Lane.SENDS)


def _tests(module: ModuleType) -> dict[str, object]:
    which = module.__name__.rsplit("_", 1)[-1]
    found = {name: test for name, test in vars(module).items() if name.startswith("test_") and callable(test)}
    return {f"{name}_in_{which}": test for name, test in found.items() if "store" in signature(test).parameters}


for contract in CONTRACTS:
    globals().update(_tests(contract))


def test_the_contracts_are_many() -> None:
    assert sum(len(_tests(contract)) for contract in CONTRACTS) > 100
