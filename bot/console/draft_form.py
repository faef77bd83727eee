"""The form of a broadcast: what was typed becomes a broadcast, and a broadcast what the form shows. Nothing is stored here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import TypeVar

from bot.console.visit import Ask
from bot.console.where import Unsure, where
from bot.core.alert.broadcast import Audience, Broadcast
from bot.core.alert.cap import Certainty, ResponseType, Severity, Urgency
from bot.core.alert.draft import PARTS, TEXT, Drafted
from bot.core.alert.where import outermost, place_slots
from bot.core.place.types import Gazetteer
from bot.core.types import Lang

OWN = ("place", "impact", "action")  # slots that an author may write, in each language
RESPONSES = (
    ResponseType.EVACUATE,
    ResponseType.SHELTER,
    ResponseType.AVOID,
    ResponseType.PREPARE,
    ResponseType.MONITOR,
    ResponseType.ALL_CLEAR,
)
LONGEST = 400  # characters of a field
_Word = TypeVar("_Word", Urgency, Severity, Certainty, ResponseType)


@dataclass(frozen=True, slots=True)
class Asked:
    """A place that was typed and may be several, or none: asked back in the field it was typed in."""

    typed: str
    choices: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form says. `asked`: places that are not clear, by the name of their field; `wrong`: words of the pages, by field."""

    broadcast: Broadcast
    asked: Mapping[str, Asked] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)


def read(ask: Ask, base: Broadcast) -> Filled:
    """What was typed, over `base`: its mode, and what it follows or passes on, stay as they are."""
    asked: dict[str, Asked] = {}
    wrong: dict[str, str] = {}
    audience = _audience(ask, base, asked)
    read_ = replace(
        base,
        title=ask.text("title")[:LONGEST],
        hazard=ask.text("hazard") if ask.app.alert_words.hazard(ask.text("hazard")) else "",
        response=_word(ResponseType, ask.text("response"), base.response),
        urgency=_word(Urgency, ask.text("urgency"), base.urgency),
        severity=_word(Severity, ask.text("severity"), base.severity),
        certainty=_word(Certainty, ask.text("certainty"), base.certainty),
        source=ask.text("source")[:LONGEST],
        audience=audience,
        onset=_time(ask, "onset", wrong),
        expires=_time(ask, "expires", wrong),
        quiet=bool(ask.text("quiet")),
        roll_call=bool(ask.text("roll_call")),
        escalate_after_s=60.0 * _number(ask, "escalate_after", wrong, most=7 * 24 * 60),
        escalate_below=_number(ask, "escalate_below", wrong, most=100) / 100,
        escalate_to=ask.text("escalate_to")[:LONGEST],
    )
    filled = replace(read_, slots=_slots(ask, read_, base))
    return Filled(replace(filled, title=filled.title or _title(ask, filled)), asked, wrong)


def _audience(ask: Ask, base: Broadcast, asked: dict[str, Asked]) -> Audience:
    """Whom it is for. Who got what it corrects is no choice of a form's."""
    everyone = bool(ask.text("everyone"))
    return Audience(
        places=_places(ask, "places", asked),
        without=_places(ask, "without", asked),
        groups=tuple(ask.texts("groups")),
        unplaced=bool(ask.text("unplaced")),
        everyone=everyone,
        got=base.audience.got,
        rest=base.audience.rest,
        silent=base.audience.silent,
    )


def _places(ask: Ask, name: str, asked: dict[str, Asked]) -> Sequence[str]:
    """Those that are still ticked, and what was typed beside them."""
    kept = [one for one in ask.texts(name) if ask.app.places.place(one)]
    typed = ask.text(f"add_{name}")
    try:
        added = where(ask).picked(typed, ask.text(f"add_{name}_id"))
    except Unsure as unsure:
        asked[f"add_{name}"] = Asked(typed, tuple(unsure.choices))
        added = ""
    return tuple(dict.fromkeys([*kept, *([added] if added else [])]))


