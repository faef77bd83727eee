"""The composition root: the only file that names what is behind each port. Everything else is handed what it needs."""

import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from bot.config import Settings
from bot.core.alert.access import Access
from bot.core.alert.audit import AuditStore
from bot.core.alert.board import BoardStore
from bot.core.alert.cap_out import CapOut
from bot.core.alert.compose import Template
from bot.core.alert.desk import AlertDesk
from bot.core.alert.draft import Drafting
from bot.core.alert.feeder import Feeder
from bot.core.alert.people import PeopleStore
from bot.core.alert.preview import Previewer, ways_seen
from bot.core.alert.received import Received
from bot.core.alert.roster import Roster
from bot.core.alert.sending import Audiences, BroadcastStore, Ways, ways_of
from bot.core.alert.staff import StaffStore
from bot.core.alert.words import AlertWords
from bot.core.answer import Answerer
from bot.core.answering import Answering, Hold
from bot.core.approved import ApprovedBook, vocabulary
from bot.core.deliver import Deliverer
from bot.core.desk import Desk
from bot.core.errors import BadSetting
from bot.core.inbox import Inbox
from bot.core.jump import Watch, steady
from bot.core.limits import with_limits
from bot.core.loops import Loops
from bot.core.place.types import Gazetteer
from bot.core.ports import Channel, Checks, Chooser, Clock, Queue, Writer
from bot.core.promise import Promises
from bot.core.recover import LOOK_BACK_S, catch_up, recover
from bot.core.refusal import Declined
from bot.core.remembered import Memory, Remembered, Seen
from bot.core.storage import Store
from bot.core.sweep import sweep
from bot.core.trace import where
from bot.core.types import Library
from bot.loading import load_engine, load_meaning, open_remote

if TYPE_CHECKING:
    from bot.cap.feeds import Reading
    from bot.receiving import Receiving

SKILLS = Path(__file__).resolve().parent.parent / "skills"

# Every channel of the house: its file under channels/ and its class. A new channel is a file and a line here.
CHANNELS: Mapping[str, str] = {
    "android_gateway": "AndroidGateway",
    "at_sms": "AtSms",
    "at_ussd": "AtUssd",
    "http": "Http",
    "jasmin": "Jasmin",
    "kannel": "Kannel",
    "meta_whatsapp": "MetaWhatsapp",
    "sim": "Sim",
    "sim_ussd": "SimUssd",
    "sim_whatsapp": "SimWhatsapp",
    "twilio_sms": "TwilioSms",
    "twilio_whatsapp": "TwilioWhatsapp",
}
RECOVER_EVERY_S = 3600.0
RECOVER_AGAIN_S = 60.0
log = logging.getLogger(__name__)


