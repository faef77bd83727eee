"""The channels: every file of `channels/` by its class, opened as the settings say."""

from collections.abc import Mapping
from importlib import import_module
from inspect import signature
from typing import Any

from bot.app.keys import own_key
from bot.config import Settings
from bot.core.errors import BadSetting
from bot.core.limits import with_limits
from bot.core.ports import Channel, Checks

# Every channel of the house: its file under channels/ and its class. A new channel is a file and a line here.
CHANNELS: Mapping[str, str] = {
    "android_gateway": "AndroidGateway",
    "at_sms": "AtSms",
    "at_ussd": "AtUssd",
    "http": "Http",
    "jasmin": "Jasmin",
    "kannel": "Kannel",
    "meta_whatsapp": "MetaWhatsapp",
    "sim": "Sim",
    "sim_ussd": "SimUssd",
    "sim_whatsapp": "SimWhatsapp",
    "twilio_sms": "TwilioSms",
    "twilio_whatsapp": "TwilioWhatsapp",
}


def channel_class(name: str) -> type[Any]:
    """The class of a channel, imported only when it is configured: vendor SDKs are big. Raises BadSetting for an unknown name."""
    if name not in CHANNELS:
        raise BadSetting(f"channels.{name}: there is no such channel. Choose from {', '.join(sorted(CHANNELS))}.")
    cls: type[Any] = getattr(import_module(f"channels.{name}"), CHANNELS[name])
    return cls


def open_channels(settings: Settings) -> Mapping[str, Channel]:
    """The configured channels, by name. Raises BadSetting for an unknown channel or option."""
    return {name: _open_channel(name, channel_class(name), options, settings) for name, options in settings.channels.items()}


def _open_channel(name: str, cls: type[Any], options: Mapping[str, Any], settings: Settings) -> Channel:
    given = dict(options)
    limits = given.pop("limits", {})
    if name.startswith("sim"):
        given.setdefault("path_key", own_key(settings.data_dir, name))
    try:
        channel: Channel = cls(**given, country=settings.country, public_url=settings.base_url)
    except TypeError as error:
        raise BadSetting(f"channels.{name}: {str(error).split('() ')[-1]}. Mend that table in the settings.") from None
    channel.limits = with_limits(name, channel.limits, limits)
    return channel


def open_checks(channel: Channel, settings: Settings) -> Checks | None:
    """What the doctor can do for a channel that was opened from these settings, None where that is nothing."""
    from channels._checks import checks_for

    usual = {option: known.default for option, known in signature(type(channel)).parameters.items()}
    return checks_for(channel.name, usual | settings.channels[channel.name], settings.base_url)
