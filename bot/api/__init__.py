"""The JSON API for programs, and our own alerts as CAP for whoever wants them."""

from bot.api.site import add_api

__all__ = ["add_api"]
