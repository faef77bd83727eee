"""The composition root: the only place that names what is behind each port. Everything else is handed what it needs.

`building` makes the `App` of the settings, with `channels` and `keys`; the App is in `service`, its alerts in `alerts`, its
sweep in `upkeep`.
"""

from bot.app.building import build
from bot.app.service import App

__all__ = ["App", "build"]
