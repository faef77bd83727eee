"""`ujumbe places`, as an operator types it."""

import argparse
import json
from pathlib import Path

import pytest

from bot.core.errors import BadSetting, NotDone
from bot.places import own
from bot.places_command import Folders, add_commands, run
from tests.places.fake import wheels
from tests.places.outlines import BOXES, feature


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    (tmp_path / "data").mkdir()
    return Folders(tmp_path / "cache", tmp_path / "data", ("KE",))


def ask(folders: Folders, *words: str) -> tuple[int, str]:
    parser = argparse.ArgumentParser()
    add_commands(parser)
    said: list[str] = []
    status = run(parser.parse_args(words), folders, said.append)
    return status, "\n".join(said)


@pytest.fixture
def built(folders: Folders, tmp_path: Path) -> Folders:
    ask(folders, "build", "--wheels", str(wheels(tmp_path / "wheels")))
    return folders


def test_before_anything_is_built_every_command_says_so(folders: Folders, tmp_path: Path) -> None:
    for words in (["find", "Garissa"], ["outlines", str(tmp_path)]):
        with pytest.raises(NotDone, match="ujumbe places build"):
            ask(folders, *words)
    with pytest.raises(BadSetting, match="ujumbe places build"):
        ask(folders, "check")


def test_find_shows_what_people_s_words_mean(built: Folders) -> None:
    assert "KE-07" in ask(built, "find", "kaunti", "ya", "garissa")[1]
    assert "would be asked back:" in ask(built, "find", "Garissa")[1]
    assert "KE:geonames:101" in ask(built, "find", "garissa", "town")[1]
    assert f"data_dir/{own.FILE}" in ask(built, "find", "qwerty")[1]


def test_check_names_sources_and_lines_to_mend(built: Folders) -> None:
    status, said = ask(built, "check")
    assert status == 0
    assert "CC BY 4.0" in said
    assert "0 counties or regions have one, 2 have none" in said
    (built.data / own.FILE).write_text("gsa,KE-07\nx,Atlantis\n")
    status, said = ask(built, "check")
    assert status == 1
    assert f"{own.FILE}: 1 names, 1 lines to mend" in said
    assert f"{own.FILE}:2: 'Atlantis' is no place that we know" in said


def test_outlines_are_installed_and_counted(built: Folders, tmp_path: Path) -> None:
    (tmp_path / "map").mkdir()
    (tmp_path / "map" / "KE-07.geojson").write_text(json.dumps(feature("KE-07", BOXES["KE-07"])))
    (tmp_path / "map" / "XX-01.geojson").write_text(json.dumps(feature("XX-01", BOXES["KE-07"])))
    said = ask(built, "outlines", str(tmp_path / "map"))[1]
    assert "Left out: XX-01.geojson" in said
    assert "1 outlines are installed; 1 counties or regions have one now, 1 have none." in said


def test_outlines_of_nobody_are_refused(built: Folders, tmp_path: Path) -> None:
    (tmp_path / "a.geojson").write_text(json.dumps(feature("XX-01", BOXES["KE-07"])))
    with pytest.raises(NotDone, match="ISO 3166-2 code, as in KE-07"):
        ask(built, "outlines", str(tmp_path / "a.geojson"))
    assert not list(built.data.iterdir())
