"""Gateways that one runs oneself: an Android phone, Kannel, Jasmin, and anything that speaks our JSON."""

import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from bot.config import Settings
from bot.provider_sim.desk import Desk, Show, Shown, ShownByKey, known, line, told

_EVENTS = ("sms:received", "sms:sent", "sms:delivered", "sms:failed")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class AndroidDesk(Desk):
    """A phone with capcom6's SMS Gateway."""

    name = "android"

    def __init__(self, settings: Settings, show: Show) -> None:
        from tests.providers import capcom6 as wire  # noqa: PLC0415  only a checkout has it
        from tests.providers import more_accounts  # noqa: PLC0415

        super().__init__(settings, show)
        self._wire, self._key = wire, known(settings, "android_gateway", "signing_key")
        self._password = known(settings, "android_gateway", "password")
        self.provider = more_accounts.PhoneAccount(password=self._password)
        self.provider.messages = Shown(show, lambda sent: line(self.name, sent[1], sent[2]))
        url = f"{self._base}/c/android_gateway/receive"
        self.provider.webhooks = [{"id": event, "url": url, "event": event} for event in _EVENTS]
        self._url = f"{self._local}/c/android_gateway/receive"

    def tables(self) -> Mapping[str, Mapping[str, str]]:
        account = {"username": self._wire.USER, "password": self._password, "signing_key": self._key}
        # One a second: the usual pace of a SIM card, one in 20 seconds, makes a long rehearsal.
        return {"android_gateway": {"base_url": self.provider.url, **account, "rate_per_s": "1"}}

    def text(self, number: str, words: str) -> str:
        return self._post(self._wire.received(number, words, at=_now()))

    def report(self, word: str) -> str:
        key, number, _ = self.provider.messages[-1]
        return self._post(self._wire.reported(f"sms:{word}", key, number, reason="RESULT_ERROR_GENERIC_FAILURE"))

    def _post(self, body: bytes) -> str:
        answer = self._wire.post(self._url, body, key=self._key)
        return told(answer.status_code, answer.text)


class KannelDesk(Desk):
    """Kannel."""

    name = "kannel"

    def __init__(self, settings: Settings, show: Show) -> None:
        from tests.providers import kannel as wire  # noqa: PLC0415  only a checkout has it
        from tests.providers import more_accounts  # noqa: PLC0415

        super().__init__(settings, show)
        self._wire, self._key = wire, known(settings, "kannel", "path_key")
        self.provider = more_accounts.KannelAccount(password=known(settings, "kannel", "password"))
        self.provider.messages = Shown(show, lambda sent: line(self.name, sent.number, sent.text))

    def tables(self) -> Mapping[str, Mapping[str, str]]:
        account = {"username": self._wire.USER, "password": self.provider.password}
        return {"kannel": {**account, "path_key": self._key, "base_url": self.provider.url}}

    def text(self, number: str, words: str) -> str:
        webhook = f"{self._local}/c/kannel/receive/{self._key}"
        return told(*self._wire.fetch(self._wire.get_url(webhook, number, words, id=secrets.token_hex(8), time=str(int(time.time())))))

    def report(self, word: str) -> str:
        return told(*self._wire.report(self.local(self.provider.messages[-1].dlr_url), {"delivered": 1, "failed": 2}[word]))


class JasminDesk(Desk):
    """Jasmin."""

    name = "jasmin"

    def __init__(self, settings: Settings, show: Show) -> None:
        from tests.providers import jasmin as wire  # noqa: PLC0415  only a checkout has it
        from tests.providers import more_accounts  # noqa: PLC0415

        super().__init__(settings, show)
        self._wire, self._key = wire, known(settings, "jasmin", "path_key")
        self.provider = more_accounts.JasminAccount(password=known(settings, "jasmin", "password"))
        self.provider.messages = Shown(show, lambda sent: line(self.name, f"+{sent.number}", sent.text))

    def tables(self) -> Mapping[str, Mapping[str, str]]:
        account = {"username": self._wire.USER, "password": self.provider.password}
        return {"jasmin": {**account, "path_key": self._key, "base_url": self.provider.url}}

    def text(self, number: str, words: str) -> str:
        fields = self._wire.incoming(number, words.encode("utf-16-be"), id=secrets.token_hex(8), coding="8")
        return self._throw(f"{self._local}/c/jasmin/receive/{self._key}", fields)

    def report(self, word: str) -> str:
        sent = self.provider.messages[-1]
        fields = self._wire.report(sent.id, {"delivered": "DELIVRD", "failed": "UNDELIV"}[word])
        return self._throw(self.local(sent.dlr_url), fields)

    def _throw(self, url: str, fields: Mapping[str, str]) -> str:
        try:
            self._wire.throw(url, fields)
        except AssertionError as error:  # it gave up
            return f"not taken: {error}"
        return "taken"


class HttpDesk(Desk):
    """Somebody's own gateway, after docs/channels/http.md."""

    name = "http"

    def __init__(self, settings: Settings, show: Show) -> None:
        from tests.providers import http_gateway as wire  # noqa: PLC0415  only a checkout has it

        super().__init__(settings, show)
        self._wire, self.provider = wire, wire.HttpGateway(secret=known(settings, "http", "secret", address="send_url"))
        self.provider.messages = ShownByKey(show, lambda sent: line(self.name, sent[0], sent[1]))

    def tables(self) -> Mapping[str, Mapping[str, str]]:
        return {"http": {"send_url": f"{self.provider.url}/send", "secret": self.provider.secret}}

    def text(self, number: str, words: str) -> str:
        return self._post("receive", self._wire.incoming(number, words, id=secrets.token_hex(8), sent_at=_now()))

    def report(self, word: str) -> str:
        *_, (key, (_, _, taken)) = self.provider.messages.items()
        return self._post("status", {"id": taken, "key": key, "status": word})

    def _post(self, action: str, fields: Mapping[str, str]) -> str:
        answer = self._wire.post(f"{self._local}/c/http/{action}", fields, secret=self.provider.secret)
        return told(answer.status_code, answer.text)
