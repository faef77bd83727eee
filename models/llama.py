"""The engine: words an answer with a GGUF model on this machine's own processor."""

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from bot.core.errors import BadSetting, ModelFailed
from bot.core.types import Draft
from models.catalogue import Entry
from models.gguf import read_head
from models.native import CHUNK, Native

CONTEXT = 1024  # tokens: eight texts to choose from (about 500), or a few-shot prompt (350), a fact and an answer; more only costs memory
_SLOT = "\N{OBJECT REPLACEMENT CHARACTER}"  # stands for the prompt while a chat template is rendered


def default_threads(wanted: int) -> int:
    """Threads for the engine. 0: one fewer than the cores, at least one: ggml's threads spin, and collapse when something
    else runs on the last core (facts/lab.md, Threads)."""
    return wanted or max(1, len(os.sched_getaffinity(0)) - 1)


@dataclass(frozen=True, slots=True)
class _Frame:
    """The tokens around every prompt: the opening token, and the chat template's words where the model has one."""

    before: tuple[int, ...]
    after: tuple[int, ...]


def open_path(path: Path, entry: Entry | None, *, threads: int) -> "LlamaWriter":
    """The engine on `path`, as `entry` says where it has one. Raises ModelFailed."""
    return LlamaWriter(path, threads=threads, chat=entry is None or entry.template != "none")


class LlamaWriter:
    """A Writer on llama.cpp. Greedy, so deterministic; safe from several threads, one at a time.

    The beginning that a prompt shares with the last one is not computed again. Only whole chunks are taken over, so that every
    token is always computed in the same company: the text does not depend on what was asked before.
    """

    def __init__(self, path: Path, *, threads: int = 0, context: int = CONTEXT, chat: bool = True) -> None:
        """Loads `path`. `chat`: prompts go into the file's own chat template, where it has one.

        Raises ModelFailed for a file that is missing, cut, no GGUF, or refused by llama.cpp.
        """
        try:
            read_head(path)
        except BadSetting as error:
            raise ModelFailed(str(error)) from None
        self.name = path.stem
        self._native = Native(path, threads=default_threads(threads), context=context)
        self._lock = threading.Lock()
        self._held: list[int] = []  # the tokens of whole prompt chunks that the context still holds
        template = self._native.template() if chat else ""
        self._frame = self._chat_frame(template) if template else _Frame(tuple(self._native.bos()), ())

    def close(self) -> None:
        """Gives the model's memory back. The writer is dead afterwards."""
        self._native.close()

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float) -> Draft:
        """Completes `prompt`, without outer blanks, up to the first of `stop`, the model's own end, or `max_tokens`.

        `deadline` is seen before every token and every chunk of the prompt; what was written until then comes back with
        finish "deadline". Raises ModelFailed for a prompt that does not fit, or when llama.cpp fails.
        """
        began = monotonic()
        if not self._lock.acquire(timeout=min(max(0.0, deadline - began), threading.TIMEOUT_MAX)):
            return Draft(text="", tokens=0, seconds=monotonic() - began, finish="deadline")
        try:
            text, count, finish = self._complete(prompt, max_tokens, stop, deadline)
        except ModelFailed:
            self._held = []
            raise
        finally:
            self._lock.release()
        return Draft(text=text.strip(), tokens=count, seconds=monotonic() - began, finish=finish)

    def choose(self, prompt: str, among: Sequence[str], *, deadline: float) -> Sequence[float] | None:
        """How likely each text of `among` goes on from `prompt`, by its first token; they add up to 1. None: the deadline came first.

        Raises ModelFailed as `write` does.
        """
        if not self._lock.acquire(timeout=min(max(0.0, deadline - monotonic()), threading.TIMEOUT_MAX)):
            return None
        try:
            tokens = self._framed(prompt)
            firsts = [self._native.tokens(text, special=False)[0] for text in among]
            return self._native.shares(firsts) if self._read(tokens, deadline) else None
        except ModelFailed:
            self._held = []
            raise
        finally:
            self._lock.release()

    def _framed(self, prompt: str) -> list[int]:
        """The tokens of `prompt` in its frame. Raises ModelFailed where they leave no room for a token more."""
        tokens = [*self._frame.before, *self._native.tokens(prompt, special=False), *self._frame.after]
        if len(tokens) >= self._native.context:
            raise ModelFailed(f"The prompt has {len(tokens)} tokens and the engine takes {self._native.context}. Shorten the facts.")
        if not tokens:
            raise ModelFailed("The prompt is empty. Ask something.")
        return tokens

    def _complete(self, prompt: str, max_tokens: int, stop: Sequence[str], deadline: float) -> tuple[str, int, str]:
        tokens = self._framed(prompt)
        room = self._native.context - len(tokens)
        if not self._read(tokens, deadline):
            return "", 0, "deadline"
        return self._speak(min(max_tokens, room), stop, deadline)

    def _read(self, tokens: list[int], deadline: float) -> bool:
        """Brings the context to hold exactly `tokens`. False: the deadline came first."""
        reusable = min(_common(self._held, tokens), len(tokens) - 1) // CHUNK * CHUNK  # the last token must be computed: its logits
        start = reusable if self._native.keep(reusable) else 0
        self._held = tokens[:start]
        for at in range(start, len(tokens), CHUNK):
            if monotonic() >= deadline:
                return False
            chunk = tokens[at : at + CHUNK]
            self._native.decode(chunk)
            if len(chunk) == CHUNK:
                self._held += chunk
        return True

    def _speak(self, limit: int, stop: Sequence[str], deadline: float) -> tuple[str, int, str]:
        raw, count = b"", 0
        while count < limit:
            if monotonic() >= deadline:
                return _text(raw), count, "deadline"
            token = self._native.best()
            if self._native.ends(token):
                return _text(raw), count, "stop"
            raw, count = raw + self._native.piece(token), count + 1
            cut = _first(_text(raw), stop)
            if cut is not None:
                return _text(raw)[:cut], count, "stop"
            if count < limit:
                self._native.decode([token])
        return _text(raw), count, "length"

    def _chat_frame(self, template: str) -> _Frame:
        """Splits the rendered template at the prompt's place, so that only the template's own words can become control tokens."""
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        bos = self._native.bos()
        bos_text = self._native.control(bos[0]) if bos else ""
        formatter = Jinja2ChatFormatter(template, eos_token="", bos_token=bos_text)
        rendered = formatter(messages=[{"role": "user", "content": _SLOT}]).prompt
        before, _, after = rendered.partition(_SLOT)
        opening = self._native.tokens(before, special=True)
        return _Frame(
            before=tuple(opening if opening[: len(bos)] == bos else bos + opening),
            after=tuple(self._native.tokens(after, special=True)),
        )


def _common(left: Sequence[int], right: Sequence[int]) -> int:
    """How many first tokens both have in common."""
    return next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))


def _first(text: str, stop: Sequence[str]) -> int | None:
    """Where the first of the stop words begins."""
    return min((at for word in stop if word and (at := text.find(word)) >= 0), default=None)


def _text(raw: bytes) -> str:
    """The whole letters of `raw`: a letter whose last bytes are still to come is left out."""
    return raw.decode("utf-8", "ignore")
