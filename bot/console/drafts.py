"""Drafting a broadcast: the form, its preview, and its way to an approver."""

from dataclasses import replace

from aiohttp import web

from bot.console.draft_form import RESPONSES, Filled, read, shown, texts_made
from bot.console.frame import Frame
from bot.console.look import look
from bot.console.visit import Ask
from bot.console.where import where
from bot.core.alert.broadcast import Broadcast, Mode, Stage
from bot.core.alert.cap import Certainty, ResponseType, Severity, Urgency
from bot.core.alert.correct import corrections
from bot.core.alert.received import Prefilled
from bot.core.alert.staff import Role
from bot.core.errors import NotDone
from bot.core.refusal import Declined

BROADCASTS = "/console/broadcasts"
HOUR_S = 3600.0
LASTS_S = 6 * HOUR_S  # of a new draft, to the full hour
FOLLOWERS = ("correct", "cancel", "over", "again")


def add(frame: Frame) -> None:
    """Adds the pages."""
    frame.get(f"{BROADCASTS}/new", _new, role=Role.AUTHOR)
    frame.post(f"{BROADCASTS}/new", _take_new, role=Role.AUTHOR)
    frame.get(f"{BROADCASTS}/{{id}}/edit", _edit, role=Role.AUTHOR)
    frame.post(f"{BROADCASTS}/{{id}}/edit", _take_edit, role=Role.AUTHOR)
    frame.get("/console/places.json", _places)
    for name in FOLLOWERS:
        frame.get(f"{BROADCASTS}/{{id}}/{name}", _follower, role=Role.AUTHOR)
        frame.post(f"{BROADCASTS}/{{id}}/{name}", _take_follower, role=Role.AUTHOR)
    frame.get("/console/alerts/{alert}/draft", _of_alert, role=Role.AUTHOR)
    frame.post("/console/alerts/{alert}/draft", _take_of_alert, role=Role.AUTHOR)


def _fresh(ask: Ask, mode: Mode) -> Broadcast:
    own, now = ask.app.settings.alerts, ask.app.clock()
    return Broadcast(
        mode=mode,
        source=own.source,
        urgency=Urgency.EXPECTED,
        severity=Severity.SEVERE,
        certainty=Certainty.LIKELY,
        response=ResponseType.PREPARE,
        expires=(now + LASTS_S) // HOUR_S * HOUR_S + HOUR_S,
    )


def _mode(ask: Ask) -> Mode:
    return Mode.EXERCISE if "exercise" in (ask.asked("mode"), ask.text("mode")) else Mode.LIVE


def _new(ask: Ask) -> web.Response:
    return _form(ask, Filled(_fresh(ask, _mode(ask))), f"{BROADCASTS}/new", previewed=False)


def _take_new(ask: Ask) -> web.Response:
    return _take(ask, read(ask, _fresh(ask, _mode(ask))), f"{BROADCASTS}/new")


def _edit(ask: Ask) -> web.Response:
    return _form(ask, Filled(_own(ask)), f"{BROADCASTS}/{ask.number('id')}/edit")


def _take_edit(ask: Ask) -> web.Response:
    return _take(ask, read(ask, _own(ask)), f"{BROADCASTS}/{ask.number('id')}/edit")


def _own(ask: Ask) -> Broadcast:
    broadcast = ask.app.alert_desk.show(ask.number("id"))
    if broadcast.author != ask.member.name or broadcast.stage not in (Stage.DRAFT, Stage.REJECTED):
        raise Declined("not_yours_to_edit", id=broadcast.id)
    return broadcast


def _base(ask: Ask) -> Broadcast:
    """What follows the broadcast of the address, with its words ready."""
    old = ask.app.alert_desk.show(ask.number("id"))
    ready = corrections(old, now=ask.app.clock())
    name = ask.request.path.rsplit("/", 1)[1]
    return {"correct": ready.update, "cancel": ready.cancel, "over": ready.over, "again": ready.again}[name]


def _follower(ask: Ask) -> web.Response:
    """The first of two clicks: the text is ready. Where nothing needs to be chosen, the page shows it and a button, and no form."""
    base = _base(ask)
    if ask.request.path.endswith("/correct") or ask.asked("edit"):
        return _form(ask, Filled(base), ask.request.path)
    return _ready(ask, base)


def _ready(ask: Ask, base: Broadcast, *, why: str = "", status: int = 200) -> web.Response:
    kind = ask.request.path.rsplit("/", 1)[1]
    looked = look(ask.app, base)
    return ask.page("broadcast_ready.html", status=status, b=base, look=looked, kind=kind, why=why, now=ask.app.clock())


