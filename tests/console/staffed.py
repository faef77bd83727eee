"""The console over a real database, with members of staff and their browsers. Passwords are hashed for real, but cheaply."""

import atexit
import re
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pyotp
from aiohttp import ClientSession, DummyCookieJar
from argon2 import PasswordHasher
from multidict import CIMultiDictProxy

from bot.app import App
from bot.app.channels import open_channels
from bot.chat import HintList
from bot.config import Settings
from bot.console import add_console
from bot.core.alert.access import Access, Door
from bot.core.alert.staff import Role
from bot.core.types import Lang
from bot.gateway.site import make_app
from bot.proofs import ArgonAndTotp
from bot.store.migrate import upgrade
from bot.store.sql import SqlStore
from tests.gateway.conftest import serving
from tests.small import small_library

AUTHOR, APPROVER, ADMIN = Role.AUTHOR, Role.APPROVER, Role.ADMIN
PASSWORD = "green river slow lamp"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
HTTPS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
_FIELD = re.compile(r'name="csrf" value="([0-9a-f]+)"')


@dataclass
class Clock:
    """Goes as it is moved: no code and no sign-in ages by itself."""

    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now


@dataclass
class Page:
    """What a browser got."""

    status: int
    headers: CIMultiDictProxy[str]
    text: str
    body: bytes
    cookies: Mapping[str, str]  # Set-Cookie, whole, by name

    @property
    def to(self) -> str:
        """Where it leads on to."""
        return self.headers.get("Location", "")

    @property
    def csrf(self) -> str:
        """What its forms bring back."""
        found = _FIELD.search(self.text)
        return found[1] if found else ""

    @property
    def shown(self) -> str:
        """Its text as a person reads it."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.text)).split())


class Browser:
    """Somebody's browser: keeps cookies by itself, follows nothing, and sends forms as browsers do."""

    def __init__(self, session: ClientSession, clock: Clock, headers: Mapping[str, str]) -> None:
        self._session, self._clock, self._headers = session, clock, dict(headers)
        self.cookies: dict[str, str] = {}
        self.csrf = ""

    async def ask(self, method: str, path: str, **options: Any) -> Page:
        headers = (
            self._headers | {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} | options.pop("headers", {})
        )
        async with self._session.request(method, path, headers=headers, allow_redirects=False, **options) as answer:
            body = await answer.read()
            text = body.decode("utf-8", "replace")
            set_cookies = {line.split("=", 1)[0]: line for line in answer.headers.getall("Set-Cookie", [])}
            for name, morsel in answer.cookies.items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
            page = Page(answer.status, answer.headers, text, body, set_cookies)
        self.csrf = page.csrf or self.csrf
        return page

    async def get(self, path: str, **options: Any) -> Page:
        return await self.ask("GET", path, **options)

    async def post(self, path: str, **fields: Any) -> Page:
        """Sends the form of the page that was got last."""
        return await self.ask("POST", path, data={"csrf": self.csrf} | fields)

    async def follow(self, page: Page) -> Page:
        assert page.status == 303, page.shown
        return await self.get(page.to)

    async def sign_in(self, name: str, password: str = PASSWORD, *, secret: str) -> Page:
        """From nothing to the page behind the door. The code is a fresh one: the clock moves on by one step."""
        await self.get("/console/sign-in")
        page = await self.post("/console/sign-in", name=name, password=password)
        assert page.status == 200, page.shown
        self._clock.now += 30
        return await self.post("/console/sign-in/code", code=pyotp.TOTP(secret).at(int(self._clock.now)))


@dataclass
class Office:
    """The console, and who works there."""

    app: App
    clock: Clock
    session: ClientSession
    secrets: dict[str, str] = field(default_factory=dict)

    def browser(self, **headers: str) -> Browser:
        return Browser(self.session, self.clock, headers)

    def hire(self, name: str, *roles: Role, lang: Lang = Lang.EN) -> str:
        """Adds a member who has set up password and second device. Returns the device's secret."""
        door = Door("127.0.0.1", near=True)
        code = self.app.roster.add(name, roles, by="box:test", lang=lang)
        secret = pyotp.random_base32()
        held = self.app.access.begin_setup(name, code, door=door)
        digits = pyotp.TOTP(secret).at(int(self.clock.now))
        self.app.access.finish_setup(held, password=PASSWORD, secret=secret, code=digits)
        self.secrets[name] = secret
        return secret

    async def signed_in(self, name: str, *roles: Role, lang: Lang = Lang.EN) -> Browser:
        """The browser of a member, made where there is none of that name, who has signed in."""
        if name not in self.secrets:
            self.hire(name, *roles, lang=lang)
        browser = self.browser()
        page = await browser.sign_in(name, secret=self.secrets[name])
        assert page.status == 303, page.shown
        await browser.follow(page)
        return browser


@cache
def _empty() -> Path:
    """A database file with our tables and no rows, made once: making it takes longer than most tests."""
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder)
    upgrade(f"sqlite:///{folder / 'empty.db'}")
    return folder / "empty.db"


@asynccontextmanager
async def office(folder: Path, **settings: Any) -> AsyncIterator[Office]:
    """The whole gateway with its console, over a SQLite database in `folder`."""
    given = Settings(data_dir=folder, model="none", embedder="none", **settings)
    shutil.copy(_empty(), folder / "ujumbe.db")
    clock, store = Clock(), SqlStore(given.sqlalchemy_url)
    app = App(settings=given, library=small_library(), store=store, queue=HintList(), channels=open_channels(given), clock=clock)
    app.access = Access(app.access.store, ArgonAndTotp(CHEAP), clock, longest_s=12 * 3600)
    site = make_app(app)
    add_console(site, app)
    async with serving(site) as client, ClientSession(f"http://{client.host}:{client.port}", cookie_jar=DummyCookieJar()) as session:
        yield Office(app, clock, session)
    store.close()
