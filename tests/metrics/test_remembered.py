"""The ANSWERS lane remembers and counts what it does; what `ujumbe eval` asks is looked for each time."""

from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import pytest

from bot.app import build
from bot.chat import HintList
from bot.config import load
from bot.core.types import Lane, Lang, Limits, Message
from bot.metrics.attach import watch
from bot.store.memory import MemoryStore
from tests.metrics.readings import Added

QUESTION = "my maize stands too close what now"


class First:
    """A Chooser that takes the first text."""

    def choose(self, prompt: str, among: Sequence[str], *, deadline: float) -> Sequence[float] | None:
        return [0.99, *[0.01 / (len(among) - 1)] * (len(among) - 1)]


def test_the_lane_remembers_and_an_evaluation_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.core.trust.CONFIDENT", 1.01)  # the search is never sure: then the model is asked
    queue, added = HintList(), Added()
    app = build(load(data_dir=tmp_path, model="none", embedder="none"), store=MemoryStore(), queue=queue)
    app.load_engine = lambda settings: (None, First())
    watch(app, Lane.ANSWERS)
    for n in range(3):
        with app.store.begin() as tx:
            message = Message(channel="sim", external_id=f"m{n}", urn=f"tel:+25470000000{n}", text=QUESTION)
            for hint in app.inbox.take(tx, message, now=app.clock()).hints:
                queue.hint(*hint)
    queue.drain(app)
    assert added("answer_seconds_count", channel="sim") == 3
    assert (added("remembered_total", outcome="miss"), added("remembered_total", outcome="hit")) == (1, 2)
    assert added("engine_seconds_count", part="choose") == 1
    for _ in range(2):
        app.answers.answer(QUESTION, lang=Lang.EN, limits=Limits(), deadline=monotonic() + 30)
    assert added("engine_seconds_count", part="choose") == 3
    assert added("remembered_total", outcome="hit") == 2
