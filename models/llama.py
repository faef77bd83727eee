"""The engine: words and chooses answers with a GGUF model on this machine's own processor, for many askers at once."""

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from types import MappingProxyType

from bot.core.errors import BadSetting, ModelFailed
from bot.core.types import Draft
from models.batch import GUESSED, Batch, outputs
from models.catalogue import Entry
from models.gguf import read_head
from models.job import Job
from models.lean import Lean
from models.native import Native
from models.sequences import KEPT
from models.shape import Shape
from models.tally import Tally
from models.vocabulary import Vocabulary

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


def open_path(path: Path, entry: Entry | None, *, threads: int = 0, adapters: Mapping[str, Path] = MappingProxyType({})) -> "LlamaWriter":
    """The engine on `path`, as `entry` says where it has one, for one asker at a time. Raises ModelFailed."""
    shape = Shape(threads=default_threads(threads), sequences=1)
    return LlamaWriter(path, shape, chat=entry is None or entry.template != "none", adapters=adapters)


class LlamaWriter:
    """A Writer and a Chooser on llama.cpp, for any number of threads: what they ask goes on together, one step at a time, in a thread
    of the engine's own (models.batch). Greedy, so nothing is left to chance; but what is computed beside a text, and in which pieces its
    prompt is read, moves its shares by a hundredth or three (4 bit kernels round differently), and can tip a word.
    """

    def __init__(
        self,
        path: Path,
        shape: Shape | None = None,
        *,
        chat: bool = True,
        lean: Lean | None = None,
        adapters: Mapping[str, Path] = MappingProxyType({}),
    ) -> None:
        """Loads `path`, or its `lean` copy. `chat`: prompts go into the file's own chat template, where it has one. `adapters`: files
        with changes of the model (LoRA), by the names that `write` and `choose` know them by.

        Raises ModelFailed for a file that is missing, cut, no GGUF, or refused by llama.cpp.
        """
        try:
            read_head(path)
        except BadSetting as error:
            raise ModelFailed(str(error)) from None
        shape = shape or Shape(threads=default_threads(0))
        self.name = path.stem
        self._adapters = {"": 0} | {name: number for number, name in enumerate(adapters, 1)}
        room = {"sequences": shape.sequences + KEPT, "outputs": outputs(shape)}
        self._native = Native(path, shape, **room, lean=lean, adapters=tuple(adapters.values()))
        self._words = self._native.words
        self._batch = Batch(self._native, replace(shape, context=self._native.context))
        template = self._words.template() if chat else ""
        self._frame = self._chat_frame(template) if template else _Frame(tuple(self._words.bos()), ())
        self._turn = threading.Condition()  # guards what follows, and the batch between two steps
        self._new: list[Job] = []
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    @property
    def steps(self) -> int:
        """How many steps the model has done: one that hangs stands still."""
        return self._batch.steps

    @property
    def under_way(self) -> int:
        """Texts that hold a slot now."""
        return self._batch.under_way

    def tally(self) -> Tally:
        """What it has done until now, and what it holds. From any thread, also while a step goes on: that is not waited for."""
        return Tally(replace(self._batch.done), self._batch.under_way, self._batch.cells)

    def close(self) -> None:
        """Ends what is under way and gives the model's memory back. The writer is dead afterwards."""
        with self._turn:
            self._closed = True
            self._turn.notify()
        self._thread.join()
        self._native.close()

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float, adapter: str = "") -> Draft:
        """Completes `prompt`, without outer blanks, up to the first of `stop`, the model's own end, or `max_tokens`, with the adapter of
        that name; "": with the model as it is.

        `deadline` is seen before every step; what was written until then comes back with finish "deadline". Raises ModelFailed for a
        prompt that does not fit, an adapter that it has not, or when llama.cpp fails.
        """
        began, text = monotonic(), _Text(self._words, stop)
        tokens = self._framed(prompt)
        room = self._native.context - len(tokens) - GUESSED
        job = self._do(Job(tokens, min(max_tokens, room), deadline, adapter=self._number(adapter), hears=text.hears))
        first_s = job.first_at - began if job.first_at else 0.0
        return Draft(text=text.said.strip(), tokens=job.written, seconds=monotonic() - began, finish=job.finish, first_s=first_s)

    def choose(self, prompt: str, among: Sequence[str], *, deadline: float, adapter: str = "") -> Sequence[float] | None:
        """How likely each text of `among` goes on from `prompt`, by its first token; they add up to 1. None: the deadline came first.

        Raises ModelFailed as `write` does.
        """
        firsts = [self._tokens(text)[0] for text in among]
        job = self._do(Job(self._framed(prompt), 0, deadline, among=firsts, adapter=self._number(adapter)))
        return job.shares if job.finish == "stop" else None

    def _number(self, adapter: str) -> int:
        if adapter not in self._adapters:
            had = ", ".join(sorted(filter(None, self._adapters))) or "none"
            raise ModelFailed(f"The engine has no adapter {adapter!r}. It has: {had}.")
        return self._adapters[adapter]

    def _do(self, job: Job) -> Job:
        """Hands `job` to the engine's thread and waits until it is over."""
        over = threading.Event()
        job.over = over.set
        with self._turn:
            self._stand()
            self._new.append(job)
            self._turn.notify()
        over.wait()
        if job.finish == "failed":
            raise ModelFailed(job.error)
        return job

    def _run(self) -> None:
        """The engine's thread."""
        while self._take_in():
            try:
                self._batch.step()
            except Exception as error:  # a fault of ours: nobody may wait for ever
                self._batch.fail(f"The engine failed: {error!r}. Look at the worker's log.")
        self._batch.fail("The engine was closed. Open it again.")

    def _take_in(self) -> bool:
        """Waits for work and takes in what is new. False: it is closed."""
        with self._turn:
            while not (self._new or self._batch.busy or self._closed):
                self._turn.wait()
            new, self._new = self._new, []
        for job in new:
            try:
                self._batch.add(job)
            except ModelFailed as error:
                job.error, job.finish = str(error), "failed"
                job.over()
        return not self._closed

    def _framed(self, prompt: str) -> list[int]:
        """The tokens of `prompt` in its frame. Raises ModelFailed where they leave no room for a token more."""
        most = self._native.context - GUESSED - 1
        tokens = [*self._frame.before, *self._tokens(prompt), *self._frame.after]
        if len(tokens) > most:
            raise ModelFailed(f"The prompt has {len(tokens)} tokens and the engine takes {most}. Shorten the facts.")
        if not tokens:
            raise ModelFailed("The prompt is empty. Ask something.")
        return tokens

    def _tokens(self, text: str) -> list[int]:
        """The tokens of people's text. Under the lock, so that the model is not closed meanwhile."""
        with self._turn:
            self._stand()
            return self._words.tokens(text, special=False)

    def _stand(self) -> None:
        if self._closed:
            raise ModelFailed("The engine was closed. Open it again.")

    def _chat_frame(self, template: str) -> _Frame:
        """Splits the rendered template at the prompt's place, so that only the template's own words can become control tokens."""
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        bos = self._words.bos()
        bos_text = self._words.control(bos[0]) if bos else ""
        formatter = Jinja2ChatFormatter(template, eos_token="", bos_token=bos_text)
        rendered = formatter(messages=[{"role": "user", "content": _SLOT}]).prompt
        before, _, after = rendered.partition(_SLOT)
        opening = self._words.tokens(before, special=True)
        return _Frame(
            before=tuple(opening if opening[: len(bos)] == bos else bos + opening),
            after=tuple(self._words.tokens(after, special=True)),
        )


class _Text:
    """What a job writes, letter by letter, until a stop word or the model's own end."""

    def __init__(self, words: Vocabulary, stop: Sequence[str]) -> None:
        self._words, self._stop, self._raw = words, stop, b""
        self.said = ""

    def hears(self, token: int) -> bool:
        """Whether the text goes on behind `token`."""
        if self._words.ends(token):
            return False
        self._raw += self._words.piece(token)
        self.said = _text(self._raw)
        cut = _first(self.said, self._stop)
        if cut is not None:
            self.said = self.said[:cut]
        return cut is None


def _first(text: str, stop: Sequence[str]) -> int | None:
    """Where the first of the stop words begins."""
    return min((at for word in stop if word and (at := text.find(word)) >= 0), default=None)


def _text(raw: bytes) -> str:
    """The whole letters of `raw`: a letter whose last bytes are still to come is left out."""
    return raw.decode("utf-8", "ignore")
