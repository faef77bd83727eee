"""The providers in one form for all: the table that the fault runs and the benchmarks go by.

A new channel with a stand-in under tests/providers/ is one class beside this file and one entry here.
"""

from collections.abc import Mapping

from bench.wires.base import Call, Kind, Taken, Wire
from bench.wires.gateways import AndroidGateway, Http, HttpWithKeys, Jasmin, Kannel
from bench.wires.services import AtSms, MetaWhatsapp, TwilioSms, TwilioWhatsapp

__all__ = ["WIRES", "AtSms", "Call", "Kind", "Taken", "TwilioSms", "Wire"]

WIRES: Mapping[str, type[Wire]] = {
    "at_sms": AtSms,
    "twilio_sms": TwilioSms,
    "twilio_whatsapp": TwilioWhatsapp,
    "meta_whatsapp": MetaWhatsapp,
    "android_gateway": AndroidGateway,
    "kannel": Kannel,
    "jasmin": Jasmin,
    "http": Http,
    "http, keeps keys": HttpWithKeys,
}
