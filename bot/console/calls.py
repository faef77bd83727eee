"""Where those are who need somebody: where they shared their location, else in the middle of their place. For whoever sets out."""

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup

from bot.console.maps import Dot, dot_map
from bot.console.visit import Ask
from bot.core import spot
from bot.core.alert.cap import Point
from bot.core.place.geo import distance_km
from bot.core.ticket import Ticket

NEAR = 8  # places around one call
SMALL = 0.05  # of a dot that is one person, beside those of whole places


def calls_map(ask: Ask, tickets: Sequence[tuple[Ticket, str]]) -> Markup:
    """Tickets on a map, each with its person's place. "" where nobody knows where any of them is."""
    exact, places = spots([ticket for ticket, _ in tickets]), Counter[str]()
    for ticket, place in tickets:
        if place and spot.last(ticket.question) is None:
            places[place] += 1
    most = max(places.values(), default=1)
    dots = [Dot(centre, name, count / most, (("help", count),)) for id_, count in places.items() for centre, name in _centre(ask, id_)]
    return dot_map([*dots, *exact], ask.say("calls_map"))


def ticket_map(ask: Ask, ticket: Ticket, place: str) -> Markup:
    """One ticket among the places around: a dot alone says nothing. "" where nobody knows where it is, or what is near."""
    exact, home = spots([ticket]), _centre(ask, place)
    mine = [*exact] or [Dot(centre, name, SMALL, (("help", 1),)) for centre, name in home]
    near = _near(ask, mine[0].at) if mine else []
    return dot_map([*mine, *(one for one in near if one.at != mine[0].at)], ask.say("calls_map")) if len(near) > 1 else Markup("")


def spots(tickets: Sequence[Ticket]) -> Sequence[Dot]:
    """The tickets whose people shared where they are, each by its number."""
    known = [(ticket, at) for ticket in tickets if (at := spot.last(ticket.question)) is not None]
    return [Dot(at, f"#{ticket.id}", SMALL, (("help", 1),)) for ticket, at in known]


def geo(at: Point) -> str:
    """An address that a telephone opens in its own map, whichever that is: nothing is loaded from anywhere."""
    return f"geo:{at[0]:.5f},{at[1]:.5f}"


def _near(ask: Ask, at: Point) -> Sequence[Dot]:
    """The places that lie in the same one as `at`, the nearest first."""
    places = ask.app.places
    here = next(iter(places.at(at)), None)
    beside = [Dot(one.centre, one.name) for one in places.children(here.parent) if one.centre is not None] if here else []
    return sorted(beside, key=lambda one: distance_km(one.at, at))[:NEAR]


def _centre(ask: Ask, id: str) -> Sequence[tuple[Point, str]]:
    place = ask.app.places.place(id)
    return [(place.centre, place.name)] if place is not None and place.centre is not None else []
