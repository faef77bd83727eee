"""Answering one stored question: claim it, word the answer, store it for delivery. Safe to run twice: the claim fences."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Protocol

from bot.core.loops import Loops
from bot.core.menu import rendered
from bot.core.ports import Channel, Clock, limits_for
from bot.core.storage import Claim, ClaimedMessage, NewDelivery, Store
from bot.core.text import fit
from bot.core.ticket import Approved
from bot.core.types import Lane, Lang, Library, Limits, Reply

LEASE_S = 20.0  # renewed while the model writes; a killed worker's question is free again this soon
GIVE_UP = 3  # tries with the model before a question is answered without it
STALE_S = 3 * 3600.0  # as for a message that comes late (inbox.WORTH_S)
STALE = "stale"  # name and kind of what its person gets instead of a stale answer

Hold = Callable[[Claim], AbstractContextManager[object]]


class Answers(Protocol):
    """bot.core.answer.Answerer, as far as it is needed here."""

    def answer(self, question: str, *, lang: Lang, skill: str, turns: Sequence[str], limits: Limits, deadline: float) -> Reply: ...


class People(Protocol):
    """bot.core.approved.ApprovedBook, as far as it is needed here."""

    def find(self, text: str, lang: Lang, *, now: float) -> Approved | None: ...


@dataclass(frozen=True, slots=True)
class Answering:
    """Answers questions by their message ids. `people` has what a person answered to the very question before; `plain` answers from
    the facts alone, without the model.

    A question that waited in our own queue for longer than `stale_after_s` gets no answer any more: its person is told so, once,
    where `stale_reply` says so. An answer is worth sending for its channel's max_age_s from the moment that it is worded."""

    store: Store
    channels: Mapping[str, Channel]
    library: Library
    people: People
    answers: Answers
    plain: Answers
    clock: Clock
    model_s: float
    loops: Loops = field(default_factory=Loops)
    stale_after_s: float = STALE_S
    stale_reply: bool = True

    def answer(self, message_id: int, *, hold: Hold) -> tuple[Lane, int] | None:
        """Answers one question and returns the hint for its delivery. None: done already, or somebody else has it.

        `hold` keeps the claim alive while the model writes."""
        claimed = self.store.claim_message(message_id, now=self.clock(), lease_s=LEASE_S)
        if claimed is None:
            return None
        if self.clock() - claimed.asked > self.stale_after_s:
            stored = self._expire(claimed)
        else:
            with hold(claimed.claim):
                reply = self._reply(claimed)
            stored = self.store.finish_message(claimed.claim, self._delivery(claimed, reply), now=self.clock())
        return None if stored is None else (Lane.SENDS, stored)

    def _expire(self, claimed: ClaimedMessage) -> int | None:
        """Ends a stale question without a look at it."""
        now, lang = self.clock(), claimed.contact.lang
        notice = Reply(self.library.text(STALE, lang), lang, STALE) if self.stale_reply else None
        delivery = self._notice(claimed, notice) if notice is not None else None
        return self.store.expire_message(claimed.claim, delivery, since=now - self.stale_after_s, now=now)

    def _notice(self, claimed: ClaimedMessage, notice: Reply) -> NewDelivery | None:
        """None where nothing can be pushed to the person. It answers no question: a screen must not show it as the last answer."""
        pushes = self._pushes(claimed)
        if not pushes.limits.can_push:
            return None
        return replace(self._to(claimed, notice), dedup=f"{STALE}:{claimed.claim.id}", message_id=None)

    def _reply(self, claimed: ClaimedMessage) -> Reply:
        approved = self.people.find(claimed.message.text, claimed.contact.lang, now=self.clock())
        if approved is not None:
            return Reply(approved.answer, approved.lang, "approved", approved.skill, (f"approved:{approved.id}",))
        limits = limits_for(self.channels[claimed.message.channel], claimed.message)
        # A question that killed its worker twice is answered from the facts alone.
        answers = self.answers if claimed.claim.attempts < GIVE_UP else self.plain
        return answers.answer(
            claimed.message.text,
            lang=claimed.contact.lang,
            skill=claimed.skill,
            turns=claimed.turns,
            limits=limits,
            deadline=monotonic() + (limits.reply_within_s or self.model_s),
        )

    def _delivery(self, claimed: ClaimedMessage, reply: Reply) -> NewDelivery:
        asked_on = self.channels[claimed.message.channel]
        if reply.choices:
            return self._to(claimed, reply)
        text = self._rounded_off(claimed, reply, limits_for(asked_on, claimed.message))
        return self._to(claimed, replace(reply, text=text))

    def _to(self, claimed: ClaimedMessage, reply: Reply) -> NewDelivery:
        pushes = self._pushes(claimed)
        reply = rendered(reply, pushes.limits.choices)
        return NewDelivery(
            dedup=f"reply:{claimed.claim.id}",
            channel=pushes.name,
            urn=claimed.message.urn,
            parts=fit(reply.text, pushes.limits).parts,
            not_after=self.clock() + pushes.limits.max_age_s,
            kind=reply.kind,
            message_id=claimed.claim.id,
            skill=reply.skill,
            facts=reply.facts,
            choices=reply.choices,
            repeats=self.loops.repeats(reply.kind),
        )

    def _pushes(self, claimed: ClaimedMessage) -> Channel:
        """The channel that pushes what no screen shows."""
        asked_on = self.channels[claimed.message.channel]
        return self.channels.get(asked_on.hand_over, asked_on)

    def _rounded_off(self, claimed: ClaimedMessage, reply: Reply, limits: Limits) -> str:
        """An answer with what helps its reader, where that costs no further part: how to get the menu and how to stop after a first
        question, and whom else to ask. A refusal says so itself."""
        text = reply.text
        if reply.kind == "refusal":
            return text
        skill = self.library.skill(reply.skill)
        new = not (claimed.contact.greeted or claimed.message.session_id)
        for more in (self.library.text("welcome", reply.lang) if new else "", skill.disclaimer.get(reply.lang, "") if skill else ""):
            if more and _no_dearer(f"{text} {more}", text, limits):
                text = f"{text} {more}"
        return text


def _no_dearer(longer: str, text: str, limits: Limits) -> bool:
    """Whether `longer` takes no more parts than `text`, and nothing of it is left over."""
    fitted = fit(longer, limits)
    return not fitted.rest and len(fitted.parts) <= len(fit(text, limits).parts)
