"""The roll-call board: by place, with a map and the calls for help. Fit for print: power and lines may be gone before the flood is."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from bot.console.calls import spots
from bot.console.drafts import BROADCASTS
from bot.console.frame import Frame
from bot.console.maps import Dot, dot_map
from bot.console.visit import Ask
from bot.console.where import where
from bot.core.alert.board import BoardRow, total
from bot.core.alert.broadcast import Broadcast, Stage
from bot.core.errors import NotDone
from bot.core.place.types import PlaceKind
from bot.core.urn import mask

CALLS = 100


def add(frame: Frame) -> None:
    """Adds the pages."""
    frame.get(f"{BROADCASTS}/{{id}}/roll", _board)
    frame.get(f"{BROADCASTS}/{{id}}/roll/now", _now)


def _board(ask: Ask) -> web.Response:
    return ask.page("roll.html", **_values(ask))


def _now(ask: Ask) -> web.Response:
    """The moving part, for the page's script."""
    return ask.page("roll_now.html", **_values(ask))


def _values(ask: Ask) -> dict[str, Any]:
    try:
        broadcast = ask.app.alert_desk.show(ask.number("id"))
    except NotDone:
        raise web.HTTPNotFound from None
    rows = ask.app.boards.board(broadcast.id)
    all_, now, where_ = total(rows), ask.app.clock(), where(ask)
    found = ask.app.boards.calls(broadcast.id, limit=CALLS)
    calls = [(call, mask(call.ticket.urn), where_.label(call.place) if call.place else "") for call in found]
    return {
        "b": broadcast,
        "rows": [(where_.label(row.place) if row.place else ask.say("unknown_place"), row) for row in worst_first(rows)],
        "all": all_,
        "calls": calls,
        "may_answer": "author" in ask.member.roles,
        "may_ask_again": "author" in ask.member.roles and broadcast.roll_call and broadcast.stage is Stage.SENT and all_.silent,
        "map": dot_map([*_dots(ask, rows), *spots([call.ticket for call in found])], ask.say("roll_map")),
        "escalation": _escalation(ask, broadcast, all_, now),
        "now": now,
    }


def worst_first(rows: Sequence[BoardRow]) -> Sequence[BoardRow]:
    """Where most need help, then where most say nothing."""
    return sorted(rows, key=lambda row: (-row.need_help, -(row.silent + row.missed), row.place))


def _dots(ask: Ask, rows: Sequence[BoardRow]) -> Sequence[Dot]:
    """A dot for each place; many small ones of a county are one, so that a map stays readable."""
    places = ask.app.places
    several = len({row.place for row in rows}) > 40
    sums: dict[str, BoardRow] = defaultdict(lambda: BoardRow(place=""))
    for row in rows:
        place = places.place(row.place)
        while several and place is not None and place.kind is PlaceKind.TOWN and (parent := places.place(place.parent)) is not None:
            place = parent
        if place is not None and place.centre is not None:
            sums[place.id] = sums[place.id] + row
    most = max((row.people for row in sums.values()), default=1) or 1
    found = []
    for id_, row in sums.items():
        place = places.place(id_)
        if place is not None and place.centre is not None and row.people:
            share = (("help", row.need_help), ("ok", row.safe), ("silent", row.silent), ("lost", row.missed))
            found.append(Dot(place.centre, place.name, row.people / most, share))
    return found


def _escalation(ask: Ask, broadcast: Broadcast, all_: BoardRow, now: float) -> Mapping[str, object] | None:
    """Whether it went on to a second group, or when it would."""
    if not broadcast.escalate_after_s:
        return None
    reached = all_.people - all_.missed
    share = (all_.safe + all_.need_help) / reached if reached else 0.0
    due = broadcast.approved + broadcast.escalate_after_s
    told = {"group": broadcast.escalate_to, "done": broadcast.escalated, "below": broadcast.escalate_below}
    return told | {"due": due, "share": share, "late": due < now}
