"""What a person means by the name that they typed: found, or asked back."""

from collections.abc import Iterable, Mapping, Sequence

from bot.core.alert.cap import Point
from bot.core.place.types import Match, Place
from bot.core.words import plain


class Names:
    """Every name of every place."""

    def __init__(self, known: Iterable[tuple[Place, Sequence[str]]], own: Mapping[str, str] | None = None) -> None:
        self.by_name: dict[str, list[Place]] = {}
        for place, others in known:
            for name in (place.name, *others):
                self.by_name.setdefault(plain(name), []).append(place)


def match(names: Names, typed: str, *, near: Point | None = None) -> Match:
    """What `typed` means."""
    found = names.by_name.get(plain(typed).strip(), [])[:3]
    return Match(tuple(found), sure=len(found) == 1)
