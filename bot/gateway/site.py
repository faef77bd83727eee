"""The gateway's web application: routes, threads, and their end."""

from collections.abc import AsyncIterator

from aiohttp import web

from bot.app import App
from bot.gateway.health import Health
from bot.gateway.hints import Hints
from bot.gateway.hush import hush
from bot.gateway.looks import Looks
from bot.gateway.metrics import Metrics
from bot.gateway.push import Push
from bot.gateway.receipts import Receipts
from bot.gateway.screens import Screens
from bot.gateway.webhook import Webhook
from bot.gateway.writer import Writer

APP: web.AppKey[App] = web.AppKey("app", App)


def make_app(app: App) -> web.Application:
    """The web application for `app`. Its threads start and end with it."""
    hush()
    hints = Hints(app.queue)
    writer = Writer(app.store, app.inbox, app.clock, hints.tell)
    screens = Screens(app.store, app.inbox, app.clock, hints.tell)
    receipts = Receipts()
    threads = {"writer": writer.is_alive, "hints": hints.is_alive, "receipts": receipts.is_alive}
    webhook, looks = Webhook(app, writer, screens, receipts), Looks(app)
    health, metrics = Health(looks, threads), Metrics(app, looks)

    async def running(_: web.Application) -> AsyncIterator[None]:
        hints.start()
        receipts.start()
        writer.start()
        yield
        screens.stop()
        writer.stop()
        receipts.stop()
        hints.stop()

    site = web.Application()
    site[APP] = app
    site.cleanup_ctx.append(running)
    for method in ("GET", "POST"):
        site.router.add_route(method, "/c/{channel}/{action}", webhook.take)
        site.router.add_route(method, "/c/{channel}/{action}/{key}", webhook.take)
    site.router.add_post("/cap/push/{token}", Push(app).take)
    site.router.add_get("/healthz", health.alive)
    site.router.add_get("/readyz", health.ready)
    site.router.add_get("/metrics", metrics.get)
    return site
