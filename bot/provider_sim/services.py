"""Providers on the internet: Africa's Talking, Twilio, Meta."""

import secrets
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from bot.config import Settings
from bot.provider_sim.desk import Desk, Show, Shown, known, line, told

PERSON = "+254700000001"  # who dials where nobody is named


class AtDesk(Desk):
    """Africa's Talking: SMS and USSD."""

    name = "at"

    def __init__(self, settings: Settings, show: Show) -> None:
        from tests.providers import accounts  # noqa: PLC0415  only a checkout has it
        from tests.providers import africas_talking as wire  # noqa: PLC0415

        super().__init__(settings, show)
        self._wire, self.provider = wire, accounts.AtAccount(api_key=known(settings, "at_sms", "api_key"))
        self.provider.messages = Shown(show, lambda sent: line(self.name, sent[0], sent[1]))
        self._sms, self._ussd = f"{settings.local_url}/c/at_sms", f"{settings.local_url}/c/at_ussd"
        self._sms_key, self._ussd_key = known(settings, "at_sms", "path_key"), known(settings, "at_ussd", "path_key", of="at_sms")
        self._phone = wire.UssdPhone(f"{self._ussd}/receive/{self._ussd_key}", PERSON)

    def tables(self) -> Mapping[str, Mapping[str, str]]:
        sms = {"username": "sandbox", "api_key": self.provider.api_key, "path_key": self._sms_key, "base_url": self.provider.url}
        return {"at_sms": sms, "at_ussd": {"path_key": self._ussd_key}}

    def text(self, number: str, words: str) -> str:
        self._phone.number = number
        form = self._wire.incoming(number, words, id=secrets.token_hex(8), date=self._wire.stamp(time.time()))
        return self._post(f"{self._sms}/receive/{self._sms_key}", form)

    def report(self, word: str) -> str:
        number, _, message_id = self.provider.messages[-1]
        form = self._wire.report(message_id, {"delivered": "Success", "failed": "Failed"}[word], number)
        return self._post(f"{self._sms}/status/{self._sms_key}", form)

    def dial(self, typed: str) -> str:
        """Dials a code ("*384#"), types into the open dial, or hangs up ("end"). Returns the screen."""
        if typed == "end":
            answer = self._phone.hang_up(f"{self._ussd}/end/{self._ussd_key}")
            return told(answer.status_code, answer.text)
        if not (self._phone.is_open or typed.endswith("#")):
            return "no dial is open: dial a code first, such as `ussd *384#`"
        try:
            return self._phone.dial() if typed.endswith("#") else self._phone.type(typed)
        except AssertionError as error:  # what it says of a screen that no operator would show
            self._phone.is_open = False
            return f"the operator shows an error: {error}"

    def _post(self, url: str, form: Mapping[str, str]) -> str:
        answer = self._wire.post(url, form)
        return told(answer.status_code, answer.text)


class TwilioDesk(Desk):
    """Twilio SMS."""

    name = "twilio"

    def __init__(self, settings: Settings, show: Show) -> None:
        from tests.providers import accounts  # noqa: PLC0415  only a checkout has it
        from tests.providers import twilio as wire  # noqa: PLC0415

        super().__init__(settings, show)
        self._wire, self.provider = wire, accounts.TwilioAccount(auth_token=known(settings, "twilio_sms", "auth_token"))
        self.provider.messages = Shown(show, lambda sent: line(self.name, sent[0], sent[1]))
        self.provider.number = {"sms_url": f"{self._base}/c/twilio_sms/receive"}

    def tables(self) -> Mapping[str, Mapping[str, str]]:
        account = {"account_sid": self._wire.ACCOUNT, "auth_token": self.provider.auth_token, "from_number": self._wire.NUMBER}
        return {"twilio_sms": {**account, "base_url": self.provider.url}}

    def text(self, number: str, words: str) -> str:
        form = self._wire.inbound(number, words, sid=f"SM{secrets.token_hex(16)}")
        return self._post(f"{self._base}/c/twilio_sms/receive", form)

    def report(self, word: str) -> str:
        number, _, sid, callback = self.provider.messages[-1]
        return self._post(callback, self._wire.callback(sid, word, number))

    def _post(self, public: str, form: Mapping[str, str]) -> str:
        """Signed over the public address, posted to the local one."""
        answer = self._wire.post(self.local(public), form, token=self.provider.auth_token, signed_url=public)
        return told(answer.status_code, answer.text)


class MetaDesk(Desk):
    """WhatsApp by Meta. Choices stand behind the text: type their number, as a tap would send it."""

    name = "meta"
    reports: ClassVar = ("delivered", "failed", "read")

    def __init__(self, settings: Settings, show: Show) -> None:
        from tests.providers import meta as wire  # noqa: PLC0415  only a checkout has it
        from tests.providers import more_accounts  # noqa: PLC0415

        super().__init__(settings, show)
        own = {option: known(settings, "meta_whatsapp", option) for option in ("access_token", "app_secret", "verify_token")}
        self._wire, self._own = wire, own
        self.provider = more_accounts.MetaAccount(access_token=own["access_token"])
        self.provider.messages = Shown(show, lambda sent: line(self.name, _to(sent[0]), _said(sent[0])))
        self.provider.seen = Shown(show, lambda _: f"{self.name}: they see that we read it")
        self._url = f"{self._base}/c/meta_whatsapp/receive"
        self.provider.registered = {"application": self._url}

    def tables(self) -> Mapping[str, Mapping[str, str]]:
        return {"meta_whatsapp": {"phone_number_id": self._wire.NUMBER_ID, **self._own, "base_url": self.provider.url}}

    def text(self, number: str, words: str) -> str:
        at = str(int(time.time()))
        message = self._wire.text(number.removeprefix("+"), words, id=f"wamid.{secrets.token_hex(8)}", at=at)
        return self._post(self._wire.batch(messages=[message]))

    def report(self, word: str) -> str:
        message, wamid = self.provider.messages[-1]
        key = message["biz_opaque_callback_data"]
        return self._post(self._wire.batch(statuses=[self._wire.report(wamid, word, _to(message).removeprefix("+"), key=key)]))

    def _post(self, batch: Mapping[str, Any]) -> str:
        answer = self._wire.post(self.local(self._url), batch, secret=self._own["app_secret"])
        return told(answer.status_code, answer.text)


def _to(message: Mapping[str, Any]) -> str:
    return f"+{message['to']}" if "to" in message else str(message["recipient"])


def _said(message: Mapping[str, Any]) -> str:
    """A message as a phone shows it."""
    content = message[message["type"]]
    match message["type"]:
        case "text":
            return str(content["body"])
        case "template":
            values = (value["text"] for part in content["components"] for value in part["parameters"])
            return f"[template {content['name']}] {' '.join(values)}"
    action = content["action"]
    rows = [button["reply"] for button in action.get("buttons", ())] + [row for some in action.get("sections", ()) for row in some["rows"]]
    choices = " ".join(f"[{row['id']} {row['title']}]" for row in rows)
    return f"{content['body']['text']} {choices}"
