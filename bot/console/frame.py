"""The frame of the signed-in pages: who may see which, forms that are really ours, and errors in plain words.

An area is a module with `add(frame)`, which names its pages, its place in the menu and what of it waits for somebody:

    def add(frame: Frame) -> None:
        frame.link("/console/tickets", "nav_tickets", role=Role.AUTHOR, order=30)
        frame.get("/console/tickets", _list, role=Role.AUTHOR)
        frame.post("/console/tickets/{ticket}/answer", _answer, role=Role.AUTHOR)
        frame.waits(_waiting, role=Role.AUTHOR)

Handlers are plain functions; they run in a thread, so they may ask the store.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote

from aiohttp import web
from aiohttp.web_request import FileField
from multidict import MultiDict, MultiDictProxy

from bot.app import App
from bot.console.door import Doorkeeper, Way, is_own_page
from bot.console.pages import Pages
from bot.console.tokens import fits, new_token
from bot.console.visit import FLASH, Ask, Form, Handler, OpenHandler, Visit
from bot.console.words import Words, pick
from bot.core.alert.staff import Role
from bot.core.errors import NotDone, StoreDown
from bot.core.types import Lang

HOME, SIGN_IN = "/console", "/console/sign-in"
_FORM = 256 * 1024  # bytes of a form; an area that takes files says how many
_NOTHING: Form = MultiDictProxy(MultiDict())

log = logging.getLogger(__name__)
_Given = TypeVar("_Given")
_Made = TypeVar("_Made")
Web = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the menu. The pages below its path belong to it."""

    path: str
    word: str
    role: Role | None
    order: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for a person, as the start page shows it."""

    text: str
    path: str
    urgent: bool = False


Waits = Callable[[Ask], Sequence[Waiting]]


class Wrong(Exception):
    """A request that a page answers instead. `word` is its sentence."""

    def __init__(self, status: int, word: str) -> None:
        super().__init__(word)
        self.status, self.word = status, word


@dataclass
class Frame:
    """Where areas add their pages."""

    app: App
    pages: Pages
    words: Mapping[Lang, Words]
    router: web.UrlDispatcher
    _links: list[Link] = field(default_factory=list)
    _waits: list[tuple[Waits, Role | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.doorkeeper = Doorkeeper(self.app.settings)
        # Threads of its own: pages that take long must not hold up the webhooks, nor those who guess passwords the members.
        self._guests = ThreadPoolExecutor(2, "console-guests")
        self._members = ThreadPoolExecutor(6, "console")

    def get(self, path: str, handler: Handler, *, role: Role | None = None) -> None:
        """A page for members with `role`, None: for every member."""
        self.router.add_get(path, self._served(partial(self._for_member, handler, role)))

    def post(self, path: str, handler: Handler, *, role: Role | None = None, most: int = _FORM) -> None:
        """What a form does, for members with `role`. `most`: bytes of the form with its files. Answers with `Ask.done` as a rule."""
        self.router.add_post(path, self._served(partial(self._for_member, handler, role), most=most))

    def get_open(self, path: str, handler: OpenHandler) -> None:
        """A page for everybody who may come to the door."""
        self.router.add_get(path, self._served(partial(self._for_anybody, handler)))

    def post_open(self, path: str, handler: OpenHandler) -> None:
        """What a form for everybody does."""
        self.router.add_post(path, self._served(partial(self._for_anybody, handler)))

    def link(self, path: str, word: str, *, role: Role | None = None, order: int = 50) -> None:
        """A place in the menu, shown to members with `role`. Small `order` first."""
        self._links.append(Link(path, word, role, order))
        self._links.sort(key=lambda link: link.order)

    def waits(self, waits: Waits, *, role: Role | None = None) -> None:
        """Tells the start page what of an area waits for a member with `role`."""
        self._waits.append((waits, role))

    def close(self) -> None:
        """After the last area: what is left of /console is no page, and says so like the others."""
        for rest in (f"{HOME}/", f"{HOME}/{{rest:.*}}"):
            self.router.add_route("*", rest, self._served(partial(self._for_member, _no_page, None)))

    async def run(self, work: Callable[[_Given], _Made], given: _Given) -> _Made:
        """What `work` makes, in a thread for members."""
        return await asyncio.get_running_loop().run_in_executor(self._members, work, given)

    async def stop(self, _: web.Application) -> None:
        """At the end of the site."""
        for pool in (self._guests, self._members):
            pool.shutdown(wait=False, cancel_futures=True)

    def links(self, ask: Ask) -> Sequence[tuple[Link, bool]]:
        """The menu of a member, and which of its places they are at."""
        mine = [link for link in self._links if link.role is None or ask.member.may(link.role)]
        path = ask.request.path
        at = [link for link in mine if path == link.path or (link.path != HOME and path.startswith(f"{link.path}/"))]
        here = max(at, key=lambda link: len(link.path), default=None)
        return [(link, link is here) for link in mine]

    def waiting(self, ask: Ask) -> Sequence[Waiting]:
        """All that waits for a member, what is urgent first. An area that cannot say never hides the others."""
        found: list[Waiting] = []
        for waits, role in self._waits:
            if role is not None and not ask.member.may(role):
                continue
            try:
                found += waits(ask)
            except Exception:
                log.exception("an area cannot say what waits")
                found.append(Waiting(ask.say("waits_unknown"), HOME, urgent=True))
        return sorted(found, key=lambda one: not one.urgent)

    def render(self, visit: Visit, template: str, *, status: int, **values: Any) -> web.Response:
        """See Visit.page."""
        response = self.pages.form_page(template, status=status, **values)
        if values["said"]:
            response.del_cookie(FLASH, path=HOME)
        if values["member"] is None and visit.request.cookies.get(_form_cookie(visit.way)) != visit.token:
            keep(response, visit.way, _form_cookie(visit.way), visit.token, strict=True)
        return response

    def _served(self, answer: Callable[[Visit], Awaitable[web.Response]], *, most: int = _FORM) -> Web:
        """A handler for aiohttp: the door first, then `answer`; what goes wrong becomes a page."""

        async def serve(request: web.Request) -> web.StreamResponse:
            way, lang = self.doorkeeper.way(request), pick(request, self.app.settings.lang)
            token = request.cookies.get(_form_cookie(way), "")
            token = token if _is_token(token) else new_token()
            visit = Visit(frame=self, request=request, way=way, lang=lang, token=token, form=_NOTHING)
            try:
                if way.why_not:
                    raise Wrong(403, way.why_not)
                visit = replace(visit, form=await _form(request, most))
                return await answer(visit)
            except Exception as error:
                return self._wrong(visit, error)
            finally:
                for value in visit.form.values():
                    if isinstance(value, FileField):
                        value.file.close()

        return serve

    async def _for_member(self, handler: Handler, role: Role | None, visit: Visit) -> web.Response:
        request = visit.request
        session = await self.run(self.app.access.session, request.cookies.get(visit.way.cookie, ""))
        if session is None:
            return _to_sign_in(request)
        lang = Lang(session.member.lang) if session.member.lang in set(Lang) else visit.lang
        ask = Ask(frame=self, request=request, way=visit.way, lang=lang, token=session.csrf, form=visit.form, session=session)
        try:
            _check_form(ask)
            if role is not None and not session.member.may(role):
                raise Wrong(403, "not_your_role")
            return await self.run(handler, ask)
        except Exception as error:
            return self._wrong(ask, error)

    async def _for_anybody(self, handler: OpenHandler, visit: Visit) -> web.Response:
        _check_form(visit)
        return await asyncio.get_running_loop().run_in_executor(self._guests, handler, visit)

    def _wrong(self, visit: Visit, error: Exception) -> web.Response:
        """The page that says what went wrong, without what only a programmer understands."""
        match error:
            case Wrong():
                return visit.page("console_wrong.html", status=error.status, what=visit.say(error.word))
            case NotDone():
                return visit.page("console_wrong.html", status=409, what=visit.why(error))
            case StoreDown():
                log.warning("a page could not be shown: %s", error)
                return visit.page("console_wrong.html", status=503, what=visit.say("store_down"))
            case web.HTTPException() if error.status in (404, 405, 413):
                word = {404: "not_found", 405: "not_found", 413: "too_big"}[error.status]
                return visit.page("console_wrong.html", status=error.status, what=visit.say(word))
            case _:
                log.error("a page went wrong: %s %s", visit.request.method, _route(visit.request), exc_info=error)
                return visit.page("console_wrong.html", status=500, what=visit.say("our_fault"))


def _no_page(ask: Ask) -> web.Response:
    raise web.HTTPNotFound


def keep(response: web.StreamResponse, way: Way, name: str, value: str, *, strict: bool = False) -> None:
    """Has the browser hold `value` until it is closed: for us alone, out of reach of scripts, over HTTPS where there is."""
    response.set_cookie(name, value, path="/", httponly=True, secure=way.secure, samesite="Strict" if strict else "Lax")


def drop(response: web.StreamResponse, way: Way, name: str) -> None:
    """Has the browser forget what `keep` gave it."""
    response.del_cookie(name, path="/", secure=way.secure, httponly=True, samesite="Lax")


def _form_cookie(way: Way) -> str:
    return f"{way.cookie}-form"


def _is_token(text: str) -> bool:
    return len(text) == 32 and all(c in "0123456789abcdef" for c in text)


async def _form(request: web.Request, most: int) -> Form:
    if request.method != "POST":
        return _NOTHING
    return await request.clone(client_max_size=most).post()


def _check_form(visit: Visit) -> None:
    """Raises Wrong for a form that another site made."""
    if visit.request.method == "POST" and not (is_own_page(visit.request) and fits(visit.text("csrf"), visit.token)):
        raise Wrong(403, "not_our_form")


def _to_sign_in(request: web.Request) -> web.Response:
    """A reader comes back to the page they wanted; what a form held is gone, and the page says so."""
    if "application/json" in request.headers.get("Accept", ""):
        return web.json_response({"error": "sign in"}, status=401)
    then = f"?then={quote(request.path_qs, safe='/')}" if request.method in ("GET", "HEAD") and request.path != HOME else ""
    lost = "?lost=1" if request.method == "POST" else ""
    return web.Response(status=303, headers={"Location": f"{SIGN_IN}{then}{lost}", "Cache-Control": "no-store"})


def _route(request: web.Request) -> str:
    """Which page, without the parts of its address that name somebody."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "?"
