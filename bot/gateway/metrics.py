"""GET /metrics, for Prometheus on this machine; for other machines where `metrics_open` says so."""

import asyncio

from aiohttp import web

from bot.app import App
from bot.console.guard import is_near
from bot.gateway.looks import PARTS, Looks
from bot.metrics.looked import Looked
from bot.metrics.page import merged
from bot.metrics.share import gather, own

_REMEDY = "Metrics are shown only to this machine. To show them to others, set UJUMBE_METRICS_OPEN=true, and let no proxy pass /metrics on."
_GATEWAY = "gateway-0"


class Metrics:
    """Gathers what every process counted, and looks at the rest."""

    def __init__(self, app: App, looks: Looks) -> None:
        self._app, self._looks = app, looks

    async def get(self, request: web.Request) -> web.Response:
        """The page, or 403 for a stranger: what a proxy passes on comes from one."""
        if not self._app.settings.metrics_open and not is_near(request):
            return web.Response(status=403, text=_REMEDY)
        looked = await self._look()
        text = await asyncio.to_thread(self._page, looked)
        return web.Response(text=text, content_type="text/plain", charset="utf-8", headers={"Cache-Control": "no-store"})

    async def _look(self) -> Looked:
        looks = self._looks
        gauges, database, broker = await asyncio.gather(looks.gauges(), looks.store(), looks.broker())
        silent, disk, buckets = await asyncio.gather(looks.silent(), looks.disk(), looks.buckets())
        return Looked(
            gauges=gauges,
            buckets=buckets,
            database=database,
            broker=broker,
            lanes={part: part not in silent for part in PARTS},
            disk_free=disk,
            channels=sorted(self._app.channels),
            at=self._app.clock(),
        )

    def _page(self, looked: Looked) -> str:
        return merged({_GATEWAY: own(), **gather(self._app.settings.data_dir)}) + looked.page().decode()
