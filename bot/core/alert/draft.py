"""Drafting: a broadcast's slots become the exact words that go out, per language, or a reason why they cannot. Nothing is ever cut.

The template's slots are source, hazard with its level, impact, place, action and time, in a configurable order behind the source, and
last the roll call. What is too long is shortened step by step (see Step), never by the source, the hazard, the action or the end time.
The words are the same whenever they are made: they depend on slots and times of the broadcast alone, not on when it was stored.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.core.alert.broadcast import Broadcast, Mode
from bot.core.alert.cap import MsgType, ResponseType, Severity, Urgency
from bot.core.alert.check import Missing, faults, missing
from bot.core.alert.compose import SENT, Step, Template
from bot.core.alert.words import AlertWords
from bot.core.refusal import Ground, ground
from bot.core.text import fit, fold, measure
from bot.core.types import Lang, Limits

ONE, TWO = 160, 306  # septets of one SMS, of two
SOURCE = 16  # septets: longer names are not recognised, they are skipped
FLOOR = Limits()  # the SMS that every text is measured by, whatever channel it goes through
TEXT, PARTS = "text", "parts"  # slots: "text.en" is written by hand, "parts" = "2" allows two SMS


class Reason(StrEnum):
    """Why a broadcast has no text in a language."""

    NO_SOURCE = "no_source"
    LONG_SOURCE = "long_source"
    NO_HAZARD = "no_hazard"
    NO_ACTION = "no_action"
    NO_END = "no_end"
    NO_SENT = "no_sent"  # a Cancel that does not know what it takes back
    EMPTY = "empty"  # written by hand, and there is nothing
    TOO_LONG = "too_long"
    ALPHABET = "alphabet"  # it has characters that would make it 70 to a part
    LINK = "link"
    PREFIX = "prefix"  # a live text that calls itself an exercise


@dataclass(frozen=True, slots=True)
class Unsendable:
    """Why there is no text in `lang`. `over`: by how many units it is too long. `detail`: the characters or the link in question."""

    lang: Lang
    reason: Reason
    over: int = 0
    detail: str = ""

    @property
    def ground(self) -> Ground:
        """As a refusal says it, with the remedy."""
        return ground(f"reason_{self.reason}", about=self.lang, over=self.over, detail=self.detail)


@dataclass(frozen=True, slots=True)
class Drafted:
    """The exact words. `dropped`: the steps by which they were shortened; `missing`: what people need and these words lack, to be shown
    and not to be refused."""

    lang: Lang
    text: str
    units: int
    dropped: Sequence[Step] = ()
    missing: Sequence[Missing] = ()
    by_hand: bool = False


Drafts = Mapping[Lang, Drafted | Unsendable]


@dataclass(frozen=True)
class Drafting:
    """Makes words. `links` are the hosts that a text may name, with all that is under them."""

    template: Template
    links: Collection[str] = ()

    @property
    def words(self) -> AlertWords:
        """The words that it makes texts from."""
        return self.template.words

    def drafts(self, broadcast: Broadcast, langs: Collection[Lang] = tuple(Lang)) -> Drafts:
        """The words of `broadcast` in each of `langs`."""
        return {lang: self.draft(broadcast, lang) for lang in langs}

    def draft(self, broadcast: Broadcast, lang: Lang) -> Drafted | Unsendable:
        """The words of `broadcast` in `lang`: those written by hand where there are any, else those of the template."""
        own = broadcast.slots.get(f"{TEXT}.{lang}")
        return self._made(broadcast, lang) if own is None else self._by_hand(broadcast, lang, own)

    def written(self, broadcast: Broadcast) -> Broadcast:
        """The broadcast with its texts, in every language that has one: what the desk stores."""
        texts = {lang: draft.text for lang, draft in self.drafts(broadcast).items() if isinstance(draft, Drafted)}
        return replace(broadcast, texts=texts)

    def check(self, broadcast: Broadcast) -> Sequence[Ground]:
        """Why it may not be submitted; () where it may. What is stored must be what the slots make now."""
        drafts = self.drafts(broadcast).values()
        reasons = _in_common([draft.ground for draft in drafts if isinstance(draft, Unsendable)])
        if not broadcast.expires:
            reasons.append(ground(f"reason_{Reason.NO_END}"))
        elif broadcast.onset and broadcast.expires <= broadcast.onset:
            reasons.append(ground("ends_first"))
        if not reasons and dict(broadcast.texts) != dict(self.written(broadcast).texts):
            reasons.append(ground("other_texts"))
        return reasons

    def two_parts(self, broadcast: Broadcast) -> bool:
        """Whether it may take two SMS: where life is in danger now, or its author chose so. It takes twice the time to send."""
        extreme = broadcast.severity is Severity.EXTREME and broadcast.urgency is Urgency.IMMEDIATE
        return extreme or broadcast.slots.get(PARTS) == "2"

    def _made(self, broadcast: Broadcast, lang: Lang) -> Drafted | Unsendable:
        reason = self._lacks(broadcast, lang)
        if reason is not None:
            return Unsendable(lang, reason)
        best: Drafted | Unsendable = Unsendable(lang, Reason.TOO_LONG)
        for rooms in (ONE, TWO) if self.two_parts(broadcast) else (ONE,):
            if rooms == TWO and broadcast.slots.get(PARTS) != "2" and isinstance(best, Drafted):
                break
            best = self._shortened(broadcast, lang, rooms)
        return best

    def _shortened(self, broadcast: Broadcast, lang: Lang, room: int) -> Drafted | Unsendable:
        """The first of the template's texts, from the fullest on, that fits `room`."""
        done: list[Step] = []
        result: Drafted | Unsendable = Unsendable(lang, Reason.TOO_LONG)
        before = ""
        for step in Step:
            text = fold(self._prefix(broadcast, lang) + self.template.compose(broadcast, lang, step))
            if text != before and step is not Step.FULL:
                done.append(step)
            before = text
            result = self._checked(broadcast, Drafted(lang, text, 0, dropped=tuple(done)), room)
            if isinstance(result, Drafted) or result.reason is not Reason.TOO_LONG:
                return result
        return result

    def _by_hand(self, broadcast: Broadcast, lang: Lang, own: str) -> Drafted | Unsendable:
        text = " ".join(fold(own).split())
        if not text:
            return Unsendable(lang, Reason.EMPTY)
        prefix = self._prefix(broadcast, lang)
        mark = self.words.phrases[lang].exercise
        if prefix and text.casefold().startswith(mark.casefold()):  # they wrote it themselves: once is enough
            text = text[len(mark) :].lstrip(" :-")
        draft = Drafted(lang, prefix + text, 0, by_hand=True)
        return self._checked(broadcast, draft, TWO if self.two_parts(broadcast) else ONE)

    def _checked(self, broadcast: Broadcast, draft: Drafted, room: int) -> Drafted | Unsendable:
        """The draft measured, or why it cannot go out."""
        body = draft.text.removeprefix(self._prefix(broadcast, draft.lang))
        if fault := faults(body, self.words, live=broadcast.mode is Mode.LIVE, links=self.links):
            return Unsendable(draft.lang, Reason(fault.what), detail=fault.detail)
        units = measure(draft.text, FLOOR).units
        if units > room or (room == TWO and fit(draft.text, FLOOR).rest):
            return Unsendable(draft.lang, Reason.TOO_LONG, over=max(units - room, 1))
        return replace(draft, units=units, missing=missing(draft.text, broadcast, self.words, draft.lang))

    def _prefix(self, broadcast: Broadcast, lang: Lang) -> str:
        return f"{self.words.phrases[lang].exercise}: " if broadcast.mode is Mode.EXERCISE else ""

    def _lacks(self, broadcast: Broadcast, lang: Lang) -> Reason | None:
        """What the template cannot do without and the broadcast lacks."""
        source = " ".join(fold(broadcast.source).split())
        if not source:
            return Reason.NO_SOURCE
        if measure(source, FLOOR).units > SOURCE:
            return Reason.LONG_SOURCE
        if self.words.hazard(broadcast.hazard) is None:
            return Reason.NO_HAZARD
        if not broadcast.expires:
            return Reason.NO_END
        if broadcast.msg_type is MsgType.CANCEL and broadcast.response is not ResponseType.ALL_CLEAR:
            return None if _is_time(broadcast.slots.get(SENT, "")) else Reason.NO_SENT
        own = broadcast.slots.get(f"action.{lang}", "").strip()
        return None if own or self.words.action(broadcast.hazard, broadcast.response) else Reason.NO_ACTION


def _in_common(reasons: list[Ground]) -> list[Ground]:
    """One reason, about no language, where it is the same in all."""
    first = replace(reasons[0], about=None) if len(reasons) == len(Lang) else None
    return [first] if first is not None and all(replace(one, about=None) == first for one in reasons) else reasons


def _is_time(written: str) -> bool:
    """Whether it is seconds since the epoch that a calendar can show: slots are a person's, or a script's."""
    return re.fullmatch(r"\d{1,10}(?:\.\d+)?", written) is not None
