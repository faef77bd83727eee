"""WhatsApp by way of Twilio (see channels/_twilio_phone.py).

Free text goes out within 24 hours of a person's last message only. Later a content template carries it, where there is one: in the Content
Template Builder make one for each language whose body is a sentence around {{1}}, have it approved for WhatsApp, and name it:

    [channels.twilio_whatsapp.templates]
    en = "HX..."

Menus are numbered lines: native lists and buttons need templates that Twilio keeps. A person without a number has a user id
("whatsapp:KE.12ab") and is answered by it.
"""

from collections.abc import Mapping, Sequence

from bot.core.errors import BadSetting, Malformed, Rejected
from bot.core.types import Event, Limits, Linked
from bot.core.urn import whatsapp, whatsapp_user
from channels._form import Form
from channels._twilio_phone import TwilioPhone

_PREFIX = "whatsapp:"


class TwilioWhatsapp(TwilioPhone):
    """WhatsApp: 1600 characters, ten messages a second (`rate_per_s`; the sandbox carries one in three seconds: 0.33)."""

    name = "twilio_whatsapp"
    usual_limits = Limits(gsm7=False, scheme="whatsapp", units=1600, units_joined=1600, max_parts=1, window_h=24.0, rate_per_s=10.0)

    def _to(self, urn: str) -> str:
        try:
            return _person(urn)
        except ValueError:
            raise Rejected("not a person on WhatsApp") from None

    def _from(self, number: str) -> str:
        try:
            return whatsapp(number)
        except ValueError:
            what = "is not a WhatsApp number with its country code"
            raise BadSetting(f'{self._option("from_number")} {what}. Write it as "+14155550100".') from None

    def _person(self, form: Form, field: str) -> str:
        try:
            return _person(form.word(field))
        except ValueError:
            raise Malformed(f"The field '{field}' is not a person on WhatsApp.") from None

    def _said(self, form: Form) -> str:
        """A tapped button says what its maker gave it to say, not what stands on it."""
        return form.text("ButtonPayload") if "ButtonPayload" in form else super()._said(form)

    def _links(self, form: Form) -> Sequence[Event]:
        """Who shows a number and a user id."""
        try:
            return (Linked(channel=self.name, urn=whatsapp(form.maybe("From")), other=whatsapp_user(form.maybe("ExternalUserId"))),)
        except (ValueError, Malformed):
            return ()

    def _extras(self, form: Form) -> Mapping[str, str]:
        """A shared location, in degrees."""
        return {name.lower(): value for name in ("Latitude", "Longitude") if (value := form.maybe(name))}


def _person(word: str) -> str:
    """The URN of a number or a user id as Twilio writes it, which is the URN again. ValueError for anything else."""
    if not word.startswith(_PREFIX):
        raise ValueError(f"no {_PREFIX}")
    try:
        return whatsapp(word)
    except ValueError:
        return whatsapp_user(word)
