"""llama-server as the benchmark starts it and asks it, against a stand-in that speaks its protocol."""

import json
import sys
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count, islice, pairwise
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.engine import __main__ as command
from bench.engine import server
from bench.engine.child import Job
from bench.engine.loop import Said
from models.shape import Shape

JOB = Job("llama-server", "a.gguf", Shape(threads=3, sequences=8), 4, 48, ("\n",), ("one two", "tatu ’nne", "five"))


def events(parts: Iterable[str], *, tokens: int = 0) -> list[bytes]:
    """As llama-server streams them: one for each part, and a last one with no text."""
    said = [{"content": part, "stop": False} for part in parts]
    told = [*said, {"content": "", "stop": True, "tokens_predicted": tokens, "stop_type": "word"}]
    return [line for one in told for line in (f"data: {json.dumps(one)}\n".encode(), b"\n")]


@given(st.lists(st.text()))
def test_the_parts_of_a_stream_are_one_text(parts: list[str]) -> None:
    clock = (float(n) for n in count(11))
    said = server.read_stream(events(parts, tokens=7), began=10.0, clock=lambda: next(clock))
    assert said == Said("".join(parts).strip(), 7, 1.0)  # the first part is the one whose time counts


def test_signs_of_life_between_the_parts_are_no_token() -> None:
    clock = iter([12.0])
    said = server.read_stream([b": ping\n", b"\n", *events(["a"], tokens=1)], began=10.0, clock=lambda: next(clock))
    assert said == Said("a", 1, 2.0)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        pytest.param(events(["a", "b"])[:4], "in the middle", id="cut"),
        pytest.param([], "in the middle", id="nothing"),
        pytest.param([*events(["a"])[:2], b'data: {"error": {"message": "no room"}}\n'], "no room", id="error-event"),
        pytest.param([b'error: {"message": "no slot"}\n'], "no slot", id="error-line"),
    ],
)
def test_half_an_answer_is_none(lines: list[bytes], says: str) -> None:
    with pytest.raises(RuntimeError, match=says):
        server.read_stream(lines, began=0.0)


def test_it_gets_the_same_file_and_threads_as_ours_and_the_slots_that_are_best_for_it() -> None:
    words = server.command(Path("bin/llama-server"), JOB, 4711, ["--cache-reuse", "32"])
    after = dict(pairwise(words))
    assert words[0] == "bin/llama-server"
    assert (after["--model"], after["--threads"], after["--threads-batch"], after["--parallel"]) == ("a.gguf", "3", "3", str(server.SLOTS))
    assert (after["--port"], after["--host"], after["--cache-reuse"]) == ("4711", "127.0.0.1", "32")
    assert int(after["--ctx-size"]) == server.SLOTS * server.ROOM


@pytest.fixture
def binary(tmp_path: Path) -> Path:
    """An executable that runs this module's stand-in."""
    path = tmp_path / "llama-server"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.bench.test_engine_server "$@"\n')
    path.chmod(0o755)
    return path


def test_it_is_started_asked_greedily_by_all_askers_and_taken_away(binary: Path) -> None:
    with server.Server(binary, JOB) as running:
        process = psutil.Process(running.pid)
        got = list(islice(running.answers(), 30))
    assert not process.is_running()
    assert {one.text for one in got} == {f"{prompt}|48|['\\n']|0.0|1|True" for prompt in JOB.prompts}
    assert all(0 < one.first_s < one.last_s for one in got)
    assert {one.tokens for one in got} == {2}


def test_a_refusal_ends_the_cell(binary: Path) -> None:
    with server.Server(binary, JOB, ["--refuse"]) as running, pytest.raises(RuntimeError, match="answers 503"):
        next(running.answers())


def test_its_death_in_the_middle_is_heard(binary: Path) -> None:
    with server.Server(binary, JOB) as running:
        answers = running.answers()
        next(answers)
        psutil.Process(running.pid).kill()
        with pytest.raises(RuntimeError, match=r"died.*status is -9"):
            list(answers)


def test_what_does_not_start_says_why(binary: Path) -> None:
    with pytest.raises(RuntimeError, match="not such a flag"):
        server.Server(binary, JOB, ["--bad-flag"]).__enter__()


def test_the_command_prints_a_row_for_each_number_of_askers(binary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--only", "llama-server", "--server", str(binary), "--model", "./a.gguf", "--askers", "1", "3", "--answers", "5"]
    assert command.main(words) == 0
    said = capsys.readouterr().out
    rows = [[cell.strip() for cell in line.split("|")] for line in said.splitlines() if line.startswith("| llama-server")]
    assert [(row[1], row[2], row[-2]) for row in rows] == [("llama-server", "1", "-"), ("llama-server", "3", "-")], said
    assert "ours" not in said


class StandIn(BaseHTTPRequestHandler):
    """Says the prompt and how it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._open(200)
        self._chunk(b"")

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "--refuse" in sys.argv:
            self._open(503)
            self._chunk(b"")
            return
        self._open(200)
        how = (asked[key] for key in ("n_predict", "stop", "temperature", "top_k", "stream"))
        for line in [*events([asked["prompt"], "|" + "|".join(map(str, how))], tokens=2), b""]:
            self._chunk(line)

    def _open(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def log_message(self, *_: object) -> None: ...


if __name__ == "__main__":
    if "--bad-flag" in sys.argv:
        sys.exit("not such a flag")
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), StandIn).serve_forever()
