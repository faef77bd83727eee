"""The version of a database's tables, read without touching it."""

from pathlib import Path

import pytest

from bot.core.errors import BadSetting, StoreDown
from bot.store.migrate import upgrade
from bot.store.version import versions


def test_before_and_after_a_migration(bare_url: str) -> None:
    have, newest = versions(bare_url)
    assert (have, bool(newest)) == ("", True)
    upgrade(bare_url)
    assert versions(bare_url) == (newest, newest)


def test_looking_makes_no_file(tmp_path: Path) -> None:
    assert versions(f"sqlite:///{tmp_path / 'none.db'}")[0] == ""
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("hello, this is certainly no database file at all" * 50)
    with pytest.raises(StoreDown):
        versions(f"sqlite:///{tmp_path / 'x.db'}")


def test_a_url_that_is_none() -> None:
    with pytest.raises(BadSetting):
        versions("mysql://x")
