"""/api/v1/broadcasts: drafted, previewed, approved by another person, followed, corrected. Every rule is the desk's."""

from collections.abc import Sequence
from dataclasses import replace

from bot.api import forms, shapes, shown
from bot.api.route import APPROVERS, AUTHORS, EVERYBODY, WRITERS, Call, Route
from bot.api.trouble import Trouble, missing, not_done
from bot.core.alert.broadcast import Broadcast
from bot.core.alert.compose import CORRECTION
from bot.core.alert.correct import Corrections, corrections
from bot.core.alert.look import Looker
from bot.core.refusal import Declined

_AT = "/broadcasts/{id}"


def known(call: Call) -> Broadcast:
    """The broadcast of the address. Raises Trouble."""
    found = call.app.alert_desk.store.find_broadcast(call.id)
    if found is None:
        raise missing(f"broadcast {call.id}")
    return found


def _own(call: Call) -> Broadcast:
    """The same, where the caller wrote it. The desk asks once more."""
    found = known(call)
    if found.author != call.member.name:
        raise not_done(Declined("not_yours", id=found.id, author=found.author), 403, "not_yours")
    return found


def _shape(call: Call, id: int) -> shapes.BroadcastShape:
    return call.showing.broadcast(call.app.alert_desk.show(id))


def _list(call: Call) -> shapes.BroadcastList:
    asked: forms.Broadcasts = call.asked
    stages = (asked.stage,) if asked.stage else ()
    found = call.app.alert_desk.store.broadcasts(stages=stages, before=asked.before, limit=asked.limit + 1)
    rows = [call.showing.broadcast(one) for one in found[: asked.limit]]
    return shapes.BroadcastList(broadcasts=rows, next=rows[-1].id if len(found) > asked.limit else 0)


def _one(call: Call) -> shapes.BroadcastShape:
    return call.showing.broadcast(known(call))


def drafted(call: Call, made: Broadcast) -> int:
    """Stores a draft and returns its id. What was drafted under the same Idempotency-Key is not drafted again, and then nothing is new."""
    before = call.app.alert_desk.store.broadcasts(limit=1)
    made_ = call.app.alert_desk.draft(call.app.drafting.written(made), by=call.member, once=call.once)
    call.status = 200 if call.once and before and made_ <= before[0].id else 201
    return made_


def _draft(call: Call) -> shapes.BroadcastShape:
    return _shape(call, drafted(call, call.composing.fresh(call.form)))


def _change(call: Call) -> shapes.BroadcastShape:
    changed = call.composing.changed(_own(call), call.form)
    call.app.alert_desk.change(call.id, call.app.drafting.written(changed), by=call.member)
    return _shape(call, call.id)


def _preview(call: Call) -> shapes.PreviewShape:
    app = call.app
    look = Looker(app.drafting, app.alert_audiences, app.previewer, app.places).look(known(call), now=call.now)
    return shown.preview(look, app.drafting.check(look.broadcast))


def _submit(call: Call) -> shapes.Submitted:
    _own(call)
    counted = call.app.alert_desk.submit(call.id, by=call.member)
    return shapes.Submitted(broadcast=_shape(call, call.id), people=counted.total)


def _withdraw(call: Call) -> shapes.BroadcastShape:
    _own(call)
    call.app.alert_desk.withdraw(call.id, by=call.member)
    return _shape(call, call.id)


def _approve(call: Call) -> shapes.BroadcastShape:
    if known(call).author == call.member.name:
        raise not_done(Declined("own_broadcast", id=call.id), 403, "own_broadcast")
    call.app.alert_desk.approve(call.id, by=call.member, confirm=call.form.people)
    return _shape(call, call.id)


def _reject(call: Call) -> shapes.BroadcastShape:
    known(call)
    call.app.alert_desk.reject(call.id, call.form.why, by=call.member)
    return _shape(call, call.id)


def _pause(call: Call) -> shapes.BroadcastShape:
    known(call)
    call.app.alert_desk.pause(call.id, by=call.member)
    return _shape(call, call.id)


def _resume(call: Call) -> shapes.BroadcastShape:
    known(call)
    call.app.alert_desk.resume(call.id, by=call.member)
    return _shape(call, call.id)


def _stop(call: Call) -> shapes.BroadcastShape:
    known(call)
    call.app.alert_desk.stop(call.id, call.form.why, by=call.member)
    return _shape(call, call.id)


def _ready(call: Call) -> Corrections:
    return corrections(known(call), now=call.now)


def _correct(call: Call) -> shapes.BroadcastShape:
    return _shape(call, drafted(call, call.composing.changed(_ready(call).update, call.form)))


def _cancel(call: Call) -> shapes.BroadcastShape:
    base = _ready(call).cancel
    return _shape(call, drafted(call, replace(base, slots={**base.slots, CORRECTION: call.form.reason})))


def _over(call: Call) -> shapes.BroadcastShape:
    return _shape(call, drafted(call, _ready(call).over))


