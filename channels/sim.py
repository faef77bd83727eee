"""The simulated SMS phone of our own page (see channels/_sim.py)."""

from bot.core.types import Limits
from channels._sim import SimPhone


class Sim(SimPhone):
    """An SMS phone on this machine."""

    name = "sim"
    limits = Limits(keeps_key=True, rate_per_s=1000.0)
