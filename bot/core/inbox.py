"""Taking in what providers send: stored before it is acknowledged, decided in the same transaction.

The gateway calls `Inbox.take` inside one transaction for many events at a time and answers the provider only after the commit.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, tzinfo
from functools import partial

from bot.core.alert.words import AlertWords
from bot.core.decide import Decider
from bot.core.handoff import Handoff
from bot.core.loops import Loops
from bot.core.place.types import Gazetteer
from bot.core.ports import Channel, Taken
from bot.core.pushed import Pushed
from bot.core.reception import Reception
from bot.core.screens import OnScreen
from bot.core.storage import Tx, WaitingAnswer
from bot.core.turn import Turn, known_as, session_key, typed
from bot.core.types import Event, Lang, Library, Linked, Message, OptOut, Reply, Session, SessionEnd, StatusUpdate

WORTH_S = 3 * 3600.0  # an answer to an older message would only puzzle the person; gateways on a bad line deliver days late


def _never_silent(now: float) -> bool:
    return False


class Inbox:
    """The one way in, for every channel. `words` are those of warnings, `places` where people are, `zone` what their clocks show, `silent`
    whether a source of warnings was not heard for too long."""

    def __init__(
        self,
        library: Library,
        channels: Mapping[str, Channel],
        *,
        lang: Lang,
        values: Mapping[str, str],
        loops: Loops = Loops(),  # noqa: B008  a frozen value
        words: AlertWords | None = None,
        places: Gazetteer | None = None,
        zone: tzinfo = UTC,
        silent: Callable[[float], bool] = _never_silent,
    ) -> None:
        self._channels = channels
        self._lang = lang
        self._silent = silent
        decider = Decider(library, values=values, words=words, places=places, zone=zone)
        reception = Reception(library, decider, Handoff(library, values), channels, loops)
        self._pushed, self._screens = Pushed(reception), OnScreen(reception)
        self.restored_at = 0.0  # set by who reads providers' lists, where a backup was brought back lately

    def take(self, tx: Tx, event: Event, *, now: float) -> Taken:
        """Stores `event` and everything that follows from it at once. Taking the same event again changes nothing."""
        match event:
            case StatusUpdate():
                tx.apply_status(event, now=now)
                return Taken()
            case SessionEnd():
                tx.end_session(f"{event.channel}:{event.session_id}")
                return Taken()
            case OptOut():
                self._opt_out(tx, known_as(tx, event.urn), now)
                return Taken()
            case Linked():
                tx.link(event)
                return Taken()
            case Message():
                return self._take_message(tx, replace(event, urn=known_as(tx, event.urn)), now)

    def is_late(self, message: Message, *, now: float) -> bool:
        """Whether `message` was sent too long ago to be answered, by the provider's clock, or may have been answered by what a restore
        took away."""
        return message.sent_at is not None and (now - message.sent_at > WORTH_S or message.sent_at <= self.restored_at)

    def answered(self, tx: Tx, message: Message, answer: WaitingAnswer, *, now: float) -> Reply:
        """The screen for `message` of an answer that came in time, cut to the channel's size and kept for a repeat of the hop."""
        lang = tx.contact(message.urn, now=now, lang=self._lang).lang
        return self._screens.answered(tx, message, answer, self._channels[message.channel], lang)

    def _opt_out(self, tx: Tx, urn: str, now: float) -> None:
        tx.save_contact(replace(tx.contact(urn, now=now, lang=self._lang), opted_out=True))
        tx.expire_replies(urn)

    def _take_message(self, tx: Tx, message: Message, now: float) -> Taken:
        channel = self._channels[message.channel]
        key = session_key(message)
        session = tx.session(key) or Session(key)
        message = replace(message, text=typed(message, session))
        if message.twin_s and tx.twin(message, now=now):
            return Taken(duplicate=True)
        message_id = tx.insert_message(message, now=now)
        if message_id is None and channel.limits.reply_within_s is None:
            return Taken(duplicate=True)
        contact = tx.contact(message.urn, now=now, lang=self._lang)
        if message_id is None:
            return self._screens.again(tx, message, channel, session, contact, now=now)
        contact = replace(contact, seen=now, greeted=contact.greeted or contact.created < now)
        turn = Turn(tx, message_id, message, channel, contact, session, now, partial(self._silent, now))
        return self._screens.take(turn) if turn.screen_s is not None else self._pushed.take(turn, late=self.is_late(message, now=now))
