"""Watches calls that leave the process: to providers, and to the model. What is watched knows nothing of it."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.core.errors import SendError
from bot.core.ports import Adapts, Channel, Chooser, Writer
from bot.core.types import Draft
from bot.metrics import families as f

_SENDS = ("send", "send_menu", "send_template", "send_bulk")


def watch_channels(channels: Mapping[str, Channel]) -> None:
    """From now on every send of `channels` is timed, by what became of it."""
    for channel in channels.values():
        for name in _SENDS:
            call = getattr(channel, name, None)
            if call is not None:
                setattr(channel, name, _timed(channel.name, call))


def _timed(channel: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def timed(*args: Any, **named: Any) -> Any:
        began, outcome = time.monotonic(), "broken"
        try:
            sent = call(*args, **named)
            outcome = "wired"
        except SendError as error:
            outcome = _snake(type(error).__name__)
            raise
        finally:
            f.CALLS.labels(channel, outcome).observe(time.monotonic() - began)
        return sent

    return timed


def _snake(name: str) -> str:
    """ "OptedOut" -> "opted_out"."""
    return re.sub(r"(?<=.)([A-Z])", r"_\1", name).lower()


class WatchedWriter:
    """A Writer whose tokens and seconds are counted."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self.name = writer, writer.name

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float) -> Draft:
        with f.ENGINE.labels("write").time():
            draft = self._writer.write(prompt, max_tokens=max_tokens, stop=stop, deadline=deadline)
        f.TOKENS.inc(draft.tokens)
        return draft

    def for_skill(self, name: str) -> "WatchedWriter":
        """See bot.core.ports.Adapts."""
        return WatchedWriter(self._writer.for_skill(name)) if isinstance(self._writer, Adapts) else self


class WatchedChooser:
    """A Chooser whose seconds are counted."""

    def __init__(self, chooser: Chooser) -> None:
        self._chooser = chooser

    def choose(self, prompt: str, among: Sequence[str], *, deadline: float) -> Sequence[float] | None:
        with f.ENGINE.labels("choose").time():
            return self._chooser.choose(prompt, among, deadline=deadline)
