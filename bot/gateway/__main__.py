"""`python -m bot.gateway`: takes webhooks and shows the pages until SIGTERM, then finishes what it has begun."""

import logging
import os
import sys

from aiohttp import web

from bot import app, config, logs
from bot.api import add_api
from bot.console import add_console
from bot.core.errors import UjumbeError
from bot.gateway.listen import listen
from bot.gateway.site import make_app
from bot.metrics.attach import watch

log = logging.getLogger("bot.gateway")  # run as a module, __name__ would be another

_DRAIN_S = 12.0  # longer than any USSD screen waits
_IDLE_S = 75.0  # longer than a reverse proxy keeps its own connections


def main() -> int:
    """The exit status: 0 after a drain, 1 with one sentence where it could not start."""
    logs.start("text")
    try:
        settings = config.load()
        logs.start(settings.log_format)
        _serve(settings)
    except UjumbeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _serve(settings: config.Settings) -> None:
    with listen(settings.host, settings.port) as server:
        settings = settings.model_copy(update={"port": server.getsockname()[1]})  # port 0 became a real one
        house = watch(app.build(settings))
        try:
            site = make_app(house)
            add_console(site, house)
            add_api(site, house)
            logs.note(log, "started", part="gateway", pid=os.getpid())
            log.info("listening on http://%s:%d", settings.host, settings.port)
            web.run_app(site, sock=server, access_log=None, print=None, shutdown_timeout=_DRAIN_S, keepalive_timeout=_IDLE_S)
        finally:
            house.store.close()


if __name__ == "__main__":
    sys.exit(main())
