"""The service: what comes in, what is answered, what goes out, beside the alerts. Everything it uses is handed to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from bot.app.alerts import Alerts
from bot.app.keys import own_key
from bot.app.upkeep import Upkeep
from bot.config import Settings
from bot.core.answer import Answerer
from bot.core.answering import Answering, Hold
from bot.core.approved import ApprovedBook, vocabulary
from bot.core.deliver import Deliverer
from bot.core.desk import Desk
from bot.core.inbox import Inbox
from bot.core.jump import Watch, steady
from bot.core.loops import Loops
from bot.core.ports import Chooser, Clock, Writer
from bot.core.remembered import Memory, Remembered, Seen
from bot.core.types import Lane, Library
from bot.loading import load_engine, load_meaning, open_remote

GO_ON_S = 1.0  # a thread stays with one channel for this long


@dataclass
class App(Alerts):
    """The service, put together. Workers and the gateway each build their own from the same settings."""

    library: Library
    writer: Writer | None = None  # given by tests and the chat; else the settings' model, loaded at the first answer
    load_engine: Callable[[Settings], tuple[Writer | None, Chooser | None]] = field(default_factory=lambda: load_engine)
    steady: Clock = steady  # seconds that only pass, to tell a jump of `clock` by
    tell_remembered: Callable[[Seen], object] = lambda seen: None  # what becomes of each question where answers are remembered

    @cached_property
    def inbox(self) -> Inbox:
        """Takes in what providers send."""
        own = self.settings
        return Inbox(
            self.library,
            self.channels,
            lang=own.lang,
            values=own.placeholders,
            loops=self._loops,
            words=self.alert_words,
            places=self.places,
            zone=own.zone,
            silent=self._source_is_silent,
        )

    @property
    def _loops(self) -> Loops:
        own = self.settings
        return Loops(own.same_text_most, own.same_text_within_s, own.person_most, own.person_within_s)

    @cached_property
    def desk(self) -> Desk:
        """Where a person answers tickets."""
        return Desk(self.store, self.channels, self.queue, self.clock)

    def own_key(self, name: str) -> str:
        """A secret of this installation, made at its first use and kept in the data directory."""
        return own_key(self.settings.data_dir, name)

    @cached_property
    def _deliverer(self) -> Deliverer:
        return Deliverer(self.store, self.channels, self.clock, zone=self.settings.zone)

    @cached_property
    def _answerer(self) -> Answerer:
        writer, chooser = (self.writer, None) if self.writer is not None else self.load_engine(self.settings)
        return Answerer(
            self.library,
            writer,
            chooser=chooser,
            meaning=load_meaning(self.settings),
            remote=open_remote(self.settings, self.store, self.clock),
            model_s=self.settings.answer_within_s,
            values=self.settings.placeholders,
        )

    @cached_property
    def _answering(self) -> Answering:
        plain = self._answerer.without_model()
        return Answering(
            store=self.store,
            channels=self.channels,
            library=self.library,
            people=ApprovedBook(self.store, vocabulary(self.library)),
            answers=Remembered(self._answerer, plain, Memory(tell=self.tell_remembered)),
            plain=plain,
            clock=self.clock,
            model_s=self.settings.answer_within_s,
            loops=self._loops,
            stale_after_s=self.settings.stale_after_s,
            stale_reply=self.settings.stale_reply,
        )

    @property
    def answers(self) -> Answerer:
        """What answers a worker's questions, as if each were the first."""
        return self._answerer

    def warm(self) -> None:
        """Loads the model and the index now, so that the first asker does not wait for them."""
        _ = self._answering

    def answer(self, message_id: int, *, hold: Hold) -> None:
        """Answers a question and hints its delivery. Safe to repeat."""
        hint = self._answering.answer(message_id, hold=hold)
        if hint is not None:
            self.queue.hint(*hint)

    def send(self, delivery_id: int) -> None:
        """Sends what is left of a delivery, then for a second whoever waits behind it. Safe to repeat.

        Each of those by a hint of its own would cost more than the send does, and most where the most wait."""
        until, following = self.steady() + GO_ON_S, self._send(delivery_id)
        while following is not None and self.steady() < until:
            following = self._send(following[1])
        if following is not None:  # others wait for this thread
            self.queue.hint(*following)

    def _send(self, delivery_id: int) -> tuple[Lane, int] | None:
        """One delivery; returns who may go next. Nothing goes out, and nothing is too late, while a clock that jumped is not settled: the
        sweep hints it again."""
        self._watch.look()
        following: list[tuple[Lane, int]] = []
        if self._watch.calm:
            self._deliverer.send(delivery_id, lambda *who: following.append(who))
        return following[0] if following else None

    def sweep(self) -> int:
        """Finds what was left behind; at the first call and then hourly also what providers could not deliver to us.

        Returns how many rows were hinted."""
        return self._upkeep.sweep()

    @cached_property
    def _upkeep(self) -> Upkeep:
        return Upkeep(
            self.store,
            self.queue,
            self.channels,
            self.library,
            self.clock,
            self._watch,
            inbox=lambda: self.inbox,
            feeder=lambda: self._feeder,
        )

    @cached_property
    def _watch(self) -> Watch:
        return Watch(self.clock, self.steady)
