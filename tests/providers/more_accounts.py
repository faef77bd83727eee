"""The account side of the other stand-ins (see accounts.py)."""

import json

from aiohttp import web

from tests.providers import capcom6, jasmin, kannel, meta
from tests.providers.server import Fault, Sent


class MetaAccount(meta.MetaCloud):
    """GET of the phone number. `registered` is its webhook_configuration."""

    registered: dict[str, str] | None = None

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        if sent.method != "GET":
            return super().answer(sent, fault)
        if sent.headers.get("authorization") != f"Bearer {self.access_token}":
            return web.Response(status=401, text=meta.error_body(190), content_type="application/json")
        if (sent.path, sent.query.get("fields")) != (f"/v25.0/{meta.NUMBER_ID}", "webhook_configuration"):
            return web.Response(status=400, text=meta.error_body(100, subcode=33), content_type="application/json")
        known = {} if self.registered is None else {"webhook_configuration": self.registered}
        return web.json_response({"id": meta.NUMBER_ID, **known})


class PhoneAccount(capcom6.Capcom6):
    """GET /webhooks and /health."""

    health = "pass"

    def __init__(self, *, password: str = capcom6.PASSWORD) -> None:
        super().__init__(password=password)
        self.webhooks: list[dict[str, str]] = []

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        if (sent.method, sent.path) == ("GET", "/health"):
            return web.json_response({"status": self.health, "checks": {}}, status=500 if self.health == "fail" else 200)
        if (sent.method, sent.path) != ("GET", "/webhooks"):
            return super().answer(sent, fault)
        if sent.headers.get("authorization") != self.authorization:
            return web.Response(status=401)
        return web.Response(text=json.dumps(self.webhooks), content_type="application/json")


class KannelAccount(kannel.Kannel):
    """sendsms without a recipient: credentials first, then the refusal."""

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        if "to" in sent.query:
            return super().answer(sent, fault)
        if (sent.query.get("username"), sent.query.get("password")) != (kannel.USER, self.password):
            return web.Response(status=403, text=kannel.SAYS[403])
        return web.Response(status=400, text="Missing receiver number, rejected")


class JasminAccount(jasmin.Jasmin):
    """GET /balance."""

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        if sent.path != "/balance":
            return super().answer(sent, fault)
        if (sent.query.get("username"), sent.query.get("password")) != (jasmin.USER, self.password):
            return web.Response(status=403, text=f'"Authentication failure for username:{sent.query.get("username")}"')
        return web.Response(text='{"balance": "ND", "sms_count": "ND"}', content_type="application/json")
