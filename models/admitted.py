"""An engine with a line before it, as a Writer and a Chooser."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from bot.core.ports import Chooser
from bot.core.types import Draft
from models.admission import Admission

_TOKENS = 32  # so many tokens take about as long to write as a prompt takes to read

_T = TypeVar("_T")


class Engine(Chooser, Protocol):
    """A Writer with adapters and a Chooser in one, as models.keeper is."""

    name: str

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float, adapter: str = "") -> Draft: ...


class Admitted:
    """Lets callers to `engine` as `admission` says. Who is shed gets at once what a deadline brings later: nothing, and no error.

    The admission's clock is time.monotonic(), as deadlines are its times."""

    def __init__(self, engine: Engine, admission: Admission) -> None:
        self.name = engine.name
        self._engine, self._admission = engine, admission

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float, person: str = "", adapter: str = "") -> Draft:
        """See bot.core.ports.Writer. Its `seconds` and `first_s` count from the line on. `person`: as in Admission.enter. `adapter`: as in
        models.keeper.Keeper.write."""
        began = self._admission.clock()

        def work() -> Draft:
            return self._engine.write(prompt, max_tokens=max_tokens, stop=stop, deadline=deadline, adapter=adapter)

        cost = 1.0 + max_tokens / _TOKENS
        draft = self._let_in(work, deadline=deadline, cost=cost, person=person, whole=lambda made: made.finish != "deadline")
        seconds = self._admission.clock() - began
        if draft is None:
            return Draft("", 0, seconds, "deadline")
        in_line_s = max(0.0, seconds - draft.seconds)
        return replace(draft, seconds=seconds, first_s=draft.first_s + in_line_s if draft.first_s else 0.0)

    def choose(self, prompt: str, among: Sequence[str], *, deadline: float, person: str = "") -> Sequence[float] | None:
        """See bot.core.ports.Chooser. `person`: as in Admission.enter."""

        def work() -> Sequence[float] | None:
            return self._engine.choose(prompt, among, deadline=deadline)

        return self._let_in(work, deadline=deadline, cost=1.0, person=person, whole=lambda made: made is not None)

    def _let_in(self, work: Callable[[], _T], *, deadline: float, cost: float, person: str, whole: Callable[[_T], bool]) -> _T | None:
        """What `work` makes in a slot, None where there is none. `whole`: whether what it made was not cut off."""
        entry = self._admission.enter(deadline=deadline, cost=cost, person=person)
        if entry is None:
            return None
        try:
            made = work()
        except BaseException:
            self._admission.leave(entry)
            raise
        self._admission.leave(entry, self._admission.clock() - entry.began, whole=whole(made))
        return made
