"""`ujumbe backup` and `ujumbe restore`, on real databases that are in use."""

import gzip
import os
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from bot import backup as module
from bot.backup import backup, restore
from bot.config import Settings, child_environment
from bot.core.alert.audit import check
from bot.core.errors import BadSetting, NotDone
from bot.core.recover import recover
from bot.core.types import Lane, Message, Status
from bot.lock import only_one
from bot.store import open_store
from bot.store.engine import make_engine
from bot.store.migrate import config, upgrade
from bot.store.sql import SqlStore
from bot.store.tables import Row
from bot.store.version import versions
from tests import postgres
from tests.degrade.house import open_house
from tests.store.bench import T, ask, deliveries, hold, parts, put, send, take
from tests.store.conftest import (  # noqa: F401  fixtures
    bare_postgres_url,
    empty_file,
    migrated_database,
    postgres_url,
    server,
)

ROOT = Path(__file__).resolve().parents[1]
Say = list[str]


@pytest.fixture
def said() -> Say:
    return []


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Of a service with an empty, migrated database."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    made = Settings(data_dir=tmp_path / "data", model="none", database_url=url)
    made.data_dir.mkdir()
    upgrade(made.sqlalchemy_url)
    return made


@pytest.fixture
def sqlite(tmp_path: Path) -> Settings:
    made = Settings(data_dir=tmp_path / "data", model="none")
    made.data_dir.mkdir()
    upgrade(made.sqlalchemy_url)
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "copy.tar.gz"


def test_what_was_there_comes_back_and_what_came_later_is_kept_aside(settings: Settings, file: Path, said: Say) -> None:
    with closing(open_store(settings.sqlalchemy_url)) as store:
        sent = put(store, "Plant now. 🌽 \u202e", "")
        send(store, sent)
    backup(settings, file, said.append)
    with closing(open_store(settings.sqlalchemy_url)) as store:
        put(store)
    restore(settings, file, said.append)
    with closing(open_store(settings.sqlalchemy_url)) as store:
        assert [part.text for part in store.parts(sent)] == ["Plant now. 🌽 \u202e", ""]
        assert deliveries(store) == {"wired": 1}
        assert put(store) == sent + 1
    assert list((settings.data_dir / "replaced").rglob("ujumbe*"))
    assert not [path for path in settings.data_dir.iterdir() if path.name.startswith(".ujumbe-")]


def test_what_waited_is_not_sent_twice(settings: Settings, file: Path, said: Say) -> None:
    """It may have gone out after the backup: ended, and what was in a provider's hands at that moment is unclear."""
    with closing(open_store(settings.sqlalchemy_url)) as store:
        waiting, errored, called = put(store), put(store, urn="tel:+254700000002"), put(store, "a", "b", urn="tel:+254700000003")
        store.retry_delivery(hold(store, errored).claim, now=T, after_s=5, code="x")
        store.part_sending(hold(store, called).claim, 0, now=T, lease_s=9)
        ask(store)
        take(store, ask(store, urn="tel:+254700000004"))
    backup(settings, file, said.append)
    restore(settings, file, said.append)
    with closing(open_store(settings.sqlalchemy_url)) as store:
        assert [parts(store, n) for n in (waiting, errored)] == [[Status.FAILED], [Status.FAILED]]
        assert parts(store, called) == [Status.UNKNOWN, Status.FAILED]
        assert store.due(now=T + 9e6, limit=99) == []
        assert store.counts()["message.done"] == 2
    assert any("3 messages and 2 questions waited" in line for line in said)


def test_what_waited_is_sent_where_somebody_says_so(settings: Settings, file: Path, said: Say) -> None:
    with closing(open_store(settings.sqlalchemy_url)) as store:
        waiting, asked = put(store), ask(store)
    backup(settings, file, said.append)
    restore(settings, file, said.append, send_waiting=True)
    with closing(open_store(settings.sqlalchemy_url)) as store:
        assert sorted(store.due(now=T + 60, limit=9)) == sorted([(Lane.SENDS, waiting), (Lane.ANSWERS, asked)])


