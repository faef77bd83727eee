"""Our own alerts as CAP 1.2, for whoever wants them: a list at /cap/alerts.atom, and each at /cap/alerts/<identifier>.xml.

Anybody may ask, so nothing is computed twice: the list is kept for some seconds, a message for as long as it says the same.
"""

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from aiohttp import ETag, hdrs, web

from bot.app import App
from bot.cap import atom
from bot.cap.sign import sign
from bot.cap.write import write
from bot.core.alert.cap import Alert, AlertStatus, MsgType, Reference, Scope
from bot.core.alert.public import STOPPED, Public, by_a_person, headline, listed, public
from bot.core.errors import BadSetting, NotDone, StoreDown
from bot.core.trace import where

LIST, MESSAGES = "/cap/alerts.atom", "/cap/alerts"
KEPT_S = 5.0  # a list is so old at most
_MOST = 500  # messages that are kept
_NUMBER = re.compile(r"(.+)-(\d{1,15})")

log = logging.getLogger(__name__)


class Cap:
    """The addresses."""

    def __init__(self, app: App) -> None:
        self._app, own = app, app.settings.alerts
        self._signed = _signer(own.signing_key, own.signing_certificate)
        self._turn = asyncio.Lock()
        self._list: tuple[float, bytes, str] | None = None
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def add(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        router.add_get(LIST, self.list)
        router.add_get(f"{MESSAGES}/{{identifier}}.xml", self.message)

    async def list(self, request: web.Request) -> web.Response:
        """GET /cap/alerts.atom."""
        async with self._turn:
            if self._list is None or not 0 <= self._app.steady() - self._list[0] < KEPT_S:
                try:
                    body = await asyncio.to_thread(self._feed)
                except (NotDone, StoreDown):
                    return _not_now()
                except Exception as error:
                    log.error("the list of our alerts failed: %s", where(error))
                    return _not_now()
                self._list = (self._app.steady(), body, sha256(body).hexdigest()[:32])
            _, body, tag = self._list
        return _unless_known(request, body, "application/atom+xml", tag)

    async def message(self, request: web.Request) -> web.Response:
        """GET /cap/alerts/<identifier>.xml."""
        try:
            found = await asyncio.to_thread(self._message, request.match_info["identifier"])
        except StoreDown:
            return _not_now()
        except Exception as error:
            log.error("one of our alerts failed: %s", where(error))
            return _not_now()
        if found is None:
            raise web.HTTPNotFound(text="There is no such alert of ours.\n")
        return _unless_known(request, *found)

    def _feed(self) -> bytes:
        app, found = self._app, listed(self._app.alert_desk.store, now=self._app.clock())
        made = [(one, self._alert(one)) for one in found]
        made.sort(key=lambda pair: (-pair[1].sent, -pair[0].broadcast.id))
        entries = [atom.Entry(self._url(alert.identifier), _title(one), alert.sent) for one, alert in made]
        url, sender = app.settings.base_url + LIST, app.cap_out.sender
        name = app.settings.alerts.source or sender
        return atom.feed(entries, url=url, title=f"Alerts of {name}", author=sender, at=max((one.at for one in entries), default=0.0))

    def _url(self, identifier: str) -> str:
        return f"{self._app.settings.base_url}{MESSAGES}/{quote(identifier, safe='@')}.xml"

    def _message(self, identifier: str) -> tuple[bytes, str, str] | None:
        """The message, its kind and its tag."""
        stopped = identifier.endswith(STOPPED)
        name = identifier.removesuffix(STOPPED)
        number = _NUMBER.fullmatch(name)
        broadcast = self._app.alert_desk.store.find_broadcast(int(number[2])) if number else None
        if broadcast is None or self._app.cap_out.identifier(broadcast) != name:
            return None
        found = public(self._app.alert_desk.store, broadcast)
        if found is None or (stopped and not by_a_person(broadcast)):
            return None
        plain = write(self._alert(replace(found, stopped=stopped)), zone=self._app.settings.zone)
        tag = sha256(plain).hexdigest()[:32]
        return self._sign(tag, plain), "application/cap+xml", tag

    def _alert(self, one: Public) -> Alert:
        made = self._app.cap_out.alert(one.broadcast, earlier=one.earlier)
        if not one.stopped:
            return made
        return Alert(
            identifier=made.identifier + STOPPED,
            sender=made.sender,
            sent=max(float(int(one.broadcast.ended)), made.sent + 1),
            status=AlertStatus.ACTUAL,
            msg_type=MsgType.CANCEL,
            scope=Scope.PUBLIC,
            source=made.source,
            references=[*made.references, Reference(made.sender, made.identifier, made.sent)],
        )

    def _sign(self, tag: str, plain: bytes) -> bytes:
        """Signed once: signatures of elliptic curves differ each time."""
        if tag not in self._kept:
            self._kept[tag] = self._signed(plain)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return self._kept[tag]


def _title(one: Public) -> str:
    return f"Taken back: {headline(one.broadcast)}" if one.stopped else headline(one.broadcast)


def _signer(key: Path | None, certificate: Path | None) -> Callable[[bytes], bytes]:
    """What signs a message; nothing where no key is set. Raises BadSetting where the two cannot be used."""
    if key is None or certificate is None:
        return lambda data: data
    pems = []
    for name, path in (("signing_key", key), ("signing_certificate", certificate)):
        try:
            pems.append(path.read_bytes())
        except OSError:
            raise BadSetting(f"alerts.{name} cannot be read: {path}. Put the PEM file there, readable for this user.") from None
    sign(b"<alert/>", key=pems[0], certificate=pems[1])  # told now, and not on the day of the flood
    return lambda data: sign(data, key=pems[0], certificate=pems[1])


def _unless_known(request: web.Request, body: bytes, kind: str, tag: str) -> web.Response:
    """Spares a poller what it has already."""
    known = request.if_none_match or ()
    is_known = any(one.value in (tag, "*") for one in known)
    response = web.Response(status=304) if is_known else web.Response(body=body, content_type=kind, charset="utf-8")
    response.etag = ETag(tag, is_weak=True)
    response.headers.update({hdrs.CACHE_CONTROL: "public, max-age=15", "X-Content-Type-Options": "nosniff"})
    return response


def _not_now() -> web.Response:
    return web.Response(status=503, text="Not now. Ask again later.\n", headers={hdrs.RETRY_AFTER: "15", hdrs.CACHE_CONTROL: "no-store"})