def _slots(ask: Ask, broadcast: Broadcast, base: Broadcast) -> Mapping[str, str]:
    """What was written by hand, and the names of the places where nothing was. What a form does not show stays as it was."""
    shown = [*(f"{name}.{lang}" for name in (*OWN, "areas", TEXT) for lang in Lang), PARTS]
    slots = {name: value for name, value in base.slots.items() if name not in shown}
    made = place_names(broadcast, base, ask.app.places)
    for lang in Lang:
        for name in OWN:
            if typed := ask.text(f"{name}.{lang}")[:LONGEST]:
                slots[f"{name}.{lang}"] = typed
        if not ask.text(f"place.{lang}"):
            slots |= {name: value for name, value in made.items() if name.endswith(f".{lang}")}
        own = ask.text(f"{TEXT}.{lang}")
        if own and " ".join(own.split()) != " ".join(ask.text(f"made.{lang}").split()):
            slots[f"{TEXT}.{lang}"] = own
    return slots | ({PARTS: "2"} if ask.text("two_parts") else {})


def place_names(broadcast: Broadcast, base: Broadcast, places: Gazetteer) -> Mapping[str, str]:
    """How the places of the audience are named; those of what it follows where the audience is whoever got that."""
    named = [place for one in broadcast.audience.places if (place := places.place(one)) is not None]
    if named:
        return place_slots(named, places)
    kept = broadcast.audience.got and not broadcast.audience.rest
    return {name: value for name, value in base.slots.items() if name.startswith(("place.", "areas."))} if kept else {}


def _title(ask: Ask, broadcast: Broadcast) -> str:
    hazard = ask.app.alert_words.hazard(broadcast.hazard)
    place = broadcast.slots.get(f"place.{ask.lang}", "").split(";")[0]
    return ", ".join(part for part in (hazard.names[ask.lang].capitalize() if hazard else "", place) if part)


def _word(of: type[_Word], typed: str, otherwise: _Word) -> _Word:
    return of(typed) if typed in set(of) else otherwise


def _time(ask: Ask, name: str, wrong: dict[str, str]) -> float:
    typed = ask.text(name)
    if not typed:
        return 0.0
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=ask.app.settings.zone).timestamp()
    except (ValueError, OverflowError, OSError):
        wrong[name] = "bad_time"
        return 0.0


def _number(ask: Ask, name: str, wrong: dict[str, str], *, most: int) -> float:
    typed = ask.text(name)
    if not typed:
        return 0.0
    if not (typed.isascii() and typed.isdigit() and int(typed[:9]) <= most):
        wrong[name] = "bad_amount"
        return 0.0
    return float(int(typed))


def local(at: float, zone: tzinfo) -> str:
    """A time as a form's field holds it, "" for 0."""
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%dT%H:%M}" if at else ""


def shown(ask: Ask, broadcast: Broadcast) -> Mapping[str, object]:
    """What the fields of the form hold."""
    places = ask.app.places
    audience = broadcast.audience
    tops, spared = outermost(audience.places, places), outermost(audience.without, places)
    made = place_names(replace(broadcast, audience=replace(audience, places=tuple(tops))), broadcast, places)
    own = {slot: value for slot, value in broadcast.slots.items() if slot != PARTS and made.get(slot) != value}
    label = where(ask).label
    return {
        "places": [(one, label(one)) for one in tops],
        "without": [(one, label(one)) for one in spared],
        "made": made,
        "own": own,
        "two_parts": broadcast.slots.get(PARTS) == "2",
        "onset": local(broadcast.onset, ask.app.settings.zone),
        "expires": local(broadcast.expires, ask.app.settings.zone),
        "escalate_after": round(broadcast.escalate_after_s / 60) or "",
        "escalate_below": round(broadcast.escalate_below * 100) or "",
    }


def texts_made(ask: Ask, broadcast: Broadcast) -> Mapping[Lang, str]:
    """The template's text in each language, "" where there is none or where the author wrote their own."""
    drafts = ask.app.drafting.drafts(broadcast)
    return {lang: draft.text if isinstance(draft, Drafted) and not draft.by_hand else "" for lang, draft in drafts.items()}
