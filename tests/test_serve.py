"""`ujumbe serve`: refusals in one sentence, one owner per data directory, and a service that outlives its parts."""

import os
import signal
import socket
import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bot import machine, serve, valkey
from bot.config import Settings, child_environment
from bot.core.errors import BadSetting
from bot.core.types import Lane
from bot.supervisor import StartFailed
from bot.worker.beat import BEAT
from bot.worker.queue import CeleryQueue
from bot.worker.ready import ready_file
from tests.redis import until
from tests.worker.ledger import Ledger

ROOT = Path(__file__).resolve().parents[1]
Usage = namedtuple("Usage", "free")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, model="none", port=0)


@pytest.fixture
def silent() -> list[str]:
    return []


def test_a_taken_port_is_one_sentence_before_anything_starts(settings: Settings, silent: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(BadSetting, match=rf"{port} .*UJUMBE_PORT"):
            serve.serve(settings.model_copy(update={"port": port}), silent.append)
    assert silent == []


@pytest.mark.parametrize(
    ("free_mb", "model", "refused"),
    [
        pytest.param(machine.MEMORY_MB - 1, "gemma-3-270m", True, id="too-little-for-the-model"),
        pytest.param(machine.MEMORY_MB - 1, "none", False, id="enough-without-a-model"),
        pytest.param(machine.MEMORY_PLAIN_MB - 1, "none", True, id="too-little-for-anything"),
        pytest.param(machine.MEMORY_MB, "gemma-3-270m", False, id="enough"),
        pytest.param(None, "gemma-3-270m", False, id="a-system-that-does-not-say"),
    ],
)
def test_memory(settings: Settings, monkeypatch: pytest.MonkeyPatch, free_mb: int | None, model: str, refused: bool) -> None:
    monkeypatch.setattr(machine, "free_memory_mb", lambda: free_mb)
    wanted = settings.model_copy(update={"model": model})
    if not refused:
        return machine.check(wanted)
    with pytest.raises(BadSetting, match=rf"{free_mb} MB of memory .*UJUMBE_MODEL=none"):
        machine.check(wanted)
    return None


def test_memory_is_read_as_the_kernel_writes_it(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:        2031616 kB\nMemFree:          100000 kB\nMemAvailable:    1048576 kB\n")
    assert machine.free_memory_mb(meminfo) == 1024
    assert machine.free_memory_mb(tmp_path / "none") is None


def test_a_full_disk_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: Usage(199 * 1024 * 1024))
    with pytest.raises(BadSetting, match=r"199 MB free .*UJUMBE_DATA_DIR"):
        machine.check(settings)


def test_a_data_folder_that_cannot_be_made_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadSetting, match=r"file/data cannot be made .*UJUMBE_DATA_DIR"):
        machine.check(settings.model_copy(update={"data_dir": tmp_path / "file" / "data"}))


def test_a_data_folder_that_is_not_ours_to_write_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.os, "access", lambda *_: False)  # root may write anywhere: the answer is scripted
    with pytest.raises(BadSetting, match=r"cannot be written to.*UJUMBE_DATA_DIR"):
        machine.check(settings)


