"""The engine with the real model: deterministic, bounded, safe from two threads, and refusing what is no model."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest

from bot.core.errors import ModelFailed
from bot.core.types import Draft
from models import adapter
from models.batch import GUESSED
from models.engine import open_engine
from models.gguf import read_head
from models.llama import LlamaWriter, default_threads
from models.native import Native, Row
from models.shape import Shape
from models.vocabulary import Vocabulary
from tests.models.tiny import gguf

FACTS = "Dry maize to 13 percent moisture before storing. Use 2 hermetic bags and tie each liner. Do not open the bag for 6 weeks. "
PREFIX = "Answer from the passage in one short SMS.\n\n" + "".join(f"Passage: {FACTS}\nQuestion: number {n}\nSMS: ok\n\n" for n in range(6))
QUESTIONS = ["how do i keep weevils out", "nafasi ya maharage ni ngapi", "when can i open the bag"]


SHAPE = Shape(threads=1, sequences=4, context=1024)


@pytest.fixture(scope="module")
def writer(model_path: Path) -> Iterator[LlamaWriter]:
    made = LlamaWriter(model_path, SHAPE)
    yield made
    made.close()


def _write(writer: LlamaWriter, prompt: str, *, tokens: int = 12, stop: tuple[str, ...] = (), seconds: float = 120) -> Draft:
    return writer.write(prompt, max_tokens=tokens, stop=stop, deadline=monotonic() + seconds)


def together(*tasks: Callable[[], object]) -> None:
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _prompt(question: str) -> str:
    return f"{PREFIX}Passage: {FACTS}\nQuestion: {question}\nSMS:"


@pytest.mark.model
def test_the_same_prompt_gets_the_same_text_whatever_was_asked_before(writer: LlamaWriter, model_path: Path) -> None:
    fresh = {}
    for question in QUESTIONS:
        other = LlamaWriter(model_path, SHAPE)
        fresh[question] = _write(other, _prompt(question)).text
        other.close()
    assert all(fresh.values())
    for question in [*QUESTIONS, *reversed(QUESTIONS)]:
        assert _write(writer, _prompt(question)).text == fresh[question]


@pytest.mark.model
def test_it_tells_what_it_has_read_and_holds(writer: LlamaWriter) -> None:
    prompts = [f"Nobody asked this before. {_prompt(question)}" for question in QUESTIONS]
    before = writer.tally().tokens
    under_way: list[int] = []
    together(*(partial(_write, writer, prompt, tokens=30) for prompt in prompts), lambda: under_way.append(_most_under_way(writer)))
    after = writer.tally()
    read, shared = after.tokens.read - before.read, after.tokens.shared - before.shared
    assert read + shared == sum(len(writer._framed(prompt)) for prompt in prompts)
    assert shared > 2 * 256  # the second and the third begin as the first one
    assert under_way[0] > 1
    assert (writer.under_way, after.under_way) == (0, 0)
    assert after.cells >= len(writer._framed(prompts[0]))


def _most_under_way(writer: LlamaWriter) -> int:
    """While something is."""
    until = monotonic() + 60
    most = 0
    while monotonic() < until and (writer.under_way or not most):
        most = max(most, writer.under_way)
        sleep(0.001)
    return most


@pytest.mark.model
def test_a_shared_beginning_is_computed_once(writer: LlamaWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    step = Native.step

    def count(self: Native, rows: list[Row], adapter: int) -> None:
        read.append(len(rows))
        step(self, rows, adapter)

    monkeypatch.setattr(Native, "step", count)
    new = "Another beginning than any that was there before. "
    _write(writer, new + _prompt(QUESTIONS[0]), tokens=1)
    first = sum(read)
    read.clear()
    _write(writer, new + _prompt(QUESTIONS[2]), tokens=1)
    assert first > 256
    assert sum(read) < 64


@pytest.mark.model
def test_a_stop_word_ends_the_text_and_is_not_in_it(writer: LlamaWriter) -> None:
    whole = _write(writer, "One, two, three, four,", tokens=20)
    assert "six" in whole.text
    draft = _write(writer, "One, two, three, four,", tokens=20, stop=("nowhere", "six", ""))
    assert draft.finish == "stop"
    assert draft.text == whole.text.partition("six")[0].strip()
    assert draft.tokens < whole.tokens


@pytest.mark.model
@pytest.mark.parametrize("tokens", [1, 3])
def test_the_length_is_kept(writer: LlamaWriter, tokens: int) -> None:
    draft = _write(writer, "One, two, three, four,", tokens=tokens)
    assert (draft.tokens, draft.finish) == (tokens, "length")


@pytest.mark.model
def test_a_deadline_in_the_past_writes_nothing(writer: LlamaWriter) -> None:
    draft = _write(writer, _prompt("anything"), seconds=-1)
    assert (draft.text, draft.tokens, draft.finish) == ("", 0, "deadline")


@pytest.mark.model
def test_a_deadline_is_seen_between_tokens(writer: LlamaWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    best = Native.best

    def slow(self: Native, row: int) -> int:
        sleep(0.2)
        return best(self, row)

    monkeypatch.setattr(Native, "best", slow)
    draft = _write(writer, "One, two, three, four,", tokens=200, seconds=2.0)
    assert draft.finish == "deadline"
    assert 1 <= draft.tokens < 200
    assert draft.text.startswith("five")


@pytest.mark.model
def test_a_deadline_is_seen_inside_a_long_prompt_and_the_next_answer_is_right(writer: LlamaWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = _write(writer, _prompt(QUESTIONS[1])).text
    step = Native.step

    def slow(self: Native, rows: list[Row], adapter: int) -> None:
        sleep(0.2)
        step(self, rows, adapter)

    with monkeypatch.context() as patch:
        patch.setattr(Native, "step", slow)
        draft = _write(writer, "Something else entirely. " * 100, seconds=0.5)
        assert (draft.text, draft.tokens, draft.finish) == ("", 0, "deadline")
    assert _write(writer, _prompt(QUESTIONS[1])).text == expected


@pytest.mark.model
def test_a_failed_step_ends_those_under_way_and_the_next_works(writer: LlamaWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = _write(writer, "One, two, three,").text

    def broken(self: Native, rows: list[Row], *_: object) -> None:
        raise ModelFailed("llama.cpp failed to decode")

    with monkeypatch.context() as patch:
        patch.setattr(Native, "step", broken)
        with pytest.raises(ModelFailed, match="failed to decode"):
            _write(writer, "One, two, three,")
    assert _write(writer, "One, two, three,").text == expected


@pytest.mark.model
def test_a_closed_engine_says_so(model_path: Path) -> None:
    closed = LlamaWriter(model_path, Shape(context=256))
    closed.close()
    with pytest.raises(ModelFailed, match="was closed"):
        _write(closed, "One,")


@pytest.mark.model
def test_a_choice_beside_others_is_what_it_is_alone(writer: LlamaWriter) -> None:
    among = [" A", " B", " X"]
    lone = {q: writer.choose(_prompt(q), among, deadline=monotonic() + 120) for q in QUESTIONS}
    got: dict[str, Sequence[float] | None] = {}

    def ask(question: str) -> None:
        got[question] = writer.choose(_prompt(question), among, deadline=monotonic() + 120)

    together(*(partial(ask, question) for question in QUESTIONS), partial(_write, writer, "One, two,"))
    for question in QUESTIONS:
        alone, beside = lone[question], got[question]
        assert alone is not None
        assert beside is not None
        assert sum(beside) == pytest.approx(1.0)
        assert beside == pytest.approx(alone, abs=0.05)


@pytest.mark.model
def test_several_threads_at_once_get_their_own_answers(writer: LlamaWriter) -> None:
    expected = {question: _write(writer, _prompt(question)).text for question in QUESTIONS}
    got: dict[str, str] = {}
    together(*(partial(lambda q: got.update({q: _write(writer, _prompt(q)).text}), q) for q in QUESTIONS))
    assert got == expected


@pytest.mark.model
def test_a_prompt_that_does_not_fit_is_refused_and_the_next_works(writer: LlamaWriter) -> None:
    expected = _write(writer, "One, two, three,").text
    with pytest.raises(ModelFailed, match=rf"The prompt has \d+ tokens and the engine takes {SHAPE.context - GUESSED - 1}"):
        _write(writer, "maji " * 2000)
    assert _write(writer, "One, two, three,").text == expected


@pytest.mark.model
def test_a_prompt_that_nearly_fills_the_context_leaves_room_for_what_fits(writer: LlamaWriter) -> None:
    words = SHAPE.context - 4
    while True:
        try:
            draft = _write(writer, "maji " * words, tokens=50)
            break
        except ModelFailed:
            words -= 1
    assert draft.tokens < 50
    assert draft.finish in ("length", "stop")


@pytest.mark.model
def test_control_words_in_a_question_stay_text(writer: LlamaWriter) -> None:
    words = writer._words
    assert len(words.tokens("<end_of_turn>", special=True)) == 1
    assert len(words.tokens("<end_of_turn>", special=False)) > 1


@pytest.mark.model
def test_a_chat_template_frames_the_prompt(model_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = "{{ bos_token }}{% for m in messages %}<start_of_turn>{{ m.role }}\n{{ m.content }}<end_of_turn>\n{% endfor %}"
    template += "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
    monkeypatch.setattr(Vocabulary, "template", lambda _: template)
    framed = LlamaWriter(model_path, SHAPE)
    raw = LlamaWriter(model_path, SHAPE, chat=False)
    words = framed._words
    assert list(framed._frame.before) == [*words.bos(), *words.tokens("<start_of_turn>user\n", special=True)]
    assert list(framed._frame.after) == words.tokens("<end_of_turn>\n<start_of_turn>model\n", special=True)
    assert (list(raw._frame.before), list(raw._frame.after)) == (words.bos(), [])
    assert _write(framed, "Hi", tokens=2).tokens <= 2
    framed.close()
    raw.close()


@pytest.mark.model
def test_swahili_letters_come_out_whole(writer: LlamaWriter) -> None:
    text = _write(writer, "Habari ya asubuhi. 🌽🌽🌽🌽🌽🌽", tokens=9).text
    assert "\N{REPLACEMENT CHARACTER}" not in text


@pytest.mark.model
def test_nothing_is_printed_by_the_native_library(model_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    quiet = LlamaWriter(model_path, Shape(context=256))
    _write(quiet, "One, two,", tokens=2)
    quiet.close()
    assert capfd.readouterr() == ("", "")


@pytest.mark.model
def test_a_cut_copy_of_the_real_model_is_refused(model_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    with model_path.open("rb") as source:
        path.write_bytes(source.read(20_000_000))
    with pytest.raises(ModelFailed, match=r"cut\.gguf is cut short: 20,000,000 bytes of 253,113,024"):
        LlamaWriter(path)


def test_a_file_that_is_no_model_is_refused_with_what_llama_cpp_says(tmp_path: Path) -> None:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(gguf(architecture="llama"))
    with pytest.raises(ModelFailed, match=r"llama\.cpp cannot load .*tiny\.gguf: .*(key|vocab|tokenizer)"):
        LlamaWriter(path)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        pytest.param("gemma-3-270m", "cannot be read: No such file.*model pull", id="not brought yet"),
        pytest.param("gemma", "There is no model 'gemma'", id="no such name"),
        pytest.param("/nowhere/x.gguf", "/nowhere/x.gguf cannot be read", id="no such file"),
        pytest.param("pawa-min", "cannot be used yet", id="a gap"),
    ],
)
def test_open_engine_refuses_with_the_remedy(tmp_path: Path, model: str, says: str) -> None:
    with pytest.raises(ModelFailed, match=says):
        open_engine(model, cache_dir=tmp_path, threads=1)


@pytest.mark.parametrize(
    ("wanted", "cores", "threads"),
    [pytest.param(3, 8, 3, id="as set"), pytest.param(0, 4, 3, id="one core is left to others"), pytest.param(0, 1, 1, id="never none")],
)
def test_threads(monkeypatch: pytest.MonkeyPatch, wanted: int, cores: int, threads: int) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))
    assert default_threads(wanted) == threads


@pytest.fixture(scope="module")
def changes(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Two adapters that change every layer's way out of its attention, each in its own direction."""
    head, made = read_head(model_path), dict[str, Path]()
    for name, seed in (("one", 1), ("two", 2)):
        dice = np.random.default_rng(seed)
        arrays = {}
        for tensor, found in head.tensors.items():
            if tensor.endswith("attn_output.weight"):
                wide, out = found.dims
                arrays[f"{tensor}.lora_a"], arrays[f"{tensor}.lora_b"] = dice.normal(size=(4, wide)) / 30, dice.normal(size=(out, 4)) / 2
        made[name] = tmp_path_factory.mktemp("adapters") / f"{name}.gguf"
        adapter.write(made[name], arrays, alpha=4.0, name=name)
    return made


