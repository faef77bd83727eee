"""What `ujumbe doctor channels` does for each channel (bot.core.ports.Checks): a signed call to ourselves, and a question to the provider.

They are made from the channel's options once the channel itself has accepted them, its defaults included.
"""

from collections.abc import Mapping
from typing import Any

from bot.core.ports import Checks
from channels._checks.at import AtSms, AtUssd
from channels._checks.gateways import AndroidGateway, Http, Jasmin, Kannel
from channels._checks.meta import MetaWhatsapp
from channels._checks.twilio import TwilioSms, TwilioWhatsapp

_CHECKS: Mapping[str, type[Any]] = {
    "android_gateway": AndroidGateway,
    "at_sms": AtSms,
    "at_ussd": AtUssd,
    "http": Http,
    "jasmin": Jasmin,
    "kannel": Kannel,
    "meta_whatsapp": MetaWhatsapp,
    "twilio_sms": TwilioSms,
    "twilio_whatsapp": TwilioWhatsapp,
}


def checks_for(name: str, options: Mapping[str, Any], base_url: str) -> Checks | None:
    """The checks of channel `name`. `base_url`: what its signatures are made over. None where nothing can be checked: simulated phones."""
    cls = _CHECKS.get(name)
    checks: Checks | None = cls(options, base_url) if cls else None
    return checks
