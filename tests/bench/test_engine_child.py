"""A contender in a process of its own: it is given its job, asked, heard and taken away."""

import os
import sys
import threading
from dataclasses import replace
from itertools import islice

import pytest

from bench.engine import child, contenders
from bench.engine.child import Job, Opened
from bench.engine.loop import Answer, Held, Said
from bench.engine.meter import cpu_s, watched
from models.shape import Shape

JOB = Job("echo", "a.gguf", Shape(threads=3), 2, 48, ("\n",), ("one", "two\n", "tatu ’"))
COMMAND = (sys.executable, "-m", "tests.bench.test_engine_child")


def test_a_job_goes_through_a_line() -> None:
    assert "\n" not in JOB.line()
    assert Job.read(JOB.line()) == JOB


def echo(job: Job) -> Opened:
    """A contender that says its prompt; told to, it dies."""

    def ask(prompt: str) -> Said:
        if prompt == "die":
            os._exit(7)
        os.write(1, b"a library's own words\n")  # to the protocol's place, if it were not kept for the protocol
        return Said(prompt, 1, 0.0)

    return Opened(ask, lambda: Held(1, 2))


def test_a_child_does_its_job_until_nobody_listens() -> None:
    given, teller = os.pipe()
    heard, out = os.pipe()
    with os.fdopen(given) as job, os.fdopen(out, "w") as lines, os.fdopen(heard) as answers:
        os.write(teller, (JOB.line() + "\n").encode())
        serving = threading.Thread(target=child.serve, args=(job, lines, {"echo": echo}))
        serving.start()
        assert answers.readline() == "ready\n"
        got = [Answer.read(answers.readline()) for _ in range(30)]
        os.close(teller)
        draining = threading.Thread(target=answers.read, daemon=True)  # so that nobody waits for room in the pipe
        draining.start()
        serving.join(10)
        assert not serving.is_alive()
        lines.close()
        draining.join(10)
    assert all(one.text == JOB.prompts[one.prompt] and one.busy == 1 for one in got)


def test_a_child_process_is_asked_and_taken_away() -> None:
    with contenders.Child(JOB, COMMAND) as running:
        got = list(islice(running.answers(), 50))
        assert cpu_s(running.pid) > 0
        with watched(running.pid) as watch:
            memory = watch.memory()
    assert memory.rss >= memory.pss >= memory.uss > 1
    assert {one.text for one in got} == set(JOB.prompts)
    assert running._process.returncode is not None


def test_a_child_tells_what_it_holds_at_rest() -> None:
    with contenders.Child(JOB, COMMAND) as running:
        next(running.answers())
        assert running.rest() == Held(1, 2)


def test_a_child_that_does_not_come_to_rest_says_so() -> None:
    with contenders.Child(replace(JOB, prompts=("die",)), COMMAND) as running:
        for look in (lambda: list(running.answers()), running.rest):
            with pytest.raises(RuntimeError, match="ended with 7"):
                look()


def test_a_child_that_dies_says_so() -> None:
    job = replace(JOB, prompts=("fine", "die"))
    with (
        contenders.Child(job, COMMAND) as running,
        pytest.raises(RuntimeError, match="ended with 7"),
    ):
        list(running.answers())


def test_a_child_that_cannot_start_says_so() -> None:
    with pytest.raises(RuntimeError, match="echo did not start: its process ended with 3"):
        contenders.Child(JOB, (sys.executable, "-c", "import sys; sys.exit(3)")).__enter__()


def test_who_never_answers_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contenders, "SILENCE_S", 0.01)
    with pytest.raises(RuntimeError, match="No answer"):
        next(iter(contenders.Stream()))


if __name__ == "__main__":
    child.main({"echo": echo})