def _again(call: Call) -> shapes.BroadcastShape:
    return _shape(call, drafted(call, _ready(call).again))


def _progress(call: Call) -> shapes.ProgressShape:
    known(call)
    return shown.progress(call.app.alert_desk.progress(call.id))


def _roll_call(call: Call) -> shapes.RollCallShape:
    found = known(call)
    if not found.roll_call:
        raise Trouble(404, "no_roll_call", f"Broadcast {found.id} is no roll call.", "Draft one with roll_call true.")
    return call.showing.roll_call(found, call.app.boards.board(found.id))


def _route(method: str, path: str, name: str, says: str, **values: object) -> Route:
    usual: dict[str, object] = {"gives": shapes.BroadcastShape, "fails": frozenset({404, 409} if "{id}" in path else ())}
    return Route(method=method, path=path, name=name, about="broadcasts", says=says, **(usual | values))  # type: ignore[arg-type]


ROUTES: Sequence[Route] = (
    _route(
        "GET",
        "/broadcasts",
        "listBroadcasts",
        "Broadcasts, the newest first.",
        roles=EVERYBODY,
        does=_list,
        asks=forms.Broadcasts,
        gives=shapes.BroadcastList,
    ),
    _route(
        "POST",
        "/broadcasts",
        "draftBroadcast",
        "Drafts a broadcast.",
        roles=AUTHORS,
        does=_draft,
        takes=forms.Draft,
        made=True,
        once=True,
        fails=frozenset({409}),
    ),
    _route("GET", _AT, "getBroadcast", "One broadcast.", roles=EVERYBODY, does=_one),
    _route("PATCH", _AT, "changeDraft", "Changes parts of a draft of yours.", roles=AUTHORS, does=_change, takes=forms.Change),
    _route(
        "GET",
        f"{_AT}/preview",
        "previewBroadcast",
        "The exact text for each channel and language, with people, cost and finish time.",
        roles=EVERYBODY,
        does=_preview,
        gives=shapes.PreviewShape,
    ),
    _route(
        "POST",
        f"{_AT}/submit",
        "submitDraft",
        "Leaves a draft of yours to an approver. Counts the people.",
        roles=AUTHORS,
        does=_submit,
        takes=forms.Nothing,
        gives=shapes.Submitted,
    ),
    _route(
        "POST",
        f"{_AT}/withdraw",
        "withdrawDraft",
        "Takes back what waits for approval.",
        roles=AUTHORS,
        does=_withdraw,
        takes=forms.Nothing,
    ),
    _route(
        "POST",
        f"{_AT}/approve",
        "approveBroadcast",
        "Sends it. Never by its author; `people` is the number that its preview shows.",
        roles=APPROVERS,
        does=_approve,
        takes=forms.Approval,
    ),
    _route("POST", f"{_AT}/reject", "rejectBroadcast", "Says no to what waits.", roles=APPROVERS, does=_reject, takes=forms.Reason),
    _route(
        "POST",
        f"{_AT}/pause",
        "pauseBroadcast",
        "Nothing of it goes out until it is resumed.",
        roles=WRITERS,
        does=_pause,
        takes=forms.Nothing,
    ),
    _route("POST", f"{_AT}/resume", "resumeBroadcast", "On with it.", roles=APPROVERS, does=_resume, takes=forms.Nothing),
    _route("POST", f"{_AT}/stop", "stopBroadcast", "Ends it for good.", roles=APPROVERS, does=_stop, takes=forms.Reason),
    _route(
        "POST",
        f"{_AT}/correct",
        "draftUpdate",
        "Drafts an Update of what went out: first for those who got it.",
        roles=AUTHORS,
        does=_correct,
        takes=forms.Change,
        made=True,
        once=True,
    ),
    _route(
        "POST",
        f"{_AT}/cancel",
        "draftCancel",
        "Drafts a Cancel of what went out, for those who got it. The words are ready.",
        roles=AUTHORS,
        does=_cancel,
        takes=forms.Taking,
        made=True,
        once=True,
    ),
    _route(
        "POST",
        f"{_AT}/over",
        "draftAllClear",
        "Drafts the news that the danger is over, for those who got it.",
        roles=AUTHORS,
        does=_over,
        takes=forms.Nothing,
        made=True,
        once=True,
    ),
    _route(
        "POST",
        f"{_AT}/ask-again",
        "draftAskingAgain",
        "Drafts a roll call once more, for those who got it and say nothing.",
        roles=AUTHORS,
        does=_again,
        takes=forms.Nothing,
        made=True,
        once=True,
    ),
    _route("GET", f"{_AT}/progress", "getProgress", "How far it is.", roles=EVERYBODY, does=_progress, gives=shapes.ProgressShape),
    _route(
        "GET",
        f"{_AT}/roll-call",
        "getRollCall",
        "Who is safe, who needs help, who says nothing, by place.",
        roles=EVERYBODY,
        does=_roll_call,
        gives=shapes.RollCallShape,
    ),
)
