"""The account side of the stand-ins: what `ujumbe doctor channels` asks a provider. Each knows one account and says what is set here.
more_accounts.py has the rest; `ujumbe provider-sim` plays them all."""

import base64
from typing import Any

from aiohttp import web

from tests.providers import africas_talking, twilio
from tests.providers.server import Fault, Sent


class AtAccount(africas_talking.AfricasTalking):
    """GET /version1/user."""

    balance = "KES 1785.50"

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        if sent.path != "/version1/user":
            return super().answer(sent, fault)
        if sent.headers.get("apikey") != self.api_key or not sent.query.get("username"):
            return web.Response(status=401, text="The supplied authentication is invalid")
        return web.json_response({"UserData": {"balance": self.balance}})


class TwilioAccount(twilio.Twilio):
    """GET Accounts/<sid>.json and IncomingPhoneNumbers.json. `number` is the account's one number, None for none."""

    status = "active"
    number: dict[str, Any] | None = None

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        root = f"/2010-04-01/Accounts/{twilio.ACCOUNT}"
        if sent.path not in (f"{root}.json", f"{root}/IncomingPhoneNumbers.json"):
            return super().answer(sent, fault)
        basic = base64.b64encode(f"{twilio.ACCOUNT}:{self.auth_token}".encode()).decode()
        if sent.headers.get("authorization") != f"Basic {basic}":
            return web.Response(status=401, text=twilio.error_body(20003), content_type="application/json")
        if sent.path == f"{root}.json":
            return web.json_response({"sid": twilio.ACCOUNT, "status": self.status})
        asked = sent.query["PhoneNumber"] == twilio.NUMBER and self.number is not None
        return web.json_response({"incoming_phone_numbers": [self.number] if asked else []})
