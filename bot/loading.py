"""Loads what has a part in the answers, as the settings name it: the model, the embedding model, the remote endpoint.

What cannot be had is told in the log, and the answers go on without it.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bot.config import Settings
from bot.core.errors import ModelFailed
from bot.core.ports import Chooser, Clock, Meaning, Writer
from bot.core.prompt import words_of
from bot.core.remote import Budget, Remote
from bot.core.storage import Store
from bot.core.types import Library
from bot.core.workload import Workload

if TYPE_CHECKING:
    from models.engine import Engine

log = logging.getLogger(__name__)


def load_engine(settings: Settings) -> tuple[Writer | None, Chooser | None]:
    """The model of the settings, in this process. Without one, the search alone picks among the facts' own words."""
    from models.engine import open_engine

    s = settings
    return _engine(s, lambda: open_engine(s.model, cache_dir=s.cache_dir, threads=s.threads, adapters=s.model_adapters))


def load_kept_engine(
    settings: Settings, *, library: Library, noted: Callable[[str], None], shown: Callable[[Callable[[], Workload]], None]
) -> tuple[Writer | None, Chooser | None]:
    """The same for a worker: in a process of its own, for several askers at once. `library`: what it writes about. `noted` hears why it
    was lost, each time. `shown` is given what looks at the engine's workload, once there is an engine."""
    from models.engine import keep_engine

    def opens() -> "Engine":
        s = settings
        engine = keep_engine(
            s.model,
            cache_dir=s.cache_dir,
            threads=s.threads,
            memory_mb=s.model_memory_mb,
            noted=noted,
            texts=words_of(library),
            adapters=s.model_adapters,
        )
        if engine.workload is not None:
            shown(engine.workload)
        return engine

    return _engine(settings, opens)


def make_lean(settings: Settings, library: Library) -> Path | None:
    """Makes the model's lean copy for the texts of `library` (models.lean) now, where it gains anything, so that no start has to wait for
    it. Returns its file. Raises ModelFailed."""
    from models.engine import make_lean as make

    return make(settings.model, cache_dir=settings.cache_dir, texts=words_of(library)) if settings.model != "none" else None


def _engine(settings: Settings, opens: "Callable[[], Engine]") -> tuple[Writer | None, Chooser | None]:
    if settings.model == "none":
        return None, None
    try:
        engine = opens()
    except ModelFailed as error:
        log.error("model %s cannot be used, answering from the facts alone: %s", settings.model, error)
        return None, None
    return engine.writer, engine.chooser


def load_meaning(settings: Settings) -> Meaning | None:
    """The embedding model of the settings. Without one, the search goes by words alone."""
    if settings.embedder == "none":
        return None
    from models.engine import open_meaning

    try:
        return open_meaning(settings.cache_dir)
    except ModelFailed as error:
        log.warning("%s", error)
        return None


def budget(settings: Settings, store: Store, clock: Clock) -> Budget:
    """What the remote endpoint may be asked in a day, and what is used of it."""
    remote = settings.remote
    return Budget(store, clock, settings.zone, calls=remote.calls_per_day, tokens=remote.tokens_per_day)


def open_remote(settings: Settings, store: Store, clock: Clock) -> Remote | None:
    """The remote endpoint of the settings, None without one. Calls nobody yet."""
    remote = settings.remote
    if not remote.url:
        return None
    from models.remote import Endpoint

    endpoint = Endpoint(remote.url, model=remote.model, api_key=remote.api_key.get_secret_value())
    log.info("where we are unsure, %s is asked, too", remote.host)
    return Remote(
        endpoint,
        budget(settings, store, clock),
        languages=remote.languages,
        timeout_s=remote.timeout_s,
        clock=time.monotonic,
        tell=log.warning,
    )
