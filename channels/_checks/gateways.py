"""Gateways of one's own, in the same house or on the internet: an Android phone, Kannel, Jasmin, or anything that speaks our JSON."""

import hmac
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from bot.core.finding import Finding, look, ok, wrong
from bot.core.ports import Probe, SelfCall
from bot.core.types import Request
from channels._checks.ask import ID, NOBODY, Answer, by_json, by_query, connect, get, probe, with_key

_MESSAGES = "sms:received"
_REPORTED = frozenset({_MESSAGES, "sms:sent", "sms:delivered", "sms:failed"})
_BAD_REQUEST = 400


class AndroidGateway:
    """A ping of the app, its health, and the webhooks it has."""

    nearby = True

    def __init__(self, options: Mapping[str, Any], base_url: str) -> None:
        self._auth = (str(options["username"]).strip(), str(options["password"]).strip())
        self._key = str(options["signing_key"]).strip()
        self._url = str(options["base_url"]).rstrip("/")
        self._receive_url = f"{base_url}/c/android_gateway/receive"

    def self_calls(self, *, now: float) -> Sequence[SelfCall]:
        """A ping."""
        ping = by_json(self._receive_url, {"deviceId": ID, "event": "system:ping", "id": ID, "payload": {}, "webhookId": ID})
        stamp = str(int(now))
        signature = hmac.digest(self._key.encode(), ping.body + stamp.encode(), "sha256").hex()
        signed = replace(ping, headers={**ping.headers, "x-timestamp": stamp, "x-signature": signature})
        return (SelfCall(signed, signed=True), SelfCall(ping, signed=False))

    def probe(self) -> Probe:
        """GET /webhooks and /health."""
        return probe(self._webhooks, remedy="Copy username and password from the app's home screen.", then=self._phone)

    def _webhooks(self) -> Answer:
        return get(f"{self._url}/webhooks", auth=self._auth)

    def _phone(self, answer: Answer) -> Sequence[Finding]:
        registered = answer.json if isinstance(answer.json, list) else []
        ours = {row.get("event") for row in registered if isinstance(row, dict) and row.get("url") == self._receive_url}
        return (_events(_REPORTED - ours, self._receive_url), *_health(get(f"{self._url}/health").body.get("status")))


def _events(missing: Set[str], url: str) -> Finding:
    """A phone that does not tell of messages is useless; one that does not tell of reports leaves us blind."""
    if not missing:
        return ok("webhook", f"all our events are registered for {url}")
    words, remedy = f"not registered for {url}: {', '.join(sorted(missing))}", "Register them with POST /webhooks (docs/channels)."
    return wrong("webhook", words, remedy) if _MESSAGES in missing else look("webhook", words, remedy)


def _health(status: object) -> Sequence[Finding]:
    """The app's own view: battery, line, messages that failed."""
    if status in ("warn", "fail"):
        return (look("phone", f'says "{status}" of its own health', "Look at its battery, its line and its SIM."),)
    return (ok("phone", "says that it is well"),) if status == "pass" else ()


class Kannel:
    """An SMS from a machine, and a send to nobody."""

    nearby = True

    def __init__(self, options: Mapping[str, Any], base_url: str) -> None:
        self._account = {name: str(options[name]).strip() for name in ("username", "password")}
        self._key = str(options["path_key"])
        self._url = f"{str(options['base_url']).rstrip('/')}/cgi-bin/sendsms"
        self._receive_url = f"{base_url}/c/kannel/receive"

    def self_calls(self, *, now: float) -> Sequence[SelfCall]:
        """An SMS from a sender's name."""
        return with_key(_from_nobody, self._receive_url, self._key)

    def probe(self) -> Probe:
        """A send without a recipient: Kannel looks at the credentials first (403), then refuses it (400)."""
        remedy = "Copy username and password from the sendsms-user group of kannel.conf."
        told = look("webhook", "Kannel does not tell its get-url", f"It must begin with {self._receive_url}/ and your path_key.")
        return probe(lambda: get(self._url, params=self._account), remedy=remedy, then=lambda _: (told,), welcome=(_BAD_REQUEST,))


class Jasmin:
    """An SMS from a machine, and the user's balance."""

    nearby = True

    def __init__(self, options: Mapping[str, Any], base_url: str) -> None:
        self._account = {name: str(options[name]).strip() for name in ("username", "password")}
        self._key = str(options["path_key"])
        self._url = f"{str(options['base_url']).rstrip('/')}/balance"
        self._receive_url = f"{base_url}/c/jasmin/receive"

    def self_calls(self, *, now: float) -> Sequence[SelfCall]:
        """An SMS from a sender's name."""
        return with_key(_from_nobody, self._receive_url, self._key)

    def probe(self) -> Probe:
        """GET /balance."""
        remedy = "Set username and password as `user --list` in Jasmin's jcli has them."
        where = f"Its HTTP connector's base_url must be {self._receive_url}/ and your path_key."
        told = look("webhook", "Jasmin does not tell where its connector goes", where)
        return probe(lambda: get(self._url, params=self._account), remedy=remedy, then=lambda _: (told,))


class Http:
    """An SMS from a machine. The other side is unknown, so it is only called, not asked."""

    nearby = True

    def __init__(self, options: Mapping[str, Any], base_url: str) -> None:
        self._secret, self._key, self._send_url = (str(options[name]) for name in ("secret", "path_key", "send_url"))
        self._receive_url = f"{base_url}/c/http/receive"

    def self_calls(self, *, now: float) -> Sequence[SelfCall]:
        """An SMS from a sender's name."""
        plain = by_json(self._receive_url, {"id": ID, "from": NOBODY, "text": "-"})
        signature = {"x-ujumbe-signature": f"sha256={hmac.digest(self._secret.encode(), plain.body, 'sha256').hex()}"}
        headers = {**plain.headers, **(signature if self._secret else {})}
        url = f"{plain.url}/{self._key}" if self._key else plain.url
        return (SelfCall(replace(plain, url=url, headers=headers), signed=True), SelfCall(plain, signed=False))

    def probe(self) -> Probe:
        """Only a connection: what a GET would do there, nobody knows."""
        return Probe((connect(self._send_url),))


def _from_nobody(url: str) -> Request:
    return by_query(url, {"from": NOBODY, "to": NOBODY, "text": "-", "content": "-", "id": ID})
