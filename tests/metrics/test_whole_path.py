"""The real processes: one question is followed through their logs by its ids, and every one of them is on the one page."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from bot.config import Settings, child_environment
from bot.gateway.looks import PARTS
from bot.store.migrate import upgrade
from tests.redis import free_port, server, until
from tests.worker.processes import ROOT, worker

NUMBER, WORDS = "+254700000077", "how far apart should i plant maize"


@contextmanager
def gateway(settings: Settings) -> Iterator[Path]:
    """A gateway process; yields its log."""
    log = settings.data_dir / "gateway.log"
    command = [sys.executable, "-m", "bot.gateway"]
    with log.open("ab") as file, subprocess.Popen(command, cwd=ROOT, env=child_environment(settings), stdout=file, stderr=file) as process:
        try:
            until(lambda: process.poll() is not None or b"listening" in log.read_bytes(), within_s=40)
            assert process.poll() is None, log.read_text()
            yield log
        finally:
            process.kill()


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Of a whole service that runs: real processes, no model."""
    with server("valkey", tmp_path) as broker, ExitStack() as stack:
        given = {"model": "none", "embedder": "none", "port": free_port(), "log_format": "json"}
        settings = broker.settings.model_copy(update=given)
        upgrade(settings.sqlalchemy_url)
        stack.enter_context(gateway(settings))
        for part in ("answers", "sends", "alerts", "chores", "beat"):
            stack.enter_context(worker(part, settings, "bot.worker"))
        yield settings


def _page(settings: Settings) -> dict[tuple[str, str], dict[str, float]]:
    """(sample, process) -> its values, by their other labels."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for family in text_string_to_metric_families(requests.get(f"{settings.local_url}/metrics", timeout=20).text):
        for sample in family.samples:
            labels = dict(sample.labels)
            process = labels.pop("process", "")
            found.setdefault((sample.name, process), {})["/".join(value for _, value in sorted(labels.items()))] = sample.value
    return found


def _lines(settings: Settings, **fields: object) -> list[dict[str, object]]:
    """The lines of all logs that have these fields, in the order of time."""
    texts = (log.read_text() for log in settings.data_dir.glob("*.log"))
    lines = [json.loads(line) for text in texts for line in text.splitlines()]
    return sorted((line for line in lines if fields.items() <= line.items()), key=lambda line: str(line["at"]))


def test_one_question_is_followed_from_its_webhook_to_its_provider(settings: Settings) -> None:
    key = (settings.data_dir / "keys" / "sim").read_text()
    body = {"from": NUMBER, "text": WORDS, "id": "sim-1"}
    assert requests.post(f"{settings.local_url}/c/sim/receive/{key}", json=body, timeout=10).status_code == 200

    until(lambda: _page(settings).get(("ujumbe_parts_total", "sends-0"), {}).get("sim/sends/wired"), within_s=40)
    until(lambda: _page(settings)["ujumbe_last_sweep_timestamp_seconds", "chores-0"][""] > 0, within_s=40)
    [taken] = _lines(settings, event="taken")
    followed = _lines(settings, message=taken["message"])
    assert [line["event"] for line in followed] == ["taken", "answered", "wired"]
    assert [line["log"] for line in followed] == ["bot.messages"] * 3
    assert followed[1]["delivery"] == followed[2]["delivery"]

    page = _page(settings)
    assert page["ujumbe_messages_total", "gateway-0"]["sim"] == 1
    assert page["ujumbe_questions_total", "gateway-0"]["sim"] == 1
    assert page["ujumbe_replies_total", "answers-0"]["sim/fact"] == 1
    assert page["ujumbe_provider_call_seconds_count", "sends-0"]["sim/wired"] == 1
    assert page["ujumbe_model_loaded", "answers-0"][""] == 1
    assert page["ujumbe_lane_up", ""] == dict.fromkeys(PARTS, 1.0)
    until(lambda: not any(_page(settings)["ujumbe_queue_depth", ""].values()))  # a look at the store is kept for some seconds
    assert {process for name, process in page if name == "process_start_time_seconds"} == {"gateway-0", *(f"{part}-0" for part in PARTS)}
    ready = requests.get(f"{settings.local_url}/readyz", timeout=10)
    assert (ready.status_code, ready.json()["degraded"]) == (200, [])

    texts = "".join(log.read_text() for log in settings.data_dir.glob("*.log"))
    assert re.search(re.escape(NUMBER[1:]), texts) is None
    assert WORDS not in texts
    assert key not in texts