def test_a_message_that_may_have_been_answered_is_taken_in_and_not_answered_again(sqlite: Settings, file: Path, said: Say) -> None:
    """Providers that keep messages tell them again after a restore. A STOP among them holds."""
    backup(sqlite, file, said.append)
    restore(sqlite, file, said.append)
    with open_house(sqlite.data_dir, sqlite.sqlalchemy_url) as house:
        restored = house.app.store.restored_at()
        house.board.wall = restored + 60
        house.app.inbox.restored_at = restored
        kept = [
            _kept("1", "When do I plant?", restored - 60),
            _kept("2", "STOP", restored - 30),
            _kept("3", "When do I weed?", restored + 30),
        ]
        done = recover(house.app.store, house.app.inbox, {"sim": _Provider(kept)}, now=house.board.wall, since=0)  # type: ignore[dict-item]
        assert (done.taken, done.too_old) == (3, 2)
        assert [lane for lane, _ in done.hints if lane is Lane.ANSWERS] == [Lane.ANSWERS], "the one from after the restore"
        with house.app.store.begin() as tx:
            assert tx.contact("tel:+254700000002", now=T, lang="en").opted_out


class _Provider:
    """A channel whose provider keeps messages."""

    def __init__(self, kept: list[Message]) -> None:
        self._kept = kept

    def missed(self, *, since: float, last_id: str) -> list[Message]:
        return self._kept


def _kept(id: str, text: str, sent_at: float) -> Message:
    return Message(channel="sim", external_id=id, urn=f"tel:+25470000000{id}", text=text, sent_at=sent_at)


def test_the_copy_holds_every_message_that_was_acknowledged_before_it(settings: Settings, file: Path, said: Say) -> None:
    """Writers go on all the while; the copy is one moment, and whole."""
    acknowledged: list[int] = []
    store, stop = open_store(settings.sqlalchemy_url), threading.Event()

    def write() -> None:
        while not stop.is_set():
            acknowledged.append(put(store, "one", "two", urn=f"tel:+2547{len(acknowledged):08d}"))

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        while len(acknowledged) < 50:
            stop.wait(0.01)
        before = list(acknowledged)
        backup(settings, file, said.append)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
        store.close()
    assert len(acknowledged) > len(before), "nobody waited for the backup"
    restore(settings, file, said.append)
    with closing(open_store(settings.sqlalchemy_url)) as restored:
        assert all(len(restored.parts(row)) == 2 for row in before)


def test_a_backup_of_an_older_version_is_brought_to_this_one(tmp_path: Path, sqlite: Settings, file: Path, said: Say) -> None:
    old = Settings(data_dir=tmp_path / "old", model="none")
    old.data_dir.mkdir()
    engine, first = make_engine(old.sqlalchemy_url), config()
    with engine.begin() as connection:
        first.attributes["connection"] = connection
        command.upgrade(first, "0001")
    engine.dispose()
    backup(old, file, said.append)
    restore(sqlite, file, said.append)
    have, newest = versions(sqlite.sqlalchemy_url)
    assert have == newest


def test_a_backup_of_a_newer_version_is_refused_and_nothing_is_touched(sqlite: Settings, file: Path, said: Say) -> None:
    live = sqlite.data_dir / "ujumbe.db"
    whole = live.read_bytes()
    with closing(sqlite3.connect(live)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "versions", lambda _: ("9999", "9999"))
        backup(sqlite, file, said.append)
    live.write_bytes(whole)
    with pytest.raises(BadSetting, match="version 9999, which this Ujumbe does not know"):
        restore(sqlite, file, said.append)
    assert live.read_bytes() == whole


def test_a_running_service_is_left_alone(sqlite: Settings, file: Path, said: Say) -> None:
    backup(sqlite, file, said.append)
    with only_one(sqlite.data_dir), pytest.raises(BadSetting, match="runs already"):
        restore(sqlite, file, said.append)


def test_a_postgresql_in_use_is_left_alone(tmp_path: Path, postgres_url: str, file: Path, said: Say) -> None:  # noqa: F811
    settings = Settings(data_dir=tmp_path / "data", model="none", database_url=postgres_url)
    settings.data_dir.mkdir()
    backup(settings, file, said.append)
    with postgres.connect(postgres_url), pytest.raises(NotDone, match="1 other sessions use the database"):
        restore(settings, file, said.append)


