"""One request of the signed-in pages, as their handlers see it."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.web_request import FileField
from markupsafe import Markup
from multidict import MultiDictProxy

from bot.app import App
from bot.console.door import Way
from bot.console.tokens import masked
from bot.core.alert.access import Session
from bot.core.alert.staff import Member
from bot.core.errors import NotDone
from bot.core.refusal import Declined
from bot.core.types import Lang

if TYPE_CHECKING:
    from bot.console.frame import Frame

FLASH = "ujumbe-said"
Form = MultiDictProxy[str | bytes | bytearray | FileField]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request by somebody who is not signed in, or may not be."""

    frame: "Frame"
    request: web.Request
    way: Way
    lang: Lang
    token: str  # what their forms must bring back
    form: Form  # of a POST; empty for a GET

    @property
    def app(self) -> App:
        """The service."""
        return self.frame.app

    def text(self, name: str) -> str:
        """A field of the form as text, without what stands around it; "" where it is missing."""
        value = self.form.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def secret(self, name: str) -> str:
        """A field exactly as it was typed."""
        value = self.form.get(name, "")
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> Sequence[str]:
        """Every value of a field: boxes that were ticked."""
        return [value for value in self.form.getall(name, []) if isinstance(value, str)]

    def file(self, name: str) -> bytes | None:
        """What was uploaded in a field, None where nothing was."""
        value = self.form.get(name)
        return value.file.read() if isinstance(value, FileField) and value.filename else None

    def part(self, name: str) -> str:
        """A named part of the address."""
        return self.request.match_info[name]

    def number(self, name: str) -> int:
        """A named part of the address that is the number of something. Raises HTTPNotFound."""
        text = self.part(name)
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise web.HTTPNotFound
        return int(text)

    def asked(self, name: str) -> str:
        """A value behind the ? of the address; "" where it is missing."""
        return self.request.query.get(name, "").strip()

    def say(self, word: str, /, **values: object) -> str:
        """One of the pages' own sentences, with its {gaps} filled."""
        return self.frame.words[self.lang][word].format(**values)

    def why(self, error: NotDone) -> str:
        """Why something was not done, in their language."""
        return error.say(self.lang) if isinstance(error, Declined) else str(error)

    def when(self, at: float) -> str:
        """A time as people here read it; "" for 0."""
        return f"{datetime.fromtimestamp(at, self.app.settings.zone):%Y-%m-%d %H:%M}" if at else ""

    def page(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """A page made of `template`, which extends console_base.html and gets `values` beside what every page has."""
        return self.frame.render(self, template, status=status, **self._every(), **values)

    def json(self, values: object, *, status: int = 200) -> web.Response:
        """What a script of a page asks for."""
        return web.json_response(values, status=status, headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})

    def download(self, name: str, kind: str, lines: Iterator[bytes]) -> web.Response:
        """A file that is made while it is sent: `lines` runs in a thread, a piece at a time."""

        async def pieces() -> AsyncIterator[bytes]:
            while piece := await self.frame.run(lambda some: b"".join(islice(some, 500)), lines):
                yield piece

        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(body=pieces(), content_type=kind, headers=headers)

    def go(self, path: str) -> web.Response:
        """On to another page."""
        return web.Response(status=303, headers={"Location": path})

    def done(self, path: str, word: str, /, *, bad: bool = False, **values: object) -> web.Response:
        """After a form: on to `path`, where the sentence `word` is shown once. `bad`: something was not done."""
        response = self.go(path)
        said = urlsafe_b64encode(json.dumps([self.say(word, **values), bad]).encode()).decode()
        response.set_cookie(FLASH, said, path="/console", max_age=60, httponly=True, secure=self.way.secure, samesite="Strict")
        return response

    def _every(self) -> Mapping[str, Any]:
        """What every page has."""
        field = Markup('<input type="hidden" name="csrf" value="{}">').format(masked(self.token))
        return {
            "w": self.frame.words[self.lang],
            "words": self.frame.words,
            "lang": self.lang,
            "path": self.request.path,
            "say": self.say,
            "when": self.when,
            "token": field,
            "said": _said(self.request),
            "member": None,
            "links": (),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Visit):
    """A request by a member of staff."""

    session: Session

    @property
    def member(self) -> Member:
        """Who asks, with the roles of this moment."""
        return self.session.member

    def _every(self) -> Mapping[str, Any]:
        return {**Visit._every(self), "member": self.member, "links": self.frame.links(self)}


Handler = Callable[[Ask], web.Response]
OpenHandler = Callable[[Visit], web.Response]


def _said(request: web.Request) -> tuple[str, bool] | None:
    """What the page before left to be said."""
    try:
        text, bad = json.loads(urlsafe_b64decode(request.cookies.get(FLASH, "")))
    except ValueError:
        return None
    return (str(text), bool(bad)) if text else None
