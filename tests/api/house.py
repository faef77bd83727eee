"""The gateway with its API over a real SQLite database and a real socket: members, their keys, and people."""

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from yarl import URL

from bot.api import add_api
from bot.app import App
from bot.app.channels import open_channels
from bot.chat import HintList
from bot.config import Settings
from bot.core.alert.people import Listed
from bot.core.alert.staff import Member, Role
from bot.core.types import Lang
from bot.gateway.site import make_app
from bot.store.sql import SqlStore
from tests.console.staffed import Clock, _empty
from tests.gateway.conftest import Client, serving
from tests.places.small import small
from tests.small import small_library

AUTHOR, APPROVER, ADMIN = Role.AUTHOR, Role.APPROVER, Role.ADMIN
FLOOD: Mapping[str, Any] = {
    "mode": "live",
    "hazard": "flood",
    "response": "Evacuate",
    "source": "Red Cross",
    "places": ["KE-07"],
    "expires": "2027-01-31T18:00:00+03:00",
}
NOW = 1_801_364_400.0  # 31 January 2027, 06:00 in Nairobi


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    json: Any


@dataclass
class Office:
    """The service, and the keys of who works there."""

    app: App
    clock: Clock
    client: Client
    keys: dict[str, str] = field(default_factory=dict)

    def hire(self, name: str, *roles: Role) -> str:
        """A member with a key that may all that they may."""
        self.app.roster.add(name, roles, by="box:test")
        self.keys[name] = self.app.access.new_key(Member(name, frozenset(roles)), "test", roles)
        return self.keys[name]

    def people(self, *urns: str, place: str = "KE-07", lang: Lang = Lang.EN, groups: tuple[str, ...] = ()) -> None:
        listed = [Listed(urn=urn, lang=lang, place=place, groups=groups) for urn in urns]
        with self.app.people.begin() as tx:
            tx.take_in(listed, lang=Lang.EN, replaces=True, now=self.clock.now)

    async def ask(self, method: str, path: str | URL, by: str = "", **options: Any) -> Answer:
        """One request. `by`: whose key goes with it, "" for nobody's."""
        headers = dict(options.pop("headers", {}))
        if by:
            headers["Authorization"] = f"Bearer {self.keys[by]}"
        answer = await self.client.request(
            method, path if isinstance(path, URL) or path.startswith(("/cap", "/api")) else f"/api/v1{path}", headers=headers, **options
        )
        body = await answer.read()
        return Answer(
            answer.status, answer.headers, body, await answer.json() if answer.content_type == "application/json" and body else None
        )

    async def get(self, path: str, by: str = "", **options: Any) -> Answer:
        return await self.ask("GET", path, by, **options)

    async def post(self, path: str, by: str = "", form: Any = None, **options: Any) -> Answer:
        return await self.ask("POST", path, by, **({"json": form} if form is not None else {}), **options)

    async def drafted(self, by: str = "amina", **changes: Any) -> int:
        """The id of a draft about a flood."""
        answer = await self.post("/broadcasts", by, {**FLOOD, **changes})
        assert answer.status == 201, answer.json
        made: int = answer.json["id"]
        return made

    async def sent(self, by: str = "amina", approver: str = "ben", **changes: Any) -> int:
        """The id of one that two people let go."""
        return await self.let_go(await self.drafted(by, **changes), by, approver)

    async def let_go(self, id: int, by: str = "amina", approver: str = "ben") -> int:
        submitted = await self.post(f"/broadcasts/{id}/submit", by)
        assert submitted.status == 200, submitted.json
        approved = await self.post(f"/broadcasts/{id}/approve", approver, {"people": submitted.json["people"]})
        assert approved.status == 200, approved.json
        return id


def make(folder: Path, **settings: Any) -> tuple[App, Clock]:
    """The service over an empty database in `folder`."""
    given = Settings(data_dir=folder, model="none", embedder="none", **settings)
    shutil.copy(_empty(), folder / "ujumbe.db")
    clock, store = Clock(NOW), SqlStore(given.sqlalchemy_url)
    app = App(settings=given, library=small_library(), store=store, queue=HintList(), channels=open_channels(given), clock=clock)
    app.places = small()
    return app, clock


@asynccontextmanager
async def office(folder: Path, **settings: Any) -> AsyncIterator[Office]:
    """Served, with amina who writes, ben who approves, and cleo who is admin."""
    app, clock = make(folder, **settings)
    site: web.Application = make_app(app)
    add_api(site, app)
    async with serving(site) as client:
        made = Office(app, clock, client)
        made.hire("amina", AUTHOR)
        made.hire("ben", APPROVER)
        made.hire("cleo", ADMIN)
        yield made
    app.store.close()  # type: ignore[attr-defined]
