"""Gateways that one runs oneself: a phone, Kannel, Jasmin, and anything that speaks HTTP."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from bench.wires.base import BEGAN, FORM, JSON, KEY, WRONG_SECRET, Call, Kind, Taken, Wire
from bot.core.types import Status
from channels import _gsm7
from tests.providers import capcom6, http_gateway, jasmin, kannel
from tests.providers.server import Fault, Sent

NOW = datetime.fromtimestamp(BEGAN, UTC).isoformat(timespec="milliseconds")


class AndroidGateway(Wire):
    name = "android_gateway"
    words: ClassVar = {Status.SENT: "sms:sent", Status.DELIVERED: "sms:delivered", Status.FAILED: "sms:failed"}
    faults: ClassVar = {
        Kind.TOO_FAST: capcom6.queue_full(),
        Kind.NOT_NOW: Fault(429, {"Retry-After": "2"}, "{}"),
        Kind.REFUSED: Fault(400, body='{"message":"invalid phone number"}'),
    }

    def __init__(self) -> None:
        self.server = self.provider = capcom6.Capcom6()

    def options(self) -> dict[str, Any]:
        account = {"username": capcom6.USER, "password": capcom6.PASSWORD, "signing_key": capcom6.KEY}
        return {**account, "base_url": self.server.url}

    def inbound(self, number: str, text: str, *, id: str, forged: bool = False) -> Call:
        return self._signed(capcom6.received(number, text, id=id, at=NOW), forged=forged)

    def report(self, taken: Taken, status: Status) -> Call:
        return self._signed(capcom6.reported(self.words[status], taken.id, taken.number, reason="RESULT_ERROR_GENERIC_FAILURE"))

    def taken(self) -> Sequence[Taken]:
        return [Taken(number, text, key, key=key) for key, number, text in self.provider.messages]

    def recipient(self, sent: Sent) -> str:
        return str(sent.form["phoneNumbers"][0])

    def _signed(self, body: bytes, *, forged: bool = False) -> Call:
        headers = capcom6.signed(body, key=WRONG_SECRET if forged else capcom6.KEY)
        return Call("POST", f"/c/{self.name}/receive", {**JSON, **headers}, body)


class Kannel(Wire):
    name = "kannel"
    words: ClassVar = {Status.SENT: "8", Status.DELIVERED: "1", Status.FAILED: "2"}
    faults: ClassVar = {
        Kind.TOO_FAST: Fault(429, {"Retry-After": "2"}, "slow down", "text/plain"),  # of a proxy: Kannel has no such word
        Kind.NOT_NOW: kannel.refused(503),
        Kind.REFUSED: kannel.refused(404, "Not routable. Do not try again."),
    }

    def __init__(self) -> None:
        self.server = self.provider = kannel.Kannel()

    def options(self) -> dict[str, Any]:
        return {"username": kannel.USER, "password": kannel.PASSWORD, "path_key": KEY, "base_url": self.server.url}

    def inbound(self, number: str, text: str, *, id: str, forged: bool = False) -> Call:
        return Call("GET", kannel.get_url(self.path("receive", forged=forged), number, text, id=id, time=str(int(BEGAN))), {})

    def report(self, taken: Taken, status: Status) -> Call:
        return Call("GET", taken.callback.removeprefix(self.public_url).replace("%d", self.words[status]), {})

    def taken(self) -> Sequence[Taken]:
        return [Taken(one.number, one.text, "", one.dlr_url) for one in self.provider.messages]

    def recipient(self, sent: Sent) -> str:
        return dict(parse_qsl(sent.target.partition("?")[2]))["to"]


class Jasmin(Wire):
    name, acknowledges = "jasmin", "ACK/Jasmin"
    words: ClassVar = {Status.SENT: "ESME_ROK", Status.DELIVERED: "DELIVRD", Status.FAILED: "UNDELIV"}
    faults: ClassVar = {
        Kind.TOO_FAST: jasmin.refused(403, "User throughput exceeded"),
        Kind.NOT_NOW: jasmin.refused(500, "Cannot send submit_sm, check SMPPClientManagerPB log file for details"),
        Kind.REFUSED: jasmin.refused(412, "No route found"),
    }

    def __init__(self) -> None:
        self.server = self.provider = jasmin.Jasmin()

    def options(self) -> dict[str, Any]:
        return {"username": jasmin.USER, "password": jasmin.PASSWORD, "path_key": KEY, "base_url": self.server.url}

    def inbound(self, number: str, text: str, *, id: str, forged: bool = False) -> Call:
        form = jasmin.incoming(number, _gsm7.encode(text), id=id)
        return Call("POST", self.path("receive", forged=forged), FORM, urlencode(form).encode())

    def report(self, taken: Taken, status: Status) -> Call:
        form = jasmin.report(taken.id, self.words[status], level=1 if status is Status.SENT else 2)
        return Call("POST", taken.callback.removeprefix(self.public_url), FORM, urlencode(form).encode())

    def taken(self) -> Sequence[Taken]:
        return [Taken(f"+{one.number}", one.text, one.id, one.dlr_url) for one in self.provider.messages]

    def recipient(self, sent: Sent) -> str:
        return f"+{sent.form['to']}"


class Forgetful(http_gateway.HttpGateway):
    """A gateway that takes a repeated key as a new message. `every` has them all."""

    def __init__(self) -> None:
        super().__init__()
        self.every: list[Taken] = []

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        answer = super().answer(sent, fault)
        if answer.status == 202:
            self.every.append(Taken(*self.messages[sent.form["key"]], key=sent.form["key"]))
        return answer


class Http(Wire):
    """A gateway of somebody's own that keeps no keys."""

    name = "http"
    words: ClassVar = {Status.SENT: "sent", Status.DELIVERED: "delivered", Status.FAILED: "failed"}
    faults: ClassVar = {
        Kind.TOO_FAST: Fault(429, {"Retry-After": "3"}, "{}"),
        Kind.NOT_NOW: Fault(503, {"Retry-After": "2"}, "{}"),
        Kind.REFUSED: Fault(400, body='{"error":"number"}'),
    }

    def __init__(self) -> None:
        self.server = self.provider = Forgetful()

    def options(self) -> dict[str, Any]:
        return {"send_url": f"{self.server.url}/send", "secret": http_gateway.SECRET}

    def inbound(self, number: str, text: str, *, id: str, forged: bool = False) -> Call:
        return self._signed("receive", http_gateway.incoming(number, text, id=id, sent_at=NOW), forged=forged)

    def report(self, taken: Taken, status: Status) -> Call:
        return self._signed("status", {"id": taken.id, "key": taken.key, "status": self.words[status]})

    def taken(self) -> Sequence[Taken]:
        return list(self.provider.every)

    def recipient(self, sent: Sent) -> str:
        return str(sent.form["to"])

    def _signed(self, action: str, fields: Mapping[str, str], *, forged: bool = False) -> Call:
        body = json.dumps(fields).encode()
        signature = http_gateway.signature(body, WRONG_SECRET if forged else http_gateway.SECRET)
        return Call("POST", f"/c/{self.name}/{action}", {**JSON, "X-Ujumbe-Signature": signature}, body)


class HttpWithKeys(Http):
    """The same, where the gateway drops repeats of a key."""

    def options(self) -> dict[str, Any]:
        return super().options() | {"keeps_key": True}

    def taken(self) -> Sequence[Taken]:
        return [Taken(*message, key=key) for key, message in list(self.provider.messages.items())]
