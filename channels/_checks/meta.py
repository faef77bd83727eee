"""Meta's WhatsApp: the check of our address, an empty signed batch, and what Meta has registered."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.core.finding import Finding, look
from bot.core.ports import Probe, SelfCall
from channels._checks.ask import ID, Answer, by_json, by_query, compare, get, probe

_API = "https://graph.facebook.com"
_CLOSEST_FIRST = ("phone_number", "whatsapp_business_account", "application")  # the first that is set is called
_APP = "in the Meta app, under WhatsApp, Configuration."


class MetaWhatsapp:
    """A check of the address, an empty batch, and the phone number's own settings."""

    nearby = False

    def __init__(self, options: Mapping[str, Any], base_url: str) -> None:
        self._token, self._secret, self._word, number = (
            str(options[name]).strip() for name in ("access_token", "app_secret", "verify_token", "phone_number_id")
        )
        self._url = f"{str(options['base_url'] or _API).rstrip('/')}/{options['version']}/{number}"
        self._receive_url = f"{base_url}/c/meta_whatsapp/receive"

    def self_calls(self, *, now: float) -> Sequence[SelfCall]:
        """The GET by which Meta checks an address, and a batch without entries, each right and wrong."""
        asked = {"hub.mode": "subscribe", "hub.challenge": ID}
        batch = by_json(self._receive_url, {"object": "whatsapp_business_account", "entry": []})
        signature = f"sha256={hmac.digest(self._secret.encode(), batch.body, 'sha256').hex()}"
        return (
            SelfCall(by_query(self._receive_url, {**asked, "hub.verify_token": self._word}), signed=True),
            SelfCall(by_query(self._receive_url, asked), signed=False),
            SelfCall(replace(batch, headers={**batch.headers, "x-hub-signature-256": signature}), signed=True),
            SelfCall(batch, signed=False),
        )

    def probe(self) -> Probe:
        """GET of the phone number."""
        remedy = "Make a lasting access_token for a system user in Meta's business settings, with the WhatsApp account assigned to it."
        return probe(self._ask, remedy=remedy, then=self._webhook)

    def _ask(self) -> Answer:
        return get(self._url, params={"fields": "webhook_configuration"}, headers={"Authorization": f"Bearer {self._token}"})

    def _webhook(self, answer: Answer) -> Sequence[Finding]:
        known = answer.body.get("webhook_configuration")
        if not isinstance(known, dict):
            return (look("webhook", "Meta does not tell which address it calls", f"Look that it is {self._receive_url} {_APP}"),)
        registered = next((str(known[place]) for place in _CLOSEST_FIRST if known.get(place)), "")
        return (compare("the callback URL", registered, self._receive_url, _APP),)
