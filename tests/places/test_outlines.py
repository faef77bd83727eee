"""Outlines that an operator installs: which are taken, which are left out and why, and what the file keeps."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import BadSetting, NotDone
from bot.places import geojson, outlines
from tests.places.outlines import BOXES, collection, feature
from tests.places.small import small

BOX = BOXES["KE-07"]
PLACES = small()


def left_out(tmp_path: Path, data: Any) -> str:
    file = tmp_path / "a.geojson"
    file.write_text(data if isinstance(data, str) else json.dumps(data))
    found = geojson.read(file, PLACES)
    assert not found.shapes
    (line,) = found.left_out
    return line


def test_a_collection_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a.geojson").write_text(json.dumps(collection()))
    found = geojson.read(tmp_path / "a.geojson", PLACES)
    assert (set(found.shapes), found.left_out) == (set(BOXES), [])


def test_a_folder_of_files_named_by_code_is_taken(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for code, box in BOXES.items():
        (tmp_path / "deep" / f"{code}.geojson").write_text(json.dumps(feature("", box)["geometry"]))
    (tmp_path / "README.md").write_text("no outline")
    assert set(geojson.read(tmp_path, PLACES).shapes) == set(BOXES)


@pytest.mark.parametrize(
    "put",
    [
        pytest.param(lambda one: one | {"id": "ke-07"}, id="id-of-feature"),
        pytest.param(lambda one: one | {"properties": {"ISO3166-2": "KE-07"}}, id="openstreetmap"),
        pytest.param(lambda one: one | {"properties": {"shapeISO": "KE-07", "shapeName": "x"}}, id="geoboundaries"),
        pytest.param(lambda one: one | {"properties": {"anything": "KE-07"}}, id="any-property"),
    ],
)
def test_the_code_may_stand_in_many_places(tmp_path: Path, put: Any) -> None:
    (tmp_path / "a.json").write_text(json.dumps(put(feature("", BOX))))
    assert set(geojson.read(tmp_path / "a.json", PLACES).shapes) == {"KE-07"}


def test_two_pieces_of_one_county_are_one_outline(tmp_path: Path) -> None:
    west, south, east, north = BOX
    middle = (west + east) / 2
    halves = [feature("KE-07", (west, south, middle, north)), feature("KE-07", (middle, south, east, north))]
    (tmp_path / "a.json").write_text(json.dumps({"type": "FeatureCollection", "features": halves}))
    found = geojson.read(tmp_path / "a.json", PLACES)
    assert found.shapes["KE-07"].bounds == BOX


def test_an_outline_that_crosses_itself_is_mended(tmp_path: Path) -> None:
    bow = {"type": "Polygon", "coordinates": [[[39.5, -1], [41, 0.5], [41, -1], [39.5, 0.5], [39.5, -1]]]}
    (tmp_path / "KE-07.geojson").write_text(json.dumps(bow))
    assert geojson.read(tmp_path, PLACES).shapes["KE-07"].is_valid


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(feature("KE-99", BOX), "has no ISO 3166-2 code", id="unknown-code"),
        pytest.param(feature("KE-07", (-1.3, 39.4, 0.9, 41.5)), "latitude and longitude swapped", id="swapped"),
        pytest.param(feature("KE-07", (10, 50, 11, 51)), "far from Garissa", id="elsewhere"),
        pytest.param({"type": "Feature", "id": "KE-07", "geometry": None}, "holds no polygon", id="no-geometry"),
        pytest.param({"type": "Feature", "id": "KE-07", "geometry": {"type": "Point", "coordinates": [40, 0]}}, "no polygon", id="point"),
        pytest.param({"type": "Feature", "id": "KE-07", "geometry": {"type": "Blob"}}, "holds no polygon", id="no-type-we-know"),
        pytest.param(
            {"type": "Feature", "id": "KE-07", "geometry": {"type": "Polygon", "coordinates": [[1]]}}, "no polygon", id="bad-ring"
        ),
        pytest.param("{", "is no JSON", id="no-json"),
        pytest.param("[" * 100_000, "is no JSON", id="deep"),
    ],
)
def test_what_is_wrong_is_left_out_and_said(tmp_path: Path, data: Any, why: str) -> None:
    line = left_out(tmp_path, data)
    assert why in line
    assert line.startswith("a.geojson")


def test_nothing_to_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotDone, match="holds no file"):
        geojson.read(tmp_path, PLACES)
    with pytest.raises(NotDone, match="cannot be read"):
        geojson.read(tmp_path / "none.geojson", PLACES)


def test_what_is_installed_stays_until_it_is_installed_anew(tmp_path: Path) -> None:
    path = tmp_path / outlines.FILE
    (tmp_path / "a.json").write_text(json.dumps(collection()))
    drawn = geojson.read(tmp_path / "a.json", PLACES).shapes
    outlines.add(path, {"KE-07": drawn["KE-07"], "KE-40": drawn["KE-40"]}, "first")
    outlines.add(path, {"KE-40": drawn["KE-18"], "KE-23": drawn["KE-23"]}, "second")
    found = outlines.read(path)
    assert set(found.shapes) == {"KE-07", "KE-40", "KE-23"}
    assert found.shapes["KE-40"].equals(drawn["KE-18"])
    assert [one.name for one in tmp_path.glob(".*")] == []


def test_a_damaged_file_of_outlines_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / outlines.FILE).write_bytes(b"x" * 5000)
    with pytest.raises(BadSetting, match="install them again"):
        outlines.read(tmp_path / outlines.FILE)