def _take_follower(ask: Ask) -> web.Response:
    base = _base(ask)
    return _take(ask, read(ask, base) if ask.text("hazard") else Filled(base), ask.request.path)


def _received(ask: Ask) -> Prefilled:
    """The draft that a received alert makes; that follows ours where it is about one that we passed on."""
    app, id_ = ask.app, ask.number("alert")
    stored, body = app.receiving.store.received_alert(id_), app.receiving.store.received_body(id_)
    if stored is None or body is None:
        raise web.HTTPNotFound
    before = {one.id for one in app.receiving.store.chain(id_)}
    sent = app.alert_desk.store.broadcasts(stages=(Stage.SENDING, Stage.PAUSED, Stage.SENT), limit=200)
    follows = next((one for one in sent if one.alert_id in before and one.mode is Mode.LIVE), None)
    origin = app.receiving.origins.get(stored.origin)
    source = (origin.source if origin else "") or app.settings.alerts.source
    return app.received_drafts.draft(body, now=app.clock(), source=source, alert_id=id_, follows=follows)


def _of_alert(ask: Ask) -> web.Response:
    made = _received(ask)
    return _form(ask, Filled(made.broadcast), ask.request.path, made=made)


def _take_of_alert(ask: Ask) -> web.Response:
    return _take(ask, read(ask, _received(ask).broadcast), ask.request.path)


def _take(ask: Ask, filled: Filled, action: str) -> web.Response:
    """What the pressed button says: look, store, or store and submit. What is not clear is asked back first."""
    do = ask.text("do")
    if do == "live":
        return _live(ask, filled)
    if do not in ("save", "submit") or filled.asked or filled.wrong:
        return _form(ask, filled, action, status=409 if filled.asked or filled.wrong else 200)
    try:
        id_ = _store(ask, ask.app.drafting.written(filled.broadcast))
    except NotDone as error:
        if filled.broadcast.follows and not ask.text("hazard"):
            return _ready(ask, filled.broadcast, why=ask.why(error), status=409)
        return _form(ask, filled, action, why=ask.why(error), status=409)
    return ask.done(f"{BROADCASTS}/{id_}", "draft_saved") if do == "save" else _submit(ask, filled, id_)


def _store(ask: Ask, written: Broadcast) -> int:
    desk = ask.app.alert_desk
    if not written.id:
        return desk.draft(written, by=ask.member)
    desk.change(written.id, written, by=ask.member)
    return written.id


def _submit(ask: Ask, filled: Filled, id_: int) -> web.Response:
    """The draft is stored by now: what cannot be submitted is mended on its own page."""
    desk = ask.app.alert_desk
    try:
        counted = desk.submit(id_, by=ask.member)
    except NotDone as error:
        return _form(ask, replace(filled, broadcast=desk.show(id_)), f"{BROADCASTS}/{id_}/edit", why=ask.why(error), status=409)
    return ask.done(f"{BROADCASTS}/{id_}", "draft_submitted", people=f"{counted.total:,}")


def _form(
    ask: Ask,
    filled: Filled,
    action: str,
    *,
    previewed: bool = True,
    why: str = "",
    status: int = 200,
    made: Prefilled | None = None,
) -> web.Response:
    broadcast, app = filled.broadcast, ask.app
    return ask.page(
        "draft.html",
        status=status,
        b=broadcast,
        form=shown(ask, broadcast),
        filled=filled,
        action=action,
        why=why,
        made=made,
        texts=texts_made(ask, broadcast),
        look=look(app, broadcast) if previewed else None,
        now=app.clock(),
        hazards=sorted(((h.id, h.names[ask.lang]) for h in app.alert_words.hazards), key=lambda pair: pair[1]),
        responses=RESPONSES,
        urgencies=list(Urgency)[:3],
        severities=list(Severity)[:4],
        certainties=list(Certainty)[:3],
        groups=app.people.group_sizes(),
    )


def _live(ask: Ask, filled: Filled) -> web.Response:
    """The preview and the template's texts, for the page's script."""
    looked = look(ask.app, filled.broadcast)
    html = ask.page("draft_preview.html", look=looked, now=ask.app.clock(), b=filled.broadcast).text
    texts = {lang.value: text for lang, text in texts_made(ask, filled.broadcast).items()}
    return ask.json({"html": html, "texts": texts})


def _places(ask: Ask) -> web.Response:
    """What a place field offers while somebody types."""
    typed = ask.asked("q")[:80]
    found = ask.app.places.match(typed).places if len(typed) > 1 else ()
    return ask.json({"places": [{"id": one.id, "label": where(ask).label(one.id)} for one in found]})
