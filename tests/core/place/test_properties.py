"""What holds for every name, not only for those that somebody thought of."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.place.fold import bare, folded, key, kind_of
from bot.core.place.label import labels
from bot.core.place.types import Place, PlaceKind
from bot.core.types import Lang
from bot.places.gazetteer import Places
from bot.places.known import Known
from tests.places.small import rows, small

NAMES = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


@settings(max_examples=50)
@given(NAMES)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert key(key(text)) == key(text)


@settings(max_examples=50)
@given(NAMES)
def test_a_name_never_loses_all_its_letters(text: str) -> None:
    assert bool(bare(text)[0]) == bool(key(text))


@settings(max_examples=50)
@given(NAMES)
def test_whatever_is_typed_gets_an_answer(text: str) -> None:
    found = small_one().match(text)
    assert len(found.places) <= 3
    assert len(found.places) == 1 or not found.sure


@settings(max_examples=50)
@given(NAMES, NAMES)
def test_a_place_is_found_by_its_own_name(name: str, other: str) -> None:
    place = Place("KE:x", name, PlaceKind.TOWN, "KE", "KE-07")
    found = Places.of([*rows(), Known(place, (other,))]).match(name[:200])
    assert not key(name) or place in found.places


@pytest.mark.parametrize("lang", [Lang.EN, Lang.SW])
def test_every_place_is_understood_as_it_is_labelled(lang: Lang) -> None:
    places = small_one()
    for row in rows():
        asked = places.match(row.place.name)
        for place, label in zip(asked.places, labels(asked.places, places.place, lang), strict=True):
            again = places.match(label)
            assert (again.places, again.sure) == ((place,), True), label


def test_labels_are_as_short_as_tells_places_apart() -> None:
    places = small_one()
    asked = [*places.match("Garissa").places, *places.match("Bura").places, *places.match("Hola").places]
    assert labels(asked, places.place, Lang.EN) == ["Garissa (county)", "Garissa (town)", "Bura (Tana River)", "Bura (Garissa)", "Hola"]
    assert labels(asked, places.place, Lang.SW)[0] == "Garissa (kaunti)"


@pytest.mark.parametrize(
    ("text", "word", "kind"),
    [
        pytest.param("Murang'a County", "muranga", PlaceKind.ADM1, id="apostrophe"),
        pytest.param("Mbaitoli Local Government Area", "mbaitoli", PlaceKind.ADM2, id="three-words"),
        pytest.param("Cidade de Pemba", "pemba", PlaceKind.TOWN, id="portuguese"),
        pytest.param("Província de Maputo", "maputo", PlaceKind.ADM1, id="portuguese-accent"),
        pytest.param("Kyuso sub-county", "kyuso", PlaceKind.ADM2, id="sub-county"),
        pytest.param("সিলেট বিভাগ", "সিলেট", PlaceKind.ADM1, id="bengali-keeps-its-vowels"),
        pytest.param("Market", "market", None, id="a-town-called-market"),
        pytest.param("Town county", "town", PlaceKind.ADM1, id="kinds-only"),
        pytest.param("Kaunti ya", "kauntiya", None, id="nothing-after"),
        pytest.param("Dar es Salaam", "daressalaam", None, id="no-kind"),
    ],
)
def test_words_of_kind(text: str, word: str, kind: PlaceKind | None) -> None:
    assert bare(text) == (word, kind)


def test_a_kind_alone() -> None:
    assert [kind_of(text) for text in ("Sub-County", "mji", "Garissa")] == [PlaceKind.ADM2, PlaceKind.TOWN, None]


@cache
def small_one() -> Places:
    return small()
