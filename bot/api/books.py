"""What a program looks up: whose key it has, hazards, places, the audit log."""

from collections.abc import Sequence

from bot.api import forms, shapes, shown
from bot.api.route import ADMINS, EVERYBODY, Call, Route
from bot.core.alert.audit import AuditQuery
from bot.core.place.label import labels
from bot.core.types import Lang


def _me(call: Call) -> shapes.Me:
    return shapes.Me(name=call.member.name, roles=sorted(call.member.roles), lang=call.member.lang)


def _hazards(call: Call) -> shapes.Hazards:
    words = call.app.alert_words
    found = [shapes.HazardShape(id=one.id, names=dict(one.names), responses=list(words.responses(one.id))) for one in words.hazards]
    return shapes.Hazards(hazards=found)


def _places(call: Call) -> shapes.Places:
    places = call.app.places
    if (exact := places.place(call.asked.q)) is not None:
        return shapes.Places(sure=True, places=[shapes.PlaceShape(id=exact.id, label=shown.label(exact.id, places))])
    found = places.match(call.asked.q)
    names = labels(found.places, places.place, Lang.EN)
    pairs = zip(found.places, names, strict=True)
    return shapes.Places(sure=found.sure, places=[shapes.PlaceShape(id=place.id, label=name) for place, name in pairs])


def _log(call: Call) -> shapes.Entries:
    asked: forms.Log = call.asked
    since, until = (at.timestamp() if at else 0.0 for at in (asked.since, asked.until))
    query = AuditQuery(who=asked.who, what=asked.what, about=asked.about, since=since, until=until)
    found = call.app.audit_log.audit_page(query, before=asked.before, limit=asked.limit + 1)
    entries = [shown.entry(one) for one in found[: asked.limit]]
    return shapes.Entries(entries=entries, next=entries[-1].n if len(found) > asked.limit else 0)


ROUTES: Sequence[Route] = (
    Route(
        method="GET",
        path="/me",
        name="getMe",
        about="look-up",
        says="Whose key this is, and what it may.",
        roles=EVERYBODY,
        does=_me,
        gives=shapes.Me,
    ),
    Route(
        method="GET",
        path="/hazards",
        name="listHazards",
        about="look-up",
        says="Dangers that there are words for.",
        roles=EVERYBODY,
        does=_hazards,
        gives=shapes.Hazards,
    ),
    Route(
        method="GET",
        path="/places",
        name="findPlaces",
        about="look-up",
        says="What a place's name may mean.",
        roles=EVERYBODY,
        does=_places,
        asks=forms.Search,
        gives=shapes.Places,
    ),
    Route(
        method="GET",
        path="/audit",
        name="listAudit",
        about="look-up",
        says="Who did what, the newest first.",
        roles=ADMINS,
        does=_log,
        asks=forms.Log,
        gives=shapes.Entries,
    ),
)
