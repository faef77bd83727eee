"""What the USSD channels have in common: the identity of a hop, and the limits of a screen."""

from collections.abc import Mapping
from hashlib import sha256

from bot.core.types import Limits, Message, SessionEvent

PREFIX = 4  # "CON " and "END ": whether operators count them is unknown, so we do


def limits(reply_within_s: float) -> Limits:
    """One screen that every network shows: Safaricom 160 characters (Airtel Kenya 184), GSM 04.80 carries 160 octets (80 UCS-2 units).

    Limits are a channel's, not a network's: the smallest holds for all.
    """
    units, ucs2 = 160 - PREFIX, 80 - PREFIX
    return Limits(
        units=units,
        units_joined=units,
        ucs2_units=ucs2,
        ucs2_joined=ucs2,
        max_parts=1,
        reply_within_s=reply_within_s,
        can_push=False,
    )


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
