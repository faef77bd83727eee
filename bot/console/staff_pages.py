"""Staff, for admins: who works here, with which roles; added, reset, let go."""

from collections.abc import Sequence

from aiohttp import web

from bot.console.frame import HOME, Frame, Waiting
from bot.console.visit import Ask
from bot.core.alert.staff import Account, Role
from bot.core.errors import NotDone
from bot.core.types import Lang

STAFF = f"{HOME}/staff"


def add(frame: Frame) -> None:
    """Adds the pages."""
    admin = Role.ADMIN
    frame.link(STAFF, "nav_staff", role=admin, order=80)
    frame.waits(_waits, role=admin)
    frame.get(STAFF, _staff, role=admin)
    frame.post(STAFF, _add, role=admin)
    frame.get(f"{STAFF}/{{name}}", _member, role=admin)
    frame.post(f"{STAFF}/{{name}}/roles", _roles, role=admin)
    frame.post(f"{STAFF}/{{name}}/reset", _reset, role=admin)
    frame.post(f"{STAFF}/{{name}}/leave", _leave, role=admin)
    frame.post(f"{STAFF}/{{name}}/end-keys", _end_keys, role=admin)


def _waits(ask: Ask) -> Sequence[Waiting]:
    return () if ask.app.roster.can_send() else [Waiting(ask.say("waits_second_person"), STAFF, urgent=True)]


def _staff(ask: Ask, *, why: str = "", status: int = 200) -> web.Response:
    members = [(one, _state(ask, one)) for one in ask.app.roster.members()]
    here = [pair for pair in members if pair[0].roles]
    gone = [one for one, _ in members if not one.roles]
    chosen = ask.texts("role")
    return ask.page(
        "console_staff.html", status=status, why=why, here=here, gone=gone, every=list(Role), chosen=chosen, name=ask.text("name")
    )


def _state(ask: Ask, account: Account) -> str:
    if account.ready:
        return ask.say("state_ready")
    if account.setup and account.setup_until > ask.app.clock():
        return ask.say("state_setup", until=ask.when(account.setup_until))
    return ask.say("state_void")


def _add(ask: Ask) -> web.Response:
    name, lang = ask.text("name").lower(), ask.text("lang")
    try:
        code = ask.app.roster.add(name, _chosen(ask), by=ask.member.name, lang=Lang(lang) if lang in set(Lang) else Lang.EN)
    except NotDone as error:
        return _staff(ask, why=ask.why(error), status=409)
    return _once(ask, name, code)


def _member(ask: Ask, *, why: str = "", status: int = 200) -> web.Response:
    account = _account(ask)
    keys = ask.app.access.store.keys(account.name)
    browsers = [one for one in ask.app.access.store.sign_ins(account.name) if one.step == "in"]
    state = _state(ask, account) if account.roles else ask.say("state_left")
    return ask.page(
        "console_staff_member.html",
        status=status,
        why=why,
        account=account,
        state=state,
        keys=keys,
        browsers=browsers,
        every=list(Role),
        own=account.name == ask.member.name,
    )


def _roles(ask: Ask) -> web.Response:
    name = _account(ask).name
    try:
        ask.app.roster.set_roles(name, _chosen(ask), by=ask.member.name)
    except NotDone as error:
        return _member(ask, why=ask.why(error), status=409)
    return ask.done(f"{STAFF}/{name}", "roles_changed", name=name)


def _reset(ask: Ask) -> web.Response:
    name = _account(ask).name
    if ask.text("confirm").lower() != name:
        return _member(ask, why=ask.say("confirm_name", name=name), status=409)
    try:
        code = ask.app.roster.reset(name, by=ask.member.name)
    except NotDone as error:
        return _member(ask, why=ask.why(error), status=409)
    return _once(ask, name, code)


def _leave(ask: Ask) -> web.Response:
    name = _account(ask).name
    if ask.text("confirm").lower() != name:
        return _member(ask, why=ask.say("confirm_name", name=name), status=409)
    try:
        ask.app.roster.leave(name, by=ask.member.name)
    except NotDone as error:
        return _member(ask, why=ask.why(error), status=409)
    return ask.done(STAFF, "has_left", name=name)


def _end_keys(ask: Ask) -> web.Response:
    name = _account(ask).name
    ended = ask.app.roster.end_keys(name, by=ask.member.name)
    return ask.done(f"{STAFF}/{name}", "keys_ended", n=ended)


def _once(ask: Ask, name: str, code: str) -> web.Response:
    """The only page that ever shows a set-up code: it is the answer to the form itself, and is kept nowhere."""
    scheme = "https" if ask.way.secure else "http"
    account = ask.app.access.store.account(name)
    until = ask.when(account.setup_until) if account else ""
    return ask.page("console_setup_code.html", name=name, code=code, address=f"{scheme}://{ask.request.host}/console/setup", until=until)


def _account(ask: Ask) -> Account:
    account = ask.app.access.store.account(ask.part("name"))
    if account is None:
        raise web.HTTPNotFound
    return account


def _chosen(ask: Ask) -> Sequence[Role]:
    return [Role(role) for role in ask.texts("role") if role in set(Role)]
