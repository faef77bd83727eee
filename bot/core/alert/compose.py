"""The template of an alert's text: which slots stand where, in what words, and how each is shortened. See bot.core.alert.draft."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import IntEnum

from bot.core.alert.broadcast import Broadcast
from bot.core.alert.cap import MsgType, ResponseType
from bot.core.alert.when import span, told
from bot.core.alert.words import AlertWords, Hazard, Phrases, fill
from bot.core.errors import BadSetting
from bot.core.types import Lang

ORDER = ("hazard", "impact", "place", "action", "time")
SENT, CORRECTION = "sent", "correction"  # slots of a Cancel: when the text went out that it takes back; "false_alarm" or "withdrawn"


class Step(IntEnum):
    """How a text is shortened, each step on top of those before it. The places step from a full list to "+2 areas" to what they lie in
    or the first of them: at no step do they name some and hide that there are more."""

    FULL = 0
    NO_WEEKDAY = 1
    FEWER_AREAS = 2
    ONE_AREA = 3
    NO_IMPACT = 4
    NO_LEVEL = 5


@dataclass(frozen=True)
class Template:
    """How every alert of this house is put together. `order` is that of the slots between the source and the roll call."""

    words: AlertWords
    zone: tzinfo = UTC
    order: Sequence[str] = ORDER

    def __post_init__(self) -> None:
        if sorted(self.order) != sorted(ORDER):
            remedy = f"Write each of these once, in the order that you want: {', '.join(ORDER)}."
            raise BadSetting(f"the order of an alert's slots is {', '.join(self.order) or 'empty'}. {remedy}")

    def compose(self, broadcast: Broadcast, lang: Lang, step: Step) -> str:
        """The text at one step, without an exercise's prefix. The broadcast has what a text needs (Drafting looks first)."""
        slots = _Slots(self, broadcast, lang, step)
        source = " ".join(broadcast.source.split())
        if broadcast.msg_type is MsgType.CANCEL and not slots.over:
            return f"{source}: {slots.takes_back()}"
        start = f"{slots.phrases.update}, " if broadcast.msg_type is MsgType.UPDATE and not slots.over else ""
        return f"{start}{source}: {_joined([(name, slots.slot(name)) for name in self.order])}{slots.roll_call()}"


def _joined(slots: Sequence[tuple[str, str]]) -> str:
    """Head words that follow each other are one phrase, all else are sentences."""
    text, before = "", ""
    for name, slot in slots:
        if not slot:
            continue
        if text:
            text += ", " if {name, before} <= {"hazard", "place"} else (" " if text.endswith((".", "!", "?")) else ". ")
        text, before = text + slot, name
    return text


class _Slots:
    """One broadcast's slots in one language, at one step."""

    def __init__(self, template: Template, broadcast: Broadcast, lang: Lang, step: Step) -> None:
        self._words, self._zone = template.words, template.zone
        self._broadcast, self._lang, self._step = broadcast, lang, step
        self.phrases: Phrases = self._words.phrases[lang]
        self.over = broadcast.response is ResponseType.ALL_CLEAR

    def slot(self, name: str) -> str:
        """The words of a slot, "" where it has none at this step."""
        return {"hazard": self._hazard, "impact": self._impact, "place": self.place, "action": self._action, "time": self._time}[name]()

    def place(self) -> str:
        """Where. "place.en" holds names apart by ";", "areas.en" the parts that they lie in, also apart by ";"."""
        places, areas = self._list("place"), self._list("areas")
        if self._step >= Step.ONE_AREA:
            return self._some(places, 1)
        if self._step >= Step.FEWER_AREAS and len(places) > 1:
            return self._some(places, 2)
        if self._step >= Step.FEWER_AREAS:
            return self._all(places) + (f": {self._some(areas, 1)}" if areas else "")
        return self._all(places) + (f": {self._all(areas)}" if areas else "")

    def takes_back(self) -> str:
        """What a Cancel says of the text before it."""
        place, hazard = self.place(), self._found
        kind = "withdrawn" if self._broadcast.slots.get(CORRECTION) == "withdrawn" else "false_alarm"
        template: str = getattr(self.phrases, f"{kind}_at" if place else kind)
        sent = self._told(float(self._broadcast.slots[SENT]))
        return fill(template, hazard=hazard.names[self._lang], place=place, sent=sent)

    def roll_call(self) -> str:
        """The line that asks for an answer."""
        return f" {self.phrases.roll_call}" if self._broadcast.roll_call else ""

    @property
    def _found(self) -> Hazard:
        hazard = self._words.hazard(self._broadcast.hazard)
        if hazard is None:
            raise ValueError(f"there is no hazard {self._broadcast.hazard!r}")
        return hazard

    def _hazard(self) -> str:
        name = self._found.names[self._lang].upper()
        if self.over:
            return fill(self.phrases.ended, hazard=name)
        return name if self._step >= Step.NO_LEVEL else fill(self.phrases.levels[self._broadcast.severity], hazard=name)

    def _impact(self) -> str:
        return "" if self._step >= Step.NO_IMPACT else self._own("impact")

    def _action(self) -> str:
        action = self._words.action(self._broadcast.hazard, self._broadcast.response)
        own = self._own("action") or (action.texts[self._lang] if action else "")
        return own if own.endswith((".", "!", "?")) else f"{own}."

    def _time(self) -> str:
        """Until when; from when, too, where the author says so; of an all-clear only since when."""
        onset, expires = self._broadcast.onset, self._broadcast.expires
        if self.over:
            return f"{fill(self.phrases.since, start=self._told(onset))}." if onset else ""
        if onset and self._step < Step.NO_IMPACT:
            start, end = span(onset, expires, self._zone, self._lang, weekday=self._step < Step.NO_WEEKDAY)
            return f"{fill(self.phrases.between, start=start, end=end)}."
        return f"{fill(self.phrases.until, end=self._told(expires))}."

    def _told(self, at: float) -> str:
        return told(at, self._zone, self._lang, weekday=self._step < Step.NO_WEEKDAY)

    def _own(self, name: str) -> str:
        return " ".join(self._broadcast.slots.get(f"{name}.{self._lang}", "").split())

    def _list(self, name: str) -> Sequence[str]:
        return [part.strip() for part in self._own(name).split(";") if part.strip()]

    def _all(self, names: Sequence[str]) -> str:
        *first, last = names or [""]
        return f"{', '.join(first)} {self.phrases.join} {last}" if first else last

    def _some(self, names: Sequence[str], most: int) -> str:
        rest = len(names) - most
        if rest <= 0:
            return self._all(names)
        more = self.phrases.more_one if rest == 1 else fill(self.phrases.more, n=str(rest))
        return f"{', '.join(names[:most])} {more}"
