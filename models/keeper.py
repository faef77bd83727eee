"""The engine kept alive: it runs in a child process, a watchdog starts it again, and who asks meanwhile is told so at once.

Losing the child costs the questions under way their wording, never the service: the caller answers from the passages then.
"""

import json
import logging
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from bot.core.errors import ModelFailed
from bot.core.types import Draft
from bot.core.workload import Work
from models.line import NO_ANSWER, Answer, Line, draft_of, shares_of
from models.pulse import CRASHED, FAILING, GARBLED, PATIENCE, UNLOADABLE, WORDS, Patience, Pulse
from models.shape import Shape
from models.tally import Account

GARBAGE_MOST = 5  # bad answers in a row: it is the engine, not the question; once in Patience.healthy_s a restart may cure it
_CLOSE_S = 2.0
_T = TypeVar("_T")
log = logging.getLogger(__name__)


def keep(
    path: Path,
    *,
    shape: Shape,
    chat: bool = True,
    lean: Path | None = None,
    memory_mb: int = 0,
    lazily: bool = False,
    noted: Callable[[str], None] = lambda _: None,
    adapters: Mapping[str, Path] = MappingProxyType({}),
) -> "Keeper":
    """The engine on `path`, or its `lean` copy, with `adapters` by name, in a child process. Raises ModelFailed as `Keeper` does."""
    copy, changes = str(lean.absolute()) if lean else "", {name: str(file.absolute()) for name, file in adapters.items()}
    settings = json.dumps({"path": str(path.absolute()), "lean": copy, "chat": chat, "shape": asdict(shape), "adapters": changes})
    return Keeper(path.stem, [sys.executable, "-m", "models.child", settings], memory_mb=memory_mb, lazily=lazily, noted=noted)


