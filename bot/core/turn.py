"""One stored message with all that its handling needs, and what is looked up for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from bot.core.alert.cap import Point
from bot.core.alert.notice import Notice, RollCall
from bot.core.alert.roll import ROLL_S
from bot.core.around import Around
from bot.core.ports import Channel
from bot.core.storage import Tx, WaitingAnswer
from bot.core.types import Contact, Message, Session, Status
from bot.core.urn import has_number

LAST_ANSWER_S = 24 * 3600.0  # how long an answer can be read again on a screen
CLOCKS_S = 120.0  # a provider's clock may be so far behind ours
_AXES = (("latitude", 90.0), ("longitude", 180.0))


@dataclass(frozen=True, slots=True)
class Turn:
    """One message, taken in by `tx`."""

    tx: Tx
    id: int
    message: Message
    channel: Channel
    contact: Contact
    session: Session
    now: float
    silent: Callable[[], bool]  # whether a source of warnings was not heard for too long

    @property
    def screen_s(self) -> float | None:
        """How long its screen can wait for an answer; None where it has none."""
        return self.channel.limits.reply_within_s

    @property
    def last_answer(self) -> WaitingAnswer:
        """The person's last answer; an empty one where there is none."""
        answer = self.tx.last_answer(self.message.urn, since=self.now - LAST_ANSWER_S)
        return answer or WaitingAnswer(0, 0, "", Status.QUEUED)

    @property
    def around(self) -> Around:
        """What else is known. Asked once of the store, and only where it is needed."""
        return Around(
            cache(self._notices), cache(self._roll_call), cache(self._roll_call_of), self._offered, self.silent, where(self.message)
        )

    def _notices(self) -> Sequence[Notice]:
        return self.tx.notices(now=self.now)

    def _roll_call(self) -> RollCall | None:
        """A message that was written before the roll call cannot answer it, however late it comes."""
        call = self.tx.roll_call(self.message.urn, since=self.now - ROLL_S)
        sent = self.message.sent_at
        return None if call is None or (sent is not None and sent < call.asked - CLOCKS_S) else call

    def _roll_call_of(self, broadcast_id: int) -> RollCall | None:
        return self.tx.roll_call_of(broadcast_id, self.message.urn, asked=self.now)

    def _offered(self, since: float) -> bool:
        answer = self.tx.last_answer(self.message.urn, since=since)
        return answer is not None and bool(answer.offers)


def where(message: Message) -> Point | None:
    """The location that a message shares, None where it shares none that is on Earth."""
    try:
        latitude, longitude = (float(message.meta[axis]) for axis, _ in _AXES)
    except (KeyError, ValueError):
        return None
    near_enough = all(-most <= degrees <= most for degrees, (_, most) in zip((latitude, longitude), _AXES, strict=True))
    return (latitude, longitude) if near_enough else None


def known_as(tx: Tx, urn: str) -> str:
    """The URN that a person is known by. A number is always its own: nobody is looked up for it."""
    return urn if has_number(urn) else tx.person(urn)


def session_key(message: Message) -> str:
    """ "channel:session id" on USSD, "channel:urn" elsewhere."""
    return f"{message.channel}:{message.session_id or message.urn}"


def typed(message: Message, session: Session) -> str:
    """What the person typed in this hop. Where the provider joins all inputs with '*', what is new since the last hop: so that
    a '*' that was typed stays part of the input (Africa's Talking does not escape it)."""
    if session.path and message.path.startswith(f"{session.path}*"):
        return message.path[len(session.path) + 1 :]
    first_input = session.last_id and not session.path and message.path
    return message.path if first_input else message.text
