"""Everything that the doctor visits: a real gateway, a proxy before it, and every provider."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from aiohttp import web

from tests.providers import accounts, capcom6, http_gateway, jasmin, kannel, meta, more_accounts, twilio
from tests.providers.server import Fault, Sent, Server

KEY = "path-key-that-nobody-may-see"
PATIENCE_S = 10.0


class Proxy(Server):
    """Passes on what comes to `target`, without the headers in `drops`; `fixed` answers instead of the target."""

    target = ""
    drops: tuple[str, ...] = ()
    fixed: int | None = None

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        if self.fixed is not None:
            return web.Response(status=self.fixed, headers={"Location": "https://bot.example.org/"} if self.fixed == 301 else {})
        headers = {name: value for name, value in sent.headers.items() if name not in (*self.drops, "host", "content-length")}
        passed = requests.request(sent.method, self.target + sent.target, data=sent.body, headers=headers, timeout=PATIENCE_S)
        return web.Response(status=passed.status_code, body=passed.content)


@dataclass
class Providers:
    """Every provider, with one account each."""

    at: accounts.AtAccount
    twilio: accounts.TwilioAccount
    meta: more_accounts.MetaAccount
    phone: more_accounts.PhoneAccount
    kannel: more_accounts.KannelAccount
    jasmin: more_accounts.JasminAccount
    http: http_gateway.HttpGateway

    def channels(self) -> dict[str, dict[str, Any]]:
        """The table of every channel, as it must be."""
        account = {"account_sid": twilio.ACCOUNT, "auth_token": self.twilio.auth_token, "base_url": self.twilio.url}
        phone = {"username": capcom6.USER, "password": capcom6.PASSWORD, "signing_key": capcom6.KEY, "base_url": self.phone.url}
        cloud = {"access_token": self.meta.access_token, "app_secret": meta.APP_SECRET, "verify_token": "verify-word"}
        return {
            "at_sms": {"username": "sandbox", "api_key": self.at.api_key, "path_key": KEY, "base_url": self.at.url},
            "at_ussd": {"path_key": KEY},
            "twilio_sms": account | {"from_number": twilio.NUMBER},
            "twilio_whatsapp": account | {"from_number": twilio.NUMBER},
            "meta_whatsapp": cloud | {"phone_number_id": meta.NUMBER_ID, "base_url": self.meta.url},
            "android_gateway": phone,
            "kannel": {"username": kannel.USER, "password": kannel.PASSWORD, "path_key": KEY, "base_url": self.kannel.url},
            "jasmin": {"username": jasmin.USER, "password": jasmin.PASSWORD, "path_key": KEY, "base_url": self.jasmin.url},
            "http": {"send_url": f"{self.http.url}/send", "secret": http_gateway.SECRET, "path_key": KEY},
        }

    def register(self, base_url: str) -> None:
        """Tells every provider that can be told where to call us."""
        self.twilio.number = {"phone_number": twilio.NUMBER, "sms_url": f"{base_url}/c/twilio_sms/receive", "sms_application_sid": ""}
        self.meta.registered = {"application": f"{base_url}/c/meta_whatsapp/receive"}
        url = f"{base_url}/c/android_gateway/receive"
        events = ("sms:received", "sms:sent", "sms:delivered", "sms:failed")
        self.phone.webhooks = [{"id": event, "url": url, "event": event} for event in events]


@contextmanager
def providers() -> Iterator[Providers]:
    with ExitStack() as stack:
        yield Providers(
            stack.enter_context(accounts.AtAccount()),
            stack.enter_context(accounts.TwilioAccount()),
            stack.enter_context(more_accounts.MetaAccount()),
            stack.enter_context(more_accounts.PhoneAccount()),
            stack.enter_context(more_accounts.KannelAccount()),
            stack.enter_context(more_accounts.JasminAccount()),
            stack.enter_context(http_gateway.HttpGateway()),
        )