@dataclass
class App:
    """The service, put together. Workers and the gateway each build their own from the same settings."""

    settings: Settings
    library: Library
    store: Store
    queue: Queue
    channels: Mapping[str, Channel]
    clock: Clock
    writer: Writer | None = None  # given by tests and the chat; else the settings' model, loaded at the first answer
    load_engine: Callable[[Settings], tuple[Writer | None, Chooser | None]] = field(default_factory=lambda: load_engine)
    steady: Clock = steady  # seconds that only pass, to tell a jump of `clock` by
    tell_remembered: Callable[[Seen], object] = lambda seen: None  # what becomes of each question where answers are remembered
    _recover_at: float = 0.0
    _urgent: frozenset[int] = frozenset()  # the open urgent tickets, as last told

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

    def _source_is_silent(self, now: float) -> bool:
        """Whether a feed of the settings has not been read for so long that what we tell of its alerts may be old."""
        from bot.cap.feeds import is_stale

        sources, kept = self.settings.alerts.feeds, getattr(self.store, "feeds", None)  # the in-memory double reads no feeds
        if not sources or kept is None:
            return False
        states = {state.name: state for state in kept()}
        return any(is_stale(states.get(name), source.stale_after_s, now=now) for name, source in sources.items())

    @property
    def _loops(self) -> Loops:
        own = self.settings
        return Loops(own.same_text_most, own.same_text_within_s, own.person_most, own.person_within_s)

    @cached_property
    def desk(self) -> Desk:
        """Where a person answers tickets."""
        return Desk(self.store, self.channels, self.queue, self.clock)

    @cached_property
    def access(self) -> Access:
        """Who may come in to the console and the API."""
        from bot.proofs import ArgonAndTotp

        return Access(self._staff, ArgonAndTotp(), self.clock, longest_s=self.settings.alerts.session_hours * 3600)

    @cached_property
    def roster(self) -> Roster:
        """Who works here."""
        return Roster(self._staff, self.clock)

    @property
    def audit_log(self) -> AuditStore:
        """Who did what."""
        return cast(AuditStore, self._kept)

    @property
    def people(self) -> PeopleStore:
        """The people whom alerts are for."""
        return cast(PeopleStore, self._kept)

    @property
    def boards(self) -> BoardStore:
        """Roll calls, by place."""
        return cast(BoardStore, self._kept)

    @cached_property
    def alert_desk(self) -> AlertDesk:
        """Where broadcasts are drafted, approved by a second person, paused, stopped and followed."""
        return AlertDesk(self._broadcasts, self.alert_audiences, self.places, self.queue, self.clock, self.drafting.check)

    @cached_property
    def alert_audiences(self) -> Audiences:
        """Whom an audience holds now, and by which channel."""
        return Audiences(self._broadcasts, self.alert_ways, self.channels, self.settings.lang)

    @cached_property
    def alert_ways(self) -> Ways:
        """Which channel pushes alerts to whom. The simulator's only where there is no other. Raises BadSetting."""
        chosen = self.settings.alerts.channels
        for scheme, name in chosen.items():
            limits = self.channels[name].limits if name in self.channels else None
            if limits is None or not limits.can_push or limits.scheme != scheme:
                raise BadSetting(f"alerts.channels.{scheme} is {name!r}: no such channel pushes to {scheme}: numbers. Name one that does.")
        real_first = sorted(self.channels.values(), key=lambda channel: channel.name.startswith("sim"))
        return ways_of(real_first, chosen)

    @cached_property
    def drafting(self) -> Drafting:
        """What makes a broadcast's words."""
        own = self.settings
        return Drafting(Template(self.alert_words, own.zone, own.alerts.order), own.alerts.hosts)

    @cached_property
    def previewer(self) -> Previewer:
        """What shows a broadcast before it is approved."""
        return Previewer(ways_seen(self.channels, self.settings.alerts.prices), self.settings.zone)

    @cached_property
    def received_drafts(self) -> Received:
        """What makes drafts of received alerts."""
        return Received(self.alert_words, self.places)

    @cached_property
    def cap_out(self) -> CapOut:
        """What makes CAP messages of our broadcasts."""
        own = self.settings
        return CapOut(self.alert_words, own.alerts.sender or f"alerts@{urlsplit(own.base_url).hostname or 'localhost'}", self.places)

    @cached_property
    def _feeder(self) -> Feeder:
        own = self.settings
        return Feeder(self._broadcasts, self.channels, self.alert_ways, self.queue, self.clock, own.lang)

    @property
    def _broadcasts(self) -> BroadcastStore:
        return cast(BroadcastStore, self._kept)

    def own_key(self, name: str) -> str:
        """A secret of this installation, made at its first use and kept in the data directory."""
        return _own_key(self.settings.data_dir, name)

    @cached_property
    def receiving(self) -> "Receiving":
        """Received alerts: where they come in, and the feeds that are read."""
        from bot.receiving import Kept, Receiving

        return Receiving(self.settings, cast(Kept, self._kept), places=self.places, words=self.alert_words, clock=self.clock)

    def read_feeds(self) -> "Sequence[Reading]":
        """Reads the feeds that are due, tells anew what has expired in one language only, and forgets documents of long ago. Returns how
        the feeds stand."""
        readings = self.receiving.feeds.read()
        self.receiving.intake.renew(now=self.clock())
        self.receiving.forget()
        return readings

    @property
    def _staff(self) -> StaffStore:
        return cast(StaffStore, self._kept)

    @property
    def _kept(self) -> Store:
        """The store, where it keeps alerts and staff. Raises Declined for the one in memory, which knows neither (ADR 0019)."""
        if not hasattr(self.store, "audit_log"):
            raise Declined("no_alert_store")
        return self.store

    @cached_property
    def places(self) -> Gazetteer:
        """Looks places up; empty where no file of places was built for the countries of the settings (`ujumbe doctor` says so)."""
        from bot.places.live import LivePlaces

        own = self.settings
        return LivePlaces(own.cache_dir, own.data_dir, own.countries)

    @cached_property
    def alert_words(self) -> AlertWords:
        """The words of alerts: hazards, what to do, templates."""
        from skills.alert_texts import load

        return load(SKILLS)

    @cached_property
    def _deliverer(self) -> Deliverer:
        return Deliverer(self.store, self.channels, self.clock, zone=self.settings.zone, hint=self.queue.hint)

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
        """Sends what is left of a delivery. Safe to repeat. Nothing goes out, and nothing is too late, while a clock that jumped is not
        settled: the sweep hints it again."""
        self._watch.look()
        if self._watch.calm:
            self._deliverer.send(delivery_id)

    def sweep(self) -> int:
        """Finds what was left behind; at the first call and then hourly also what providers could not deliver to us.

        Returns how many rows were hinted."""
        self._settle_clock()
        now = self.clock()
        self._tell_urgent()
        hinted = sweep(self.store, self.queue, now=now)
        self._feed()
        for hint in Promises(self.store, self.channels, self.library).tell(now=now):
            self.queue.hint(*hint)
        if now >= self._recover_at:  # last: it may take minutes, and people in danger do not wait for it
            self._recover_at = now + RECOVER_EVERY_S
            self._recover(now)
        return hinted

    def _feed(self) -> None:
        """Feeds broadcasts on. What goes wrong with one of them must not keep the sweep from what else it has to do."""
        if not hasattr(self.store, "audit_log"):
            return
        try:
            self._feeder.run()
        except Exception as error:  # of any kind: it is tried again at the next sweep
            log.error("broadcasts are not fed: %s", where(error))

    @cached_property
    def _watch(self) -> Watch:
        return Watch(self.clock, self.steady)

    def _settle_clock(self) -> None:
        """Before anything is called late or early: what waits follows a clock that was put right."""
        if jumped_s := self._watch.settle(self.store):
            log.warning("the clock jumped by %+.0f s: what waits has moved along, nothing is late because of it", jumped_s)
            self._recover_at = 0.0

    def _tell_urgent(self) -> None:
        """One line for each urgent ticket that is open and was not told yet; a restart tells them again."""
        urgent = frozenset(self.store.urgent_tickets())
        for ticket in sorted(urgent - self._urgent):
            log.warning("urgent ticket %d opened", ticket)
        self._urgent = urgent

    def _recover(self, now: float) -> None:
        self.inbox.restored_at = self.store.restored_at()
        recovered = recover(self.store, self.inbox, self.channels, now=now, since=now - LOOK_BACK_S)
        for hint in recovered.hints:
            self.queue.hint(*hint)
        if recovered.taken or recovered.too_old:
            log.info("recovered %d missed messages, %d were too old to answer", recovered.taken, recovered.too_old)
        failed = {**recovered.failed, **catch_up(self.store, self.channels, now=now, since=now - LOOK_BACK_S)}
        for channel, code in failed.items():
            log.warning("channel %s does not say what we missed (%s): asked again soon", channel, code)
        if failed:
            self._recover_at = now + RECOVER_AGAIN_S


