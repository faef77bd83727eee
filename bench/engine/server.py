"""llama-server: started with its best settings, asked over HTTP as its users ask it."""

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Self

from bench.engine.child import PATIENCE_S, Job
from bench.engine.contenders import Stream
from bench.engine.loop import Answer, Ask, Held, Said, ask_all
from bot.supervisor import _tie_to
from tests.redis import free_port

ROOM = 640  # tokens a slot: the longest prompt of the skills and its answer
SLOTS = 16  # of 8 and 16 what it was quicker with: 96 and 122 answers a minute for 16 askers
START_S = 120.0
GREEDY = {"temperature": 0.0, "top_k": 1, "samplers": ["top_k"], "cache_prompt": True}


def command(binary: Path, job: Job, port: int, flags: Sequence[str] = ()) -> list[str]:
    """One cache for all slots, whole also where the model's window slides: else a shared beginning is computed again."""
    threads = str(job.shape.threads)
    return [
        *(str(binary), "--model", job.model, "--offline", "--host", "127.0.0.1", "--port", str(port), "--no-webui"),
        *("--threads", threads, "--threads-batch", threads, "--parallel", str(SLOTS), "--ctx-size", str(SLOTS * ROOM)),
        *("--kv-unified", "--swa-full", "--cont-batching", "--cache-prompt", "--log-verbosity", "1"),
        *flags,
    ]


def read_stream(lines: Iterable[bytes], began: float, clock: Callable[[], float] = monotonic) -> Said:
    """The answer out of a stream of server-sent events. Raises RuntimeError where it is an error, or is cut."""
    parts, first = [], 0.0
    for line in lines:
        name, _, data = line.partition(b": ")
        if name == b"error":
            raise RuntimeError(f"llama-server says: {data.decode('utf-8', 'replace').strip()}")
        if name != b"data":
            continue
        event = json.loads(data)
        if "error" in event:
            raise RuntimeError(f"llama-server says: {event['error']}")
        first = first or clock() - began
        parts.append(event["content"])
        if event["stop"]:
            return Said("".join(parts).strip(), event["tokens_predicted"], first)
    raise RuntimeError("llama-server ended its stream in the middle of an answer.")


def asker(port: int, job: Job) -> Ask:
    """Asks the server at `port`, over a new connection each time: it ends kept ones when it likes. Raises RuntimeError, OSError or
    HTTPException."""
    asked = {"n_predict": job.max_tokens, "stop": list(job.stop), "stream": True, **GREEDY}

    def ask(prompt: str) -> Said:
        began = monotonic()
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        try:
            connection.request("POST", "/completion", json.dumps({"prompt": prompt, **asked}), {"Content-Type": "application/json"})
            response = connection.getresponse()
            if response.status != 200:
                raise RuntimeError(f"llama-server answers {response.status}: {response.read(500)!r}")
            return read_stream(response, began)
        finally:
            connection.close()

    return ask


class Server:
    """A Contender. Its askers are threads of this process: what they take is not counted as its own."""

    def __init__(self, binary: Path, job: Job, flags: Sequence[str] = ()) -> None:
        self._job, self._port = job, free_port()
        self._command = command(binary, job, self._port, flags)
        self._stream, self._stop = Stream(), threading.Event()
        self._askers: threading.Thread | None = None

    @property
    def pid(self) -> int:
        """See Contender."""
        return self._process.pid

    def __enter__(self) -> Self:
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            preexec_fn=_tie_to(os.getpid(), 0),  # noqa: PLW1509  no other thread runs yet
        )
        try:
            self._wait()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        self._askers = threading.Thread(target=self._ask, daemon=True)
        self._askers.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._process.kill()
        self._process.wait()
        if self._askers is not None:
            self._askers.join()
        self._log.close()

    def answers(self) -> Iterator[Answer]:
        """See Contender."""
        return iter(self._stream)

    def rest(self) -> Held:
        """See Contender. It does not tell."""
        self._stop.set()
        if self._askers is not None:
            self._askers.join()
        return Held()

    def _wait(self) -> None:
        until = monotonic() + START_S
        while monotonic() < until and self._process.poll() is None:
            with suppress(OSError, HTTPException):
                if _healthy(self._port):
                    return
            sleep(0.1)
        raise RuntimeError(f"llama-server did not start. {self._last_words()}")

    def _last_words(self) -> str:
        self._log.seek(0)
        said = self._log.read()[-2000:].decode("utf-8", "replace")
        return f"Its status is {self._process.poll()}, its last words:\n{said}"

    def _ask(self) -> None:
        ask = asker(self._port, self._job)
        try:
            ask_all(ask, self._job.prompts, self._job.askers, self._stream.put, stop=self._stop)
        except Exception as error:
            sleep(0.5)  # one that dies closes its connections first
            self._stream.put(error if self._process.poll() is None else RuntimeError(f"llama-server died. {self._last_words()}"))


def _healthy(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    finally:
        connection.close()
