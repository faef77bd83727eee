"""Templates, static files and the headers that go with them: everything a page needs, and nothing from outside."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.core.types import Lang

HERE = Path(__file__).parent

SAFE = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
WITH_FORMS = SAFE | {
    "Content-Security-Policy": SAFE["Content-Security-Policy"].replace("form-action 'none'", "form-action 'self'"),
    "Referrer-Policy": "same-origin",  # with "no-referrer" a browser says of our own form that it comes from "null"
}
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"


class Static:
    """The files under static/, read once. Their address carries a hash, so that a browser keeps them and never shows an old one."""

    def __init__(self, folder: Path = HERE / "static") -> None:
        self._files = {file.name: file.read_bytes() for file in folder.iterdir() if file.suffix in _TYPES}

    def url(self, name: str) -> str:
        """The address of `name`. Raises KeyError where there is no such file."""
        return f"/static/{sha256(self._files[name]).hexdigest()[:16]}/{name}"

    async def serve(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._files or request.path != self.url(name):
            raise web.HTTPNotFound(text="No such file. Load the page again.")
        response = web.Response(body=self._files[name], content_type=_TYPES[Path(name).suffix], charset="utf-8")
        response.headers.update(SAFE | {"Cache-Control": _FOREVER})
        response.enable_compression()
        return response


class Pages:
    """Renders templates with autoescape on; a missing value is an error, never an empty place."""

    def __init__(self, static: Static) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._environment.globals.update(static=static.url, languages=list(Lang))

    def page(self, template: str, **values: Any) -> web.Response:
        """One HTML page. Never stored: it may hold a channel's key."""
        return self._response(template, values, SAFE)

    def form_page(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """One page of the signed-in area: its forms may come back to us, and to nobody else."""
        return self._response(template, values, WITH_FORMS, status)

    def _response(self, template: str, values: Mapping[str, Any], headers: Mapping[str, str], status: int = 200) -> web.Response:
        text = self._environment.get_template(template).render(values)
        response = web.Response(text=text, status=status, content_type="text/html", charset="utf-8")
        response.headers.update({**headers, "Cache-Control": "no-store"})
        response.enable_compression()
        return response
