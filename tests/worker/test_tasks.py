"""The tasks themselves: each on a lane, short, fed with an id, and silent about what errors say."""

import ast
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery

from bot.cap.feeds import Reading
from bot.core.types import Lane
from bot.worker import lanes, queue, tasks
from bot.worker.queue import CLOCK, FEEDS, TASKS

EVERY = {*TASKS.values(), *CLOCK}
LONGEST = 10  # lines of a task: the work belongs to the App
WORKER = Path(tasks.__file__).parent


def task_functions(source: str) -> Iterator[tuple[ast.FunctionDef, ast.Call]]:
    """Every function under a decorator `task(...)` or `<anything>.task(...)`, bare decorators included."""
    for node in ast.walk(ast.parse(source)):
        for decorator in getattr(node, "decorator_list", []):
            call = decorator if isinstance(decorator, ast.Call) else ast.Call(decorator, [], [])
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name in {"task", "shared_task"} and isinstance(node, ast.FunctionDef):
                yield node, call


def takes_ids(arguments: ast.arguments) -> bool:
    """Whether a task takes a row's id or several, and nothing else."""
    named = [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    several = [one.arg for one in (arguments.vararg, arguments.kwarg) if one is not None]
    return (named, several) in ((["id"], []), ([], ["ids"]))


def problems(source: str) -> list[str]:
    """What is wrong with the tasks in `source`."""
    found = []
    for function, call in task_functions(source):
        name = next((k.value for k in call.keywords if k.arg == "name"), None)
        if not (isinstance(name, ast.Name) and getattr(queue, name.id, None) in EVERY):
            found.append(f"{function.name}: no lane")
        if (function.end_lineno or 0) - function.lineno + 1 > LONGEST:
            found.append(f"{function.name}: longer than {LONGEST} lines")
        if not takes_ids(function.args):
            found.append(f"{function.name}: takes more than ids")
    return found


def test_every_task_has_a_lane_is_short_and_takes_ids() -> None:
    assert {path.name: problems(path.read_text()) for path in WORKER.glob("*.py") if problems(path.read_text())} == {}


def test_the_guard_looks_at_every_task() -> None:
    seen = [function.name for path in WORKER.glob("*.py") for function, _ in task_functions(path.read_text())]
    assert sorted(seen) == sorted(EVERY)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        pytest.param("@celery.task(name='answer')\ndef x(id): ...", "no lane", id="name-as-text"),
        pytest.param("@celery.task(name=REPORT)\ndef x(id): ...", "no lane", id="task-without-lane"),
        pytest.param("@celery.task\ndef x(id): ...", "no lane", id="bare-decorator"),
        pytest.param("@shared_task(name=SEND)\ndef x(id):\n" + "    pass\n" * LONGEST, "longer", id="long"),
        pytest.param("@task(name=SEND)\ndef x(id, text): ...", "more than ids", id="carries-text"),
    ],
)
def test_the_guard_sees(source: str, says: str) -> None:
    assert any(says in problem for problem in problems(source))


def test_every_lane_has_a_task_and_threads() -> None:
    assert set(TASKS) == set(lanes.THREADS) == set(Lane)
    assert all(threads > 0 for threads in lanes.THREADS.values())


class Recorder:
    """Stands for App and notes what is asked of it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls: list[tuple[str, int | None]] = []
        self.error = error
        self.store, self.clock = self, lambda: 0.0

    def _note(self, what: str, id: int | None) -> None:
        self.calls.append((what, id))
        if self.error:
            raise self.error

    def answer(self, id: int, *, hold: object) -> None:
        assert callable(hold)
        self._note("answer", id)

    def send(self, id: int) -> None:
        self._note("send", id)

    def sweep(self) -> int:
        self._note("sweep", None)
        return 0

    def read_feeds(self) -> list[Reading]:
        self._note("feeds", None)
        return [Reading("ke-kmd", 5.0, stale=False, taken={"open": 2})]


def made(app: Recorder) -> Celery:
    celery = Celery("test", set_as_current=False)
    tasks.register(celery, app)  # type: ignore[arg-type]
    return celery


@pytest.mark.parametrize(("name", "call"), [pytest.param(n, (n, None if n in CLOCK else 3), id=n) for n in sorted(EVERY)])
def test_a_task_asks_the_app_once(name: str, call: tuple[str, int | None]) -> None:
    app = Recorder()
    made(app).tasks[name](3)
    assert app.calls == [call]


def test_a_chore_that_is_being_done_is_not_begun_again() -> None:
    class Twice(Recorder):
        def read_feeds(self) -> list[Reading]:
            if not self.calls:
                self._note("feeds", None)
                celery.tasks[FEEDS](0)
            else:
                self._note("feeds again", None)
            return []

    app = Twice()
    celery = made(app)
    celery.tasks[FEEDS](0)
    assert app.calls == [("feeds", None)]


def test_an_error_ends_in_the_log_with_its_kind_and_place_and_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    made(Recorder(ValueError("hello from +254700000001"))).tasks["send"](3)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "send 3 failed: ValueError at test_tasks.py" in record.getMessage()
    assert "+2547" not in caplog.text
    assert "hello" not in caplog.text


def test_only_what_is_an_error_is_held_back() -> None:
    with pytest.raises(KeyboardInterrupt), tasks.reported("send", 1):
        raise KeyboardInterrupt
