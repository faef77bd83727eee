"""The simulated WhatsApp phone of our own page and of `ujumbe chat` (see channels/_sim.py): longer texts in any script, choices to tap, and
a shared location: {"latitude", "longitude"} in degrees beside a blank "text"."""

from collections.abc import Mapping, Sequence

from bot.core.errors import Malformed
from bot.core.types import Choice, Event, Limits, Message, Request
from bot.core.urn import address
from channels._form import Form, check_key, read_json
from channels._sim import SimPhone

_CHOICES = 10
_AXES = (("latitude", 90.0), ("longitude", 180.0))


class SimWhatsapp(SimPhone):
    """A WhatsApp phone on this machine."""

    name = "sim_whatsapp"
    limits = Limits(
        gsm7=False, scheme="whatsapp", units=1024, units_joined=1024, keeps_key=True, window_h=24.0, rate_per_s=1000.0, choices=_CHOICES
    )

    def send_menu(self, urn: str, text: str, choices: Sequence[Choice], *, key: str) -> str:
        """As `send`: the page shows the choices, and a tap comes back as a message. ValueError for more than it shows."""
        if not 0 < len(choices) <= _CHOICES:
            raise ValueError(f"a WhatsApp menu has 1 to {_CHOICES} choices, not {len(choices)}")
        return self.send(urn, text, key=key)

    def _receive(self, request: Request) -> Sequence[Event]:
        check_key(request, self.path_key)
        form = read_json(request)
        place = _location(form)
        said = Message(channel=self.name, external_id=form.word("id"), urn=self._urn(form), text=form.text("text"), meta=place)
        return (said,)

    def _urn(self, form: Form) -> str:
        return f"whatsapp:{address(super()._urn(form))}"


def _location(form: Form) -> Mapping[str, str]:
    """Degrees as texts, {} where no location is shared. Raises Malformed for what is nowhere on Earth."""
    if "latitude" not in form:
        return {}
    place = {"type": "location"}
    for axis, most in _AXES:
        try:
            degrees = float(form.word(axis))
        except ValueError:
            degrees = most + 1
        if not -most <= degrees <= most:
            raise Malformed(f"The field '{axis}' is not a number of degrees.")
        place[axis] = str(degrees)
    return place