class Keeper:
    """A Writer and Chooser on a child process. Safe from several threads.

    Where there is no child, calls raise ModelFailed at once; only the first start is waited for, until the call's deadline.
    `restarts` counts lost children by reason (models.pulse.REASONS).
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        memory_mb: int = 0,
        lazily: bool = False,
        noted: Callable[[str], None] = lambda _: None,
        patience: Patience = PATIENCE,
    ) -> None:
        """Runs `command`, which speaks as models.child does. `memory_mb`: MiB that it may have, the mapped model included; 0 for any.

        `lazily`: at the first question; else it is waited for here, and ModelFailed is raised where the engine cannot be opened.
        `noted` hears the reason whenever a child is lost; it is called from another thread and must not raise.
        """
        self.name, self.restarts, self._account = name, Counter[str](), Account()
        self._command, self._budget, self._noted, self._patience = command, memory_mb * 1024 * 1024, noted, patience
        self._changed = threading.Condition()  # guards all that follows
        self._child: Line | None = None
        self._open: Line | None = None  # the child, while it takes questions
        self._why = ""  # why none takes any; "" before the first start is done
        self._strikes = 0  # bad answers in a row
        self._sick = ""  # why the child must go, where its answers show it
        self._cured = float("-inf")  # when that was last tried
        self._closing = False
        self._thread: threading.Thread | None = None
        if not lazily:
            try:
                self._line(float("inf"))
            except ModelFailed:
                self.close()
                raise

    @property
    def in_flight(self) -> int:
        """Questions that the child has not answered."""
        child = self._child
        return child.waiting if child else 0

    @property
    def pid(self) -> int:
        """The child's process id; 0 where there is none."""
        child = self._child
        return child.pid if child else 0

    @property
    def rss(self) -> int:
        """Bytes of memory that the child has; 0 where there is none."""
        child = self._child
        return child.pulse.rss if child else 0

    def work(self) -> Work:
        """What all its children did and used until now, and what the one that lives holds. As of its last beat."""
        return self._account.work(rss=self.rss)

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float, adapter: str = "") -> Draft:
        """See bot.core.ports.Writer. `adapter`: one of the child's, by name; "": the model as it is. Raises ModelFailed at once where the
        engine is being restarted, and for garbage."""
        began = time.monotonic()
        asked = {"do": "write", "prompt": prompt, "max_tokens": max_tokens, "stop": list(stop), "adapter": adapter}
        answer = self._ask(asked, deadline, draft_of)
        if answer is None:
            return Draft(text="", tokens=0, seconds=time.monotonic() - began, finish="deadline")
        return answer

    def choose(self, prompt: str, among: Sequence[str], *, deadline: float) -> Sequence[float] | None:
        """See bot.core.ports.Chooser. Raises ModelFailed as `write` does."""
        return self._ask({"do": "choose", "prompt": prompt, "among": list(among)}, deadline, lambda answer: shares_of(answer, len(among)))

    def close(self) -> None:
        """Ends the child. What is asked from now on, or is under way, raises ModelFailed."""
        with self._changed:
            self._closing, self._open, self._why = True, None, "The engine is closed."
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(2 * _CLOSE_S)

    def _ask(self, question: Mapping[str, Any], deadline: float, read: Callable[[Answer], _T]) -> _T | None:
        """What `read` makes of the child's answer; None where the deadline came first. Raises ModelFailed."""
        line = self._line(deadline)
        left = min(deadline - time.monotonic(), threading.TIMEOUT_MAX - 1)
        if line is None or left <= 0:
            return None
        call = line.ask(question, deadline=deadline)
        try:
            answer = call.answer.result(left + self._patience.grace_s)
        except TimeoutError:
            line.cancel(call)
            return None
        return self._judged(line, answer, read)

    def _judged(self, line: Line, answer: Answer, read: Callable[[Answer], _T]) -> _T:
        """What `read` makes of `answer`; raises ModelFailed where it is bad, and counts how many are in a row."""
        if "error" in answer:
            self._strike(line, FAILING)
            raise ModelFailed(str(answer["error"]))
        try:
            value = read(answer)
        except (ModelFailed, *NO_ANSWER) as error:
            self._strike(line, GARBLED)
            raise error if isinstance(error, ModelFailed) else ModelFailed("The engine's answer is none.") from None
        if value is not None and answer.get("finish") != "deadline":
            self._strike(line, "")
        return value

    def _strike(self, line: Line, reason: str) -> None:
        """Counts a bad answer of `line`; "": it was a good one."""
        with self._changed:
            self._strikes = self._strikes + 1 if reason else 0
            helps = time.monotonic() - self._cured >= self._patience.healthy_s  # else it is the model that is so weak
            if self._strikes >= GARBAGE_MOST and line is self._child and helps:
                self._sick, self._cured = reason, time.monotonic()
                self._changed.notify_all()

    def _line(self, deadline: float) -> Line | None:
        """The line to a child that takes questions; None where the deadline comes before the first one is there. Raises ModelFailed."""
        with self._changed:
            if self._thread is None and not self._closing:
                self._begin()
            while self._open is None and not self._why:
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._changed.wait(min(left, threading.TIMEOUT_MAX))
            if self._open is None:
                raise ModelFailed(self._why)
            return self._open

    def _begin(self) -> None:
        """Starts the one thread that starts all children: Linux ends a child with its thread. Called with the lock held."""
        thread = threading.Thread(target=self._keep, name="engine keep", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            raise ModelFailed(f"The engine cannot be started: {error}.") from None
        self._thread = thread

    def _keep(self) -> None:
        """Keeps a child running until the keeper is closed."""
        losses, (first, longest) = 0, self._patience.waits
        while True:
            began = time.monotonic()
            try:
                reason, why = self._live()
            except Exception as error:  # no room for a process or a thread, say: the next try may find some
                reason, why = CRASHED, f"The engine's process cannot be started: {error}."
            with self._changed:
                if self._closing:
                    return
                losses = 1 if time.monotonic() - began >= self._patience.healthy_s else losses + 1
                wait_s = longest if reason == UNLOADABLE else min(longest, first * 2 ** min(losses - 1, 16))
                self.restarts[reason] += 1
                self._shut(why)
            log.warning("the engine is lost (%s): %s Next start in %.2f s.", reason, why, wait_s)
            self._noted(reason)
            with self._changed:
                if self._changed.wait_for(lambda: self._closing, wait_s):
                    return

    def _live(self) -> tuple[str, str]:
        """One child, from its start to its death. Returns the reason, and in words why the engine is not there."""
        patience = self._patience
        pulse = Pulse(time.monotonic(), hang_s=patience.hang_s, start_s=patience.start_s, budget=self._budget)
        line = Line(self._command, pulse, self._wake, self._account)
        try:
            with self._changed:
                self._child, self._strikes, self._sick = line, 0, ""
                reason = self._watch(line)
        finally:
            line.end(grace_s=_CLOSE_S if self._closing else 0.0)
            with self._changed:
                self._child = None
        return reason, line.failure or WORDS.get(reason, "").format(line.cause)

    def _watch(self, line: Line) -> str:
        """Looks at the child until it must end, and lets questions through to it meanwhile. Returns why. Called with the lock held."""
        while not self._closing:
            if reason := line.verdict() or self._sick:
                if self._open is not None:  # else who waits for the first start is told the cause, as soon as it is known
                    self._shut("The engine is started again.")
                return reason
            if line.pulse.swollen:  # those under way may end; then it is started again
                self._shut("The engine is started again: it takes too much memory.")
            elif line.ready and self._open is None:
                self._open, self._why = line, ""
                self._changed.notify_all()
            self._changed.wait(self._patience.look_s)
        return ""

    def _shut(self, why: str) -> None:
        """Lets no question through. Called with the lock held."""
        self._open = None
        if not self._closing:
            self._why = why
            self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
