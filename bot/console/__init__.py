"""Pages for people: for now the start page and the phone simulator."""

from bot.console.site import add_console

__all__ = ["add_console"]
