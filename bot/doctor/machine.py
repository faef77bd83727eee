"""The machine and the installation."""

import platform
import sqlite3
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from bot import machine, valkey
from bot.app.texts import SKILLS
from bot.config import Settings
from bot.core.errors import BadSetting, UjumbeError
from bot.core.finding import Finding, Verdict, look, ok, wrong
from bot.doctor.feeds import feeds
from bot.doctor.places import places
from bot.doctor.remote import remote
from bot.doctor.service import runs, service
from bot.store.copies import damage, sqlite_file
from bot.store.version import versions
from bot.worker.reach import broker_answers
from models.catalogue import find
from models.pull import check as check_model
from skills.loader import check as check_skills
from skills.loader import load as load_skills

_SQLITE = (3, 35)  # UPDATE ... RETURNING


def examine(settings: Settings, *, skills: Path = SKILLS) -> Iterator[Finding]:
    """Everything that `ujumbe serve` needs here, and whether it runs."""
    running, there = service(settings), runs(settings)
    yield _python()
    yield from _room(settings, runs=there)
    yield _guarded("database", lambda: _database(settings))
    yield _guarded("broker", lambda: _broker(settings, runs=there))
    yield from _model(settings)
    yield from remote(settings)
    yield _guarded("skills", lambda: _skills(skills))
    yield _guarded("places", lambda: places(settings))
    yield from feeds(settings)
    yield running


def _guarded(what: str, look_at: Callable[[], Finding]) -> Finding:
    """Our own errors say already what is wrong and what to do."""
    try:
        return look_at()
    except UjumbeError as error:
        return wrong(what, str(error))
    except OSError as error:
        return wrong(what, f"cannot be looked at ({error.strerror}): {error.filename}", "Give this user the right to read it.")


def _python() -> Finding:
    found = f"{platform.python_version()} on {platform.machine()}, SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < _SQLITE:
        return wrong("python", found, "Its SQLite is older than 3.35: install another Python, or use PostgreSQL.")
    return ok("python", found)


def _room(settings: Settings, *, runs: bool) -> Iterator[Finding]:
    """Folder, disk and memory. A service that runs has its memory already."""

    def folder() -> Finding:
        machine.check_writable(settings.data_dir)
        return ok("data_dir", f"{settings.data_dir} can be written to")

    def disk() -> Finding:
        machine.check_disk(settings.data_dir)
        return ok("disk", f"more than {machine.DISK_MB} MB are free")

    def memory() -> Finding:
        free = machine.free_memory_mb()
        if not runs:
            machine.check_memory(settings, free)
        return ok("memory", "is not told by this system" if free is None else f"{free} MB are free")

    found = _guarded("data_dir", folder)
    yield found
    if found.verdict is Verdict.OK:
        yield _guarded("disk", disk)
    yield _guarded("memory", memory)


def _database(settings: Settings) -> Finding:
    have, newest = versions(settings.sqlalchemy_url)
    file = sqlite_file(settings.sqlalchemy_url)
    if have and file and (found := damage(file, quick=True)):
        return wrong("database", f"is damaged: {found}", "Stop the service and bring back a backup: `ujumbe restore FILE`.")
    if have == newest:
        return ok("database", f"answers, and its tables are at the newest version ({newest})")
    if not have:
        return look("database", "has no tables yet", "`ujumbe serve` makes them, and so does `ujumbe migrate`.")
    return wrong("database", f"its tables are at version {have}, not {newest}", "Stop the service, then run `ujumbe migrate`.")


def _broker(settings: Settings, *, runs: bool) -> Finding:
    """Hints only: without a broker answers come late, and none is lost."""
    if settings.broker_url:
        if broker_answers(settings):
            return ok("broker", "answers")
        return wrong("broker", "does not answer at broker_url", "Start it, or leave broker_url out for the embedded one.")
    if valkey.answers(settings):
        return ok("broker", "the embedded Valkey answers")
    if runs:
        return wrong(
            "broker", "the embedded Valkey does not answer, though the service runs", "See valkey.log in data_dir, and start again."
        )
    return look("broker", "the embedded Valkey does not run", "`ujumbe serve` starts it.")


def _model(settings: Settings) -> Iterator[Finding]:
    if settings.model == "none":
        yield ok("model", "none is set: answers use the facts' own words")
        return
    yield _guarded("model", lambda: _model_file(settings))
    if find_spec("llama_cpp") is None:
        yield look("engine", "llama_cpp is not installed: answers use the facts' own words", "Build it: `python -m scripts.setup`.")


def _model_file(settings: Settings) -> Finding:
    path, entry = find(settings.model, settings.cache_dir / "models")
    if not path.exists():
        raise BadSetting(f"{path} is not there. Bring it: `ujumbe model pull {settings.model}`. Or set UJUMBE_MODEL=none.")
    check_model(path, entry)
    return ok("model", f"{settings.model} is here and sound")


def _skills(root: Path) -> Finding:
    """What cannot be loaded stops the service; facts that nobody has reviewed for too long do not."""
    library = load_skills(root)
    if problems := check_skills(root):
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        return look("skills", f"{problems[0]}{more}", "All of them: `ujumbe skills check`.")
    return ok("skills", f"{len(library.skills)} skills, {sum(len(skill.facts) for skill in library.skills)} facts, all valid")
