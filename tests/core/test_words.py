"""Words as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import words
from bot.core.lexicon import bag
from bot.core.types import Lang


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Ng'ombe WANGU", ["ngombe", "wangu"], id="apostrophe and capitals"),
        pytest.param("café dawaa", ["cafe", "dawaa"], id="accents"),
        pytest.param("50kg 0.4g 13% 1,000", ["50", "kg", "0.4", "g", "13", "%", "1,000"], id="units apart from numbers"),
        pytest.param("dnt plnt b4 rain", ["do", "not", "plnt", "before", "rain"], id="textese"),
        pytest.param("DON'T", ["do", "not"], id="contraction"),
        pytest.param("2napanda wa2 2day", ["tunapanda", "watu", "today"], id="digits for syllables"),
        pytest.param("2weeks 2kg", ["2", "weeks", "2", "kg"], id="digits that are numbers"),
        pytest.param("sooooo xana", ["so", "sana"], id="drawn out"),
        pytest.param("", [], id="empty"),
        pytest.param("!!! 🌽 ...", [], id="no words"),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert words.tokens(text) == expected


@pytest.mark.parametrize(
    ("lang", "forms"),
    [
        pytest.param(Lang.EN, "plant plants planted planting", id="regular verb"),
        pytest.param(Lang.EN, "store stores stored storing", id="silent e"),
        pytest.param(Lang.EN, "body bodies", id="y and ies"),
        pytest.param(Lang.EN, "stop stopped stopping stops", id="doubled letter"),
        pytest.param(Lang.SW, "kupanda ninapanda nipande wanapanda tutapanda pandwa usipande", id="verb"),
        pytest.param(Lang.SW, "mkopo mikopo kukopa", id="loan, loans, to borrow"),
        pytest.param(Lang.SW, "kiwavi viwavi", id="caterpillar, caterpillars"),
        pytest.param(Lang.SW, "mdudu wadudu", id="insect, insects"),
        pytest.param(Lang.SW, "shamba shambani mashamba", id="field, in the field, fields"),
    ],
)
def test_forms_of_a_word_share_a_stem(lang: Lang, forms: str) -> None:
    assert len({words.stem(w, lang) for w in forms.split()}) == 1


@pytest.mark.parametrize(
    ("lang", "one", "other"),
    [
        pytest.param(Lang.EN, "loan", "load", id="loan, load"),
        pytest.param(Lang.EN, "bus", "bush", id="bus, bush"),
        pytest.param(Lang.SW, "mbegu", "mbolea", id="seed, fertiliser"),
        pytest.param(Lang.SW, "nyoka", "nyanya", id="snake, tomato"),
    ],
)
def test_different_words_keep_different_stems(lang: Lang, one: str, other: str) -> None:
    assert words.stem(one, lang) != words.stem(other, lang)


@pytest.mark.parametrize(
    "word", sorted(bag("not never no without dont usinyunyize msile haifai hakuna si sio bila yasiyofaa kutokula sitaki asinywe"))
)
def test_negators(word: str) -> None:
    assert words.is_negator(word)


@pytest.mark.parametrize(
    "word", sorted(bag("note know usiku siku msimu msitu hatari hali haraka asilimia asili simu nyunyiza panda hapa hadi usingizi"))
)
def test_words_that_only_look_negative(word: str) -> None:
    assert not words.is_negator(word)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        pytest.param("how do i plant the beans", Lang.EN, id="english"),
        pytest.param("nipande maharage kwa shamba gani", Lang.SW, id="swahili"),
        pytest.param("", Lang.EN, id="nothing to tell by"),
    ],
)
def test_language(text: str, lang: Lang) -> None:
    assert words.language(words.tokens(text)) is lang


@given(st.text(max_size=200))
def test_any_text_has_tokens_that_stem(text: str) -> None:
    for word in words.tokens(text):
        assert word == words.plain(word)
        assert all(words.stems(word))
