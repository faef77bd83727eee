"""Asks the bot, as the inbox and the worker do it, and keeps what came back."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.core.answering import Answers
from bot.core.decide import Decider
from bot.core.menu import in_lines
from bot.core.route import Route
from bot.core.text import fits_one
from bot.core.types import Contact, Fact, Lang, Library, Limits, Reply, Session
from bot.evaluate.register import Registers
from bot.evaluate.sets import Question

# Kinds of replies that rest on a fact, by what picked or worded them.
BY_SEARCH, BY_MODEL, BY_REMOTE = ("fact",), ("model", "chosen"), ("remote",)
FACT_KINDS = (*BY_SEARCH, *BY_MODEL, *BY_REMOTE)
EMERGENCY = "emergency"
_PERSON = "tel:+254700000001"  # nobody's number

Search = Callable[[str], Route]  # bot.core.route.Router.route


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question and what became of it. `found` are skill and id of the facts that the search found, best first."""

    question: Question
    reply: Reply
    skill: str  # that the question was taken to; "" for none
    found: Sequence[tuple[str, str]]
    confidence: float | None  # of the search in its first fact, None where it found nothing
    seconds: float  # to the reply
    sent: Sequence[Fact]  # what the reply rests on, in the reply's language
    fits: bool  # the reply goes out as one part
    register: str


@dataclass(frozen=True, slots=True)
class Asker:
    """A new person for every question, who has chosen no language: the message alone says which one it is in. `lang` is what a person
    gets whose message does not say, `values` fill the texts' placeholders."""

    library: Library
    answers: Answers
    search: Search
    limits: Limits
    values: Mapping[str, str]
    answer_within_s: float
    lang: Lang = Lang.EN
    clock: Callable[[], float] = time.monotonic

    def ask(self, questions: Sequence[Question]) -> Iterator[Outcome]:
        """The outcome of each question, in their order."""
        decider, registers = Decider(self.library, values=self.values), Registers(self.library)
        facts = {(f.id, f.lang): f for s in self.library.skills for f in s.facts}
        for question in questions:
            began = self.clock()
            reply = self._reply(decider, question.text)
            seconds = self.clock() - began
            route = self.search(question.text)  # once more and for itself: a reply does not show what else was found
            yield Outcome(
                question=question,
                reply=reply,
                skill=reply.skill if reply.kind in FACT_KINDS else route.skill,
                found=[(hit.fact.skill, hit.fact.id) for hit in route.hits],
                confidence=next((hit.confidence for hit in route.hits), None),
                seconds=seconds,
                sent=[facts[fact, reply.lang] for fact in reply.facts if (fact, reply.lang) in facts],
                fits=fits_one(in_lines(reply).text, self.limits),
                register=registers.of(question.text),
            )

    def _reply(self, decider: Decider, text: str) -> Reply:
        """What the person gets: at once (STOP, an emergency, a keyword, a menu), or as the answer to a question."""
        new = Contact(_PERSON, self.lang)
        decision = decider.decide(text, new, Session(_PERSON), screen=False, last="", now=0.0)
        if not decision.question:
            return decision.reply or Reply("", decision.contact.lang, "none")
        until = time.monotonic() + (self.limits.reply_within_s or self.answer_within_s)
        return self.answers.answer(text.strip(), lang=decision.contact.lang, skill="", turns=(), limits=self.limits, deadline=until)
