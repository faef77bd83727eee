"""The engine in a process of its own: `python -m models.child SETTINGS`. models.line is the other end.

SETTINGS is JSON: {"path": of the GGUF file, "lean": of its lean copy or "", "chat": bool, "shape": the fields of models.shape.Shape,
"adapters": {name: path}}.
Asked by lines of JSON on stdin:

    {"id", "do": "write", "prompt", "max_tokens", "stop", "adapter", "within_s"}   {"id", "do": "choose", "prompt", "among", "within_s"}
    {"id", "do": "cancel"}   an earlier one that nobody waits for any more: dropped where it is not begun

It says, by lines of JSON on what was its stdout:

    {"ready": true}, or {"failed": why} and it ends          once, when the engine is open
    {"beat": decode steps so far or null, "rss": bytes}      every second, also while it loads; once it is open also "tally": the fields
                                                             of models.tally.Tally
    {"id", "text", "tokens", "seconds", "finish", "first_s"}, {"id", "shares": [...] or null}, {"id", "error": why}

Every id gets one answer, a cancelled one as if its deadline had come. Deadlines travel as seconds left, seconds count from when the
line was read. Nothing of a prompt is ever logged. It ends when stdin does, or its parent.
"""

import contextlib
import ctypes
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn, Protocol

from bot.core.errors import ModelFailed
from bot.core.types import Draft

BEAT_S = 1.0
UNLOADABLE = 3  # exit status
_FIRST_TO_GO = "500"  # of -1000..1000
_PR_SET_PDEATHSIG = 1


class Engine(Protocol):
    """What is served: safe from several threads, blocking. Where it has `steps: int`, those are the decode steps that it finished;
    where it has `tally() -> Tally`, that is told with each beat."""

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float, adapter: str = "") -> Draft: ...

    def choose(self, prompt: str, among: Sequence[str], *, deadline: float) -> Sequence[float] | None: ...


def main() -> NoReturn:
    """Serves the engine that the first argument describes."""
    settings = json.loads(sys.argv[1])

    def opens() -> Engine:
        from models.lean import open_lean
        from models.llama import LlamaWriter
        from models.shape import Shape

        path, lean = Path(settings["path"]), settings["lean"]
        copy = open_lean(Path(lean), path) if lean else None
        adapters = {name: Path(file) for name, file in settings.get("adapters", {}).items()}
        return LlamaWriter(path, shape=Shape(**settings["shape"]), chat=settings["chat"], lean=copy, adapters=adapters)

    serve(opens, sequences=int(settings["shape"]["sequences"]))


def serve(opens: Callable[[], Engine], *, sequences: int, beat_s: float = BEAT_S) -> NoReturn:
    """Serves the engine that `opens` returns, at most `sequences` questions at once, for as long as stdin is open.

    `opens` raises ModelFailed where there is none to be had."""
    _die_with_parent()
    _go_first()
    os.putenv("GGML_NO_BACKTRACE", "1")  # else a failed check runs gdb: seconds lost, and what it prints may hold a prompt
    work = _Work(_own_stdout(), sequences)
    threading.Thread(target=work.beat, args=(beat_s,), name="beat", daemon=True).start()
    threading.Thread(target=work.load, args=(opens,), name="load", daemon=True).start()
    for line in sys.stdin.buffer:
        work.take(json.loads(line))
    os._exit(0)  # not sys.exit: a thread may hang in native code


class _Work:
    """The engine, and what it is asked."""

    def __init__(self, out: int, sequences: int) -> None:
        self._out, self._saying = out, threading.Lock()
        self._engine: Future[Engine] = Future()
        self._pool = ThreadPoolExecutor(sequences, thread_name_prefix="ask")
        self._asked: dict[int, Future[None]] = {}
        self._asking = threading.Lock()

    def load(self, opens: Callable[[], Engine]) -> None:
        """Opens the engine. Ends the process where that fails."""
        try:
            self._engine.set_result(opens())
        except Exception as error:  # whatever it is, there is no engine
            self._say({"failed": str(error) if isinstance(error, ModelFailed) else f"The engine cannot be opened: {error!r}."})
            os._exit(UNLOADABLE)
        self._say({"ready": True})

    def beat(self, every_s: float) -> None:
        """Says for ever how far the engine is: if it hangs inside a step, this still says so."""
        while True:
            engine = self._engine.result() if self._engine.done() else None
            tally = getattr(engine, "tally", None)
            self._say({"beat": getattr(engine, "steps", None), "rss": resident()} | ({"tally": asdict(tally())} if tally else {}))
            time.sleep(every_s)

    def take(self, asked: Mapping[str, Any]) -> None:
        """Puts a question in line, or takes one out."""
        number = asked["id"]
        if asked["do"] == "cancel":
            with self._asking:
                waiting = self._asked.get(number)
            if waiting is not None and waiting.cancel():
                self._forget(number)
                self._say({"id": number, "text": "", "tokens": 0, "seconds": 0.0, "finish": "deadline", "first_s": 0.0, "shares": None})
            return
        with self._asking:  # or it may be done before it is noted
            self._asked[number] = self._pool.submit(self._answer, asked, time.monotonic())

    def _answer(self, asked: Mapping[str, Any], began: float) -> None:
        try:
            said = self._ask(asked, began)
        except Exception as error:  # one question's trouble; a broken engine shows by many
            said = {"error": _reason(error)}
        self._forget(asked["id"])
        self._say({"id": asked["id"], **said})

    def _ask(self, asked: Mapping[str, Any], began: float) -> dict[str, Any]:
        engine, deadline = self._engine.result(), began + asked["within_s"]
        waited = time.monotonic() - began
        if asked["do"] == "choose":
            shares = engine.choose(asked["prompt"], asked["among"], deadline=deadline)
            return {"shares": None if shares is None else [float(share) for share in shares]}
        size, adapter = asked["max_tokens"], asked.get("adapter", "")
        draft = engine.write(asked["prompt"], max_tokens=size, stop=asked["stop"], deadline=deadline, adapter=adapter)
        return {
            "text": draft.text,
            "tokens": draft.tokens,
            "seconds": waited + draft.seconds,
            "finish": draft.finish,
            "first_s": waited + draft.first_s if draft.first_s else 0.0,
        }

    def _forget(self, number: int) -> None:
        with self._asking:
            self._asked.pop(number, None)

    def _say(self, said: Mapping[str, Any]) -> None:
        line = json.dumps(said).encode() + b"\n"
        try:
            with self._saying:
                while line:
                    line = line[os.write(self._out, line) :]
        except OSError:  # nobody listens any more
            os._exit(1)


def resident() -> int:
    """Bytes of memory that this process has now, mapped files included; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _reason(error: Exception) -> str:
    """ModelFailed speaks for itself; the text of any other may hold the prompt, so its name must do."""
    return str(error) if isinstance(error, ModelFailed) else f"The engine failed: {type(error).__name__}."


def _own_stdout() -> int:
    """A descriptor of what was stdout; what native code prints goes to stderr from now on, and cannot come between our lines."""
    out = os.dup(1)
    os.dup2(2, 1)
    return out


def _die_with_parent() -> None:
    """On Linux: killed when the parent's thread that started this process ends. The end of stdin is seen, too, but not while native
    code keeps every thread of Python's waiting."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _go_first() -> None:
    """Where memory runs out, Linux ends this process before others: it is started again, and nothing is lost."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")


if __name__ == "__main__":
    main()
