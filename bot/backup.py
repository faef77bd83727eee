"""`ujumbe backup` and `ujumbe restore`: the database and the keys in one file. See docs/operations/backup.md."""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bot import __version__, archive
from bot.config import Settings, child_environment
from bot.core.errors import NotDone
from bot.lock import only_one
from bot.store import copies, postgres_tools
from bot.store.migrate import upgrade
from bot.store.version import versions

Say = Callable[[str], None]
_DATABASE = {"sqlite": "ujumbe.db", "postgresql": "ujumbe.dump"}
_PATTERN = "ujumbe-*.tar.gz"


@contextmanager
def told_plainly() -> Iterator[None]:
    """A disk's errors in our words."""
    try:
        yield
    except OSError as error:
        raise NotDone(f"{error.filename or 'the disk'}: {error.strerror or error}. Make room or choose another folder.") from None


@told_plainly()
def backup(settings: Settings, file: Path | None, say: Say, *, keep: int | None = None) -> None:
    """Copies database and keys into `file`, a folder or the usual one. `keep`: how many backups stay there. Raises NotDone."""
    if keep is not None and keep < 1:
        raise NotDone(f"--keep {keep} would keep nothing. Give at least 1.")
    target = _target(file, settings)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = _write(target, settings)
    say(f"{target}  {target.stat().st_size} bytes  sha256 {digest}")
    for old in sorted(target.parent.glob(_PATTERN), reverse=True)[keep:] if keep else ():
        old.unlink()
        say(f"removed {old}")


def _write(target: Path, settings: Settings) -> str:
    url = settings.sqlalchemy_url
    source = copies.sqlite_file(url)
    kind = "sqlite" if source else "postgresql"
    with _workshop(target.parent) as folder:
        database = folder / _DATABASE[kind]
        if source:
            copies.copy_sqlite(source, database)
        else:
            postgres_tools.dump(url, database, child_environment(settings))
        keys = {f"keys/{path.name}": path for path in sorted((settings.data_dir / "keys").glob("*")) if path.is_file()}
        facts = {"database": kind, "tables": versions(url)[0], "made": _stamp(), "ujumbe": __version__}
        return archive.write(target, {database.name: database, **keys}, facts)


@told_plainly()
def restore(settings: Settings, file: Path, say: Say, *, send_waiting: bool = False) -> None:
    """Brings back what is in `file`; see docs/operations/backup.md for what becomes of what waited. Raises NotDone, or BadSetting
    where the service runs."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with only_one(settings.data_dir), _workshop(settings.data_dir) as folder:
        facts = archive.read(file, folder)
        kind = "sqlite" if copies.sqlite_file(settings.sqlalchemy_url) else "postgresql"
        if facts["database"] != kind:
            raise NotDone(f"{file} holds a {facts['database']} database and the settings name a {kind} one. Nothing was changed.")
        bring = _bring_sqlite if kind == "sqlite" else _bring_postgresql
        bring(folder / _DATABASE[kind], settings, say, send_waiting)
        _bring_keys(folder / "keys", settings.data_dir)
        say(f"Restored the backup of {facts['made']}. Start the service: `ujumbe serve`.")


def _bring_sqlite(new: Path, settings: Settings, say: Say, send_waiting: bool) -> None:
    """Everything is done to the copy first; then it takes the place of the database in one step."""
    copies.check_sqlite(new)
    _prepare(f"sqlite:///{new}", say, send_waiting)
    copies.settle_sqlite(new)
    live = copies.sqlite_file(settings.sqlalchemy_url)
    assert live is not None, "asked before"
    if live.exists():
        say(f"The replaced database is kept in {_set_aside(live, settings.data_dir / 'replaced' / _stamp())}")
    new.replace(live)
    archive.sync_folder(live.parent)


def _bring_postgresql(new: Path, settings: Settings, say: Say, send_waiting: bool) -> None:
    url = settings.sqlalchemy_url
    if count := copies.others(url):
        raise NotDone(f"{count} other sessions use the database. Stop every part of the service first. Nothing was changed.")
    if versions(url)[0]:
        aside = settings.data_dir / "replaced" / f"ujumbe-{_stamp()}.tar.gz"
        aside.parent.mkdir(mode=0o700, exist_ok=True)
        _write(aside, settings)
        say(f"The replaced database is kept in {aside}")
    postgres_tools.load(url, new, copies.drop_everything(url), child_environment(settings))
    _prepare(url, say, send_waiting)


def _prepare(url: str, say: Say, send_waiting: bool) -> None:
    """Brings the tables to this version and ends what may have gone out since."""
    upgrade(url)
    now = time.time()
    copies.mark_restored(url, now=now)
    if send_waiting:
        return
    deliveries, questions = copies.end_waiting(url)
    if deliveries or questions:
        say(f"{deliveries} messages and {questions} questions waited when it was made. They may have gone out or been answered since:")
        say(f'they are ended as "{copies.RESTORED}". With --send-waiting they would go out now.')


def _set_aside(live: Path, folder: Path) -> Path:
    """Keeps the database that is replaced, its log included, and leaves its name in place until the new one takes it."""
    folder.mkdir(mode=0o700, parents=True)
    try:
        copies.settle_sqlite(live)
    except sqlite3.Error:  # damaged: everything of it may help whoever looks at it
        for rest in ("-wal", "-shm"):
            part = live.with_name(live.name + rest)
            if part.exists():
                part.replace(folder / part.name)
    (folder / live.name).hardlink_to(live)
    return folder


def _bring_keys(keys: Path, data_dir: Path) -> None:
    """The keys of the backup: providers were told these addresses."""
    for key in sorted(keys.glob("*")) if keys.exists() else ():
        (data_dir / "keys").mkdir(mode=0o700, exist_ok=True)
        key.replace(data_dir / "keys" / key.name)


def _target(asked: Path | None, settings: Settings) -> Path:
    name = f"ujumbe-{_stamp()}.tar.gz"
    if asked is None:
        return settings.data_dir / "backups" / name
    return asked / name if asked.is_dir() else asked.absolute()


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")[:-3] + "Z"


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """A folder on the same disk, for our eyes only, gone at the end."""
    made = Path(tempfile.mkdtemp(prefix=".ujumbe-", dir=folder))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
