"""From a question to a Reply: route, retrieve, let the model word the fact, guard it; else the fact's own text, or an honest no."""

import re
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from string import Template
from types import MappingProxyType

from bot.core import guard, prompt, words
from bot.core.errors import ModelFailed
from bot.core.fill import joined, taken
from bot.core.find import Finder, Finding, Found
from bot.core.language import marked
from bot.core.ports import Adapts, Chooser, Meaning, Writer
from bot.core.remote import Remote
from bot.core.retrieve import Index
from bot.core.route import Route
from bot.core.text import measure
from bot.core.trust import SURE
from bot.core.types import OFFER, Choice, Draft, Fact, Lang, Library, Limits, Reply

PART_UNITS = 160  # what a model words is one SMS part, also where a channel could carry more
_UNITS_PER_TOKEN = 2.5  # Swahili, the worse of our two, over Gemma's vocabulary; English has about 4
_STOP = ("\n",)  # an SMS is one line
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")


@dataclass(frozen=True, slots=True)
class Weighed:
    """A Reply, and for whom it holds. `fleeting`: a model failed or was too late, so the next try may find another. `leans`: after other
    questions it may be another; else whatever its person asked before has no part in it."""

    reply: Reply
    fleeting: bool = False
    leans: bool = False


class Answerer:
    """Answers questions out of a Library. `values` fill the texts' placeholders.

    `chooser` picks among the facts' vetted texts, `writer` words the fact anew; without either, the search picks. `meaning` lets the
    search see past the words; `remote` picks where the house is not sure.
    """

    def __init__(
        self,
        library: Library,
        writer: Writer | None = None,
        *,
        chooser: Chooser | None = None,
        meaning: Meaning | None = None,
        remote: Remote | None = None,
        model_s: float,
        clock: Callable[[], float] = time.monotonic,
        values: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._library, self._writer, self._model_s, self._clock, self._values = library, writer, model_s, clock, values
        strays = ((text, lang) for lang, texts in library.strays.items() for text in texts)
        self._index = Index((f for s in library.skills for f in s.facts), meaning, strays, library.about())
        self._finder = Finder(library.skills, self._index, chooser, remote=remote, model_s=model_s, clock=clock)
        self._readers = [reader for reader in (writer, chooser, meaning, remote) if reader is not None]

    @property
    def texts(self) -> int:
        """How many texts questions are held against."""
        return self._index.texts

    @property
    def has_model(self) -> bool:
        """Whether a model has a part in the answers."""
        return self._writer is not None or self._finder.chooses

    def route(self, text: str) -> Route:
        """What the search alone finds."""
        return self._finder.route(text)

    def without_model(self) -> "Answerer":
        """The same, over the same index, by the search alone."""
        plain = copy(self)
        plain._writer, plain._finder = None, self._finder.without_chooser()
        return plain

    def answer(self, question: str, *, lang: Lang, skill: str = "", turns: Sequence[str] = (), limits: Limits, deadline: float) -> Reply:
        """The Reply to `question` in `lang`. `skill` is the menu's choice, `turns` the last questions, newest last.

        `deadline` is a time.monotonic() value: the model stops there, or after `model_s`. Never raises for a model's failure."""
        return self.weigh(question, lang=lang, skill=skill, turns=turns, limits=limits, deadline=deadline).reply

    def weigh(self, question: str, *, lang: Lang, skill: str, turns: Sequence[str], limits: Limits, deadline: float) -> Weighed:
        """As `answer`, with for whom the Reply holds."""
        question = _asked(question)
        finding = self._finder.find(question, lang=lang, skill=skill, turns=turns, deadline=deadline)
        found = finding.found
        if found is None or _expired(found.fact):
            said = self._offer(finding, lang) or self._refusal(finding.skill, lang, off_topic=finding.off_topic)
            return Weighed(said, finding.fleeting, finding.leans)
        writes = self._writer is not None and not found.remote
        draft = self._draft(question, found.fact, limits, deadline) if writes else None
        cut = writes and (draft is None or draft.finish == "deadline")
        worded = None if draft is None else self._worded(question, found, draft, limits)
        return Weighed(worded or _vetted(found, limits), finding.fleeting or cut, finding.leans)

    def hangs_on(self, question: str, *, lang: Lang, skill: str, limits: Limits) -> Hashable:
        """All that the answer to a question with nothing before it hangs on, besides the day and what fails: two that are alike here
        have one answer. Models read a question as it was typed (capitals, commas and slips tell them something), the search its words."""
        asked = _asked(question)
        size = (limits.gsm7, limits.units, limits.units_joined, limits.ucs2_units, limits.ucs2_joined, limits.max_parts)
        return lang, skill, asked if self._readers else tuple(words.tokens(asked)), size

    def fingerprint(self) -> str:
        """Of what it answers from, within this process: another fact, text or part is another."""
        made_of = (self._library, dict(self._values), self._model_s, [type(reader).__qualname__ for reader in self._readers])
        return sha256(ascii(made_of).encode()).hexdigest()

    def _worded(self, question: str, found: Found, draft: Draft, limits: Limits) -> Reply | None:
        """What the writer makes of the fact: its wording where the guard lets it through, a refusal where it is right to refuse."""
        fact, text = found.fact, _tidy(draft, limits)
        verdict = guard.check(text, passage=fact.body, question=question, limits=limits)
        if verdict.ok:
            return Reply(text[:1].upper() + text[1:], fact.lang, "model", fact.skill, (fact.id,))
        # The model says that the passage does not answer. It is wrong about that more often than a very sure search is.
        if verdict.reason == "noinfo" and found.confidence < SURE:
            return self._refusal(fact.skill, fact.lang)
        return None

    def _draft(self, question: str, fact: Fact, limits: Limits, deadline: float) -> Draft | None:
        skill = self._library.skill(fact.skill)
        until = min(deadline, self._clock() + self._model_s)
        if self._writer is None or skill is None or until <= self._clock():
            return None
        budget = int(min(limits.units, PART_UNITS) / _UNITS_PER_TOKEN)
        writer = self._writer.for_skill(skill.name) if isinstance(self._writer, Adapts) else self._writer
        try:
            return writer.write(prompt.build(skill, fact, question), max_tokens=budget, stop=_STOP, deadline=until)
        except ModelFailed:
            return None

    def _offer(self, finding: Finding, lang: Lang) -> Reply | None:
        """The titles of what came near, for the person to pick from. None where there is nothing."""
        near = [fact for fact in finding.near if not _expired(fact)]
        if not near:
            return None
        choices = tuple(Choice(str(n), fact.title) for n, fact in enumerate(near, 1))
        text, footer = (self._library.text(name, lang) for name in ("offer", "offer_else"))
        return Reply(text, lang, OFFER, finding.skill, tuple(fact.id for fact in near), ends=False, choices=choices, footer=footer)

    def _refusal(self, name: str, lang: Lang, *, off_topic: bool = False) -> Reply:
        """The skill's own words for "not in my guide", or the shared ones where the question belongs to no skill, or is sure not to."""
        skill = self._library.skill(name)
        own = skill.replies[lang].get("no_fact", "") if skill else ""
        shared = "off_topic" if off_topic else "no_answer"
        text = Template(own).substitute(self._values) if own else self._library.text(shared, lang, **self._values)
        offer = "person" if self._values.get("help_line") else "person_offer"
        text = f"{text} {self._library.text(offer, lang, **self._values)}"
        return Reply(text, lang, "refusal", name if own else "")


def today() -> str:
    """The day that facts expire by: ISO, UTC."""
    return datetime.now(tz=UTC).date().isoformat()


def _expired(fact: Fact) -> bool:
    """Past its last day: looked at for every question, as a worker runs for months."""
    return bool(fact.expires) and fact.expires < today()


def _asked(question: str) -> str:
    """The question as it is read: without the letter that asks for a language, and with blanks that say nothing gone."""
    return " ".join(marked(question)[1].split())


def _vetted(found: Found, limits: Limits) -> Reply:
    """What was found, as it fits."""
    fact = found.fact
    texts = [one for one in found.texts if one.other is None or (one.other.lang is fact.lang and not _expired(one.other))]
    sent = taken(texts, fact.lang, limits)
    kind = "remote" if found.remote else "chosen" if found.chosen else "fact"
    said = list(dict.fromkeys(one.other or fact for one in sent))
    return Reply(joined(sent, limits), fact.lang, kind, said[0].skill, tuple(one.id for one in said))


def _tidy(draft: Draft, limits: Limits) -> str:
    """One line of whole sentences that fits one part: what a cut-off model left half said goes, and so does what is too long."""
    text = " ".join(draft.text.split())
    ends = [m.end() for m in _SENTENCE_END.finditer(text)]
    if draft.finish == "stop" and measure(text, limits).parts <= 1:
        return text
    return next((text[:end] for end in reversed(ends) if measure(text[:end], limits).parts <= 1), "")
