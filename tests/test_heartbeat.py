"""Heartbeat files and the health check that reads them."""

import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bot import __main__ as command
from bot.core.types import Lane
from bot.healthcheck import PARTS
from bot.heartbeat import Beat, Heart, heartbeat_file, kept, read
from bot.worker.beat import BEAT

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("now", "overdue"),
    [
        pytest.param(100.0, 0.0, id="just-written"),
        pytest.param(120.0, 0.0, id="at-the-end-of-its-promise"),
        pytest.param(125.0, 5.0, id="late"),
        pytest.param(99.0, float("inf"), id="from-before-the-machine-started-anew"),
    ],
)
def test_a_promise_holds_from_when_it_was_written_until_its_end(now: float, overdue: float) -> None:
    assert Beat(1, written=100.0, until=120.0).overdue(now) == overdue


@pytest.mark.parametrize("text", ["", "12", "12 now later", "a b c", "1 2 3 4"])
def test_a_file_that_says_nothing_useful_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "x").write_text(text)
    assert read(tmp_path / "x") is None


def test_what_another_process_promised_is_forgotten_at_the_start(tmp_path: Path) -> None:
    file = heartbeat_file(tmp_path / "run", "sends")
    Heart(file).promise(60)
    assert read(file) is not None
    Heart(file)
    assert read(file) is None


def test_a_shorter_promise_takes_the_place_of_a_longer_one(tmp_path: Path) -> None:
    heart = Heart(tmp_path / "x")
    heart.promise(300)
    heart.promise(20)
    beat = read(tmp_path / "x")
    assert beat is not None
    assert beat.until - time.monotonic() < 21


def test_many_promises_at_once_are_few_writes(tmp_path: Path) -> None:
    heart = Heart(tmp_path / "x")
    heart.promise(60)
    first = read(tmp_path / "x")
    for _ in range(1000):
        heart.promise(60)
    assert read(tmp_path / "x") == first


def test_a_heartbeat_that_cannot_be_written_is_told_once_and_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    heart = Heart(tmp_path / "x")
    (tmp_path / "x").mkdir()
    with caplog.at_level(logging.WARNING):
        heart.promise(60)
        heart.promise(600)
    assert [record.getMessage() for record in caplog.records] == [
        "the heartbeat cannot be written (Is a directory): health checks will call this process hung"
    ]


def write(file: Path, pid: int, *, late_s: float) -> None:
    now = time.monotonic()
    file.write_text(f"{pid} {now - 1000} {now - late_s}")


@pytest.mark.parametrize(
    ("late_s", "pid", "well"),
    [
        pytest.param(-10, 7, True, id="in-time"),
        pytest.param(30, 7, True, id="within-the-grace"),
        pytest.param(90, 7, False, id="beyond-it"),
        pytest.param(90, 8, True, id="of-a-process-that-is-gone"),
    ],
)
def test_a_supervisor_gives_a_grace_to_its_own_process_only(tmp_path: Path, late_s: float, pid: int, well: bool) -> None:
    write(heartbeat_file(tmp_path, "sends"), pid, late_s=late_s)
    assert kept(tmp_path, "sends", 7, grace_s=60) is well


def test_a_process_that_has_not_promised_yet_has_broken_nothing(tmp_path: Path) -> None:
    assert kept(tmp_path, "sends", 7, grace_s=60)


@pytest.mark.parametrize(
    ("late_s", "status", "says"),
    [
        pytest.param(-10, 0, "sends: works", id="in-time"),
        pytest.param(30, 1, "sends: hangs: its heartbeat is 30 s overdue", id="late"),
        pytest.param(None, 1, "sends: has not begun to work", id="never-heard-of"),
    ],
)
def test_the_health_of_a_lane(tmp_path: Path, capsys: pytest.CaptureFixture[str], late_s: float | None, status: int, says: str) -> None:
    if late_s is not None:
        write(heartbeat_file(tmp_path, "sends"), 7, late_s=late_s)
    assert command.main(["healthcheck", "sends", "--run-dir", str(tmp_path)]) == status
    assert capsys.readouterr().out.startswith(says)


@pytest.mark.parametrize(
    ("late_s", "words", "ends"),
    [
        pytest.param(130, ["-m", "bot.worker", "sends"], True, id="far-too-late"),
        pytest.param(90, ["-m", "bot.worker", "sends"], False, id="late"),
        pytest.param(130, ["-m", "http.server"], False, id="another-program-with-its-number"),
    ],
)
def test_a_worker_that_hangs_too_long_is_ended_so_that_it_starts_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], late_s: float, words: list[str], ends: bool
) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", *words]) as process:
        try:
            while not Path(f"/proc/{process.pid}/cmdline").read_bytes():  # for a moment after exec a process has no name
                time.sleep(0.001)
            write(heartbeat_file(tmp_path, "sends"), process.pid, late_s=late_s)
            assert command.main(["healthcheck", "sends", "--run-dir", str(tmp_path), "--kill-after", "120"]) == 1
            assert ("was ended" in capsys.readouterr().out) is ends
            if ends:
                assert process.wait(timeout=10) == -signal.SIGKILL
            else:
                assert process.poll() is None
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n{}", 0, "gateway: works", id="ready"),
        pytest.param(b"HTTP/1.1 503 Service Unavailable\r\n\r\n{}", 1, "gateway: cannot take messages: /readyz says 503", id="not-ready"),
        pytest.param(b"", 1, "gateway: cannot take messages: /readyz says nothing", id="hangs-up"),
    ],
)
def test_the_health_of_the_gateway(capsys: pytest.CaptureFixture[str], answer: bytes, status: int, says: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_answer, args=(server, answer))
        thread.start()
        assert command.main(["healthcheck", "gateway", "--port", str(server.getsockname()[1])]) == status
        thread.join()
    assert capsys.readouterr().out.strip() == says


def _answer(server: socket.socket, answer: bytes) -> None:
    caller, _ = server.accept()
    with caller:
        assert caller.recv(1000).startswith(b"GET /readyz HTTP/1.1\r\n")
        caller.sendall(answer)


def test_no_gateway_is_not_a_healthy_one(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert command.main(["healthcheck", "gateway", "--port", str(port)]) == 1
    assert "does not answer" in capsys.readouterr().out


def test_every_part_has_a_check() -> None:
    assert set(PARTS) == {"gateway", BEAT, *(lane.value for lane in Lane)}


def test_a_check_loads_nothing_but_the_standard_library(tmp_path: Path) -> None:
    write(heartbeat_file(tmp_path, "sends"), 7, late_s=-60)
    code = f"""
import sys
from bot.__main__ import main
status = main(["healthcheck", "sends", "--run-dir", {str(tmp_path)!r}])
ours = {{name.partition(".")[0] for name in sys.modules}} - sys.stdlib_module_names - {{"__main__", "bot"}}
heavy = [name for name in sys.modules if name in ("asyncio", "ssl", "http.client", "bot.config", "bot.app")]
print(status, sorted(name for name in ours if not name.startswith("_")), heavy)
"""
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == ["sends: works", "0 [] []"]
