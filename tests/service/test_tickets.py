"""Talk to a person with the whole service running: the command is another process, and the workers that run already see what it did."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.service import ROOT, Service

FIRST, SECOND = "tel:+254700000111", "tel:+254700000222"
QUESTION = "when does the bus to Lodwar leave"
ANSWER = "The Lodwar bus leaves Kitale stage at 6 in the morning and at 2 in the afternoon."
WITHIN_S = 30.0

pytestmark = pytest.mark.service


@dataclass(frozen=True)
class House:
    service: Service

    def tickets(self, *words: str) -> str:
        """What `ujumbe tickets` says, run beside the service with its settings."""
        folder = self.service.data_dir
        outer = {name: value for name, value in os.environ.items() if not name.startswith("UJUMBE_")}
        own = {"UJUMBE_DATA_DIR": str(folder), "UJUMBE_CONFIG": str(folder / "ujumbe.toml"), "UJUMBE_MODEL": "none"}
        call = [sys.executable, "-m", "bot", "tickets", *words]
        done = subprocess.run(call, cwd=ROOT, env=outer | own, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("service")
    (folder / "ujumbe.toml").write_text("[channels.sim]\n[channels.sim_ussd]\n")
    with Service(folder, {"UJUMBE_MODEL": "none"}) as service:
        yield House(service)


def test_from_a_refusal_to_an_answer_for_everybody(house: House) -> None:
    service = house.service
    assert service.ask(FIRST, QUESTION, id="t-1") == 200
    service.reply(FIRST, within_s=WITHIN_S)
    assert service.ask(FIRST, "PERSON", id="t-2") == 200
    assert service.reply(FIRST, after=1, within_s=WITHIN_S).startswith("A person will answer you")
    assert QUESTION in house.tickets("list")

    began = time.monotonic()
    house.tickets("answer", "1", ANSWER, "--approve", QUESTION)
    assert service.reply(FIRST, after=2, within_s=WITHIN_S) == ANSWER
    assert time.monotonic() - began < WITHIN_S

    assert service.ask(SECOND, "wen does bus to LODWARR leave", id="t-3") == 200
    assert service.reply(SECOND, within_s=WITHIN_S).startswith(ANSWER)

    house.tickets("withdraw", "1")
    assert service.ask(SECOND, QUESTION, id="t-4") == 200
    assert not service.reply(SECOND, after=1, within_s=WITHIN_S).startswith(ANSWER)


def test_an_emergency_is_told_in_the_log_without_number_or_words(house: House) -> None:
    assert house.service.ask(FIRST, "snake bit my child", id="t-5") == 200
    assert "URGENT emergency snake-bite" in house.tickets("list")
    logs, deadline = "", time.monotonic() + WITHIN_S
    while "urgent ticket 2 opened" not in logs and time.monotonic() < deadline:
        time.sleep(0.2)
        logs = "".join(path.read_text() for path in (house.service.data_dir / "logs").glob("*.log*"))
    assert logs.count("urgent ticket 2 opened") == 1
    for word in ("2547000001", "2547000002", "snake bit", "Lodwar"):
        assert word not in logs
