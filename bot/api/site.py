"""The API mounted into the gateway: who asks, may they, what did they send; then the handler, in a thread; then the answer."""

import asyncio
import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

from aiohttp import hdrs, web
from pydantic import ValidationError

from bot.api import alerts, books, broadcasts, people
from bot.api.cap import Cap
from bot.api.forms import Form
from bot.api.openapi import PREFIX, describe
from bot.api.pace import Pace
from bot.api.route import CAP, JSON, Call, Route
from bot.api.shapes import Shape
from bot.api.trouble import Trouble, malformed, not_done
from bot.app import App
from bot.console.door import Doorkeeper
from bot.core.alert.reading import Unreadable, Why
from bot.core.alert.staff import Member
from bot.core.errors import NotDone, StoreDown
from bot.core.trace import where
from bot.gateway.wire import Unreadable as Broken
from bot.gateway.wire import to_core
from bot.logs import note

ROUTES: Sequence[Route] = (*broadcasts.ROUTES, *alerts.ROUTES, *people.ROUTES, *books.ROUTES)
_XML = (CAP, "application/xml", "text/xml")
_HEADERS = {hdrs.CACHE_CONTROL: "no-store", "X-Content-Type-Options": "nosniff"}
_DOORS = {
    "not_here": ("This API answers programs on this machine alone.", "Set console_open, and put a proxy with HTTPS before it."),
    "not_https": ("A key must not travel in the open.", "Use https://, through a proxy that console_proxies names."),
    "not_this_name": ("This is not the name of this service.", "Use the address in public_url."),
}
_THREADS = 4
_GUESSES, _EACH_GUESS_S = 30.0, 2.0

log = logging.getLogger(__name__)


def add_api(site: web.Application, app: App) -> None:
    """Adds the API, its description and our alerts as CAP. Raises BadSetting where what signs them does not fit."""
    api = Api(app)
    site.on_cleanup.append(api.stop)
    paths: dict[str, list[Route]] = defaultdict(list)
    for route in ROUTES:
        paths[PREFIX + route.path].append(route)
        site.router.add_route(route.method, PREFIX + route.path, api.served(route))
    for path, routes in paths.items():
        site.router.add_route("*", path, api.no_method([route.method for route in routes]))
    site.router.add_get("/api/openapi.json", api.description)
    site.router.add_route("*", "/api/{rest:.*}", api.nothing)
    Cap(app).add(site.router)


class Api:
    """The addresses."""

    def __init__(self, app: App) -> None:
        self._app, self._door = app, Doorkeeper(app.settings)
        rate = app.settings.alerts.api_per_minute / 60
        self._keys, self._guesses = Pace(rate, max(10.0, rate * 10), app.steady), Pace(1 / _EACH_GUESS_S, _GUESSES, app.steady)
        self._threads = ThreadPoolExecutor(_THREADS, "api")  # of its own: webhooks and pages wait for no program
        self._description = describe(ROUTES, app.settings.base_url)

    async def stop(self, _: web.Application) -> None:
        """At the end of the site."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def description(self, _: web.Request) -> web.Response:
        """GET /api/openapi.json: for everybody; it says nothing about anybody."""
        return web.json_response(
            self._description, headers={hdrs.CACHE_CONTROL: "public, max-age=300", "X-Content-Type-Options": "nosniff"}
        )

    async def nothing(self, _: web.Request) -> web.Response:
        """What is left of /api."""
        return _told(Trouble(404, "not_found", "There is no such address.", "See /api/openapi.json."))

    def no_method(self, methods: Sequence[str]) -> Any:
        """For an address that knows other methods."""
        allowed = ", ".join(sorted(methods))

        async def refuse(_: web.Request) -> web.Response:
            response = _told(Trouble(405, "no_method", "This address does not take that method.", f"Use {allowed}."))
            response.headers[hdrs.ALLOW] = allowed
            return response

        return refuse

    def served(self, route: Route) -> Any:
        """A handler for aiohttp."""

        async def serve(request: web.Request) -> web.Response:
            started, reference, who = time.monotonic(), secrets.token_hex(4), ""
            try:
                member = await self._member(request)
                who = member.name
                call = await self._call(request, route, member)
                shape = await asyncio.get_running_loop().run_in_executor(self._threads, route.does, call)
                response = _done(shape, call.status or (201 if route.made else 200))
            except Exception as error:
                response = _told(self._trouble(error, reference))
            ms = 1000 * (time.monotonic() - started)
            note(log, "api", route=route.name, who=who, status=response.status, ms=round(ms), ref=reference)
            return response

        return serve

    async def _member(self, request: web.Request) -> Member:
        """Whose program asks. Raises Trouble."""
        way = self._door.way(request)
        if way.why_not:
            raise Trouble(403, way.why_not, *_DOORS.get(way.why_not, _DOORS["not_here"]))
        scheme, _, key = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer" or not key:
            raise _no_key("There is no key.")
        if wait := self._guesses.empty(way.door.address):
            raise _slow(wait)
        name = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        if wait := self._keys.take(name):
            raise _slow(wait)
        member = await asyncio.get_running_loop().run_in_executor(self._threads, self._app.access.by_key, key)
        if member is None:
            self._guesses.take(way.door.address)
            raise _no_key("That key is nobody's. It may be ended.")
        return member

    async def _call(self, request: web.Request, route: Route, member: Member) -> Call:
        """The request, read and checked. Raises Trouble and Broken."""
        route.check(member)
        parts = _parts(request)
        asked = _asked(route, request)
        asked_whole = await to_core(request, self._app.settings.base_url, max_body=route.most)
        key = _once(request) if route.once else ""
        form = _form(route, request, asked_whole.body)
        return Call(app=self._app, member=member, route=route, parts=parts, form=form, asked=asked, body=asked_whole.body, key=key)

    def _trouble(self, error: Exception, reference: str) -> Trouble:
        """What the caller is told. What is not theirs is ours, and may work later."""
        match error:
            case Trouble():
                return error
            case Broken():
                return Trouble(error.status, {408: "too_slow", 413: "too_large"}.get(error.status, "malformed"), str(error))
            case ValidationError():
                return malformed(error)
            case NotDone():
                return not_done(error, _status(error))
            case StoreDown():
                return Trouble(503, "store_down", "The database cannot take this now.", "Send it again later.", after_s=5)
            case _:
                log.error("api failed ref=%s: %s", reference, where(error))
        return Trouble(503, "our_fault", "Not done.", f"Send it again later. If it stays so, tell the operator: {reference}.", after_s=5)


def _status(error: NotDone) -> int:
    """A document that cannot be read is the caller's; all else is as things stand."""
    if isinstance(error, Unreadable):
        return 413 if error.why is Why.TOO_LARGE else 400
    return 409