def test_every_cut_file_is_refused(sqlite: Settings, file: Path, said: Say) -> None:
    with closing(open_store(sqlite.sqlalchemy_url)) as store:
        put(store)
    backup(sqlite, file, said.append)
    whole = file.read_bytes()
    for length in [*range(0, len(whole), len(whole) // 40), len(whole) - 1, len(whole) - 8]:
        file.write_bytes(whole[:length])
        _refused(sqlite, file)


def test_every_flipped_bit_is_refused_or_changes_nothing(sqlite: Settings, file: Path, said: Say) -> None:
    """In gzip's own header some bytes mean nothing; everything else is under a checksum."""
    with closing(open_store(sqlite.sqlalchemy_url)) as store:
        put(store)
    backup(sqlite, file, said.append)
    whole = file.read_bytes()
    plain = gzip.decompress(whole)
    refused = 0
    for place in range(0, len(whole), max(1, len(whole) // 120)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        try:
            same = gzip.decompress(file.read_bytes()) == plain
        except Exception:
            same = False
        if not same:
            _refused(sqlite, file)
            refused += 1
    assert refused > 100


def test_a_backup_whose_checksums_were_made_to_fit_is_looked_through_all_the_same(sqlite: Settings, file: Path, said: Say) -> None:
    """A database that was damaged before it was packed."""
    page = 4096
    with closing(open_store(sqlite.sqlalchemy_url)) as store:
        for n in range(300):
            put(store, "x" * 500, urn=f"tel:+2547{n:08d}")

    def damaged(source: Path, target: Path) -> None:
        with closing(sqlite3.connect(source)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
        with target.open("r+b") as file:
            for number in range(10, target.stat().st_size // page, 7):
                file.seek(number * page)
                file.write(b"\xa5" * page)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module.copies, "copy_sqlite", damaged)
        patched.setattr(module, "versions", lambda _: ("x", "x"))
        backup(sqlite, file, said.append)
    _refused(sqlite, file, says="is damaged")


@pytest.mark.parametrize(
    "content", [b"", b"hello", gzip.compress(b"hello"), gzip.compress(b"\0" * 10240)], ids=["empty", "text", "gzip", "tar-of-nothing"]
)
def test_another_file_is_refused(sqlite: Settings, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    _refused(sqlite, file)


def test_a_file_that_is_not_there_is_named(sqlite: Settings, file: Path) -> None:
    _refused(sqlite, file, says=r"copy\.tar\.gz cannot be read")


def _refused(settings: Settings, file: Path, says: str = "Nothing was changed") -> None:
    before = _content(settings)
    with pytest.raises(NotDone, match=says):
        restore(settings, file, lambda _: None)
    assert _content(settings) == before
    assert not (settings.data_dir / "replaced").exists()


def _content(settings: Settings) -> bytes:
    return (settings.data_dir / "ujumbe.db").read_bytes()


def test_the_file_is_for_our_eyes_only_and_its_sum_is_told(sqlite: Settings, file: Path, said: Say) -> None:
    (sqlite.data_dir / "keys").mkdir()
    (sqlite.data_dir / "keys" / "sim").write_text("a-secret-path-key")
    backup(sqlite, file, said.append)
    assert file.stat().st_mode & 0o777 == 0o600
    found = re.fullmatch(rf"{file}  (\d+) bytes  sha256 ([0-9a-f]{{64}})", said[0])
    assert found
    assert int(found[1]) == file.stat().st_size
    ours = subprocess.run(["sha256sum", file], capture_output=True, text=True, check=True).stdout.split()[0]
    assert ours == found[2]
    (sqlite.data_dir / "keys" / "sim").write_text("another-key")
    restore(sqlite, file, said.append)
    assert (sqlite.data_dir / "keys" / "sim").read_text() == "a-secret-path-key"
    assert (sqlite.data_dir / "keys" / "sim").stat().st_mode & 0o777 == 0o600


def test_old_backups_go_and_foreign_files_stay(sqlite: Settings, said: Say) -> None:
    for _ in range(4):
        backup(sqlite, None, said.append, keep=2)
    folder = sqlite.data_dir / "backups"
    (folder / "notes.txt").touch()
    kept = sorted(path.name for path in folder.glob("ujumbe-*"))
    backup(sqlite, folder, said.append, keep=2)
    assert sorted(path.name for path in folder.glob("ujumbe-*"))[0] == kept[1]
    assert len(list(folder.iterdir())) == 3
    with pytest.raises(NotDone, match="at least 1"):
        backup(sqlite, None, said.append, keep=0)


def test_a_disk_without_room_leaves_no_half_file(sqlite: Settings, file: Path, said: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotDone, match="No space left on device"):
        backup(sqlite, file, said.append)
    assert list(file.parent.iterdir()) == [sqlite.data_dir]


def test_a_folder_without_a_database_is_named(tmp_path: Path, file: Path, said: Say) -> None:
    with pytest.raises(NotDone, match=r"ujumbe\.db is not there"):
        backup(Settings(data_dir=tmp_path / "empty", model="none"), file, said.append)


def test_the_other_database_is_refused(sqlite: Settings, tmp_path: Path, postgres_url: str, file: Path, said: Say) -> None:  # noqa: F811
    backup(sqlite, file, said.append)
    other = Settings(data_dir=tmp_path / "other", model="none", database_url=postgres_url)
    with pytest.raises(NotDone, match="holds a sqlite database and the settings name a postgresql one"):
        restore(other, file, said.append)


def test_a_machine_without_pg_dump_is_told_what_to_install(
    tmp_path: Path,
    postgres_url: str,  # noqa: F811
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = Settings(data_dir=tmp_path, model="none", database_url=postgres_url)
    monkeypatch.setattr("bot.store.postgres_tools._DEBIAN", tmp_path)
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(NotDone, match=r"pg_dump is not installed.*apt-get install"):
        backup(settings, file, lambda _: None)


def test_a_damaged_database_can_be_replaced(sqlite: Settings, file: Path, said: Say) -> None:
    with closing(open_store(sqlite.sqlalchemy_url)) as store:
        sent = put(store)
        send(store, sent)
    backup(sqlite, file, said.append)
    live = sqlite.data_dir / "ujumbe.db"
    live.write_bytes(b"garbage" * 1000)
    restore(sqlite, file, said.append)
    with closing(open_store(sqlite.sqlalchemy_url)) as store:
        assert deliveries(store) == {"wired": 1}
    (aside,) = (sqlite.data_dir / "replaced").rglob("ujumbe.db")
    assert aside.read_bytes().startswith(b"garbage")


@pytest.fixture
def ujumbe(sqlite: Settings) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    def call(*words: str) -> "subprocess.CompletedProcess[str]":
        line = [sys.executable, "-m", "bot", *words]
        return subprocess.run(line, cwd=ROOT, env=child_environment(sqlite), capture_output=True, text=True, check=False)

    return call


def test_the_commands(ujumbe: Callable[..., "subprocess.CompletedProcess[str]"], file: Path) -> None:
    made = ujumbe("backup", str(file))
    assert (made.returncode, made.stderr) == (0, "")
    assert "sha256" in made.stdout
    back = ujumbe("restore", str(file))
    assert (back.returncode, back.stderr) == (0, "")
    assert "Start the service" in back.stdout
    wrong = ujumbe("restore", "/nowhere/at/all")
    assert wrong.returncode == 1
    assert "Traceback" not in wrong.stderr


def test_every_table_of_ours_is_in_a_copy(sqlite: Settings, file: Path, said: Say, tmp_path: Path) -> None:
    """The whole file is copied: a new table needs nothing here."""
    backup(sqlite, file, said.append)
    subprocess.run(["tar", "xzf", file, "-C", tmp_path, "ujumbe.db"], check=True)
    with closing(sqlite3.connect(tmp_path / "ujumbe.db")) as connection:
        found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert set(Row.metadata.tables) <= found


def test_the_audit_log_comes_back_whole_and_is_still_only_added_to(settings: Settings, file: Path, said: Say) -> None:
    store = SqlStore(settings.sqlalchemy_url)
    with store.begin() as tx:
        tx.audit("amina", "broadcast.approve", "broadcast:1", now=1.0)
    store.close()
    backup(settings, file, said.append)
    restore(settings, file, said.append)
    store = SqlStore(settings.sqlalchemy_url)
    with store.begin() as tx:
        tx.audit("amina", "broadcast.stop", "broadcast:1", now=2.0)
    assert check(store).entries == 2
    assert check(store).broken is None
    engine = make_engine(settings.sqlalchemy_url)
    with pytest.raises(DatabaseError, match="only added to"), engine.begin() as connection:
        connection.execute(text("DELETE FROM audit"))
    engine.dispose()
    store.close()
