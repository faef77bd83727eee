"""What people type, and what they mean: found where there is no doubt, asked back where there is."""

import pytest

from bot.core.place.match import ASKED, mentioned
from bot.core.place.types import Place, PlaceKind
from bot.places.gazetteer import Places
from bot.places.known import Known
from tests.places.small import rows, small

GARISSA, TANA = "KE-07", "KE-40"
GARISSA_TOWN, BURA_GARISSA, BURA_TANA, HOLA = "KE:geonames:197745", "KE:test:bura-garissa", "KE:test:bura-tana", "KE:test:hola"
PLACES = Places.of([*rows(), Known(Place("KE:test:kasigau", "Kasigau", PlaceKind.TOWN, "KE", "KE-39"))])


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        pytest.param("tana river", TANA, id="lower-case"),
        pytest.param("  TANA   RIVER. ", TANA, id="shouted"),
        pytest.param("tanariver", TANA, id="as-one-word"),
        pytest.param("Tana-River", TANA, id="hyphen"),
        pytest.param("Tana River County", TANA, id="alias"),
        pytest.param("kaunti ya mto tana", TANA, id="alias-swahili"),
        pytest.param("kaunti ya tana river", TANA, id="kind-swahili"),
        pytest.param("Tana Rivr", TANA, id="letter-missing"),
        pytest.param("Tana Riverr", TANA, id="letter-too-many"),
        pytest.param("garissa county", GARISSA, id="kind-tells-county"),
        pytest.param("kaunti ya garisa", GARISSA, id="kind-and-typo"),
        pytest.param("mkoa wa Garissa", GARISSA, id="old-kind"),
        pytest.param("Garissa town", GARISSA_TOWN, id="kind-tells-town"),
        pytest.param("mji wa garissa", GARISSA_TOWN, id="town-swahili"),
        pytest.param("Garissa (town)", GARISSA_TOWN, id="label-town"),
        pytest.param("Garissa (kaunti)", GARISSA, id="label-county-swahili"),
        pytest.param("Bura (Tana River)", BURA_TANA, id="parent-in-brackets"),
        pytest.param("Bura, Garissa", BURA_GARISSA, id="parent-after-comma"),
        pytest.param("Garissa, Bura", BURA_GARISSA, id="parent-first"),
        pytest.param("bura garissa", BURA_GARISSA, id="no-comma"),
        pytest.param("garissa bura", BURA_GARISSA, id="no-comma-parent-first"),
        pytest.param("Bura/Tana River", BURA_TANA, id="slash"),
        pytest.param("bura in tana river", BURA_TANA, id="in"),
        pytest.param("bura tana rivr", BURA_TANA, id="typo-in-parent"),
        pytest.param("Bura, Garissa county, Kenya", BURA_GARISSA, id="two-parents"),
        pytest.param("Hola Kenya", HOLA, id="with-country"),
        pytest.param("Taita-Taveta", "KE-39", id="name-with-slash"),
        pytest.param("Taita/Taveta", "KE-39", id="slash-inside-name"),
        pytest.param("Kasigau (Taita/Taveta)", "KE:test:kasigau", id="slash-in-the-parent"),
        pytest.param("galole", HOLA, id="other-name"),
        pytest.param("wote", "KE:test:wote", id="common-word-that-is-a-town"),
        pytest.param("KE-40", TANA, id="iso-code"),
        pytest.param("ke-40", TANA, id="iso-code-small"),
        pytest.param("KE:test:hola", HOLA, id="our-id"),
        pytest.param("Mákuêni", "KE-23", id="accents"),
        pytest.param("\u200fMakueni\u200e", "KE-23", id="marks-of-direction"),
    ],
)
def test_there_is_no_doubt(typed: str, means: str) -> None:
    found = PLACES.match(typed)
    assert ([place.id for place in found.places], found.sure) == ([means], True)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        pytest.param("Garissa", [GARISSA, GARISSA_TOWN], id="county-and-town"),
        pytest.param("garisa", [GARISSA, GARISSA_TOWN], id="county-and-town-typo"),
        pytest.param("Bura", [BURA_TANA, BURA_GARISSA], id="two-towns-the-larger-first"),
        pytest.param("Bura, Kenya", [BURA_TANA, BURA_GARISSA], id="parent-of-both"),
        pytest.param("Bura, Atlantis", [BURA_TANA, BURA_GARISSA], id="unknown-parent"),
        pytest.param("Kitwi", ["KE-18"], id="one-letter-wrong-of-few"),
        pytest.param("garson", ["KE:test:garsen"], id="nearest"),
        pytest.param("Holo", [HOLA], id="short-typo"),
        pytest.param("holla", [HOLA], id="short-name-one-more-letter"),
        pytest.param("Taita", ["KE-39"], id="part-of-a-name"),
        pytest.param("Gumba village, Garissa", [GARISSA, GARISSA_TOWN], id="village-that-nobody-knows"),
        pytest.param("niko hola sasa", [HOLA], id="in-a-sentence"),
    ],
)
def test_a_doubt_is_asked_back(typed: str, asked: list[str]) -> None:
    found = PLACES.match(typed)
    assert ([place.id for place in found.places], found.sure) == (asked, False)


@pytest.mark.parametrize("typed", ["", "  ", "?!", "qwerty", "1", "x" * 5000, "\x00", "(((", "yes", "watu wote", "🌊", "county", "of the"])
def test_nothing_is_made_of_nothing(typed: str) -> None:
    assert (PLACES.match(typed).places, PLACES.match(typed).sure) == ((), False)


def test_who_is_near_is_asked_about_the_near_one_first() -> None:
    found = PLACES.match("Bura", near=(-1.0, 40.2))
    assert [place.id for place in found.places] == [BURA_GARISSA, BURA_TANA]
    assert not found.sure


def test_what_the_operator_says_wins() -> None:
    found = small({"GSA": GARISSA, "bura": BURA_TANA, "atlantis": "KE-99"})
    assert [(found.match(typed).places[0].id, found.match(typed).sure) for typed in ("gsa", "Bura")] == [(GARISSA, True), (BURA_TANA, True)]
    assert not found.match("atlantis").places


def test_no_more_are_asked_about_than_fit_a_screen() -> None:
    many = [Known(Place(f"KE:{n}", "Shauri", PlaceKind.TOWN, "KE", "KE-07", people=n)) for n in range(10)]
    found = Places.of([*rows(), *many]).match("shauri")
    assert [place.people for place in found.places] == [9, 8, 7]
    assert len(found.places) == ASKED


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("is there a flood warning in Tana River today?", [TANA], id="english"),
        pytest.param("je kuna mafuriko hola", [HOLA], id="swahili"),
        pytest.param("watu wote wako salama?", [], id="everybody-is-no-town"),
        pytest.param("flood at Bura in Tana River", [BURA_TANA], id="the-one-that-lies-there"),
        pytest.param("Hola and Mwingi", [HOLA, "KE:test:mwingi"], id="two"),
    ],
)
def test_a_sentence_names_places(text: str, names: list[str]) -> None:
    assert sorted(place.id for place in mentioned(PLACES.names, text)) == sorted(names)
