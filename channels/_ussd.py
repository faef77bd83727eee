"""What the USSD channels have in common: the identity of a hop, and the limits of a screen."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

from bot.core.types import Limits, Message, SessionEvent

PREFIX = 4  # "CON " and "END ": whether operators count them is unknown, so we do
SAFE = 160  # characters of a screen that every known network shows
_OCTETS = 160  # of a screen in GSM 04.80: 80 UCS-2 units


def limits(reply_within_s: float) -> Limits:
    """One screen that every network shows."""
    return sized(Limits(max_parts=1, reply_within_s=reply_within_s, can_push=False), SAFE)


def sized(limits: Limits, characters: int) -> Limits:
    """The same for a network whose screen has so many characters, the prefix among them."""
    units, ucs2 = characters - PREFIX, min(characters, _OCTETS) // 2 - PREFIX
    return replace(limits, units=units, units_joined=units, ucs2_units=ucs2, ucs2_joined=ucs2)


def hop(channel: str, *, session_id: str, urn: str, path: str, to: str = "", meta: Mapping[str, str] | None = None) -> Message:
    """One hop of a dial as a message.

    `path` is every input of the dial so far joined by "*", "" when it was just dialled. Providers give a hop no id of its own:
    the session, the number of inputs and the inputs tell a repeat of a hop from the next one.
    """
    steps = path.split("*") if path else []
    return Message(
        channel=channel,
        external_id=f"{session_id}:{len(steps)}:{sha256(path.encode()).hexdigest()[:16]}",
        urn=urn,
        text=steps[-1] if steps else "",
        to=to,
        session_id=session_id,
        session_event=SessionEvent.RESUME if steps else SessionEvent.NEW,
        path=path,
        meta=meta or {},
    )