def test_a_machine_without_a_valkey_is_told_to_bring_a_broker(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(BadSetting, match=r"riscv64.*UJUMBE_BROKER_URL=redis://"):
        valkey.command(settings)


def test_a_model_that_is_missing_is_refused_before_anything_is_started(settings: Settings, tmp_path: Path, silent: list[str]) -> None:
    missing = settings.model_copy(update={"model": str(tmp_path / "no.gguf")})
    with pytest.raises(StartFailed, match=r"no\.gguf"):
        serve.serve(missing, silent.append)
    assert not (tmp_path / "logs").exists()


def test_a_long_data_directory_gets_a_short_private_socket(tmp_path: Path) -> None:
    deep = Settings(data_dir=tmp_path / ("d" * 90))
    path = valkey.socket_path(deep)
    assert len(os.fsencode(path)) <= 107
    assert path != valkey.socket_path(Settings(data_dir=tmp_path / ("d" * 91)))
    valkey.command(deep)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.parent.rmdir()  # outside of tmp_path, which would be too long


def test_a_short_data_directory_keeps_its_socket_to_itself() -> None:
    assert valkey.socket_path(Settings(data_dir=Path("/srv/ujumbe"))) == Path("/srv/ujumbe/run/valkey.sock")


def test_the_embedded_valkey_listens_on_no_port(settings: Settings) -> None:
    words = valkey.command(settings)
    assert words[words.index("--port") + 1] == "0"
    assert words[words.index("--appendonly") + 1] == "yes"
    assert words[words.index("--maxmemory-policy") + 1] == "noeviction"


def test_every_lane_the_gateway_and_the_beat_are_kept_running(settings: Settings) -> None:
    names = {program.name: program for program in serve.programs(settings)}
    assert set(names) == {"gateway", *(lane.value for lane in Lane), BEAT}
    # The model and a broadcast give way to the door and to who answers, and the sweep to everybody.
    assert {name: program.nice for name, program in names.items() if program.nice} == {"answers": 5, "alerts": 5, "chores": 10}


def test_a_worker_is_ready_by_its_own_mark_and_not_by_an_old_one(settings: Settings) -> None:
    (answers,) = [program for program in serve.programs(settings) if program.name == "answers"]
    assert not answers.ready(1)
    mark = ready_file(settings, "answers")
    mark.parent.mkdir(parents=True)
    mark.write_text("1")
    assert answers.ready(1)
    assert not answers.ready(2)


@pytest.fixture
def running(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """The service over the ledger, started and ready."""
    log = settings.data_dir / "said"
    with log.open("wb") as said:
        command = [sys.executable, "-m", "tests.serve_runner"]
        with subprocess.Popen(command, cwd=ROOT, env=child_environment(settings), stdout=said, stderr=said) as process:
            try:
                until(lambda: "Ujumbe is ready" in _said(settings, process), within_s=40)
                yield process
            finally:
                process.kill()


def _said(settings: Settings, process: subprocess.Popen[bytes]) -> str:
    text = (settings.data_dir / "said").read_text()
    assert process.poll() is None, text
    return text


def _children(process: subprocess.Popen[bytes]) -> dict[str, psutil.Process]:
    """The service's children by lane; the broker as "valkey"."""
    found = {}
    for child in psutil.Process(process.pid).children():
        words = child.cmdline()
        found["valkey" if "valkey-server" in words[0] else words[-1]] = child
    return found


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    book = Ledger(settings.data_dir / "ledger.db", CeleryQueue(settings))
    book.warm()
    return book


def test_work_goes_on_after_each_part_was_killed(settings: Settings, running: subprocess.Popen[bytes], ledger: Ledger) -> None:
    parts = _children(running)
    assert set(parts) == {"valkey", "answers", "chores", "beat"}
    for number, name in enumerate(parts, start=1):
        parts[name].kill()
        ledger.add(number)  # no hint: the whole loop of beat, broker, sweep and worker has to find it
        until(lambda row=number: ledger.row(row)[1] == 1, within_s=60)  # type: ignore[misc]
        assert f"{name} ended (signal SIGKILL); it starts again" in _said(settings, running)


def test_a_worker_that_is_alive_and_hangs_is_ended_and_work_goes_on(
    settings: Settings, running: subprocess.Popen[bytes], ledger: Ledger
) -> None:
    _children(running)["answers"].suspend()  # SIGSTOP
    ledger.add(1)
    until(lambda: "answers hangs; it is ended" in _said(settings, running), within_s=60)
    until(lambda: ledger.row(1)[1] == 1, within_s=60)


def test_a_second_start_is_refused_by_name(settings: Settings, running: subprocess.Popen[bytes], silent: list[str]) -> None:
    with pytest.raises(BadSetting, match=rf"runs already in .*process {running.pid}\).*UJUMBE_DATA_DIR"):
        serve.serve(settings, silent.append)
    assert running.poll() is None


def test_sigterm_ends_everything_in_order(settings: Settings, running: subprocess.Popen[bytes]) -> None:
    children = list(_children(running).values())
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=30) == 0
    assert not [child for child in children if child.is_running()]


def test_after_a_kill_of_the_whole_service_the_next_start_finds_the_work(
    settings: Settings, running: subprocess.Popen[bytes], ledger: Ledger
) -> None:
    children = list(_children(running).values())
    running.kill()
    running.wait()
    until(lambda: not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE])
    ledger.add(1)
    with subprocess.Popen([sys.executable, "-m", "tests.serve_runner"], cwd=ROOT, env=child_environment(settings)) as again:
        try:
            until(lambda: ledger.row(1) == (1, 1), within_s=60)
        finally:
            again.terminate()
