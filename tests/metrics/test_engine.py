"""The engine's own numbers on the page of its process."""

from dataclasses import replace
from math import inf
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bot.config import load
from bot.core.types import Library
from bot.core.workload import Tokens, Work, Workload
from bot.loading import load_kept_engine
from bot.metrics.engine import ENGINE, EngineNumbers
from bot.metrics.page import merged
from bot.metrics.share import own
from models import engine
from models.admission import Admission
from models.fake import FakeWriter
from tests.metrics.readings import read

WORK = Work(Tokens(read=70, shared=30, guessed=10, right=6), cpu_s=2.5, joules=40.0, held=2, cells=500, rss=1000)


@pytest.fixture(autouse=True)
def _hidden_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test shows is not on the page of the next one."""
    monkeypatch.setattr(ENGINE, "_look", None)


def test_whom_admission_sheds_is_counted() -> None:
    admission = Admission(1, most=0)
    ENGINE.show(admission.workload)
    inside = admission.come(deadline=inf)
    admission.come(deadline=inf)
    assert (read("engine_shed_total", reason="full"), read("engine_shed_total", reason="late")) == (1, 0)
    assert (read("engine_under_way"), read("engine_texts_total", outcome="served")) == (1, 0)
    admission.leave(inside, 2.5)
    assert (read("engine_under_way"), read("engine_texts_total", outcome="served")) == (0, 1)
    assert read("engine_unit_seconds") == 2.5


def test_what_the_engine_did_and_used_is_shown() -> None:
    ENGINE.show(lambda: Workload(waiting=3, work=WORK))
    assert read("engine_waiting") == 3
    assert (read("engine_prompt_tokens_total", how="read"), read("engine_prompt_tokens_total", how="shared")) == (70, 30)
    assert (read("engine_guesses_total", outcome="right"), read("engine_guesses_total", outcome="wrong")) == (6, 4)
    assert (read("engine_cpu_seconds_total"), read("engine_joules_total")) == (2.5, 40.0)
    assert (read("engine_slots_held"), read("engine_context_tokens"), read("engine_resident_memory_bytes")) == (2, 500, 1000)


def _page(numbers: EngineNumbers) -> str:
    registry = CollectorRegistry()
    registry.register(numbers)
    return generate_latest(registry).decode()


def test_what_the_machine_does_not_tell_is_not_shown_as_0() -> None:
    numbers = EngineNumbers()
    assert _page(numbers) == ""
    numbers.show(lambda: Workload(work=replace(WORK, joules=None)))
    assert "joules" not in _page(numbers)
    assert "cpu_seconds" in _page(numbers)


def test_the_gateway_shows_it_with_its_process() -> None:
    ENGINE.show(lambda: Workload(work=WORK))
    page = merged({"answers-0": own()})
    samples = [
        one for family in text_string_to_metric_families(page) for one in family.samples if one.name == "ujumbe_engine_guesses_total"
    ]
    assert [(one.labels, one.value) for one in samples] == [
        ({"process": "answers-0", "outcome": "right"}, 6.0),
        ({"process": "answers-0", "outcome": "wrong"}, 4.0),
    ]


def test_a_worker_shows_the_engine_that_it_has_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = engine.Engine(writer=FakeWriter(), workload=lambda: Workload(waiting=5))
    monkeypatch.setattr(engine, "keep_engine", lambda *_, **__: kept)
    writer, chooser = load_kept_engine(load(data_dir=tmp_path), library=Library([], {}, {}, []), noted=lambda _: None, shown=ENGINE.show)
    assert (writer, chooser) == (kept.writer, None)
    assert read("engine_waiting") == 5