def _parts(request: web.Request) -> dict[str, str]:
    """What the address names. Raises Trouble for a number that is none."""
    parts = dict(request.match_info)
    number = parts.get("id", "1")
    is_number = number.isascii() and number.isdigit() and len(number) <= 15 and int(number)
    if not is_number or any("\x00" in part for part in parts.values()):
        raise Trouble(404, "not_found", "There is no such thing.", "Numbers in addresses are those of lists.")
    return parts


def _asked(route: Route, request: web.Request) -> Form | None:
    query = request.query
    if len(query) != len(set(query)):
        raise Trouble(400, "malformed", "A name stands twice behind the ? of the address.", "Give each once.")
    if route.asks is None:
        if query:
            raise Trouble(400, "malformed", "This address takes nothing behind a ?.", "Leave it out.")
        return None
    return route.asks.model_validate(dict(query))


def _form(route: Route, request: web.Request, body: bytes) -> Form | None:
    if route.cap and request.content_type not in _XML:
        raise Trouble(415, "not_cap", "This address takes a CAP document.", f"Send it with Content-Type: {CAP}.")
    if route.takes is None:
        if body and not route.cap:
            raise Trouble(400, "malformed", "This address takes no body.", "Send none.")
        return None
    if not body:
        return route.takes.model_validate({})
    if request.content_type != JSON:
        raise Trouble(415, "not_json", "This address takes JSON.", f"Send it with Content-Type: {JSON}.")
    return route.takes.model_validate_json(body, strict=True)


def _once(request: web.Request) -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > 200 or not key.isprintable():
        raise Trouble(400, "malformed", "The Idempotency-Key is too long or holds what no key has.", "Use at most 200 letters and digits.")
    return key


def _no_key(what: str) -> Trouble:
    return Trouble(401, "no_key", what, "Send Authorization: Bearer ujk_... with a key that a member of staff made on their account page.")


def _slow(after_s: float) -> Trouble:
    return Trouble(429, "slow_down", "Too many requests.", "Wait as long as Retry-After says.", after_s=after_s)


def _done(shape: Shape, status: int) -> web.Response:
    return web.Response(status=status, body=shape.model_dump_json().encode(), content_type=JSON, headers=_HEADERS)


def _told(trouble: Trouble) -> web.Response:
    response = web.json_response(trouble.body, status=trouble.status, headers=_HEADERS)
    if trouble.status == 401:
        response.headers[hdrs.WWW_AUTHENTICATE] = 'Bearer realm="ujumbe"'
    if trouble.after_s:
        response.headers[hdrs.RETRY_AFTER] = str(max(1, round(trouble.after_s + 0.5)))
    if trouble.status in (408, 413):
        response.headers[hdrs.CONNECTION] = "close"
        response.force_close()  # the rest of the body may still come
    return response
