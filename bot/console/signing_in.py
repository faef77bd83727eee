"""Sign in, set up, sign out."""

from base64 import b32encode
from hashlib import sha256
from io import BytesIO
from urllib.parse import urlsplit

import segno
from aiohttp import web
from markupsafe import Markup

from bot.console.frame import HOME, SIGN_IN, Frame, drop, keep
from bot.console.visit import Ask, Visit
from bot.core.alert.access import Refused, Slow
from bot.core.errors import NotDone
from bot.proofs import address

CODE, SETUP, CHOOSE = f"{SIGN_IN}/code", "/console/setup", "/console/setup/choose"


def add(frame: Frame) -> None:
    """Adds the pages."""
    frame.get_open(SIGN_IN, _ask_password)
    frame.post_open(SIGN_IN, _take_password)
    frame.get_open(CODE, _ask_code)
    frame.post_open(CODE, _take_code)
    frame.get_open(SETUP, _ask_setup)
    frame.post_open(SETUP, _take_setup)
    frame.get_open(CHOOSE, _ask_choice)
    frame.post_open(CHOOSE, _take_choice)
    frame.post("/console/sign-out", _sign_out)


def _ask_password(visit: Visit, *, why: str = "", status: int = 200) -> web.Response:
    why = why or (visit.say("lost_form") if visit.asked("lost") else "")
    return visit.page("console_sign_in.html", status=status, why=why, name=visit.text("name"), then=_then(visit))


def _take_password(visit: Visit) -> web.Response:
    try:
        token = visit.app.access.password(_name(visit), visit.secret("password"), door=visit.way.door)
    except (Refused, Slow) as error:
        return _ask_password(visit, why=visit.why(error), status=status_of(error))
    response = visit.page("console_code.html", why="", then=_then(visit))
    keep(response, visit.way, visit.way.cookie, token)
    return response


def _ask_code(visit: Visit) -> web.Response:
    return visit.go(SIGN_IN)  # who loads the page again begins again


def _take_code(visit: Visit) -> web.Response:
    held = visit.request.cookies.get(visit.way.cookie, "")
    try:
        token = visit.app.access.code(held, visit.text("code"), door=visit.way.door)
    except (Refused, Slow) as error:
        return visit.page("console_code.html", status=status_of(error), why=visit.why(error), then=_then(visit))
    return _signed_in(visit, visit.go(_then(visit) or HOME), token)


def _ask_setup(visit: Visit, *, why: str = "", status: int = 200) -> web.Response:
    return visit.page("console_setup.html", status=status, why=why, name=visit.text("name"))


def _take_setup(visit: Visit) -> web.Response:
    try:
        token = visit.app.access.begin_setup(_name(visit), visit.text("code"), door=visit.way.door)
    except (Refused, Slow) as error:
        return _ask_setup(visit, why=visit.why(error), status=status_of(error))
    response = visit.go(f"{CHOOSE}?lang={visit.lang}")
    keep(response, visit.way, visit.way.cookie, token)
    return response


def _ask_choice(visit: Visit, *, why: str = "", status: int = 200) -> web.Response:
    held = visit.request.cookies.get(visit.way.cookie, "")
    try:
        name = visit.app.access.setting_up(held)
    except Refused as error:
        return _ask_setup(visit, why=visit.why(error), status=status_of(error))
    secret = _secret(held)
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return visit.page("console_choose.html", status=status, why=why, name=name, secret=spaced, qr=_qr(secret, name, _host(visit)))


def _take_choice(visit: Visit) -> web.Response:
    held = visit.request.cookies.get(visit.way.cookie, "")
    password = visit.secret("password")
    if password != visit.secret("again"):
        return _ask_choice(visit, why=visit.say("not_the_same"), status=409)
    try:
        token = visit.app.access.finish_setup(held, password=password, secret=_secret(held), code=visit.text("code"))
    except (Refused, Slow) as error:
        return _ask_setup(visit, why=visit.why(error), status=status_of(error))
    except NotDone as error:
        return _ask_choice(visit, why=visit.why(error), status=status_of(error))
    return _signed_in(visit, visit.done(HOME, "welcome_in"), token)


def _sign_out(ask: Ask) -> web.Response:
    ask.app.access.sign_out(ask.request.cookies.get(ask.way.cookie, ""))
    response = ask.done(SIGN_IN, "signed_out")
    drop(response, ask.way, ask.way.cookie)
    return response


def _signed_in(visit: Visit, response: web.Response, token: str) -> web.Response:
    keep(response, visit.way, visit.way.cookie, token)
    return response


def _name(visit: Visit) -> str:
    """As names are spelt; a phone's keyboard begins with a capital."""
    return visit.text("name").lower()


def status_of(error: NotDone) -> int:
    """The HTTP status of a page that says why not."""
    return 429 if isinstance(error, Slow) else 403 if isinstance(error, Refused) else 409


def _then(visit: Visit) -> str:
    """The page of ours that they wanted to see, "" for none: never an address that leads away."""
    path = visit.text("then") or visit.asked("then")
    parts = urlsplit(path)
    ours = path.startswith(HOME) and not parts.scheme and not parts.netloc and path.isprintable() and "\\" not in path
    return path if ours else ""


def _secret(held: str) -> str:
    """The second device's secret while it is set up: made of what this browser holds, so that nobody has to keep it before it is proven."""
    return b32encode(sha256(f"second device:{held}".encode()).digest()[:20]).decode()


def _qr(secret: str, name: str, host: str) -> Markup:
    """The QR code as SVG, black on white also in the dark: phones read no other."""
    out = BytesIO()
    code = segno.make(address(secret, name, f"Ujumbe {host}"), error="m")
    code.save(out, kind="svg", xmldecl=False, svgns=True, scale=5, border=3, dark="#000", light="#fff", omitsize=True)
    return Markup(out.getvalue().decode())  # noqa: S704  made by us, of a name that is letters and digits


def _host(visit: Visit) -> str:
    return visit.request.host.split(":")[0]
