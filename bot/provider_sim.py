"""`ujumbe provider-sim`: the stand-ins of tests/providers for people. A rehearsal with real HTTP and without a telco.

It plays Africa's Talking and Twilio on this machine: shows what we send through them, and posts what is typed as they would post it.
"""

import secrets
import socket
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, TextIO

import requests

from bot.config import Settings
from bot.core.errors import BadSetting
from bot.core.urn import mask

ROOT = Path(__file__).resolve().parent.parent
PERSON = "+254700000001"  # who writes and dials where nobody is named
_PORTS = {"at": 8601, "twilio": 8602}  # the same at each start, so that ujumbe.toml can stay as it is
_TAKEN = 200

HELP = """  at +254700000001 habari      an SMS to Africa's Talking (twilio: the same to Twilio)
  at delivered | at failed     its report on the last message that it took (twilio: the same)
  ussd *384#                   dials; then `ussd 1` types 1, and `ussd end` hangs up
  help, quit"""


class _Shown(list[Any]):
    """The messages that a stand-in took: each is shown as it comes."""

    def __init__(self, show: Callable[[str], None], name: str) -> None:
        super().__init__()
        self._show, self._name = show, name

    def append(self, message: Any) -> None:
        super().append(message)
        self._show(f"{self._name} > {mask(message[0])}: {message[1]}")


class AtDesk:
    """Africa's Talking: SMS and USSD."""

    def __init__(self, settings: Settings, show: Callable[[str], None]) -> None:
        from tests.providers import accounts  # noqa: PLC0415  only a checkout has it
        from tests.providers import africas_talking as wire  # noqa: PLC0415

        self._wire, self.provider = wire, accounts.AtAccount(api_key=_known(settings, "at_sms", "api_key"))
        self.provider.messages = _Shown(show, "at")
        self._sms, self._ussd = f"{settings.local_url}/c/at_sms", f"{settings.local_url}/c/at_ussd"
        self._sms_key, self._ussd_key = _known(settings, "at_sms", "path_key"), _known(settings, "at_ussd", "path_key")
        self._phone = wire.UssdPhone(f"{self._ussd}/receive/{self._ussd_key}", PERSON)

    def tables(self) -> Mapping[str, Mapping[str, str]]:
        """What ujumbe.toml has to say: option -> value by channel."""
        sms = {"username": "sandbox", "api_key": self.provider.api_key, "path_key": self._sms_key, "base_url": self.provider.url}
        return {"at_sms": sms, "at_ussd": {"path_key": self._ussd_key}}

    def text(self, number: str, words: str) -> str:
        """Posts an incoming SMS. Returns what became of it."""
        self._phone.number = number
        form = self._wire.incoming(number, words, id=secrets.token_hex(8))
        return _told(self._wire.post(f"{self._sms}/receive/{self._sms_key}", form))

    def report(self, word: str) -> str:
        """Posts "delivered" or "failed" for the last message that it took. Returns what became of it."""
        number, _, message_id = self.provider.messages[-1]
        form = self._wire.report(message_id, {"delivered": "Success", "failed": "Failed"}[word], number)
        return _told(self._wire.post(f"{self._sms}/status/{self._sms_key}", form))

    def dial(self, typed: str) -> str:
        """Dials a code ("*384#"), types into the open dial, or hangs up ("end"). Returns the screen."""
        if typed == "end":
            return _told(self._phone.hang_up(f"{self._ussd}/end/{self._ussd_key}"))
        if not (self._phone.is_open or typed.endswith("#")):
            return "no dial is open: dial a code first, such as `ussd *384#`"
        try:
            return self._phone.dial() if typed.endswith("#") else self._phone.type(typed)
        except AssertionError as error:  # what it says of a screen that no operator would show
            self._phone.is_open = False
            return f"the operator shows an error: {error}"


class TwilioDesk:
    """Twilio SMS."""

    def __init__(self, settings: Settings, show: Callable[[str], None]) -> None:
        from tests.providers import accounts  # noqa: PLC0415  only a checkout has it
        from tests.providers import twilio as wire  # noqa: PLC0415

        self._wire, self.provider = wire, accounts.TwilioAccount(auth_token=_known(settings, "twilio_sms", "auth_token"))
        self.provider.messages = _Shown(show, "twilio")
        self._local, self._base = settings.local_url, settings.base_url
        self.provider.number = {"sms_url": f"{self._base}/c/twilio_sms/receive"}

    def tables(self) -> Mapping[str, Mapping[str, str]]:
        """What ujumbe.toml has to say: option -> value by channel."""
        account = {"account_sid": self._wire.ACCOUNT, "auth_token": self.provider.auth_token, "from_number": self._wire.NUMBER}
        return {"twilio_sms": {**account, "base_url": self.provider.url}}

    def text(self, number: str, words: str) -> str:
        """Posts an incoming SMS. Returns what became of it."""
        form = self._wire.inbound(number, words, sid=f"SM{secrets.token_hex(16)}")
        return self._post(f"{self._base}/c/twilio_sms/receive", form)

    def report(self, word: str) -> str:
        """Posts "delivered" or "failed" for the last message that it took. Returns what became of it."""
        number, _, sid, callback = self.provider.messages[-1]
        return self._post(callback, self._wire.callback(sid, word, number))

    def _post(self, public: str, form: Mapping[str, str]) -> str:
        """Signed over the public address, posted to the local one."""
        local = self._local + public.removeprefix(self._base)
        return _told(self._wire.post(local, form, token=self.provider.auth_token, signed_url=public))


