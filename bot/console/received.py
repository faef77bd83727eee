"""Alerts that came in: the list with what became of each, one of them with its chain and its map, and a person's decision."""

from collections.abc import Sequence

from aiohttp import web
from aiohttp.web_request import FileField

from bot.console.frame import Frame, Waiting
from bot.console.maps import alert_map
from bot.console.visit import Ask
from bot.console.where import where
from bot.core.alert.feed import FeedState
from bot.core.alert.hygiene import cleaned
from bot.core.alert.staff import Role
from bot.core.alert.stored import REASONS, AlertQuery, State, StoredAlert
from bot.core.errors import NotDone

ALERTS = "/console/alerts"
PAGE, NAMED, INFOS = 30, 40, 20
MOST = 3 * 1024 * 1024  # bytes of an uploaded document
_SHOWN = {"": (), "held": (State.HELD,), "force": (State.OPEN,), "quarantined": (State.QUARANTINED,), "over": (State.ENDED, State.REPLACED)}


def add(frame: Frame) -> None:
    """Adds the pages."""
    frame.link(ALERTS, "nav_alerts", order=10)
    frame.waits(_waiting, role=Role.APPROVER)
    frame.get(ALERTS, _list)
    frame.get(f"{ALERTS}/upload", _ask_upload, role=Role.AUTHOR)
    frame.post(f"{ALERTS}/upload", _upload, role=Role.AUTHOR, most=MOST)
    frame.get(f"{ALERTS}/{{alert}}", _one)
    frame.get(f"{ALERTS}/{{alert}}/raw", _raw)
    frame.post(f"{ALERTS}/{{alert}}/release", _release, role=Role.APPROVER)
    frame.post(f"{ALERTS}/{{alert}}/dismiss", _dismiss)


def _waiting(ask: Ask) -> Sequence[Waiting]:
    held = ask.app.receiving.store.count_alerts(now=ask.app.clock()).get(State.HELD, 0)
    return [Waiting(ask.say("alerts_held_wait", count=held), f"{ALERTS}?show=held")] if held else []


def _list(ask: Ask) -> web.Response:
    store, now = ask.app.receiving.store, ask.app.clock()
    show = ask.asked("show") if ask.asked("show") in _SHOWN else ""
    page = int(ask.asked("page")) if ask.asked("page").isascii() and ask.asked("page").isdigit() and len(ask.asked("page")) < 6 else 0
    query = AlertQuery(states=_SHOWN[show], in_force=show == "force")
    found = store.alerts(query, now=now, limit=PAGE + 1, offset=page * PAGE)
    return ask.page(
        "alerts.html",
        rows=[(alert, _state(alert, now)) for alert in found[:PAGE]],
        show=show,
        shows=list(_SHOWN),
        page=page,
        more=len(found) > PAGE,
        counts=store.count_alerts(now=now),
        feeds=_feeds(ask),
        may_upload=ask.member.may(Role.AUTHOR),
    )


def _state(alert: StoredAlert, now: float) -> str:
    """As pages say it: what has expired is not in force any more, whatever its state."""
    return "expired" if alert.state in (State.OPEN, State.HELD) and alert.expires <= now else alert.state.value


def _feeds(ask: Ask) -> Sequence[tuple[str, float, int, str]]:
    """Each feed of the settings: when it was last read, how often in a row it failed, and why."""
    known = {state.name: state for state in ask.app.receiving.store.feeds()}
    found = [known.get(name, FeedState(name=name)) for name in ask.app.settings.alerts.feeds]
    return [(one.name, one.read, one.failures, one.code) for one in found]


def _one(ask: Ask) -> web.Response:
    return _show(ask)


def _show(ask: Ask, *, why: str = "", status: int = 200) -> web.Response:
    store, id_, now = ask.app.receiving.store, ask.number("alert"), ask.app.clock()
    alert = store.received_alert(id_)
    if alert is None:
        raise web.HTTPNotFound
    body = store.received_body(id_)
    said = cleaned(body) if body is not None else None
    places = [place for one in alert.places if (place := ask.app.places.place(one)) is not None]
    areas = [area for info in (said.infos if said else ()) for area in info.areas]
    label = where(ask).label
    return ask.page(
        "alert.html",
        status=status,
        a=alert,
        state=_state(alert, now),
        reason=_reason(ask, alert),
        infos=list(said.infos)[:INFOS] if said else [],
        areas=list(dict.fromkeys(area.desc for area in areas)),
        places=[label(place.id) for place in places[:NAMED]],
        more_places=max(0, len(places) - NAMED),
        map=alert_map(areas, places, ask.say("alert_map")),
        chain=[(one, _state(one, now)) for one in store.chain(id_)],
        why=why,
        raw=bool(store.received_raw(id_)),
        may={
            "release": ask.member.may(Role.APPROVER) and alert.may_be_released and alert.origin != f"upload:{ask.member.name}",
            "dismiss": _may_dismiss(ask, alert),
            "draft": ask.member.may(Role.AUTHOR) and body is not None,
        },
    )


def _reason(ask: Ask, alert: StoredAlert) -> str:
    """Why it is where it is, in the language of the page."""
    return ask.say(f"alert_why_{alert.reason}") if alert.reason in REASONS else alert.reason


def _may_dismiss(ask: Ask, alert: StoredAlert) -> bool:
    if alert.state is State.OPEN:
        return ask.member.may(Role.APPROVER)
    return alert.state is State.HELD and (ask.member.may(Role.APPROVER) or ask.member.may(Role.AUTHOR))


def _raw(ask: Ask) -> web.Response:
    """The document as it came: as a file, never as a page of ours."""
    raw = ask.app.receiving.store.received_raw(ask.number("alert"))
    if not raw:
        raise web.HTTPNotFound
    headers = {"Content-Disposition": f'attachment; filename="alert-{ask.number("alert")}.xml"', "X-Content-Type-Options": "nosniff"}
    return web.Response(body=raw, content_type="application/octet-stream", headers=headers | {"Cache-Control": "no-store"})


def _ask_upload(ask: Ask, *, why: str = "", status: int = 200) -> web.Response:
    return ask.page("alert_upload.html", why=why, status=status)


def _upload(ask: Ask) -> web.Response:
    """A document that somebody got by e-mail or on a stick. It is held: another person releases it."""
    file = ask.form.get("cap")
    if not isinstance(file, FileField) or not file.filename:
        return _ask_upload(ask, why=ask.say("list_missing"), status=400)
    receiving = ask.app.receiving
    try:
        taken = receiving.door.take(file.file.read(), receiving.upload(ask.member.name))
    except NotDone as error:
        return _ask_upload(ask, why=ask.why(error), status=409)
    first = taken[0]
    return ask.done(f"{ALERTS}/{first.id}", "alert_taken" if first.new else "alert_known")


def _release(ask: Ask) -> web.Response:
    try:
        ask.app.receiving.intake.release(ask.number("alert"), by=ask.member, why=ask.text("why"), now=ask.app.clock())
    except NotDone as error:
        return _show(ask, why=ask.why(error), status=409)
    return ask.done(f"{ALERTS}/{ask.number('alert')}", "alert_released")


def _dismiss(ask: Ask) -> web.Response:
    try:
        ask.app.receiving.intake.dismiss(ask.number("alert"), by=ask.member, why=ask.text("why"), now=ask.app.clock())
    except NotDone as error:
        return _show(ask, why=ask.why(error), status=409)
    return ask.done(f"{ALERTS}/{ask.number('alert')}", "alert_dismissed")
