"""A member's own page: language, password, browsers, keys."""

from aiohttp import web

from bot.console.frame import HOME, SIGN_IN, Frame, drop
from bot.console.signing_in import status_of
from bot.console.visit import Ask
from bot.core.alert.staff import Role
from bot.core.errors import NotDone
from bot.core.refusal import Declined
from bot.core.types import Lang

ACCOUNT = f"{HOME}/account"


def add(frame: Frame) -> None:
    """Adds the pages."""
    frame.get(ACCOUNT, _account)
    frame.post(f"{ACCOUNT}/language", _speak)
    frame.post(f"{ACCOUNT}/password", _password)
    frame.post(f"{ACCOUNT}/sign-out", _sign_out)
    frame.post(f"{ACCOUNT}/keys", _new_key)
    frame.post(f"{ACCOUNT}/keys/{{key}}/end", _end_key)


def _account(ask: Ask) -> web.Response:
    return _shown(ask)


def _shown(ask: Ask, *, why: str = "", status: int = 200, key: str = "") -> web.Response:
    """`key`: one that was just made, which is shown this once."""
    store, name = ask.app.access.store, ask.member.name
    browsers = [one for one in store.sign_ins(name) if one.step == "in"]
    return ask.page(
        "console_account.html",
        status=status,
        why=why,
        key=key,
        browsers=browsers,
        this=ask.session.sign_in.token,
        keys=store.keys(name),
        roles=[role for role in Role if ask.member.may(role)],
    )


def _speak(ask: Ask) -> web.Response:
    lang = ask.text("lang")
    if lang not in set(Lang):
        raise Declined("no_language", typed=lang[:20])
    ask.app.access.speak(ask.member, lang)
    return ask.go(ACCOUNT)


def _password(ask: Ask) -> web.Response:
    old, new = ask.secret("old"), ask.secret("password")
    if new != ask.secret("again"):
        return _shown(ask, why=ask.say("not_the_same"), status=409)
    try:
        ask.app.access.change_password(ask.session, old, new, door=ask.way.door)
    except NotDone as error:
        return _shown(ask, why=ask.why(error), status=status_of(error))
    return ask.done(ACCOUNT, "password_changed")


def _sign_out(ask: Ask) -> web.Response:
    ask.app.access.sign_out_everywhere(ask.member)
    response = ask.done(SIGN_IN, "signed_out")
    drop(response, ask.way, ask.way.cookie)
    return response


def _new_key(ask: Ask) -> web.Response:
    roles = [Role(role) for role in ask.texts("role") if role in set(Role)]
    try:
        key = ask.app.access.new_key(ask.member, ask.text("label"), roles)
    except NotDone as error:
        return _shown(ask, why=ask.why(error), status=409)
    return _shown(ask, key=key)


def _end_key(ask: Ask) -> web.Response:
    ask.app.access.end_key(ask.member, ask.part("key"))
    return ask.done(ACCOUNT, "key_ended")
