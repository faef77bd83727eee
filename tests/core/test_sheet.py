"""Lists of people as spreadsheets write them: what is taken, what is told, what is never done."""

import csv
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.alert.people import Listed, Person, group_name, group_names
from bot.core.alert.sheet import HEAD, SPELLINGS, ListRow, Sheet, Trouble, written
from bot.core.errors import NotDone
from bot.core.types import Contact, Lang
from tests.places.small import small

A, B = "tel:+254700000001", "tel:+254700000002"


def read(text: str) -> list[ListRow]:
    return list(Sheet("KE", small()).read(text.splitlines(keepends=True)))


def one(text: str, head: str = "number,language,place,groups") -> ListRow:
    [row] = read(f"{head}\n{text}\n")
    return row


def test_a_row_says_number_language_place_and_groups() -> None:
    row = one("0700 000001,Kiswahili,Kaunti ya Garissa,Farmers | VOLUNTEERS")
    assert row == ListRow(2, Listed(urn=A, lang=Lang.SW, place="KE-07", groups=("farmers", "volunteers")))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\ufeffNamba;Lugha\n+254700000001;sw\n", id="semicolons, byte order mark, Swahili head"),
        pytest.param("name\tPhone Number\tlang\nAmina\t254700000001\tSW\n", id="tabs, a name that is passed over"),
        pytest.param("number,language\r\n'+254700000001,sw\r\n\r\n", id="apostrophe, other line ends, blank line"),
        pytest.param('number,language\n"tel:+254700000001",swahili\n', id="as we export it"),
    ],
)
def test_lists_come_in_many_spellings(text: str) -> None:
    assert [row.listed for row in read(text)] == [Listed(urn=A, lang=Lang.SW)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(",sw,,", "no_number", id="no number"),
        pytest.param("2.547E+11,sw,,", "shortened", id="what a spreadsheet made of it"),
        pytest.param('"2,547E+11",sw,,', "shortened", id="the same with a comma"),
        pytest.param("07000,sw,,", "bad_number", id="too short"),
        pytest.param("Safaricom,sw,,", "bad_number", id="a name"),
        pytest.param("=HYPERLINK(1),sw,,", "bad_number", id="a formula"),
    ],
)
def test_a_row_without_a_person_is_left_out_and_told(text: str, code: str) -> None:
    assert one(text) == ListRow(2, None, (Trouble(code),))


def test_a_number_counts_once_and_the_row_says_where_it_was() -> None:
    rows = read("number\n0700000001\n0700000002\n+254 700 000 001\n")
    assert [row.listed.urn if row.listed else "" for row in rows] == [A, B, ""]
    assert rows[2].troubles == (Trouble("twice", "2"),)


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        pytest.param("0700000001,fr,,", Trouble("bad_lang", "fr"), id="language"),
        pytest.param("0700000001,,Atlantis,", Trouble("unknown", "Atlantis"), id="unknown place"),
        pytest.param("0700000001,,Bura,", Trouble("unsure", "Bura: Bura (Tana River) / Bura (Garissa)?"), id="two places"),
        pytest.param("0700000001,,,#!", Trouble("bad_group", "#!"), id="group"),
        pytest.param("0700000001,,0711222333,", Trouble("unknown", "***"), id="a number in the wrong column is not shown"),
    ],
)
def test_a_person_is_taken_in_without_what_is_wrong(text: str, trouble: Trouble) -> None:
    row = one(text)
    assert row.troubles == (trouble,)
    assert row.listed == Listed(urn=A)


def test_an_id_of_a_place_wins() -> None:
    assert one("0700000001,Bura,KE:test:bura-tana", "number,place,place_id").listed == Listed(urn=A, place="KE:test:bura-tana")


@pytest.mark.parametrize("text", ["", "\n", "name,place\nAmina,Hola\n", "0700000001\n0700000002\n", "<html>\n"])
def test_what_is_no_list_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(NotDone, match="number, language, place, groups"):
        read(text)


def test_a_wrong_column_of_places_ends_early() -> None:
    lines = ["number,place\n", *(f"07{n:08},place {n}x\n" for n in range(SPELLINGS + 1))]
    with pytest.raises(NotDone, match="different places"):
        list(Sheet("KE", _Nowhere()).read(lines))  # type: ignore[arg-type]


class _Nowhere:
    def place(self, id: str) -> None: ...

    def match(self, typed: str) -> "_Nowhere":
        return self

    sure, places = False, ()


def test_a_broken_line_is_told_and_the_next_one_read() -> None:
    long = "x" * 200_000
    rows = read(f"number,groups\n0700000001,{long}\n0700000002,\n")
    assert [row.troubles[0].code for row in rows if row.troubles] == ["broken"]
    assert [row.listed.urn for row in rows if row.listed] == [B]


def _exported(people: Sequence[Person]) -> str:
    lines: list[str] = []
    writer = csv.writer(type("", (), {"write": lambda _, line: lines.append(line)})())
    writer.writerow(HEAD)
    for person in people:
        writer.writerow(written(person, lambda code: (small().place(code) or small().place("KE")).name))  # type: ignore[union-attr]
    return "".join(lines)


@settings(max_examples=50, deadline=None)
@given(groups=st.lists(st.text(st.sampled_from("=+-@ab 9\t"), min_size=1, max_size=9), max_size=4), stopped=st.booleans())
def test_an_export_is_read_again_and_computes_nothing(groups: list[str], stopped: bool) -> None:
    kept = sorted({name for group in groups if (name := _named(group))})
    person = Person(Contact(A, Lang.SW, place="KE:test:bura-tana", opted_out=stopped), tuple(kept))
    text = _exported([person])
    [row] = read(text)
    assert row == ListRow(2, Listed(urn=A, lang=Lang.SW, place="KE:test:bura-tana", groups=tuple(kept)))
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cells in csv.reader(text.splitlines()) for cell in cells)


def _named(group: str) -> str:
    try:
        return group_name(group)
    except NotDone:
        return ""


@pytest.mark.parametrize(
    ("typed", "name"), [("  Farmers  of HOLA ", "farmers of hola"), ("cu-1", "cu-1"), ("Wakulima", "wakulima"), ("Élèves", "élèves")]
)
def test_groups_have_one_spelling(typed: str, name: str) -> None:
    assert group_name(typed) == name


@pytest.mark.parametrize("typed", ["", "=cmd", "a,b", "a|b", "x" * 41, "<b>", "-", "_"])
def test_what_is_no_name_of_a_group_is_refused(typed: str) -> None:
    with pytest.raises(NotDone, match="no name for a group"):
        group_name(typed)


def test_groups_in_one_field() -> None:
    assert group_names("Farmers, volunteers;; farmers\n") == ("farmers", "volunteers")
