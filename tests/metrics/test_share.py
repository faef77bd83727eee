"""Processes show their metrics on sockets: each under a name of its own, for as long as it lives."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from bot.metrics.share import alive, folder, gather, shared
from tests.redis import until

CHILD = """
import sys, time
from pathlib import Path
from bot.metrics.share import shared
with shared(Path(sys.argv[1]), sys.argv[2]):
    print("up", flush=True)
    time.sleep(60)
"""


@contextmanager
def process(data_dir: Path, name: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Another process that shows its metrics."""
    with subprocess.Popen([sys.executable, "-c", CHILD, data_dir, name], stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == b"up\n"
            yield child
        finally:
            child.kill()


def test_what_a_process_shows_is_gathered_under_its_name(tmp_path: Path) -> None:
    with shared(tmp_path, "sends", lambda: b"one"), shared(tmp_path, "sends", lambda: b"two"), shared(tmp_path, "beat", lambda: b"three"):
        assert gather(tmp_path) == {"sends-0": b"one", "sends-1": b"two", "beat-0": b"three"}
        assert alive(tmp_path) == {"sends", "beat"}
    assert gather(tmp_path) == {}


def test_nothing_is_gathered_where_nothing_runs(tmp_path: Path) -> None:
    assert gather(tmp_path) == {}
    assert alive(tmp_path) == frozenset()


def test_a_large_page_comes_whole(tmp_path: Path) -> None:
    page = b"x" * 3_000_000
    with shared(tmp_path, "sends", lambda: page):
        assert gather(tmp_path)["sends-0"] == page


def test_a_killed_process_is_gone_and_the_next_one_takes_its_name(tmp_path: Path) -> None:
    with process(tmp_path, "answers") as first:
        assert alive(tmp_path) == {"answers"}
        first.kill()
        first.wait()
        assert list(folder(tmp_path).glob("*.sock")), "it left its socket behind"
        assert alive(tmp_path) == frozenset()
        with process(tmp_path, "answers"):
            assert list(gather(tmp_path)) == ["answers-0"]


def test_a_frozen_process_holds_up_no_other(tmp_path: Path) -> None:
    with process(tmp_path, "answers") as frozen, shared(tmp_path, "sends", lambda: b"one"):
        frozen.send_signal(signal.SIGSTOP)
        until(lambda: gather(tmp_path) == {"sends-0": b"one"})
        frozen.send_signal(signal.SIGCONT)
        until(lambda: sorted(gather(tmp_path)) == ["answers-0", "sends-0"])


def test_many_that_start_at_once_have_different_names(tmp_path: Path) -> None:
    start, names = threading.Barrier(20), range(20)
    with ExitStack() as stack:
        entered: list[object] = []

        def enter(n: int) -> None:
            start.wait()
            entered.append(stack.enter_context(shared(tmp_path, "sends", f"{n}".encode)))

        threads = [threading.Thread(target=enter, args=(n,)) for n in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(gather(tmp_path).values()) == sorted(f"{n}".encode() for n in names)


def test_a_path_may_be_longer_than_a_sockets(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120) / ("e" * 120)
    with shared(deep, "sends", lambda: b"one"):
        assert gather(deep) == {"sends-0": b"one"}


def test_who_cannot_show_anything_works_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "run").write_text("no folder")
    with shared(tmp_path, "sends"):
        pass
    assert "no metrics of sends can be read: Not a directory" in caplog.text


def test_strangers_cannot_look(tmp_path: Path) -> None:
    with shared(tmp_path, "sends"):
        assert folder(tmp_path).stat().st_mode & 0o077 == 0
