"""Real child processes: what dies is restarted, and nothing outlives the supervisor."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from bot import supervisor as module
from bot.supervisor import Program, StartFailed, Supervisor
from tests.redis import until

ROOT = Path(__file__).resolve().parents[1]
SLEEP = "import time; time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"


def program(name: str, code: str, *, ready: object = None, nice: int = 0) -> Program:
    return Program(
        name=name,
        command=[sys.executable, "-c", code],
        environment=dict(os.environ),
        ready=ready if callable(ready) else lambda _: True,
        nice=nice,
    )


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def boss(tmp_path: Path, said: list[str]) -> Supervisor:
    return Supervisor(tmp_path / "logs", said.append)


def pids(boss: Supervisor) -> list[int]:
    return [child.process.pid for child in boss.children() if child.process is not None]


def turn(boss: Supervisor, name: str) -> int:
    """Ticks until `name` runs, and returns its process id."""
    (child,) = [child for child in boss.children() if child.program.name == name]

    def runs() -> bool:
        boss.tick()
        return child.process is not None

    until(runs)
    assert child.process is not None
    return child.process.pid


def test_a_stage_starts_and_is_said_to_be_ready(boss: Supervisor, said: list[str]) -> None:
    boss.start([program("a", SLEEP), program("b", SLEEP)], within_s=20)
    assert [line.split(" (")[0] for line in said] == ["a is ready", "b is ready"]
    boss.stop(grace_s=5)


def test_what_is_killed_starts_again_and_the_others_are_left_alone(boss: Supervisor, said: list[str]) -> None:
    boss.start([program("a", SLEEP), program("b", SLEEP)], within_s=20)
    first, other = pids(boss)
    os.kill(first, signal.SIGKILL)
    until(lambda: not _alive(first))
    boss.tick()
    assert turn(boss, "a") != first
    assert turn(boss, "b") == other
    assert "a ended (signal SIGKILL); it starts again" in said
    boss.stop(grace_s=5)


def test_what_hangs_is_ended_and_starts_again(boss: Supervisor, said: list[str]) -> None:
    works = {"now": True}
    boss.start(
        [Program(name="a", command=[sys.executable, "-c", SLEEP], environment={}, ready=lambda _: True, alive=lambda _: works["now"])],
        within_s=20,
    )
    (first,) = pids(boss)
    works["now"] = False
    until(lambda: boss.tick() or not _alive(first))
    works["now"] = True
    assert turn(boss, "a") != first
    assert said[1:3] == ["a hangs; it is ended", "a ended (signal SIGKILL); it starts again"]
    boss.stop(grace_s=5)


def test_files_are_mended_before_a_start_is_given_up(boss: Supervisor, said: list[str], tmp_path: Path) -> None:
    """Twice it ended before it was ready; the third start is one with mended files."""
    bad = tmp_path / "bad"
    bad.touch()
    code = f"import os, sys, time; sys.exit(3) if os.path.exists({str(bad)!r}) else time.sleep(600)"

    def mend() -> str:
        bad.unlink()
        return "mended"

    def runs(pid: int) -> bool:
        return not bad.exists() and _alive(pid)

    boss.start([replace(program("a", code, ready=runs), mend=mend)], within_s=20)
    assert said.count("mended") == 1
    boss.stop(grace_s=5)


def test_a_full_disk_costs_the_older_log_and_nothing_else(boss: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    boss.start([program("a", SLEEP)], within_s=20)
    log = tmp_path / "logs" / "a.log"
    log.with_suffix(".log.1").write_text("older")
    log.write_bytes(b"x" * 5_000_001)
    monkeypatch.setattr(module.shutil, "copyfile", full)
    boss.tick()
    assert log.stat().st_size == 0
    assert not log.with_suffix(".log.1").exists()
    boss.stop(grace_s=5)


def test_a_log_that_cannot_be_written_keeps_nobody_from_working(boss: Supervisor, tmp_path: Path) -> None:
    (tmp_path / "logs" / "a.log").mkdir(parents=True)
    boss.start([program("a", SLEEP)], within_s=20)
    assert len(pids(boss)) == 1
    boss.stop(grace_s=5)


def test_each_death_in_a_row_waits_longer_and_the_end_of_the_log_is_shown(
    boss: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BACKOFF_S", (0.01, 0.05))
    boss.start([program("sick", "print('no luck today', flush=True); raise SystemExit(3)", ready=lambda _: True)], within_s=20)
    (child,) = boss.children()
    waits: list[float] = []

    def dies_again() -> bool:
        before = child.deaths
        boss.tick()
        if child.deaths > before:
            waits.append(child.start_at - time.monotonic())
        return child.deaths >= 5

    until(dies_again)
    assert waits[-1] <= 0.05  # never longer than the longest
    assert sorted(waits) == waits
    assert [line for line in said if "keeps ending" in line and "no luck today" in line]
    boss.stop(grace_s=5)


def test_a_start_is_given_up_with_the_log_when_a_program_keeps_ending(boss: Supervisor) -> None:
    with pytest.raises(StartFailed, match=r"(?s)bad keeps ending.*bad\.log.*No such dish"):
        boss.start([program("bad", "raise SystemExit('No such dish')", ready=lambda _: False)], within_s=20)
    boss.stop(grace_s=5)


def test_a_start_is_given_up_when_a_program_is_never_ready(boss: Supervisor) -> None:
    with pytest.raises(StartFailed, match="slow was not ready in time"):
        boss.start([program("slow", SLEEP, ready=lambda _: False)], within_s=0.5)
    (pid,) = pids(boss)
    boss.stop(grace_s=5)
    assert not _alive(pid)


TELLS = """
import signal, sys, time
def end(*_):
    with open({order!r}, "a") as file:
        file.write({name!r} + " ")
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("listening", flush=True)
time.sleep(600)
"""


def test_stop_ends_the_last_stage_first_and_kills_what_is_deaf(boss: Supervisor, tmp_path: Path) -> None:
    order = str(tmp_path / "order")
    boss.start([program("base", TELLS.format(order=order, name="base"))], within_s=20)
    boss.start([program("top", TELLS.format(order=order, name="top")), program("deaf", STUBBORN)], within_s=20)
    until(lambda: all(child.log.read_text() for child in boss.children()))  # their signal handlers are set
    alive = pids(boss)
    boss.stop(grace_s=1)
    assert Path(order).read_text() == "top base "
    assert not [pid for pid in alive if _alive(pid)]


def test_a_child_gives_way_by_its_nice(boss: Supervisor) -> None:
    boss.start([program("a", SLEEP, nice=5), program("b", SLEEP)], within_s=20)
    nices = [psutil.Process(pid).nice() for pid in pids(boss)]
    assert nices[0] == nices[1] + 5
    boss.stop(grace_s=5)


def test_a_log_is_turned_over_and_its_writer_goes_on_in_it(boss: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOG_BYTES", 1000)
    boss.start(
        [program("chatty", "import time\nfor n in range(10**6):\n    print(n, 'word ' * 9, flush=True)\n    time.sleep(.002)")], within_s=20
    )
    (child,) = boss.children()
    old = child.log.with_suffix(".log.1")

    def turned() -> bool:
        boss.tick()
        return old.exists()

    until(turned)
    size = child.log.stat().st_size
    until(lambda: child.log.stat().st_size > size)
    assert b"\x00" not in child.log.read_bytes()  # appended, not written at the old place
    assert old.read_bytes().startswith(b"0 word")
    boss.stop(grace_s=5)


def test_a_supervisor_that_is_killed_takes_its_children_with_it(tmp_path: Path) -> None:
    """Linux only, by PR_SET_PDEATHSIG; elsewhere the children end with SIGTERM of an orderly stop."""
    code = f"""
import pathlib, sys
from bot.supervisor import Supervisor
from tests.test_supervisor import STUBBORN, program
boss = Supervisor(pathlib.Path({str(tmp_path)!r}), print)
boss.start([program("a", STUBBORN), program("b", STUBBORN)], within_s=20)
print(*[child.process.pid for child in boss.children()], flush=True)  # the line that the test waits for
boss.run()
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as boss:
        assert boss.stdout is not None
        children = next([int(word) for word in line.split()] for line in boss.stdout if line[0].isdigit())
        assert all(psutil.pid_exists(pid) for pid in children)
        boss.kill()
    until(lambda: not any(_alive(pid) for pid in children))


def _alive(pid: int) -> bool:
    """A zombie is dead: in a container nobody may be there to bury it."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_stop_in_the_middle_of_a_start_ends_the_start(boss: Supervisor) -> None:
    def asked_to_stop(_: int) -> bool:
        boss.stopping = True
        return False

    boss.start([program("slow", SLEEP, ready=asked_to_stop)], within_s=3600)
    (pid,) = pids(boss)
    boss.stop(grace_s=5)
    assert not _alive(pid)