def build(
    settings: Settings,
    *,
    store: Store | None = None,
    queue: Queue | None = None,
    writer: Writer | None = None,
    clock: Clock = time.time,
) -> App:
    """Puts the service together. What is not given is made from the settings. Raises BadSetting or BadText.

    A clock of a test's own never jumps forward: it goes as it is moved."""
    from skills.loader import load

    app = App(
        settings=settings,
        library=load(SKILLS),
        store=store if store is not None else _open_store(settings),
        queue=queue if queue is not None else _open_queue(settings),
        channels=open_channels(settings),
        clock=clock,
        writer=writer,
        steady=steady if clock is time.time else clock,
    )
    _ = app.alert_ways  # a channel that cannot push alerts is told now, and not on the day of the flood
    return app


def channel_class(name: str) -> type[Any]:
    """The class of a channel, imported only when it is configured: vendor SDKs are big. Raises BadSetting for an unknown name."""
    if name not in CHANNELS:
        raise BadSetting(f"channels.{name}: there is no such channel. Choose from {', '.join(sorted(CHANNELS))}.")
    cls: type[Any] = getattr(import_module(f"channels.{name}"), CHANNELS[name])
    return cls


def open_channels(settings: Settings) -> Mapping[str, Channel]:
    """The configured channels, by name. Raises BadSetting for an unknown channel or option."""
    return {name: _open_channel(name, channel_class(name), options, settings) for name, options in settings.channels.items()}


def _open_channel(name: str, cls: type[Any], options: Mapping[str, Any], settings: Settings) -> Channel:
    given = dict(options)
    limits = given.pop("limits", {})
    if name.startswith("sim"):
        given.setdefault("path_key", _own_key(settings.data_dir, name))
    try:
        channel: Channel = cls(**given, country=settings.country, public_url=settings.base_url)
    except TypeError as error:
        raise BadSetting(f"channels.{name}: {str(error).split('() ')[-1]}. Mend that table in the settings.") from None
    channel.limits = with_limits(name, channel.limits, limits)
    return channel


def open_checks(channel: Channel, settings: Settings) -> Checks | None:
    """What the doctor can do for a channel that was opened from these settings, None where that is nothing."""
    from channels._checks import checks_for

    usual = {option: known.default for option, known in signature(type(channel)).parameters.items()}
    return checks_for(channel.name, usual | settings.channels[channel.name], settings.base_url)


def _own_key(data_dir: Path, name: str) -> str:
    """A secret, made once per data directory and shared by its processes: a simulator's path key, what the console's addresses hide
    numbers with."""
    path = data_dir / "keys" / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        mine = path.with_name(f"{name}.{secrets.token_hex(4)}")
        mine.touch(mode=0o600)
        mine.write_text(secrets.token_urlsafe(24))
        # Several processes start at once: the first link wins, and nobody ever reads half a key.
        with suppress(FileExistsError):
            path.hardlink_to(mine)
        mine.unlink()
    return path.read_text()


def _open_store(settings: Settings) -> Store:
    from bot.store import open_store

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return open_store(settings.sqlalchemy_url)


def _open_queue(settings: Settings) -> Queue:
    from bot.worker.queue import CeleryQueue

    return CeleryQueue(settings)


def learn(settings: Settings) -> int:
    """Lets the embedding model read all questions and facts once, and keeps what it learnt. Returns how many texts."""
    from models.engine import open_meaning
    from skills.loader import load

    answers = Answerer(load(SKILLS), meaning=open_meaning(settings.cache_dir), model_s=1.0)
    return answers.texts
