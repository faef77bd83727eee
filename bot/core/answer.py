"""From a question to a Reply: route, retrieve, let the model word the fact, guard it; else the fact's own text, or an honest no."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from string import Template
from types import MappingProxyType

from bot.core import guard, prompt
from bot.core.errors import ModelFailed
from bot.core.ports import Writer
from bot.core.retrieve import SURE, Hit, Index
from bot.core.route import Router
from bot.core.text import measure
from bot.core.types import Draft, Fact, Lang, Library, Limits, Reply

PART_UNITS = 160  # an answer is one SMS part, also where a channel could carry more
_UNITS_PER_TOKEN = 2.5  # Swahili, the worse of our two, over Gemma's vocabulary; English has about 4
# A follow-up's own words must nearly all stand in the fact: a change of subject must not be answered with the old subject.
FOLLOWS = 0.8
_STOP = ("\n",)  # an SMS is one line
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")


class Answerer:
    """Answers questions out of a Library. `writer` None: every answer is the fact's own text. `values` fill the texts' placeholders."""

    def __init__(
        self,
        library: Library,
        writer: Writer | None,
        *,
        model_s: float,
        clock: Callable[[], float] = time.monotonic,
        values: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._library, self._writer, self._model_s, self._clock, self._values = library, writer, model_s, clock, values
        self._index = Index(f for s in library.skills for f in s.facts)
        self._router = Router(library.skills, self._index)

    def answer(self, question: str, *, lang: Lang, skill: str = "", turns: Sequence[str] = (), limits: Limits, deadline: float) -> Reply:
        """The Reply to `question` in `lang`. `skill` is the menu's choice, `turns` the last questions, newest last.

        `deadline` is a time.monotonic() value: the model stops there, or after `model_s`. Never raises for a model's failure."""
        found, route_skill = self._find(question, skill, turns)
        if found is None or _expired(found.fact):
            return self._refusal(route_skill, lang)
        fact = self._index.twin(found.fact, lang)
        draft = self._draft(question, fact, limits, deadline)
        if draft is None:
            return _own_text(fact)
        text = _tidy(draft, limits)
        verdict = guard.check(text, passage=fact.body, question=question, limits=limits)
        if verdict.ok:
            return Reply(text[:1].upper() + text[1:], fact.lang, "model", fact.skill, (fact.id,))
        # The model says that the passage does not answer. It is wrong about that more often than a very sure search is.
        if verdict.reason == "noinfo" and found.confidence < SURE:
            return self._refusal(fact.skill, lang)
        return _own_text(fact)

    def _find(self, question: str, skill: str, turns: Sequence[str]) -> tuple[Hit | None, str]:
        """The fact to answer from, or None, and the skill that the question belongs to."""
        route = self._router.route(question, hint=skill)
        return route.sure_hit or self._follow_up(question, skill, turns), route.skill

    def _follow_up(self, question: str, skill: str, turns: Sequence[str]) -> Hit | None:
        """A short question that leans on the one before ("na maharage?"): read together, and the fact must hold all of the new words."""
        if not turns:
            return None
        hit = self._router.route(f"{turns[-1]} {question}", hint=skill).sure_hit
        return hit if hit and self._index.coverage(question, hit.fact) >= FOLLOWS else None

    def _draft(self, question: str, fact: Fact, limits: Limits, deadline: float) -> Draft | None:
        skill = self._library.skill(fact.skill)
        until = min(deadline, self._clock() + self._model_s)
        if self._writer is None or skill is None or until <= self._clock():
            return None
        budget = int(min(limits.units, PART_UNITS) / _UNITS_PER_TOKEN)
        try:
            return self._writer.write(prompt.build(skill, fact, question), max_tokens=budget, stop=_STOP, deadline=until)
        except ModelFailed:
            return None

    def _refusal(self, name: str, lang: Lang) -> Reply:
        """The skill's own words for "not in my guide", or the shared ones where the question belongs to no skill."""
        skill = self._library.skill(name)
        own = skill.replies[lang].get("no_fact", "") if skill else ""
        text = Template(own).substitute(self._values) if own else self._library.text("no_answer", lang, **self._values)
        if self._values.get("help_line"):
            text = f"{text} {self._library.text('person', lang, **self._values)}"
        return Reply(text, lang, "refusal", name if own else "")


def _expired(fact: Fact) -> bool:
    """Past its last day: looked at for every question, as a worker runs for months."""
    return bool(fact.expires) and fact.expires < datetime.now(tz=UTC).date().isoformat()


def _own_text(fact: Fact) -> Reply:
    return Reply(fact.sms, fact.lang, "fact", fact.skill, (fact.id,))


def _tidy(draft: Draft, limits: Limits) -> str:
    """One line of whole sentences that fits one part: what a cut-off model left half said goes, and so does what is too long."""
    text = " ".join(draft.text.split())
    ends = [m.end() for m in _SENTENCE_END.finditer(text)]
    if draft.finish == "stop" and measure(text, limits).parts <= 1:
        return text
    return next((text[:end] for end in reversed(ends) if measure(text[:end], limits).parts <= 1), "")
