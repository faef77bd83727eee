"""Broadcasts: the list, one of them in whatever stage it is, and what may be done with it."""

from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from bot.console.drafts import BROADCASTS
from bot.console.frame import Frame, Waiting
from bot.console.look import look, whom
from bot.console.visit import Ask
from bot.console.where import where
from bot.core.alert.broadcast import WENT_OUT, Broadcast, Mode, Stage
from bot.core.alert.progress import LIVE, TAKEN, Progress
from bot.core.alert.staff import Role
from bot.core.errors import NotDone
from bot.core.types import Status

PAGE = 30
_REACHED = (Status.DELIVERED, Status.READ)


def add(frame: Frame) -> None:
    """Adds the pages."""
    frame.link(BROADCASTS, "nav_broadcasts", order=20)
    frame.waits(_waiting)
    frame.get(BROADCASTS, _list)
    frame.get(f"{BROADCASTS}/{{id}}", _one)
    frame.get(f"{BROADCASTS}/{{id}}/progress", _progress)
    frame.post(f"{BROADCASTS}/{{id}}/submit", _submit, role=Role.AUTHOR)
    frame.post(f"{BROADCASTS}/{{id}}/withdraw", _withdraw, role=Role.AUTHOR)
    frame.post(f"{BROADCASTS}/{{id}}/approve", _approve, role=Role.APPROVER)
    frame.post(f"{BROADCASTS}/{{id}}/reject", _reject, role=Role.APPROVER)
    frame.post(f"{BROADCASTS}/{{id}}/pause", _pause)
    frame.post(f"{BROADCASTS}/{{id}}/resume", _resume, role=Role.APPROVER)
    frame.post(f"{BROADCASTS}/{{id}}/stop", _stop, role=Role.APPROVER)


def _waiting(ask: Ask) -> Sequence[Waiting]:
    """What waits for their approval, and what was rejected of theirs."""
    found, store = [], ask.app.alert_desk.store
    if ask.member.may(Role.APPROVER):
        mine = [one for one in store.broadcasts(stages=(Stage.WAITING,), limit=PAGE) if one.author != ask.member.name]
        found += [
            Waiting(ask.say(f"waits_{one.mode}", title=one.title or one.id), f"{BROADCASTS}/{one.id}", urgent=one.mode is Mode.LIVE)
            for one in mine
        ]
    rejected = [one for one in store.broadcasts(stages=(Stage.REJECTED,), limit=PAGE) if one.author == ask.member.name]
    return found + [Waiting(ask.say("waits_rejected", title=one.title or one.id), f"{BROADCASTS}/{one.id}") for one in rejected]


def _list(ask: Ask) -> web.Response:
    before = int(ask.asked("before")) if ask.asked("before").isascii() and ask.asked("before").isdigit() else 0
    found = ask.app.alert_desk.store.broadcasts(before=before, limit=PAGE + 1)
    more = found[PAGE - 1].id if len(found) > PAGE else 0
    return ask.page("broadcasts.html", rows=found[:PAGE], more=more, may_draft=ask.member.may(Role.AUTHOR))


def _one(ask: Ask) -> web.Response:
    return _show(ask)


def _show(ask: Ask, *, why: str = "", status: int = 200) -> web.Response:
    try:
        broadcast = ask.app.alert_desk.show(ask.number("id"))
    except NotDone:
        raise web.HTTPNotFound from None
    every: dict[str, Any] = {"b": broadcast, "why": why, "whom": whom(ask, broadcast), "status": status, "now": ask.app.clock()}
    every |= {"author": broadcast.author == ask.member.name, "approver": ask.member.may(Role.APPROVER)}
    if broadcast.stage in WENT_OUT:
        live = _figures(ask, ask.app.alert_desk.progress(broadcast.id))
        return ask.page("broadcast_live.html", **every, **live, may_draft=ask.member.may(Role.AUTHOR), follower=_follower(ask, broadcast))
    return ask.page("broadcast_waiting.html", **every, look=look(ask.app, broadcast), typed=ask.text("people"))


