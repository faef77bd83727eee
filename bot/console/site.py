"""The console's pages, mounted into the gateway's web application."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from aiohttp import web

from bot.app import App
from bot.console import (
    account,
    audit_pages,
    broadcasts,
    contacts,
    drafts,
    groups,
    guides,
    lists,
    queue,
    received,
    roll,
    settings_pages,
    signing_in,
    staff_pages,
    start,
    tickets,
)
from bot.console.door import Doorkeeper
from bot.console.frame import Frame
from bot.console.guard import guard, is_near
from bot.console.pages import Pages, Static
from bot.console.phone import Phone, said
from bot.console.words import Words, load_words, pick
from bot.core.ports import Channel
from bot.core.types import Lang

# The areas of the signed-in pages, each with its own place in the menu. A new area is a module and a word here.
AREAS = (
    start,
    signing_in,
    account,
    staff_pages,
    audit_pages,
    settings_pages,
    contacts,
    groups,
    lists,
    tickets,
    queue,
    guides,
    received,
    drafts,
    broadcasts,
    roll,
)


@runtime_checkable
class Keyed(Protocol):
    """A channel whose webhook address ends in a secret."""

    path_key: str


def add_console(site: web.Application, app: App) -> None:
    """Adds the start page, the pages of staff and, where the `sim` channel is set up, the phone simulator."""
    static = Static()
    pages, words = Pages(static), load_words()
    frame = Frame(app, pages, words, site.router)
    console = Console(app, pages, words, frame.doorkeeper)
    for area in AREAS:
        area.add(frame)
    frame.close()
    site.on_cleanup.append(frame.stop)
    site.router.add_get("/", console.home)
    site.router.add_get("/static/{hash}/{name}", static.serve)
    if "sim" in app.channels:
        phone = Phone(app)
        site.middlewares.append(guard(open_to_all=app.settings.simulator_open))
        site.router.add_get("/phone", console.phone)
        site.router.add_get("/phone/conversation", phone.conversation)


class Console:
    """The pages."""

    def __init__(self, app: App, pages: Pages, words: Mapping[Lang, Words], doorkeeper: Doorkeeper) -> None:
        self._app, self._pages, self._words, self._doorkeeper = app, pages, words, doorkeeper

    async def home(self, request: web.Request) -> web.Response:
        """What runs here, and where to try it."""
        lang = pick(request, self._app.settings.lang)
        may_try = "sim" in self._app.channels and (self._app.settings.simulator_open or is_near(request))
        return self._pages.page(
            "home.html",
            path="/",
            lang=lang,
            words=self._words,
            may_try=may_try,
            staff=not self._doorkeeper.way(request).why_not,
            channels=sorted(self._app.channels),
            skills=[(skill.titles[lang], sum(fact.lang is lang for fact in skill.facts)) for skill in self._app.library.skills],
            model=self._app.settings.model,
        )

    async def phone(self, request: web.Request) -> web.Response:
        """The simulator."""
        lang = pick(request, self._app.settings.lang)
        channels = [self._app.channels[name] for name in ("sim", "sim_ussd", "sim_whatsapp") if name in self._app.channels]
        addresses = {channel.name: {action: address(channel, action) for action in channel.routes()} for channel in channels}
        own = said(self._words[lang])
        return self._pages.page("phone.html", path="/phone", lang=lang, words=self._words, said=own, addresses=addresses)


def address(channel: Channel, action: str) -> str:
    """The path of a channel's webhook, with its key."""
    key = channel.path_key if isinstance(channel, Keyed) else ""
    return f"/c/{channel.name}/{action}/{key}".rstrip("/")
