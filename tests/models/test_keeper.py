"""Real child processes: every question ends in time with its own answer, and an engine that cannot be opened is said."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.errors import ModelFailed
from bot.core.ports import Chooser, Writer
from models.keeper import Keeper, keep
from models.shape import Shape
from tests.models.child_engines import SEQUENCES, digest
from tests.models.keeping import LONG_S, QUICK, Opens, alive, ask, command, failures, keepers, works
from tests.models.tiny import gguf
from tests.redis import until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Opens]:
    """`python -m tests...` is found at the root."""
    monkeypatch.chdir(ROOT)
    with keepers() as made:
        yield made


def test_it_is_a_writer_and_a_chooser(opened: Opens) -> None:
    keeper = opened()
    writer: Writer = keeper
    chooser: Chooser = keeper
    assert writer.name == "fake"
    draft = writer.write("Q: when?", max_tokens=7, stop=["\n", "Q:"], deadline=time.monotonic() + LONG_S)
    assert (draft.text, draft.tokens, draft.finish) == (digest("Q: when?|7|['\\n', 'Q:']"), 2, "stop")
    adapted = keeper.write("Q: when?", max_tokens=7, stop=(), deadline=time.monotonic() + LONG_S, adapter="crop-advice")
    assert adapted.text == digest("Q: when?|7|[]crop-advice")
    shares = chooser.choose("Best:", [" A", " B", " X"], deadline=time.monotonic() + LONG_S)
    assert shares == pytest.approx([3 / 12, 4 / 12, 5 / 12])
    assert keeper.restarts == {}


@pytest.fixture(scope="module")
def shared() -> Iterator[Keeper]:
    """One keeper for questions that do it no harm."""
    keeper = Keeper("fake", command("plain"), patience=QUICK)
    yield keeper
    keeper.close()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_characters="\\")), min_size=50, max_size=50, unique=True))
def test_fifty_at_once_each_get_their_own_answer(shared: Keeper, prompts: list[str]) -> None:
    with ThreadPoolExecutor(len(prompts)) as pool:
        drafts = list(pool.map(lambda prompt: ask(shared, prompt), prompts))
    assert [draft.text for draft in drafts] == [digest(f"{prompt}|50|[]") for prompt in prompts]
    assert shared.in_flight == 0
    assert shared.restarts == {}


@pytest.mark.parametrize(
    "text",
    ["Panda mahindi.\nMvua ikianza, cm 5.\r\n", "Habari 🌽\u2028\u2029-", 'He said "{}" \\n \\u0041', "ዝናብ", "x" * 9 + "y" * 9, ""],
    ids=["lines", "other line ends", "escapes", "a syllabary", "long", "nothing"],
)
def test_a_text_comes_through_as_it_is(shared: Keeper, text: str) -> None:
    assert ask(shared, f"\\say {text}").text == text


def test_what_is_printed_cannot_come_between(shared: Keeper) -> None:
    with ThreadPoolExecutor(8) as pool:
        printed = [pool.submit(ask, shared, "\\print now") for _ in range(4)]
        others = [pool.submit(ask, shared, f"question {n}") for n in range(20)]
        assert [draft.result().text for draft in printed] == ["Printed."] * 4
        assert [draft.result().text for draft in others] == [digest(f"question {n}|50|[]") for n in range(20)]
    assert shared.restarts == {}


def test_what_others_print_while_it_loads_is_passed_over(opened: Opens) -> None:
    assert works(opened("babbles"))


def test_the_deadline_is_kept_whether_the_engine_keeps_it_or_not(opened: Opens) -> None:
    keeper = opened()
    kept = ask(keeper, "\\wait 600", seconds=0.5)
    assert (kept.text, kept.finish) in (("Slo", "deadline"), ("", "deadline"))
    cut = ask(keeper, "\\ignore 600", seconds=0.2)
    assert (cut.text, cut.tokens, cut.finish) == ("", 0, "deadline")
    assert ask(keeper, "hello", seconds=-1).finish == "deadline"
    assert keeper.choose("late", [" A", " B"], deadline=time.monotonic() + LONG_S) is None
    assert keeper.choose("Best:", [" A", " B"], deadline=time.monotonic() - 1) is None
    assert works(keeper)


def test_what_nobody_waits_for_is_dropped_before_it_begins(opened: Opens, tmp_path: Path) -> None:
    keeper = opened()
    with ThreadPoolExecutor(SEQUENCES) as pool:
        busy = [pool.submit(ask, keeper, "\\ignore 3") for _ in range(SEQUENCES)]
        until(lambda: keeper.in_flight == SEQUENCES)
        late = tmp_path / "late"
        assert ask(keeper, f"\\mark {late}", seconds=0.05).finish == "deadline"
        until(lambda: keeper.in_flight == SEQUENCES)  # it was answered while the others still work
        assert [each.result().text for each in busy] == ["Far too late."] * SEQUENCES
    assert works(keeper)
    assert not late.exists()


def test_a_slow_start_is_waited_for_until_the_deadline(opened: Opens) -> None:
    keeper = opened("slow", lazily=True)
    assert keeper.pid == 0
    assert ask(keeper, "hello", seconds=0.05).finish == "deadline"
    assert keeper.choose("Best:", [" A"], deadline=time.monotonic() + 0.05) is None
    assert ask(keeper, "hello").text == digest("hello|50|[]")


def test_all_who_wait_for_the_first_start_are_let_through(opened: Opens) -> None:
    keeper = opened("slow", lazily=True)
    assert failures(keeper, [f"question {n}" for n in range(20)]) == [""] * 20


def test_a_start_that_takes_too_long_is_given_up(opened: Opens) -> None:
    with pytest.raises(ModelFailed, match="hung"):
        opened("slow", patience=replace(QUICK, start_s=0.1))


@pytest.mark.parametrize(
    ("mode", "says"),
    [("unloadable", r"^x\.gguf is cut short: 5 bytes of 9\.$"), ("dies", "signal SIGILL")],
)
def test_an_engine_that_cannot_be_opened_is_said_where_it_is_opened(opened: Opens, mode: str, says: str) -> None:
    threads, children = threading.active_count(), psutil.Process().children()
    with pytest.raises(ModelFailed, match=says):
        opened(mode)
    until(lambda: threading.active_count() <= threads)
    assert psutil.Process().children() == children


def test_a_command_that_is_none_is_said(opened: Opens) -> None:
    with pytest.raises(ModelFailed, match="cannot be started"):
        Keeper("none", ["/nowhere/python"])


def test_what_cannot_be_loaded_is_said_to_all_who_ask_and_tried_again_after_the_longest_wait(
    opened: Opens, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = opened("unloadable", lazily=True, patience=replace(QUICK, waits=(0.01, 600.0)))
    for _ in range(2):
        assert set(failures(keeper, ["hello"] * 5)) == {"x.gguf is cut short: 5 bytes of 9."}
    until(lambda: caplog.messages)
    assert "Next start in 600.00 s" in caplog.text
    assert keeper.restarts == {"unloadable": 1}


def test_a_cut_model_file_is_refused_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(gguf()[:-10])
    with pytest.raises(ModelFailed, match=r"tiny\.gguf is (cut short|not a sound)"):
        keep(path, shape=Shape())


def test_after_close_there_is_no_child_and_no_answer(opened: Opens) -> None:
    keeper = opened()
    pid = keeper.pid
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(failures, keeper, ["\\wait 600"])
        until(lambda: keeper.in_flight == 1)
        keeper.close()
        assert under_way.result()[0]
    assert not alive(pid)
    with pytest.raises(ModelFailed, match="closed"):
        ask(keeper, "hello")
    keeper.close()
    assert (keeper.in_flight, keeper.pid, keeper.rss, dict(keeper.restarts)) == (0, 0, 0, {})


def test_a_child_that_is_deaf_to_sigterm_is_closed_too(opened: Opens) -> None:
    keeper = opened("deaf")
    pid = keeper.pid
    keeper.close()
    assert not alive(pid)
