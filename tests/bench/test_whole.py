"""The benchmark of the whole service: what it asks, what it takes for a reply, and what it counts."""

import json
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

import pytest
import requests

from bench.engine.loop import Said
from bench.whole import __main__ as command
from bench.whole import show
from bench.whole.alone import asked as asked_alone
from bench.whole.measure import Plan, Run, measure
from bench.whole.provider import Provider
from bench.whole.questions import Call, Question, find, read, write
from bench.whole.service import calls_in
from bot.app.texts import SKILLS
from bot.config import load
from bot.core.choose import prompt as choice
from bot.core.errors import ModelFailed
from bot.core.promise import worded
from bot.core.types import Lang, Library
from models.engine import Engine
from models.fake import FakeWriter
from skills import loader
from tests.providers.http_gateway import SECRET, signature

ASKER = "+254700000001"


@pytest.fixture(scope="module")
def library() -> Library:
    return loader.load(SKILLS)


def sent(provider: Provider, text: str, key: str) -> int:
    """As the channel sends a part."""
    body = json.dumps({"key": key, "to": ASKER, "text": text}).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": key, "X-Ujumbe-Signature": signature(body, SECRET)}
    return requests.post(f"{provider.server.url}/send", data=body, headers=headers, timeout=10).status_code


def found(tmp_path: Path, *, chooses: bool) -> Sequence[Question]:
    settings = load(data_dir=tmp_path, embedder="none", channels={"http": {"send_url": "http://127.0.0.1:9/", "secret": SECRET}})
    return find(settings, chooses=chooses, channel="http", count=6, seed=3)


def test_a_chooser_is_asked_what_the_search_is_not_sure_of_each_question_once(tmp_path: Path) -> None:
    questions = found(tmp_path, chooses=True)
    assert len({one.text for one in questions}) == len({one.call for one in questions}) == 6
    for one in questions:
        letters = [line.partition(":")[0] for line in one.call.prompt.splitlines()[1:-2]]
        assert one.call.prompt.startswith(choice(one.text, [])[: 2 + len(one.text.strip())])
        assert one.call.among == tuple(f" {letter}" for letter in letters)


def test_a_writer_is_asked_to_word_a_fact(tmp_path: Path) -> None:
    questions = found(tmp_path, chooses=False)
    assert all(one.text.strip() in one.call.prompt and one.call.max_tokens > 0 and not one.call.among for one in questions)


def test_a_reply_counts_once_by_its_first_part_and_a_promise_is_none(library: Library) -> None:
    with (provider := Provider(library)).server:
        assert sent(provider, worded(library, Lang.SW, 170.0), "1-1-aa") == 202
        assert sent(provider, "Boil the water.", "2-1-bb") == 202
        assert sent(provider, "Boil the water.", "2-1-bb") == 202  # again, as after a lost answer
        assert sent(provider, "Let it cool.", "2-2-cc") == 202
        assert sent(provider, "Plant at first rains.", "3-1-dd") == 202
    heard = provider.replies(ASKER)
    assert [heard.get_nowait() for _ in range(heard.qsize())] == ["Boil the water.", "Plant at first rains."]


def test_what_comes_before_the_warm_up_ends_does_not_count() -> None:
    taken = count()

    def look() -> Mapping[str, float]:
        return {"engine": 10.0 * next(taken)}

    asked: list[str] = []

    def ask(text: str) -> Said:
        asked.append(text)
        return Said(text, 0, 0.0)

    plan = Plan(askers=2, warm=3, answers=5)
    run = measure(ask, [str(n) for n in range(plan.questions)], plan, look)
    assert len(run.waits_s) == 5
    assert run.cpu == {"engine": 10.0}
    assert run.cpu_ms("engine") == pytest.approx(2000.0)
    assert len(asked) == len(set(asked)) <= plan.questions


def test_the_share_that_is_kept_is_of_all_rounds_together() -> None:
    def run(seconds: float) -> Run:
        return Run(seconds, (1.0,) * 10, {"engine": seconds})

    pairs = [(run(10.0), run(9.0)), (run(30.0), run(27.0))]
    assert show.ratio(pairs) == pytest.approx(0.9)
    assert "90.0 %" in show.rates(pairs)
    assert "2000.0 | 1800.0" in show.processor(pairs)


def test_calls_of_the_model_are_read_from_the_metrics_of_all_its_parts() -> None:
    page = [
        'ujumbe_engine_seconds_count{part="choose"} 12.0',
        'ujumbe_engine_seconds_count{part="write"} 3.0',
        "ujumbe_engine_seconds_sum 9",
    ]
    assert calls_in(page) == 15


def test_replies_that_the_model_had_no_part_in_are_not_measured(tmp_path: Path) -> None:
    questions = found(tmp_path, chooses=True)
    with pytest.raises(RuntimeError, match="the model was called 0 times"):
        command.through(load(data_dir=tmp_path, model="none"), questions, Plan(askers=1, warm=1, answers=2))


def test_questions_are_kept_in_a_file(tmp_path: Path) -> None:
    choosing = Question("mahindi?", Call("Q: mahindi?", (" A", " X")))
    writing = Question("maize?", Call("Passage: ...", max_tokens=64, stop=("\n",)))
    write(tmp_path / "kept", [choosing, writing])
    assert read(tmp_path / "kept") == [choosing, writing]


@pytest.mark.parametrize(
    ("why", "counts"), [("The model wrote garbage: the same piece over and over.", True), ("The engine is closed.", False)]
)
def test_garbage_is_an_answer_of_the_engine_alone_and_an_engine_that_is_gone_is_none(why: str, counts: bool) -> None:
    writer = FakeWriter()
    writer.enqueue(ModelFailed(why))
    ask = asked_alone(Engine(writer=writer), {"Passage": Call("Passage", max_tokens=8)}, 5.0)
    if counts:
        assert ask("Passage") == Said("", 0, 0.0)
    else:
        with pytest.raises(ModelFailed):
            ask("Passage")