Desk = AtDesk | TwilioDesk
_DESKS: Mapping[str, Callable[[Settings, Callable[[str], None]], Desk]] = {"at": AtDesk, "twilio": TwilioDesk}


def run(provider: str, settings: Settings, source: Iterable[str], out: TextIO, *, ports: Mapping[str, int] = _PORTS) -> None:
    """Plays `provider` ("at", "twilio", "all") until `source` ends or says quit. Raises BadSetting outside a checkout.

    `ports`: where each listens; another one where that is taken, and any free one for 0."""
    _find_stand_ins()

    def show(line: str) -> None:
        out.write(f"{line}\n")
        out.flush()

    with ExitStack() as stack:
        desks = {name: make(settings, show) for name, make in _DESKS.items() if provider in (name, "all")}
        for name, desk in desks.items():
            desk.provider.port = ports[name] if _is_free(ports[name]) else 0
            stack.enter_context(desk.provider)
            show(_introduction(name, desk, settings))
        show(HELP)
        for line in source:
            words = line.split(None, 1)
            if words == ["quit"]:
                return
            show(_do(words, desks))


def _do(words: Sequence[str], desks: Mapping[str, Desk]) -> str:
    """Does what one line says. Returns the answer to it."""
    name, rest = words[0] if words else "", words[1].strip() if len(words) > 1 else ""
    desk = desks.get("at" if name == "ussd" else name)
    if desk is None or not rest:
        return HELP
    try:
        return desk.dial(rest) if name == "ussd" and isinstance(desk, AtDesk) else _sms(desk, rest)
    except requests.RequestException as error:
        return f"no answer from the gateway ({type(error).__name__}). Does `ujumbe serve` run?"


def _sms(desk: Desk, rest: str) -> str:
    if rest in ("delivered", "failed"):
        return desk.report(rest) if desk.provider.messages else "it took no message yet"
    number, _, words = rest.partition(" ")
    return desk.text(number, words) if number.startswith("+") and words else HELP


def _introduction(name: str, desk: Desk, settings: Settings) -> str:
    """Where the stand-in is, and what to put into ujumbe.toml where it is not there already."""
    tables = desk.tables()
    if all(settings.channels.get(channel, {}).items() >= options.items() for channel, options in tables.items()):
        return f"{name} stands at {desk.provider.url}, as ujumbe.toml says."
    lines = [f"{name} stands at {desk.provider.url}. Put this into ujumbe.toml, then stop `ujumbe serve` and start it again:"]
    for channel, options in tables.items():
        lines += ["", f"[channels.{channel}]", *(f'{option} = "{value}"' for option, value in options.items())]
    return "\n".join([*lines, ""])


def _told(answer: requests.Response) -> str:
    """What a provider would find in its log."""
    if answer.status_code == _TAKEN:
        return "taken"
    return f"not taken: HTTP {answer.status_code}. {answer.text}"


def _known(settings: Settings, channel: str, option: str) -> str:
    """The option of a table that is made for a stand-in already, else a new secret: a known one would open a public gateway."""
    options = settings.channels.get(channel, {})
    address = settings.channels.get("at_sms" if channel == "at_ussd" else channel, {}).get("base_url", "")
    is_ours = str(address).startswith("http://")  # only this machine may have such an address
    return str(options[option]) if is_ours and option in options else secrets.token_urlsafe(24)


def _is_free(port: int) -> bool:
    try:
        with closing(socket.create_server(("127.0.0.1", port))):
            return True
    except OSError:
        return False


def _find_stand_ins() -> None:
    """Raises BadSetting where they are not there."""
    if not (ROOT / "tests" / "providers").is_dir():
        raise BadSetting("provider-sim needs the stand-ins of tests/providers: run it from a checkout of the repository.")
    if str(ROOT) not in sys.path:
        sys.path.append(str(ROOT))
