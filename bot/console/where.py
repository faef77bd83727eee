"""Places on pages: by name, with what they lie in, and picked by typing: found, or asked back."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.console.visit import Visit
from bot.core.place.label import kind_word, labels
from bot.core.place.types import Gazetteer, Place, PlaceKind
from bot.core.refusal import Declined
from bot.core.types import Lang


class Unsure(Declined):
    """Several places, or none, may be meant. The form is shown again with the `choices`."""

    def __init__(self, typed: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__("no_place", typed=typed[:80])
        self.typed, self.choices = typed, choices


@dataclass(frozen=True, slots=True)
class Where:
    """Names places in one language."""

    places: Gazetteer
    lang: Lang

    def label(self, id: str) -> str:
        """A place alone on a page: "Bura, Tana River"; "Garissa (county)". The id itself where the gazetteer does not know it any more."""
        place = self.places.place(id)
        if place is None:
            return id
        if place.kind is PlaceKind.COUNTRY:
            return place.name
        around = self.places.place(place.parent)
        if place.kind is PlaceKind.ADM1 or around is None or around.kind is PlaceKind.COUNTRY:
            return f"{place.name} ({kind_word(place, self.lang)})"
        return f"{place.name}, {around.name}"

    def choices(self, places: Sequence[Place]) -> Sequence[tuple[str, str]]:
        """(id, label) of places that stand beside each other."""
        return [(place.id, label) for place, label in zip(places, labels(places, self.places.place, self.lang), strict=True)]

    def picked(self, typed: str, id: str = "") -> str:
        """The id of the place that a form means: `id` where one was chosen, else what was typed, else "". Raises Unsure."""
        if id and self.places.place(id) is not None:
            return id
        typed = " ".join(typed.split())
        if not typed:
            return ""
        found = self.places.match(typed)
        if found.sure:
            return found.places[0].id
        raise Unsure(typed, self.choices(found.places))

    def kept(self, typed: str, id: str, now: str) -> str:
        """As `picked`, where the form began with the label of place `now`: left as it was, it is still that place."""
        return now if now and not id and typed.strip() == self.label(now) else self.picked(typed, id)


def where(visit: Visit) -> Where:
    """In the language of the page."""
    return Where(visit.app.places, visit.lang)