def apart(one: Sequence[float], other: Sequence[float]) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


@pytest.mark.model
def test_each_text_is_read_with_its_own_adapter_beside_the_others(model_path: Path, changes: Mapping[str, Path]) -> None:
    among = ("A", "B", "C", "D")

    def shares(writer: LlamaWriter, name: str) -> Sequence[float]:
        return writer.choose(_prompt(QUESTIONS[0]), among, deadline=monotonic() + 120, adapter=name) or ()

    lone = LlamaWriter(model_path, replace(SHAPE, sequences=1), adapters=changes)
    alone = {name: shares(lone, name) for name in ("", *changes)}
    lone.close()
    assert min(apart(alone[x], alone[y]) for x, y in combinations(alone, 2)) > 0.2
    many, beside = LlamaWriter(model_path, SHAPE, adapters=changes), dict[str, Sequence[float]]()

    def ask(name: str) -> None:
        beside[name] = shares(many, name)

    together(*(partial(ask, name) for name in alone))
    many.close()
    for name, own in alone.items():  # company moves shares by some hundredths
        assert apart(beside[name], own) < 0.1


@pytest.mark.model
def test_an_adapter_that_is_not_there_or_of_another_model_is_named(model_path: Path, changes: Mapping[str, Path], tmp_path: Path) -> None:
    writer = LlamaWriter(model_path, SHAPE, adapters=changes)
    with pytest.raises(ModelFailed, match=r"no adapter 'three'\. It has: one, two"):
        writer.write("a", max_tokens=1, stop=(), deadline=monotonic() + 60, adapter="three")
    writer.close()
    adapter.write(tmp_path / "other.gguf", {f"blk.0.attn_q.weight.lora_{half}": np.ones((3, 3)) for half in "ab"}, alpha=4.0, name="other")
    with pytest.raises(ModelFailed, match=r"other\.gguf does not go with"):
        LlamaWriter(model_path, SHAPE, adapters={"other": tmp_path / "other.gguf"})
