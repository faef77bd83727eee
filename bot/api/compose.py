"""A form becomes a broadcast: the parts that were sent, over what is there. Nothing is stored here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.alert_settings import AlertSettings
from bot.api.forms import Change, Draft, Escalation
from bot.api.trouble import Trouble, hidden
from bot.core.alert.broadcast import Audience, Broadcast
from bot.core.alert.cap import Certainty, ResponseType, Severity, Urgency
from bot.core.alert.draft import PARTS, TEXT
from bot.core.alert.people import group_name
from bot.core.alert.where import place_slots
from bot.core.alert.words import AlertWords
from bot.core.errors import NotDone
from bot.core.place.label import labels
from bot.core.place.types import Gazetteer
from bot.core.types import Lang

_PLACED = ("place.", "areas.")
_PLAIN = ("title", "response", "urgency", "severity", "certainty", "source", "quiet", "roll_call")


@dataclass(frozen=True, slots=True)
class Composing:
    """Knows the words and the places of this installation."""

    words: AlertWords
    places: Gazetteer
    own: AlertSettings

    def fresh(self, form: Draft) -> Broadcast:
        """A new draft. Raises Trouble."""
        base = Broadcast(
            mode=form.mode,
            source=self.own.source,
            urgency=Urgency.EXPECTED,
            severity=Severity.SEVERE,
            certainty=Certainty.LIKELY,
            response=ResponseType.PREPARE,
        )
        return self.changed(base, form)

    def changed(self, base: Broadcast, form: Change) -> Broadcast:
        """`base` with what was sent. Raises Trouble for a hazard, a place or a group that is none."""
        sent = {name for name in form.model_fields_set if getattr(form, name) is not None}
        values: dict[str, Any] = {name: getattr(form, name) for name in _PLAIN if name in sent}
        if form.hazard is not None:
            values["hazard"] = self._hazard(form.hazard)
        values |= {name: at.timestamp() for name, at in (("onset", form.onset), ("expires", form.expires)) if at is not None}
        # null takes back what may be taken back
        values |= {name: 0.0 for name in ("onset", "expires") if name in form.model_fields_set and getattr(form, name) is None}
        if "escalation" in form.model_fields_set:
            values |= _escalation(form.escalation)
        made = replace(base, **values, audience=self._audience(base.audience, form))
        made = replace(made, slots=self._slots(base, made, form))
        return replace(made, title=made.title or self._title(made))

    def _audience(self, base: Audience, form: Change) -> Audience:
        values: dict[str, Any] = {}
        for name in ("places", "without"):
            if (typed := getattr(form, name)) is not None:
                values[name] = tuple(dict.fromkeys(self.place(one) for one in typed))
        if form.groups is not None:
            values["groups"] = tuple(dict.fromkeys(_group(one) for one in form.groups))
        values |= {name: value for name in ("everyone", "unplaced") if (value := getattr(form, name)) is not None}
        return replace(base, **values)

    def place(self, typed: str) -> str:
        """The id of a place by its id or a name that leaves no doubt. Raises Trouble with the choices."""
        if self.places.place(typed) is not None:
            return typed
        found = self.places.match(typed)
        if found.sure:
            return found.places[0].id
        names = labels(found.places, self.places.place, Lang.EN)
        choices = "; ".join(f"{place.id} for {name}" for place, name in zip(found.places, names, strict=True))
        remedy = f"Write {choices}." if choices else "GET /api/v1/places and `ujumbe places find` look places up."
        raise Trouble(400, "which_place", f"{hidden(typed)!r} is no place that is known, or may be several.", remedy)

    def _hazard(self, id: str) -> str:
        if self.words.hazard(id) is None:
            known = ", ".join(hazard.id for hazard in self.words.hazards)
            raise Trouble(400, "no_hazard", f"{hidden(id)!r} is no hazard that there are words for.", f"Choose among {known}.")
        return id

    def _slots(self, base: Broadcast, made: Broadcast, form: Change) -> Mapping[str, str]:
        """What the author wrote, and the places' own names where they wrote none."""
        slots = dict(base.slots)
        if form.places is not None:
            slots = {name: words for name, words in slots.items() if not name.startswith(_PLACED)}
            slots |= self._named(made.audience.places)
        for lang, words in (form.words or {}).items():
            for name in words.model_fields_set:
                self._write(slots, f"{TEXT if name == 'text' else name}.{lang}", getattr(words, name), made.audience.places)
        if form.two_parts is not None:
            slots.pop(PARTS, None)
            slots |= {PARTS: "2"} if form.two_parts else {}
        return slots

    def _write(self, slots: dict[str, str], name: str, words: str, places: Sequence[str]) -> None:
        """ "" takes back what was written: the places' names, or the template's words, come in its place."""
        slots.pop(name, None)
        if words:
            slots[name] = words
        elif name.startswith("place.") and (own := self._named(places).get(name)):
            slots[name] = own

    def _named(self, ids: Sequence[str]) -> Mapping[str, str]:
        return place_slots([place for one in ids if (place := self.places.place(one)) is not None], self.places)

    def _title(self, made: Broadcast) -> str:
        hazard = self.words.hazard(made.hazard)
        place = made.slots.get("place.en", "").split(";")[0]
        return ", ".join(part for part in (hazard.names[Lang.EN].capitalize() if hazard else "", place) if part)


def _group(typed: str) -> str:
    try:
        return group_name(typed)
    except NotDone as error:
        raise Trouble(400, "no_group", f"{hidden(typed)!r} is no name for a group.", str(error).split(". ", 1)[-1]) from None


def _escalation(form: Escalation | None) -> dict[str, Any]:
    if form is None:
        return {"escalate_after_s": 0.0, "escalate_below": 0.0, "escalate_to": ""}
    return {
        "escalate_after_s": form.after_minutes * 60.0,
        "escalate_below": form.below_percent / 100,
        "escalate_to": _group(form.to),
    }
