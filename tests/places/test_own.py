"""The operator's own names: what they do, and what is said of a line that is wrong."""

from pathlib import Path

import pytest

from bot.places import own
from tests.places.small import small

PLACES = small()


def read(tmp_path: Path, text: str | bytes) -> tuple[dict[str, str], list[str]]:
    path = tmp_path / own.FILE
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    names, problems = own.read(path, PLACES)
    return dict(names), [str(problem) for problem in problems]


def test_names_by_name_and_by_id(tmp_path: Path) -> None:
    text = 'typed,place\n# our own\ngsa,KE-07\nmto,Tana River\n\nbush,"Bura, Garissa"\nclinic , KE:test:hola \n'
    assert read(tmp_path, text) == (
        {"gsa": "KE-07", "mto": "KE-40", "bush": "KE:test:bura-garissa", "clinic": "KE:test:hola"},
        [],
    )


def test_a_spreadsheet_s_own_form_is_understood(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfTyped;Place\r\ngsa;KE-07\r\n") == ({"gsa": "KE-07"}, [])


@pytest.mark.parametrize(
    ("line", "what", "remedy"),
    [
        pytest.param("gsa", "is not two cells", "a comma", id="one-cell"),
        pytest.param("gsa,", "is not two cells", "a comma", id="empty-cell"),
        pytest.param("bush,Bura,Garissa", "is not two cells", "in quotes", id="comma-in-the-place"),
        pytest.param("gsa,Atlantis", "'Atlantis' is no place that we know", "ujumbe places find", id="unknown"),
        pytest.param("gsa,Bura", "may be 'Bura (Tana River)' or 'Bura (Garissa)'", "Write one of these", id="two-places"),
        pytest.param("gsa,Garsson", "may be 'Garsen'", "Write one of these", id="a-typo-is-no-name"),
        pytest.param("!?,KE-07", "is nothing that people type", "Write letters", id="no-letters"),
        pytest.param("HOME ,KE-07", "was there already, in line 1", "Keep one", id="twice"),
        pytest.param('"gsa,KE-07', "is not two cells", "a comma", id="open-quote"),
    ],
)
def test_a_wrong_line_is_named_and_does_nothing(tmp_path: Path, line: str, what: str, remedy: str) -> None:
    names, problems = read(tmp_path, f"home,KE-40\n{line}\n")
    assert names == {"home": "KE-40"}
    assert len(problems) == 1
    assert problems[0].startswith(f"{own.FILE}:2: ")
    assert what in problems[0]
    assert remedy in problems[0]


def test_another_encoding_is_said(tmp_path: Path) -> None:
    assert "is not in UTF-8" in read(tmp_path, "zoë,KE-07".encode("latin-1"))[1][0]


def test_no_file_is_no_names(tmp_path: Path) -> None:
    assert own.read(tmp_path / own.FILE, PLACES) == ({}, ())
