"""Providers on the internet: Africa's Talking, Twilio, Meta."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from bench.wires.base import BEGAN, FORM, JSON, KEY, WRONG_SECRET, Call, Kind, Taken, Wire
from bot.core.types import Status
from tests.providers import africas_talking, meta, twilio
from tests.providers.server import Fault, Sent


class AtSms(Wire):
    name, finds_unheard = "at_sms", False
    words: ClassVar = {Status.SENT: "Sent", Status.DELIVERED: "Success", Status.FAILED: "Failed"}
    faults: ClassVar = {
        Kind.TOO_FAST: africas_talking.too_fast(after_s=3),
        Kind.NOT_NOW: africas_talking.recipient(501),
        Kind.REFUSED: africas_talking.recipient(403),
    }

    def __init__(self) -> None:
        self.server = self.provider = africas_talking.AfricasTalking()

    def options(self) -> dict[str, Any]:
        return {"username": "sandbox", "api_key": self.provider.api_key, "path_key": KEY, "base_url": self.server.url}

    def inbound(self, number: str, text: str, *, id: str, forged: bool = False) -> Call:
        form = africas_talking.incoming(number, text, id=id, date=africas_talking.stamp(BEGAN))
        return Call("POST", self.path("receive", forged=forged), FORM, urlencode(form).encode())

    def report(self, taken: Taken, status: Status) -> Call:
        form = africas_talking.report(taken.id, self.words[status], taken.number)
        return Call("POST", self.path("status"), FORM, urlencode(form).encode())

    def taken(self) -> Sequence[Taken]:
        return [Taken(*one) for one in self.provider.messages]

    def recipient(self, sent: Sent) -> str:
        return str(sent.form.get("to", ""))


class TwilioSms(Wire):
    name = "twilio_sms"
    words: ClassVar = {Status.SENT: "sent", Status.DELIVERED: "delivered", Status.FAILED: "undelivered"}
    faults: ClassVar = {
        Kind.TOO_FAST: twilio.refused(20429),
        Kind.NOT_NOW: Fault(503, {"Retry-After": "2"}, "{}"),
        Kind.REFUSED: twilio.refused(21211),
    }

    def __init__(self) -> None:
        self.server = self.provider = twilio.Twilio()

    def options(self) -> dict[str, Any]:
        account = {"account_sid": twilio.ACCOUNT, "auth_token": self.provider.auth_token, "from_number": twilio.NUMBER}
        return {**account, "base_url": self.server.url}

    def inbound(self, number: str, text: str, *, id: str, forged: bool = False) -> Call:
        return self._signed(f"/c/{self.name}/receive", self._incoming(number, text, id), forged=forged)

    def report(self, taken: Taken, status: Status) -> Call:
        return self._signed(taken.callback.removeprefix(self.public_url), self._callback(taken, self.words[status]))

    def taken(self) -> Sequence[Taken]:
        return [Taken(to.removeprefix("whatsapp:"), *rest) for to, *rest in self.provider.messages]

    def recipient(self, sent: Sent) -> str:
        return str(sent.form.get("To", "")).removeprefix("whatsapp:")

    def _incoming(self, number: str, text: str, id: str) -> dict[str, str]:
        return twilio.inbound(number, text, sid=id)

    def _callback(self, taken: Taken, word: str) -> dict[str, str]:
        return twilio.callback(taken.id, word, taken.number)

    def _signed(self, target: str, form: Mapping[str, str], *, forged: bool = False) -> Call:
        signature = twilio.sign(self.public_url + target, form, WRONG_SECRET if forged else self.provider.auth_token)
        return Call("POST", target, {**FORM, "X-Twilio-Signature": signature}, urlencode(form).encode())


class TwilioWhatsapp(TwilioSms):
    name, scheme = "twilio_whatsapp", "whatsapp"
    faults: ClassVar = {**TwilioSms.faults, Kind.TOO_FAST: twilio.refused(63018), Kind.REFUSED: twilio.refused(63024)}

    def _incoming(self, number: str, text: str, id: str) -> dict[str, str]:
        return twilio.whatsapp_inbound(number, text, sid=id)

    def _callback(self, taken: Taken, word: str) -> dict[str, str]:
        return twilio.whatsapp_callback(taken.id, word, taken.number)


class MetaWhatsapp(Wire):
    name, scheme = "meta_whatsapp", "whatsapp"
    words: ClassVar = {Status.SENT: "sent", Status.DELIVERED: "delivered", Status.FAILED: "failed"}
    faults: ClassVar = {Kind.TOO_FAST: meta.refused(130429), Kind.NOT_NOW: meta.refused(131057), Kind.REFUSED: meta.refused(131026)}

    def __init__(self) -> None:
        self.server = self.provider = meta.MetaCloud()

    def options(self) -> dict[str, Any]:
        known = {"phone_number_id": meta.NUMBER_ID, "access_token": self.provider.access_token, "app_secret": meta.APP_SECRET}
        return {**known, "verify_token": "verify-me", "base_url": self.server.url}

    def inbound(self, number: str, text: str, *, id: str, forged: bool = False) -> Call:
        return self._signed(meta.batch(messages=[meta.text(number.removeprefix("+"), text, id=id, at=str(int(BEGAN)))]), forged=forged)

    def report(self, taken: Taken, status: Status) -> Call:
        code = 131026 if status is Status.FAILED else 0
        one = meta.report(taken.id, self.words[status], taken.number.removeprefix("+"), key=taken.key, code=code)
        return self._signed(meta.batch(statuses=[one]))

    def taken(self) -> Sequence[Taken]:
        return [Taken(f"+{one['to']}", _said(one), wamid, key=one["biz_opaque_callback_data"]) for one, wamid in self.provider.messages]

    def recipient(self, sent: Sent) -> str:
        return f"+{sent.form['to']}" if "to" in sent.form else ""

    def _signed(self, batch: Mapping[str, Any], *, forged: bool = False) -> Call:
        raw = meta.encode(batch)
        signature = meta.sign(raw, WRONG_SECRET if forged else meta.APP_SECRET)
        return Call("POST", f"/c/{self.name}/receive", {**JSON, "X-Hub-Signature-256": signature}, raw)


def _said(message: Mapping[str, Any]) -> str:
    content = message[message["type"]]
    return str(content["body"] if message["type"] == "text" else content["body"]["text"])
