"""`ujumbe alerts import-cap`: files in, a line for each alert, and nothing of what a file says."""

from pathlib import Path

import pytest

from bot.__main__ import main
from bot.cap.write import write
from bot.core.alert.stored import AlertQuery
from bot.store.migrate import upgrade
from bot.store.sql import SqlStore
from tests.core.alert.received import T, alert, cancel

FLOOD = alert("flood")


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("UJUMBE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("UJUMBE_CONFIG", str(tmp_path / "none.toml"))
    upgrade(f"sqlite:///{tmp_path / 'ujumbe.db'}")
    return f"sqlite:///{tmp_path / 'ujumbe.db'}"


def test_files_are_taken_in_and_held_and_a_bad_one_keeps_none_back(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {"flood.xml": write(FLOOD), "page.xml": b"<html>secret words</html>", "end.xml": write(cancel("end", FLOOD))}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    paths = [str(tmp_path / name) for name in files]
    assert main(["alerts", "import-cap", "--by", "amina", *paths, str(tmp_path / "gone.xml")]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == (
        "flood.xml: alert 1 is held: waits for a person. Why: its source is not one whose alerts go on without a person (trust = false)."
    )
    assert said[1].startswith("page.xml: This is a web page")
    assert said[2].startswith("end.xml: alert 2 is system")
    assert said[3] == "end.xml: alert 2 changed alert 1."
    assert said[4].startswith("gone.xml: It cannot be read")
    assert "secret" not in "".join(said)
    assert main(["alerts", "import-cap", paths[0]]) == 0
    assert "alert 1 was there already, is ended: it is over. Why: its sender took it back." in capsys.readouterr().out
    store = SqlStore(url)
    assert [one.origin for one in store.alerts(AlertQuery(), now=T, limit=9)] == ["upload:amina"] * 2
    store.close()
