"""The alerts' side of the service: what drafts, approves, feeds, receives and shows them, and who may. Each is made at its first use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from bot.app.texts import SKILLS
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
from bot.core.errors import BadSetting
from bot.core.place.types import Gazetteer
from bot.core.ports import Channel, Clock, Queue
from bot.core.refusal import Declined
from bot.core.storage import Store

if TYPE_CHECKING:
    from bot.cap.feeds import Reading
    from bot.receiving import Receiving


@dataclass
class Alerts:
    """What the alerts need of the service, and what is made of it. `bot.app.service.App` adds the answers."""

    settings: Settings
    store: Store
    queue: Queue
    channels: Mapping[str, Channel]
    clock: Clock

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

    def _source_is_silent(self, now: float) -> bool:
        """Whether a feed of the settings has not been read for so long that what we tell of its alerts may be old."""
        from bot.cap.feeds import is_stale

        sources, kept = self.settings.alerts.feeds, getattr(self.store, "feeds", None)  # the in-memory double reads no feeds
        if not sources or kept is None:
            return False
        states = {state.name: state for state in kept()}
        return any(is_stale(states.get(name), source.stale_after_s, now=now) for name, source in sources.items())

    @property
    def _broadcasts(self) -> BroadcastStore:
        return cast(BroadcastStore, self._kept)

    @property
    def _staff(self) -> StaffStore:
        return cast(StaffStore, self._kept)

    @property
    def _kept(self) -> Store:
        """The store, where it keeps alerts and staff. Raises Declined for the one in memory, which knows neither (ADR 0019)."""
        if not hasattr(self.store, "audit_log"):
            raise Declined("no_alert_store")
        return self.store
