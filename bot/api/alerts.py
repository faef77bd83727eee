"""/api/v1/alerts: what authorities sent us, what became of it, and a person's decision. And what people who ask are told."""

from collections.abc import Sequence

from bot.api import forms, shapes, shown
from bot.api.broadcasts import drafted
from bot.api.route import APPROVERS, AUTHORS, EVERYBODY, WRITERS, Call, Route
from bot.api.trouble import missing
from bot.core.alert.broadcast import Mode, Stage
from bot.core.alert.received import Prefilled
from bot.core.alert.stored import AlertQuery, StoredAlert

_AT = "/alerts/{id}"
_LOOKED_AT = 200  # of our broadcasts, the newest: what still goes on is among them


def _known(call: Call) -> StoredAlert:
    found = call.app.receiving.store.received_alert(call.id)
    if found is None:
        raise missing(f"alert {call.id}")
    return found


def _list(call: Call) -> shapes.AlertList:
    asked: forms.Alerts = call.asked
    query = AlertQuery(states=(asked.state,) if asked.state else (), in_force=asked.in_force)
    found = call.app.receiving.store.alerts(query, now=call.now, limit=asked.limit + 1, offset=asked.offset)
    more = asked.offset + asked.limit if len(found) > asked.limit else 0
    return shapes.AlertList(alerts=[shown.alert(one) for one in found[: asked.limit]], next=more)


def _one(call: Call) -> shapes.AlertShape:
    return shown.alert(_known(call))


def _upload(call: Call) -> shapes.TakenList:
    receiving = call.app.receiving
    taken = receiving.door.take(call.body, receiving.upload(call.member.name))
    call.status = 201 if any(one.new for one in taken) else 200
    return shown.taken(taken)


def _release(call: Call) -> shapes.AlertShape:
    _known(call)
    return shown.alert(call.app.receiving.intake.release(call.id, by=call.member, why=call.form.why, now=call.now))


def _dismiss(call: Call) -> shapes.AlertShape:
    _known(call)
    return shown.alert(call.app.receiving.intake.dismiss(call.id, by=call.member, why=call.form.why, now=call.now))


def _draft(call: Call) -> shapes.Drafted:
    made = _prefilled(call)
    stored = call.showing.broadcast(call.app.alert_desk.show(drafted(call, made.broadcast)))
    return shapes.Drafted(broadcast=stored, notes=[note.value for note in made.notes], unplaced=list(made.unplaced))


def _prefilled(call: Call) -> Prefilled:
    """The draft that it makes; that follows ours where it is about one that we passed on."""
    app, stored = call.app, _known(call)
    body = app.receiving.store.received_body(stored.id)
    if body is None:
        raise missing(f"alert {call.id} that can be read")
    before = {one.id for one in app.receiving.store.chain(stored.id)}
    sent = app.alert_desk.store.broadcasts(stages=(Stage.SENDING, Stage.PAUSED, Stage.SENT), limit=_LOOKED_AT)
    follows = next((one for one in sent if one.alert_id in before and one.mode is Mode.LIVE), None)
    origin = app.receiving.origins.get(stored.origin)
    source = (origin.source if origin else "") or app.settings.alerts.source
    return app.received_drafts.draft(body, now=call.now, source=source, alert_id=stored.id, follows=follows)


def _notices(call: Call) -> shapes.Notices:
    with call.app.store.begin() as tx:
        found = tx.notices(now=call.now)
    return shapes.Notices(notices=[shown.notice(one) for one in found])


def _route(method: str, path: str, name: str, says: str, **values: object) -> Route:
    usual: dict[str, object] = {"gives": shapes.AlertShape, "about": "alerts", "fails": frozenset({404, 409} if "{id}" in path else ())}
    return Route(method=method, path=path, name=name, says=says, **(usual | values))  # type: ignore[arg-type]


ROUTES: Sequence[Route] = (
    _route(
        "GET",
        "/alerts",
        "listAlerts",
        "Alerts that came in, the newest first.",
        roles=EVERYBODY,
        does=_list,
        asks=forms.Alerts,
        gives=shapes.AlertList,
    ),
    _route(
        "POST",
        "/alerts",
        "uploadAlert",
        "Takes a CAP document in. It is held: another person releases it.",
        roles=AUTHORS,
        does=_upload,
        cap=True,
        made=True,
        gives=shapes.TakenList,
    ),
    _route("GET", _AT, "getAlert", "One of them.", roles=EVERYBODY, does=_one),
    _route(
        "POST",
        f"{_AT}/release",
        "releaseAlert",
        "Lets a held alert go on: people who ask are told.",
        roles=APPROVERS,
        does=_release,
        takes=forms.Note,
    ),
    _route("POST", f"{_AT}/dismiss", "dismissAlert", "Nothing follows from it.", roles=WRITERS, does=_dismiss, takes=forms.Note),
    _route(
        "POST",
        f"{_AT}/draft",
        "draftFromAlert",
        "Drafts a broadcast that passes it on.",
        roles=AUTHORS,
        does=_draft,
        takes=forms.Nothing,
        made=True,
        once=True,
        gives=shapes.Drafted,
    ),
    _route(
        "GET",
        "/notices",
        "listNotices",
        "What people who ask are told now, word for word.",
        roles=EVERYBODY,
        does=_notices,
        gives=shapes.Notices,
    ),
)