def _follower(ask: Ask, broadcast: Broadcast) -> Broadcast | None:
    """What follows it already, in whatever stage."""
    later = ask.app.alert_desk.store.broadcasts(limit=200)
    return next((one for one in later if one.follows == broadcast.id and one.stage is not Stage.REJECTED), None)


def _figures(ask: Ask, progress: Progress) -> dict[str, Any]:
    """What a live page counts."""
    said = progress.statuses
    places: dict[str, list[int]] = {}
    for (place, status), count in progress.places.items():
        row = places.setdefault(place, [0, 0, 0])
        row[0] += count
        row[1] += count if status in TAKEN else 0
        row[2] += count if status in (Status.FAILED, Status.UNKNOWN) else 0
    label = where(ask).label
    return {
        "p": progress,
        "taken": sum(said.get(status, 0) for status in TAKEN),
        "delivered": sum(said.get(status, 0) for status in _REACHED),
        "failed": said.get(Status.FAILED, 0),
        "unknown": said.get(Status.UNKNOWN, 0),
        "waiting": sum(said.get(status, 0) for status in LIVE),
        "places": [
            (label(place) if place else ask.say("unknown_place"), *row) for place, row in sorted(places.items(), key=lambda p: -p[1][0])
        ],
        "failures": sorted(progress.failures.items(), key=lambda pair: -pair[1]),
        "moves": progress.broadcast.stage in (Stage.SENDING, Stage.PAUSED) or progress.waiting > 0,
    }


def _progress(ask: Ask) -> web.Response:
    """The moving part of a live page, for its script."""
    live = _figures(ask, ask.app.alert_desk.progress(ask.number("id")))
    return ask.page("broadcast_progress.html", **live, b=ask.app.alert_desk.show(ask.number("id")), now=ask.app.clock())


def _submit(ask: Ask) -> web.Response:
    try:
        counted = ask.app.alert_desk.submit(ask.number("id"), by=ask.member)
    except NotDone as error:
        return _show(ask, why=ask.why(error), status=409)
    return ask.done(f"{BROADCASTS}/{ask.number('id')}", "draft_submitted", people=f"{counted.total:,}")


def _approve(ask: Ask) -> web.Response:
    """The one place where something goes out. The number is typed, never filled in."""
    typed = ask.text("people").replace(",", "").replace(" ", "").replace(".", "")
    try:
        ask.app.alert_desk.approve(ask.number("id"), by=ask.member, confirm=int(typed) if typed.isascii() and typed.isdigit() else -1)
    except NotDone as error:
        return _show(ask, why=ask.why(error) if typed else ask.say("type_the_number"), status=409)
    return ask.done(f"{BROADCASTS}/{ask.number('id')}", "broadcast_approved")


def _withdraw(ask: Ask) -> web.Response:
    ask.app.alert_desk.withdraw(ask.number("id"), by=ask.member)
    return ask.done(f"{BROADCASTS}/{ask.number('id')}", "broadcast_withdrawn")


def _reject(ask: Ask) -> web.Response:
    return _step(ask, lambda broadcast: ask.app.alert_desk.reject(broadcast, ask.text("why"), by=ask.member), "broadcast_rejected")


def _pause(ask: Ask) -> web.Response:
    return _step(ask, lambda broadcast: ask.app.alert_desk.pause(broadcast, by=ask.member), "broadcast_paused")


def _resume(ask: Ask) -> web.Response:
    return _step(ask, lambda broadcast: ask.app.alert_desk.resume(broadcast, by=ask.member), "broadcast_resumed")


def _stop(ask: Ask) -> web.Response:
    return _step(ask, lambda broadcast: ask.app.alert_desk.stop(broadcast, ask.text("why"), by=ask.member), "broadcast_stopped")


def _step(ask: Ask, take: Callable[[int], None], done: str) -> web.Response:
    """Takes a step; what the desk refuses is said on the broadcast's own page."""
    try:
        take(ask.number("id"))
    except NotDone as error:
        return _show(ask, why=ask.why(error), status=409)
    return ask.done(f"{BROADCASTS}/{ask.number('id')}", done)
