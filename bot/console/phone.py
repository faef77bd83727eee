"""What the simulated phones see: their conversations, as JSON."""

import asyncio
import re
from collections.abc import Mapping
from hashlib import sha256

from aiohttp import hdrs, web

from bot.app import App
from bot.console.words import Words
from bot.core.errors import StoreDown
from bot.core.storage import Line
from bot.core.text import Alphabet, measure
from bot.core.types import Limits

LINES = 60
_URN = re.compile(r"(tel|whatsapp):\+[0-9]{7,15}")
_CHANNELS = {"tel": "sim", "whatsapp": "sim_whatsapp"}
# What static/phone.js says.
SAID = ("bad_number", "dialling", "failed", "location_sent", "offline", "sending", "them", "ussd_closed", "ussd_empty", "waiting", "you")


class Phone:
    """Serves the simulator's own data."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def conversation(self, request: web.Request) -> web.Response:
        """GET ?urn=tel:+254...: {"lines": [...]}, oldest first. 304: nothing new; 400: a bad urn; 503: the store is down."""
        urn = request.query.get("urn", "")
        found = _URN.fullmatch(urn)
        name = _CHANNELS[found[1]] if found else ""
        if name not in self._app.channels:
            raise web.HTTPBadRequest(text="urn is not a number. Send ?urn=tel:+254700000001 or whatsapp:..., with the + as %2B.")
        try:
            lines = await asyncio.to_thread(self._app.store.conversation, urn, limit=LINES)
        except StoreDown:
            raise web.HTTPServiceUnavailable(text="The store does not answer now. Try again.") from None
        limits = self._app.channels[name].limits
        return _unless_known(request, web.json_response({"lines": [_shown(line, limits) for line in lines if line.channel == name]}))


def said(words: Words) -> Words:
    """The words that the script of the page needs."""
    return {name: text for name, text in words.items() if name in SAID or name.startswith("status_")}


def _shown(line: Line, limits: Limits) -> Mapping[str, object]:
    """One line with what can be tapped under it, and where it is an SMS its cost: `units` used of the `room` that one has in its
    `encoding`."""
    said = {"id": line.id, "inbound": line.inbound, "text": line.text, "at": line.at, "status": line.status}
    if not limits.gsm7:
        return said | {"choices": [[choice.id, choice.label] for choice in line.choices]}
    cost = measure(line.text, limits)
    ucs2 = cost.alphabet is Alphabet.UCS2
    return said | {
        "units": cost.units,
        "room": limits.ucs2_units if ucs2 else limits.units,
        "encoding": "UCS-2" if ucs2 else "GSM-7",
    }


def _unless_known(request: web.Request, response: web.Response) -> web.Response:
    """Spares a slow line what the browser has already."""
    body = response.body
    assert isinstance(body, bytes)
    tag = sha256(body).hexdigest()[:16]
    headers = {hdrs.CACHE_CONTROL: "private, no-cache", "X-Content-Type-Options": "nosniff"}
    known = {etag.value for etag in request.if_none_match or ()}
    answer = web.Response(status=304) if tag in known else response
    answer.headers.update(headers)
    answer.etag = tag
    return answer
