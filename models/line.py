"""The line to one child that has the engine (models.child): what it is asked, and what it says."""

import contextlib
import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from queue import SimpleQueue
from typing import Any

from bot.core.errors import ModelFailed
from bot.core.types import Draft
from models import sane
from models.pulse import CRASHED, UNLOADABLE, Pulse
from models.tally import Account, tally_of

Answer = Mapping[str, Any]
NO_ANSWER = (KeyError, TypeError, ValueError, OverflowError)  # what reading a message raises that is not as models.child says
_MOST_BYTES = 1 << 20  # of one line
_GONE = "The engine's process ended. It starts again by itself."


@dataclass(frozen=True, slots=True)
class Call:
    """A question on its way. `answer` holds what the child says, or ModelFailed once it is dead."""

    number: int
    answer: Future[Answer] = field(default_factory=Future)


class Line:
    """One child process, the questions it has not answered, its pulse. Safe from several threads.

    To be made in a thread that lives as long as the child should: Linux ends the child with the thread that started it.
    """

    def __init__(self, command: Sequence[str], pulse: Pulse, changed: Callable[[], None], account: Account) -> None:
        """Starts `command`. `changed` is called, from a thread of the line's, when the child is ready and when it has ended. What the
        child does and uses goes to `account`.

        Raises OSError or RuntimeError where this machine has no room for another process."""
        self.pulse, self.ended, self.cause, self.failure = pulse, False, "", ""
        self._changed, self._account, self._lock, self._numbers = changed, account, threading.Lock(), count(1)
        self._calls: dict[int, Call] = {}
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._process = subprocess.Popen(  # noqa: S603  the command is ours, never a person's
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,  # Ctrl-C reaches us, and we end it
        )
        account.begins(self.pid)
        try:
            for target in (self._post, self._listen):
                threading.Thread(target=target, name=f"engine {target.__name__.strip('_')}", daemon=True).start()
        except BaseException:
            account.ends(self.pid)
            self._process.kill()
            self._outbox.put(None)
            raise

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def ready(self) -> bool:
        """Whether it has opened the engine and lives."""
        return self.pulse.ready and not self.ended

    @property
    def waiting(self) -> int:
        """How many questions it has not answered, those included that nobody waits for any more."""
        return len(self._calls)

    def verdict(self) -> str:
        """Why the child must be ended, or why it has ended: one of models.pulse.REASONS; "" while all is well."""
        with self._lock:
            if self.ended:
                return UNLOADABLE if self.failure else CRASHED
            return self.pulse.verdict(time.monotonic())

    def ask(self, question: Mapping[str, Any], *, deadline: float) -> Call:
        """Sends `question`, without waiting. Raises ModelFailed where the child has ended."""
        now = time.monotonic()
        with self._lock:
            if self.ended:
                raise ModelFailed(_GONE)
            call = Call(next(self._numbers))
            self._calls[call.number] = call
            self.pulse.asked(call.number, deadline, now)
            self._send({"id": call.number, **question, "within_s": deadline - now})
        return call

    def cancel(self, call: Call) -> None:
        """Nobody waits for `call` any more."""
        self._send({"id": call.number, "do": "cancel"})

    def end(self, *, grace_s: float = 0.0) -> None:
        """Ends the child, at once or, with `grace_s`, by asking first. Returns when it is dead and every call has failed."""
        try:
            if grace_s:
                self._process.terminate()
                self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            pass
        self._bury()

    def _send(self, said: Mapping[str, Any]) -> None:
        self._outbox.put(json.dumps(said).encode() + b"\n")

    def _post(self) -> None:
        """Writes what waits in the outbox. A thread of its own: a child that does not read must not hold up who asks."""
        assert self._process.stdin is not None
        try:
            while (line := self._outbox.get()) is not None:
                self._process.stdin.write(line)
                self._process.stdin.flush()
        except OSError:
            pass  # it ended: the listener sees that, too
        finally:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _listen(self) -> None:
        """Takes in what the child says until it ends, or says what no sound child would."""
        assert self._process.stdout is not None
        try:
            while (line := self._process.stdout.readline(_MOST_BYTES)) and self._hear(line):
                pass
        finally:
            self._bury()
            self._process.stdout.close()

    def _hear(self, line: bytes) -> bool:
        """Whether `line` is one of the protocol. Before the child is ready others may print, too: they are passed over."""
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            return not self.pulse.ready
        try:
            self._note(said)
        except NO_ANSWER:
            return False
        return True

    def _note(self, said: Answer) -> None:
        if "tally" in said:
            self._account.beats(self.pid, tally_of(said["tally"]))
        now, call = time.monotonic(), None
        with self._lock:
            if "beat" in said:
                self.pulse.beat(None if said["beat"] is None else int(said["beat"]), int(said["rss"]), now)
            elif "failed" in said:
                self.failure = str(said["failed"])
            elif "ready" in said:
                self.pulse.ready = True
            else:
                call = self._calls.pop(int(said["id"]), None)
                self.pulse.answered(int(said["id"]), now, worked=said.get("finish") != "deadline" and said.get("shares", 0) is not None)
        if call is not None:
            call.answer.set_result(said)
        if "ready" in said:
            self._changed()

    def _bury(self) -> None:
        """Makes sure that the child is dead. Every call that it leaves behind fails first: death may take long where a disk hangs."""
        self._account.ends(self.pid)  # first: once it is waited for, nobody knows what it used
        self._process.kill()
        with self._lock:
            first, self.ended = not self.ended, True
            left = list(self._calls.values())
            self._calls.clear()
            self.pulse.waiting.clear()
        for call in left:
            call.answer.set_exception(ModelFailed(_GONE))
        self.cause = _cause(self._process.wait())
        if first:
            self._outbox.put(None)
            self._changed()


def draft_of(answer: Answer) -> Draft:
    """The child's answer as a Draft. Raises ModelFailed for garbage, and one of NO_ANSWER for what is no answer."""
    text = str(answer["text"])
    if wrong := sane.garbled(text):
        raise ModelFailed(f"The model wrote garbage: {wrong}.")
    return Draft(text, int(answer["tokens"]), float(answer["seconds"]), str(answer["finish"]), float(answer["first_s"]))


def shares_of(answer: Answer, count: int) -> list[float] | None:
    """The child's answer as shares; None where the deadline came first. Raises as `draft_of` does."""
    if answer["shares"] is None:
        return None
    shares = [float(share) for share in answer["shares"]]
    if wrong := sane.unsound(shares, count):
        raise ModelFailed(f"The model chose garbage: {wrong}.")
    return shares


def _cause(status: int) -> str:
    names = {each.value: each.name for each in signal.Signals}
    return f"signal {names.get(-status, -status)}" if status < 0 else f"exit status {status}"
