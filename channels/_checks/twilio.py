"""Twilio: a signed call to ourselves, the account, and the address that our number calls."""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.finding import Finding, look, ok, wrong
from bot.core.ports import Probe, SelfCall
from channels._checks.ask import ID, NOBODY, Answer, by_form, compare, get, probe
from channels._json import children
from channels._twilio import API

_CONSOLE = "in the Twilio console."


class _Twilio:
    """What both channels share."""

    nearby = False
    name: str

    def __init__(self, options: Mapping[str, Any], base_url: str) -> None:
        self._auth = (str(options["account_sid"]).strip(), str(options["auth_token"]).strip())
        self._from = str(options["from_number"]).strip()
        self._account_url = f"{str(options['base_url'] or API).rstrip('/')}/2010-04-01/Accounts/{self._auth[0]}"
        self._receive_url = f"{base_url}/c/{self.name}/receive"

    def self_calls(self, *, now: float) -> Sequence[SelfCall]:
        """An SMS from a sender's name, signed with the auth token."""
        form = {"From": NOBODY, "To": NOBODY, "MessageSid": ID, "Body": "-"}
        signature = {"x-twilio-signature": sign(self._receive_url, form, self._auth[1])}
        return (
            SelfCall(by_form(self._receive_url, form, signature), signed=True),
            SelfCall(by_form(self._receive_url, form), signed=False),
        )

    def probe(self) -> Probe:
        """GET Accounts/<sid>.json."""
        remedy = "Copy account_sid and auth_token from the Twilio console again."
        return probe(lambda: self._get(".json"), remedy=remedy, then=lambda answer: (*_account(answer), self._webhook()))

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        return get(self._account_url + path, params=params, auth=self._auth)

    def _webhook(self) -> Finding:
        return look(
            "webhook", "this API does not tell which address is called", f"Look that it is {self._receive_url}, with HTTP POST, {_CONSOLE}"
        )


class TwilioSms(_Twilio):
    """SMS: the number itself knows whom it calls."""

    name = "twilio_sms"

    def _webhook(self) -> Finding:
        """Services, short codes and sender's names have settings of their own."""
        if not self._from.startswith("+"):
            return super()._webhook()
        rows = children(self._get("/IncomingPhoneNumbers.json", {"PhoneNumber": self._from}).body, "incoming_phone_numbers")
        if not rows:
            return wrong("webhook", "from_number is no number of this account", "Set a number that the account owns.")
        if rows[0].get("sms_application_sid"):
            return super()._webhook()  # a TwiML app decides
        if rows[0].get("sms_method", "POST") != "POST":
            return wrong("webhook", "the number calls with HTTP GET, whose signature we do not take", f"Set it to HTTP POST {_CONSOLE}")
        return compare("the number's sms_url", str(rows[0].get("sms_url") or ""), self._receive_url, _CONSOLE)


class TwilioWhatsapp(_Twilio):
    """WhatsApp."""

    name = "twilio_whatsapp"


def sign(url: str, form: Mapping[str, str], token: str) -> str:
    """X-Twilio-Signature as their documents have it, not as the SDK that checks it."""
    said = url + "".join(name + form[name] for name in sorted(form))
    return b64encode(hmac.digest(token.encode(), said.encode(), "sha1")).decode()


def _account(answer: Answer) -> Sequence[Finding]:
    status = str(answer.body.get("status", "active"))
    if status == "active":
        return (ok("account", "is active"),)
    return (wrong("account", "is not active: Twilio sends nothing for it", "Look into the Twilio console for the reason."),)
