"""The simulated WhatsApp phone of `ujumbe chat` (see channels/_sim.py): longer texts in any script."""

from bot.core.types import Limits
from bot.core.urn import address
from channels._form import Form
from channels._sim import SimPhone


class SimWhatsapp(SimPhone):
    """A WhatsApp phone on this machine."""

    name = "sim_whatsapp"
    limits = Limits(gsm7=False, units=1024, units_joined=1024, keeps_key=True, window_h=24.0, rate_per_s=1000.0)

    def _urn(self, form: Form) -> str:
        return f"whatsapp:{address(super()._urn(form))}"
