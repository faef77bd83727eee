"""Puts together what receives alerts: the intake, the door that documents come in by, and the feeds that are read."""

import logging
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

from bot.cap.door import Door, Pins
from bot.cap.feeds import Feeds
from bot.config import Settings
from bot.core.alert.cap import Info
from bot.core.alert.feed import FeedStore
from bot.core.alert.first_look import FirstLook
from bot.core.alert.intake import Intake
from bot.core.alert.settling import Settling
from bot.core.alert.stored import IntakeStore, Origin
from bot.core.alert.telling import Telling
from bot.core.alert.words import AlertWords
from bot.core.errors import BadSetting
from bot.core.place.types import Gazetteer
from bot.core.ports import Clock

FORGOTTEN = 50  # documents at a time: each may have two megabytes

log = logging.getLogger(__name__)


class Kept(IntakeStore, FeedStore, Protocol):
    """A store that keeps received alerts, and how feeds go."""


class Receiving:
    """Everything about received alerts, for the gateway, the workers, the console and the command line."""

    def __init__(self, settings: Settings, store: Kept, *, places: Gazetteer, words: AlertWords, clock: Clock) -> None:
        self._settings, self.store, self._places, self._words, self._clock = settings, store, places, words, clock

    @cached_property
    def origins(self) -> Mapping[str, Origin]:
        """Who may hand us alerts, by name. People who upload are not among them: see `upload`."""
        return self._settings.alerts.origins

    @cached_property
    def intake(self) -> Intake:
        """Where alerts come in, are released and dismissed."""
        own = self._settings
        until = {lang: phrases.until for lang, phrases in self._words.phrases.items()}
        telling = Telling(until, own.zone, own.alerts.expires_after_hours * 3600)
        first = FirstLook(self._places, telling, self._hazard, hold_all=own.alerts.relay == "hold")
        return Intake(self.store, first, Settling(self._places, telling, self.origins))

    @cached_property
    def door(self) -> Door:
        """Takes documents in, whoever brings them."""
        return Door(self.intake, self._clock, self._pins)

    @cached_property
    def feeds(self) -> Feeds:
        """The feeds of the settings."""
        return Feeds(self.door, self.store, self._settings.alerts.feeds, self.origins, self._clock)

    def forget(self) -> int:
        """Forgets the documents of alerts that were over long ago, some at a time: for every minute or so. Returns how many."""
        days = self._settings.alerts.keep_raw_days
        forgotten = self.store.forget_raw(before=self._clock() - days * 86_400, limit=FORGOTTEN) if days else 0
        if forgotten:
            log.info("the documents of %d alerts that were over long ago are kept no more", forgotten)
        return forgotten

    @staticmethod
    def upload(name: str) -> Origin:
        """A member of staff who brings a document. It is held: another member releases it."""
        return Origin(f"upload:{name}")

    def _hazard(self, info: Info) -> str:
        found = self._words.classify(info)
        return found.id if found else ""

    def _pins(self, origin: str) -> Pins:
        policy, path = self._settings.alerts.pins(origin)
        return policy, _certificate(origin, path)


def _certificate(origin: str, path: Path | None) -> Sequence[bytes]:
    if path is None:
        return ()
    try:
        return (path.read_bytes(),)
    except OSError:
        kind, _, name = origin.partition(":")
        table = f"alerts.{'feeds' if kind == 'feed' else kind}.{name}"
        raise BadSetting(f"{table}.certificate cannot be read: {path}. Put the authority's PEM file there.") from None
