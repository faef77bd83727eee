"""An Answerer that remembers over a small library, and models whose answers tell what they read."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from bot.core.answer import Answerer
from bot.core.errors import ModelFailed
from bot.core.remembered import Memory, Remembered, Seen
from bot.core.types import Draft, Lang, Library, Reply
from tests.core import small

NOW = 100.0
QUESTION = "armyworm in my maize what now"
SCREEN = replace(small.SMS, units=156)


class Moody:
    """A Chooser that takes another text for every other prompt, and fails as often as it is told to. So an answer that was given for
    another question, or for a failure, shows."""

    def __init__(self) -> None:
        self.prompts: list[str] = []
        self.failures: list[Exception | None] = []  # the next calls' ends; None: too late

    def choose(self, prompt: str, among: Sequence[str], *, deadline: float) -> Sequence[float] | None:
        self.prompts.append(prompt)
        if self.failures:
            failure = self.failures.pop()
            if failure is not None:
                raise failure
            return None
        at = sha256(prompt.encode()).digest()[0] % len(among)
        return [0.99 if n == at else 0.01 / (len(among) - 1) for n in range(len(among))]


class Scribe:
    """A Writer whose words tell what it read; it ends as it is told to."""

    name = "scribe"

    def __init__(self) -> None:
        self.ends: list[str] = []

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float) -> Draft:
        end = self.ends.pop() if self.ends else "stop"
        if end == "broken":
            raise ModelFailed("no engine")
        said = ("Spray neem at dusk.", "Crush the eggs by hand.", "NOINFO")[sha256(prompt.encode()).digest()[0] % 3]
        return Draft(said, 4, 0.1, end)


class House:
    """An Answerer, and one that remembers around it, at a time that a test moves."""

    def __init__(self, library: Library = small.LIBRARY, *, memory: Memory | None = None, **parts: Any) -> None:
        self.now, self.day, self.seen = NOW, "2026-11-27", Counter[Seen]()
        self.original = Answerer(library, model_s=20, clock=lambda: NOW, **parts)
        self.memory = memory if memory is not None else Memory(clock=lambda: self.now, tell=self._tell)
        self.remembered = Remembered(self.original, self.original.without_model(), self.memory, today=lambda: self.day)

    def _tell(self, seen: Seen) -> None:
        self.seen[seen] += 1

    def ask(self, question: str = QUESTION, lang: Lang = Lang.EN, **given: Any) -> Reply:
        usual: dict[str, Any] = {"limits": small.SMS, "deadline": self.now + 50}
        return self.remembered.answer(question, lang=lang, **usual | given)

    def plainly(self, question: str, lang: Lang, **given: Any) -> Reply:
        usual: dict[str, Any] = {"limits": small.SMS, "deadline": NOW + 50}
        return self.original.answer(question, lang=lang, **usual | given)
