"""The screen: starts the desks, reads lines, and shows what comes of them."""

import socket
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TextIO

import requests

from bot.config import Settings
from bot.core.errors import BadSetting
from bot.provider_sim import NAMES
from bot.provider_sim.desk import Desk
from bot.provider_sim.gateways import AndroidDesk, HttpDesk, JasminDesk, KannelDesk
from bot.provider_sim.services import AtDesk, MetaDesk, TwilioDesk

ROOT = Path(__file__).resolve().parent.parent.parent

_MAKERS: tuple[type[Desk], ...] = (AtDesk, TwilioDesk, MetaDesk, AndroidDesk, KannelDesk, JasminDesk, HttpDesk)
_PORTS = {name: port for port, name in enumerate(NAMES, 8601)}  # the same at each start, so that ujumbe.toml can stay as it is

HELP = f"""  at +254700000001 habari      a message by way of Africa's Talking
  at delivered | at failed     its report on the last message that it took
  meta read                    somebody opened it on WhatsApp
  ussd *384#                   dials; then `ussd 1` types 1, and `ussd end` hangs up
  help, quit
  The same as `at`: {", ".join(name for name in NAMES if name != "at")}"""


def run(provider: str, settings: Settings, source: Iterable[str], out: TextIO, *, ports: Mapping[str, int] = _PORTS) -> None:
    """Plays `provider` (one of NAMES, or "all") until `source` ends or says quit. Raises BadSetting outside a checkout.

    `ports`: where each listens; another one where that is taken, and any free one for 0."""
    _find_stand_ins()

    def show(line: str) -> None:
        out.write(f"{line}\n")
        out.flush()

    with ExitStack() as stack:
        desks = {make.name: make(settings, show) for make in _MAKERS if provider in (make.name, "all")}
        for desk in desks.values():
            desk.provider.port = ports[desk.name] if _is_free(ports[desk.name]) else 0
            stack.enter_context(desk.provider)
            show(_introduction(desk, settings))
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
        return desk.dial(rest) if name == "ussd" and isinstance(desk, AtDesk) else _message(desk, rest)
    except requests.RequestException as error:
        return f"no answer from the gateway ({type(error).__name__}). Does `ujumbe serve` run?"


def _message(desk: Desk, rest: str) -> str:
    if rest in desk.reports:
        return "it took no message yet" if desk.is_idle else desk.report(rest)
    number, _, words = rest.partition(" ")
    return desk.text(number, words) if number.startswith("+") and words else HELP


def _introduction(desk: Desk, settings: Settings) -> str:
    """Where the stand-in is, and what to put into ujumbe.toml where it is not there already."""
    tables = desk.tables()
    if all(settings.channels.get(channel, {}).items() >= options.items() for channel, options in tables.items()):
        return f"{desk.name} stands at {desk.provider.url}, as ujumbe.toml says."
    lines = [f"{desk.name} stands at {desk.provider.url}. Put this into ujumbe.toml, then stop `ujumbe serve` and start it again:"]
    for channel, options in tables.items():
        lines += ["", f"[channels.{channel}]", *(f'{option} = "{value}"' for option, value in options.items())]
    return "\n".join([*lines, ""])


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
