"""A received CAP message as the draft of a broadcast of ours: prefilled where the message is clear, left open and said so where it is not.

The message's own sentences are used for one slot only, what to do, and there only a plain instruction. All else is our own vocabulary.
Only what is Actual and Public becomes a live draft; everything else becomes the draft of an exercise.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.core.alert.broadcast import Audience, Broadcast, Mode
from bot.core.alert.cap import Alert, AlertStatus, Info, MsgType, ResponseType, Scope, Severity
from bot.core.alert.compose import CORRECTION, SENT
from bot.core.alert.gate import judge
from bot.core.alert.hygiene import cleaned
from bot.core.alert.instruct import instruction
from bot.core.alert.where import place_slots
from bot.core.alert.words import AlertWords, Hazard
from bot.core.place.types import Covered, Gazetteer
from bot.core.text import fold, measure
from bot.core.types import Lang, Limits

SOURCE, TITLE = 16, 120  # septets; characters
AHEAD_S = 3600.0  # what begins sooner than this is on
LASTS_S = 24 * 3600.0  # of a message that does not say until when
_DOING = (ResponseType.EVACUATE, ResponseType.SHELTER, ResponseType.AVOID, ResponseType.PREPARE, ResponseType.MONITOR)  # the most first
_NOT_LIVE = {"test_code", "test_words", "system", "ack", "error"}  # keys of gate.REASONS
_LOOKED_AT = 20_000  # characters of a text
_NO_DANGER = re.compile(r"\bno (?:\w+ ){0,2}(?:danger|threat)\b|\bhakuna (?:\w+ )?hatari\b", re.IGNORECASE)


class Note(StrEnum):
    """What a coordinator has to look at before this goes anywhere."""

    EXERCISE = "exercise"  # it is not meant for the public as it is, so this is the draft of an exercise
    GATE = "gate"  # the gate does not let it through by itself: see Prefilled.reason
    HAZARD = "hazard"  # what it is about is not in our words
    SOURCE = "source"  # nobody set a short name for who says it
    ACTION = "action"  # it does not say what people should do in a way that we have words for: what is usual stands there
    PLACE = "place"  # some of its areas are not places that we know, or it names none
    DEGRADED = "degraded"  # its places were found without outlines
    END = "end"  # it does not say until when, or ends before it begins
    SAYS_OVER = "says_over"  # its words say that there is no danger, and its codes do not
    MORE = "more"  # it says more than one thing: this is the worst; see Prefilled.others
    EMPTY = "empty"  # it says nothing at all, as a Cancel may
    NOTHING_SENT = "nothing_sent"  # it takes something back that we never passed on: there is nobody to tell


@dataclass(frozen=True, slots=True)
class Prefilled:
    """A draft, and what to look at. `unplaced` are area descriptions as the message has them; `others` counts what else it says."""

    broadcast: Broadcast
    notes: Collection[Note]
    reason: str = ""  # a key of gate.REASONS
    unplaced: Sequence[str] = ()
    others: int = 0


@dataclass(slots=True)
class _Said:
    """One thing that a message says, in as many languages as it says it."""

    over: bool
    key: object
    hazard: Hazard | None
    infos: list[Info]

    @property
    def first(self) -> Info:
        return self.infos[0] if self.infos else Info()


@dataclass(frozen=True)
class Received:
    """Makes drafts of what came in."""

    words: AlertWords
    places: Gazetteer

    def draft(
        self, alert: Alert, *, now: float, source: str = "", alert_id: int = 0, follows: Broadcast | None = None, part: int = 0
    ) -> Prefilled:
        """The draft for what `alert` says: the worst of it, or the `part`-th worst. `source`: the sender's short name as set for its
        feed. `follows`: our broadcast that passed on what this one is about."""
        verdict = judge(alert)
        parts = self._parts(cleaned(alert), verdict.over, verdict.over_infos)
        said = parts[min(part, len(parts) - 1)]
        covered = self.places.covered([area for info in said.infos for area in info.areas])
        takes_back = said.over and ResponseType.ALL_CLEAR not in said.first.response_types
        response, plain = self._response(said)
        live = alert.status is AlertStatus.ACTUAL and alert.scope is Scope.PUBLIC and verdict.reason not in _NOT_LIVE
        hazard = said.hazard.id if said.hazard else follows.hazard if follows else ""
        name = self._source(source, said.first)
        broadcast = Broadcast(
            mode=Mode.LIVE if live else Mode.EXERCISE,
            msg_type=MsgType.CANCEL if takes_back else MsgType.UPDATE if follows else MsgType.ALERT,
            follows=follows.id if follows else 0,
            alert_id=alert_id,
            title=(said.first.headline or said.first.event or (follows.title if follows else ""))[:TITLE],
            hazard=hazard,
            response=ResponseType.NONE if takes_back else response,
            urgency=said.first.urgency,
            severity=said.first.severity,
            certainty=said.first.certainty,
            source=name or (follows.source if follows else ""),
            slots=self._slots(said, covered, follows, takes_back=takes_back),
            audience=_audience(covered, follows, over=said.over),
            onset=_onset(alert, said, now),
            expires=_expires(alert, said, now),
            created=now,
        )
        wrong: Mapping[Note, bool] = {
            Note.EXERCISE: not live,
            Note.GATE: verdict.reason not in {"", "cancel"},
            Note.EMPTY: not alert.infos,
            Note.NOTHING_SENT: takes_back and follows is None,
            Note.HAZARD: not hazard,
            Note.SOURCE: not broadcast.source,
            Note.ACTION: not plain and not takes_back,
            Note.PLACE: bool(covered.unknown) or not covered.places,
            Note.DEGRADED: covered.degraded,
            Note.END: said.first.expires is None or said.first.expires <= (said.first.onset or 0.0),
            Note.SAYS_OVER: not said.over and self._says_over(said),
            Note.MORE: len(parts) > 1,
        }
        return Prefilled(broadcast, [note for note, holds in wrong.items() if holds], verdict.reason, covered.unknown, len(parts) - 1)

    def _parts(self, alert: Alert, over: bool, over_infos: Collection[int]) -> Sequence[_Said]:
        """What it says, one entry for all translations of one thing: what is still on before what is over, the most severe first."""
        parts: list[_Said] = []
        for n, info in enumerate(alert.infos):
            ends = over or n in over_infos
            key, hazard = (ends, info.severity, info.urgency, info.certainty, tuple(info.response_types)), self.words.classify(info)
            said = next((p for p in parts if p.key == key and (hazard is None or p.hazard is None or p.hazard is hazard)), None)
            if said is None:
                parts.append(said := _Said(ends, key, hazard, []))
            said.hazard = said.hazard or hazard
            said.infos.append(info)
        order = list(Severity)
        return sorted(parts, key=lambda said: (said.over, order.index(said.first.severity))) or [_Said(over, (), None, [])]

    def _response(self, said: _Said) -> tuple[ResponseType, bool]:
        """What people should do, and whether the message itself says so in words that we have an action for."""
        if said.over:
            return ResponseType.ALL_CLEAR, True
        wanted = said.first.response_types
        able = self.words.responses(said.hazard.id) if said.hazard else _DOING
        for response in _DOING:
            if response in wanted and response in able:
                return response, True
        if said.hazard is None or ResponseType.NONE in wanted or said.first.severity not in {Severity.EXTREME, Severity.SEVERE}:
            return ResponseType.MONITOR, ResponseType.NONE in wanted
        return said.hazard.usual, False

    def _says_over(self, said: _Said) -> bool:
        for info in said.infos:
            texts = (info.headline, info.description, info.instruction)
            if self.words.all_clear(info.headline) or any(_NO_DANGER.search(text[:_LOOKED_AT]) for text in texts):
                return True
        return False

    def _source(self, source: str, info: Info) -> str:
        """The first name that fits its slot."""
        names = (" ".join(fold(name).split()) for name in (source, info.sender_name))
        return next((name for name in names if name and measure(name, Limits()).units <= SOURCE and "@" not in name), "")

    def _slots(self, said: _Said, covered: Covered, follows: Broadcast | None, *, takes_back: bool) -> Mapping[str, str]:
        slots = dict(place_slots(covered.places, self.places))
        if follows and not covered.places:
            slots = {name: text for name, text in follows.slots.items() if name.startswith(("place.", "areas."))}
        if takes_back:
            sent = (follows.approved or follows.created) if follows else 0.0
            return {**slots, CORRECTION: "withdrawn", **({SENT: str(sent)} if sent else {})}
        for info in said.infos:
            lang = info.language.partition("-")[0].casefold()
            if lang in set(Lang) and (told := instruction(info.instruction, self.words, Lang(lang), over=said.over)):
                slots.setdefault(f"action.{lang}", told)
        return slots


def _audience(covered: Covered, follows: Broadcast | None, *, over: bool) -> Audience:
    """Those in its places; where it follows a broadcast, first those who got that, and of what is over only those."""
    got = follows.id if follows else 0
    if got and over:
        return Audience(got=got)
    return Audience(places=tuple(place.id for place in covered.places), got=got, rest=bool(got))


def _onset(alert: Alert, said: _Said, now: float) -> float:
    """When it begins, where that is still to come; of what is over, since when it is."""
    if said.over:
        return alert.sent
    return said.first.onset if said.first.onset and said.first.onset > now + AHEAD_S else 0.0


def _expires(alert: Alert, said: _Said, now: float) -> float:
    """The first end of it that is still to come; what says none lasts a day, and so does the news that it is over."""
    ends = [info.expires for info in said.infos if info.expires is not None]
    left = [end for end in ends if end > now]
    if said.over:
        return max(*ends, now + LASTS_S) if ends else now + LASTS_S
    if ends:
        return min(left) if left else max(ends)
    return (said.first.onset or said.first.effective or alert.sent) + LASTS_S
