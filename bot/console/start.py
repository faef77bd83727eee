"""The start page of staff: what waits for them."""

from aiohttp import web

from bot.console.frame import HOME, Frame
from bot.console.visit import Ask


def add(frame: Frame) -> None:
    """Adds the page."""
    frame.link(HOME, "nav_start", order=0)
    frame.get(HOME, _start)


def _start(ask: Ask) -> web.Response:
    return ask.page("console_start.html", waiting=ask.frame.waiting(ask))
