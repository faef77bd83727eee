"""One webhook: read, verify and parse, commit, and only then answer 200."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Sequence

from aiohttp import web

from bot.app import App
from bot.core.errors import BadWebhook, Challenge
from bot.core.ports import Channel, Parse, Taken, limits_for
from bot.core.trace import where
from bot.core.types import Event, Message, Reply, Request, Response
from bot.gateway.receipts import Receipts
from bot.gateway.screens import Screens
from bot.gateway.wire import Unreadable, from_core, to_core
from bot.gateway.writer import PATIENCE_S, Writer
from bot.logs import note
from bot.metrics.families import REPLIES, WEBHOOK, kind_of

log = logging.getLogger(__name__)

_UNKNOWN = Response(404, "No such channel or action here. Check the webhook address in the provider's settings.")


class Webhook:
    """The handler of /c/{channel}/{action}/{key}. Nothing that a provider can send makes it answer 500."""

    def __init__(self, app: App, writer: Writer, screens: Screens, receipts: Receipts) -> None:
        self._app, self._writer, self._screens, self._receipts = app, writer, screens, receipts

    async def take(self, request: web.Request) -> web.Response:
        """Answers any request and writes one line about it: no key, no number, no text."""
        started, reference = time.monotonic(), secrets.token_hex(4)
        channel, parse = self._route(request)
        response = _UNKNOWN if channel is None or parse is None else await self._guarded(request, channel, parse, reference)
        name, action = (channel.name, request.match_info["action"]) if channel and parse else ("?", "?")
        ms = 1000 * (time.monotonic() - started)
        WEBHOOK.labels(name, _outcome(response.status)).observe(ms / 1000)
        note(log, "webhook", channel=name, action=action, status=response.status, ms=round(ms), ref=reference)
        return from_core(response)

    def _route(self, request: web.Request) -> tuple[Channel | None, Parse | None]:
        channel = self._app.channels.get(request.match_info["channel"])
        return channel, channel.routes().get(request.match_info["action"]) if channel else None

    async def _guarded(self, request: web.Request, channel: Channel, parse: Parse, reference: str) -> Response:
        """Every failure as a status the provider understands: 4xx for its mistake, 503 (send again) for ours."""
        try:
            asked = await to_core(request, self._app.settings.base_url, max_body=channel.limits.max_body)
            return await self._handle(asked, channel, parse, _gone(request))
        except Challenge as challenge:
            # The text comes from the request: no browser may take it for a page.
            return Response(body=challenge.text, headers={"X-Content-Type-Options": "nosniff"})
        except Unreadable as error:
            return Response(error.status, str(error), headers={"Connection": "close"})  # the rest of the body may still come
        except BadWebhook as error:
            return Response(error.status, str(error))
        except Exception as error:
            log.error("webhook failed ref=%s: %s", reference, where(error))
            return Response(503, f"Not taken. Send it again later. Reference {reference}.", headers={"Retry-After": "5"})

    async def _handle(self, asked: Request, channel: Channel, parse: Parse, gone: Callable[[], bool]) -> Response:
        events = parse(asked)
        taken = await self._commit(events)
        self._receipts.tell(channel, events, taken)
        return channel.respond(await self._reply(events, taken, channel, gone))

    async def _commit(self, events: Sequence[Event]) -> Sequence[Taken]:
        """Raises StoreDown, TimeoutError, or what one of the events caused. Those that were taken stay taken."""
        futures = [asyncio.wrap_future(self._writer.take(event)) for event in events]
        async with asyncio.timeout(PATIENCE_S):
            return await asyncio.gather(*futures)

    async def _reply(self, events: Sequence[Event], taken: Sequence[Taken], channel: Channel, gone: Callable[[], bool]) -> Reply | None:
        """What the response carries. A screen asks for one thing at a time, so the first that has something to show."""
        for event, one in zip(events, taken, strict=True):
            if one.wait_for and isinstance(event, Message):
                return await self._screens.wait(one, event, limits_for(channel, event), gone)
            if one.reply is not None:
                if not one.duplicate:
                    REPLIES.labels(channel.name, kind_of(one.reply.kind)).inc()
                return one.reply
        return None


def _outcome(status: int) -> str:
    return "taken" if status < 400 else "refused" if status < 500 else "failed"


def _gone(request: web.Request) -> Callable[[], bool]:
    return lambda: request.transport is None or request.transport.is_closing()
