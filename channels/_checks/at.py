"""Africa's Talking: they sign nothing, and no API of theirs tells which addresses they call."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.finding import Finding, look, ok
from bot.core.ports import Probe, SelfCall
from channels._checks.ask import ID, NOBODY, Answer, by_form, get, probe, with_key

_LIVE, _SANDBOX = "https://api.africastalking.com", "https://api.sandbox.africastalking.com"
_SOMEBODY = "+254700000001"  # a number that nobody has


class AtSms:
    """An SMS from a machine, and the account's own data."""

    nearby = False

    def __init__(self, options: Mapping[str, Any], base_url: str) -> None:
        self._user, self._api_key, self._key = (str(options[name]).strip() for name in ("username", "api_key", "path_key"))
        usual = _SANDBOX if self._user == "sandbox" else _LIVE
        self._api = str(options["base_url"] or usual).rstrip("/")
        self._webhooks = f"{base_url}/c/at_sms"

    def self_calls(self, *, now: float) -> Sequence[SelfCall]:
        """An SMS from a sender's name."""
        form = {"from": NOBODY, "to": NOBODY, "id": ID, "text": "-", "date": ""}
        return with_key(lambda url: by_form(url, form), f"{self._webhooks}/receive", self._key)

    def probe(self) -> Probe:
        """GET /version1/user."""
        return probe(self._ask, remedy="Copy username and api_key from Settings in the Africa's Talking dashboard.", then=self._account)

    def _ask(self) -> Answer:
        headers = {"apiKey": self._api_key, "Accept": "application/json"}
        return get(f"{self._api}/version1/user", params={"username": self._user}, headers=headers)

    def _account(self, answer: Answer) -> Sequence[Finding]:
        words = ("receive for incoming messages", "status for delivery reports", "optout for opt-outs")
        where = f"In their dashboard, the callbacks must begin with {self._webhooks}/ and end with your path_key"
        return (*_balance(answer.body), look("webhook", "their API does not tell which address they call", f"{where}: {', '.join(words)}."))


class AtUssd:
    """The end of a dial that never was."""

    nearby = False

    def __init__(self, options: Mapping[str, Any], base_url: str) -> None:
        self._key = str(options["path_key"])
        self._webhooks = f"{base_url}/c/at_ussd"

    def self_calls(self, *, now: float) -> Sequence[SelfCall]:
        """The end of an unknown session."""
        form = {"sessionId": ID, "phoneNumber": _SOMEBODY, "status": "Success"}
        return with_key(lambda url: by_form(url, form), f"{self._webhooks}/end", self._key)

    def probe(self) -> Probe:
        """USSD has no API: they only ever call us."""
        where = f"In their dashboard, the callback must be {self._webhooks}/receive/ and your path_key; for events, end instead of receive."
        return Probe((look("webhook", "they have no API that tells which address they call", where),))


def _balance(body: Mapping[str, Any]) -> Sequence[Finding]:
    """What is left to pay with, e.g. "KES 1785.50"."""
    data = body.get("UserData")
    amount = str(data.get("balance", "")).split()[-1:] if isinstance(data, dict) else []
    try:
        left = float(amount[0])
    except (IndexError, ValueError):
        return ()
    if left > 0:
        return (ok("balance", "is above zero"),)
    return (look("balance", "is used up: they will refuse to send", "Top up the account."),)
