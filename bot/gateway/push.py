"""POST /cap/push/{token}: an authority's own software hands us its alerts. The answer is 200 once they are stored, and for repeats."""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Sequence
from hashlib import sha256

from aiohttp import web

from bot.app import App
from bot.core.alert.intake import Taken
from bot.core.alert.reading import Unreadable, Why
from bot.core.alert.stored import Origin
from bot.core.trace import where
from bot.gateway.wire import Unreadable as Broken
from bot.gateway.wire import to_core
from bot.logs import note

MOST_BYTES = 2 * 1024 * 1024
_AT_ONCE = 2  # reading a document takes time that people's messages need, too

log = logging.getLogger(__name__)


class Push:
    """The handler. The token stands in the address, so nothing of the address is ever logged or told."""

    def __init__(self, app: App) -> None:
        self._app = app
        alerts = app.settings.alerts
        tokens = {name: push.token.get_secret_value() for name, push in alerts.push.items()}
        self._known = [(_digest(token), alerts.origins[f"push:{name}"]) for name, token in tokens.items()]
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def take(self, request: web.Request) -> web.Response:
        """Takes one document in, and writes one line about it."""
        origin = self._origin(request.match_info["token"])
        if origin is None:
            return _refused(403, "This address is not one of ours, or its token was changed. Ask the operator for the address.")
        reference = secrets.token_hex(4)
        response = await self._guarded(request, origin, reference)
        note(log, "pushed", origin=origin.name, status=response.status, ref=reference)
        return response

    def _origin(self, token: str) -> Origin | None:
        """Whose token it is. Every one is compared, each in the same time."""
        given = _digest(token)
        found = [origin for digest, origin in self._known if hmac.compare_digest(digest, given)]
        return found[0] if found else None

    async def _guarded(self, request: web.Request, origin: Origin, reference: str) -> web.Response:
        """Every failure as a status that the sender understands: 4xx for its mistake, 503 (send again) for ours."""
        try:
            asked = await to_core(request, self._app.settings.base_url, max_body=MOST_BYTES)
            async with self._turns:
                taken = await asyncio.to_thread(self._take, asked.body, origin)
        except Broken as error:
            return _refused(error.status, str(error))
        except Unreadable as error:
            return _refused(413 if error.why is Why.TOO_LARGE else 400, str(error))
        except Exception as error:
            log.error("push failed ref=%s: %s", reference, where(error))
            refused = _refused(503, f"Not taken. Send it again later. Reference {reference}.")
            refused.headers["Retry-After"] = "5"
            return refused
        return web.json_response({"alerts": [{"id": one.id, "state": one.state.value, "new": one.new} for one in taken]})

    def _take(self, body: bytes, origin: Origin) -> Sequence[Taken]:
        return self._app.receiving.door.take(body, origin)


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def _refused(status: int, why: str) -> web.Response:
    response = web.Response(status=status, text=f"{why}\n", headers={"X-Content-Type-Options": "nosniff", "Connection": "close"})
    response.force_close()  # the rest of the body may still come
    return response
