"""Commands as people type them: STOP above all, and never out of another word."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.keywords import _ORDINARY, Keyword, Keywords, Word, slipped
from bot.core.types import Lang

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "optout_keywords.json"
TABLE = {
    "stop": ["STOP", "stop all", "unsubscribe", "opt out", "cancel", "quit", "end", "simamisha", "acha", "ondoa", "toka", "sitaki"],
    "start": ["start", "anza", "unstop", "rudisha"],
    "help": ["help", "info", "msaada"],
    "person": ["person", "agent", "human", "mtu", "msaada wa mtu", "kuongea na mtu", "talk to a person", "nataka kuongea na mtu"],
    "menu": ["menu", "menyu"],
    "more": ["more", "zaidi"],
    "lang.en": ["english", "kiingereza"],
    "lang.sw": ["swahili", "kiswahili"],
}
KEYWORDS = Keywords(TABLE)
STOP = Keyword(Word.STOP)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "STOP",
            "stop",
            "Stop.",
            "stop!!",
            " STOP \n",
            "STOP\n",
            "*STOP*",
            "“Stop”",
            "#stop",
            "🛑 STOP 🛑",
            "STOP ⚠️",
            "ＳＴＯＰ",
            "stóp",
            "S\u200bTOP",
        ),
        *("S.T.O.P", "s t o p", "S-T-O-P", "sto p", "opt-out", "OPTOUT", "Stop All", "stopall"),
        *("STOP STOP STOP", "stop, stop please", "STOP please", "please stop", "Tafadhali STOP!", "naomba simamisha", "STOP now thanks"),
        *("stooooop", "STOPPPP", "SSSTOP", "stooop pls"),
        *("STPO", "SOTP", "tsop", "stoop", "stopp", "sstop", "st0p", "stol", "sto", "stp", "stiop", "stnp", "stops"),
        *("simamsha", "simamisah", "simamishaa", "unsubscibe", "cancl", "Ondoaa", "stpo tafadhali"),
    ],
)
def test_stop_however_it_is_typed(text: str) -> None:
    assert KEYWORDS.recognise(text) == STOP


@pytest.mark.parametrize(
    "text",
    [
        *("stop borer in maize", "how do i stop weevils", "don't stop", "stop the rain from eroding my soil", "bus stop", "stop 2"),
        *("stalk borer", "can i cancel my loan", "the end of the season", "acha nikuulize", "mkopo wa simu"),
        *("shop", "step", "top", "soup", "mop", "stock", "crop", "drop", "spot", "post", "slop", "swop", "stow", "tops", "pots"),
        *("cancer", "quite", "quiet", "remote", "pacha", "chacha", "ache", "cha", "taka", "soka", "joka", "choka", "and", "send", "ned"),
        *("", "  ", "...", "👍", "1", "please", "asante sana", "ss", "s to", "st pp"),
    ],
)
def test_what_is_no_command(text: str) -> None:
    assert KEYWORDS.recognise(text) is None


@pytest.mark.parametrize("word", sorted(_ORDINARY))
def test_an_ordinary_word_needs_its_guard(word: str) -> None:
    assert KEYWORDS.recognise(word) is None
    assert any(slipped(stop.lower(), word) for stop in TABLE["stop"]), "nothing reaches it: take it off the list"


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        pytest.param("START", Keyword(Word.START), id="start"),
        pytest.param("unstop", Keyword(Word.START), id="exact-before-misspelt"),
        pytest.param("msaada tafadhali", Keyword(Word.HELP), id="help-politely"),
        pytest.param("Menu.", Keyword(Word.MENU), id="menu"),
        pytest.param("zaidi!", Keyword(Word.MORE), id="more"),
        pytest.param("ENGLISH", Keyword(Word.LANGUAGE, Lang.EN), id="english"),
        pytest.param("Kiswahili", Keyword(Word.LANGUAGE, Lang.SW), id="swahili"),
        pytest.param("strat", None, id="only-stop-may-be-misspelt"),
        pytest.param("yes", None, id="the-table-decides"),
    ],
)
def test_the_other_commands(text: str, keyword: Keyword | None) -> None:
    assert KEYWORDS.recognise(text) == keyword


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        *(
            pytest.param(text, "", id=text)
            for text in ("PERSON", "person please", "Mtu.", "naomba kuongea na mtu", "Human!", "Msaada wa mtu")
        ),
        pytest.param("talk to a person", "", id="phrase"),
        pytest.param("talk to a person about my goat", "my goat", id="phrase-before"),
        pytest.param("please talk to a person, my Goat is ill", "my Goat is ill", id="politely"),
        pytest.param("nataka kuongea na mtu kuhusu mkopo", "mkopo", id="kuhusu"),
        pytest.param("PERSON my goat is ill", "my goat is ill", id="capitals"),
        pytest.param("MTU mbuzi wangu anaumwa", "mbuzi wangu anaumwa", id="capitals-swahili"),
        pytest.param("person: my goat", "my goat", id="colon"),
        pytest.param("Mtu, mbuzi wangu", "mbuzi wangu", id="comma"),
        pytest.param("agent\nmy money is gone", "my money is gone", id="line"),
    ],
)
def test_a_call_for_a_person_with_what_it_is_about(text: str, rest: str) -> None:
    assert KEYWORDS.recognise(text) == Keyword(Word.PERSON, rest=rest)


@pytest.mark.parametrize(
    "text",
    [
        *("mtu ananiomba pin yangu ya M-Pesa", "Mtu ananiomba PIN", "MTU ANANIOMBA PIN", "m2", "watu", "mtu mwenye malaria ale nini"),
        *("person with malaria", "Person bitten by a dog", "agent took my money", "human waste as manure", "HUMAN WASTE AS MANURE"),
        *(
            "how do i talk to a person who is sad",
            "kuongea na mtu mwenye hasira",
            "msaada wa mtu aliyeanguka",
            "personal loan",
            "agents",
            "PERSON 5",
        ),
    ],
)
def test_a_question_that_begins_like_a_call_for_a_person_is_a_question(text: str) -> None:
    assert KEYWORDS.recognise(text) is None


def test_stop_wins_where_two_lists_share_a_word() -> None:
    shared = Keywords({"start": ["anza", "basi"], "stop": ["stop", "basi"], "more": ["anza"]})
    assert shared.recognise("BASI") == STOP
    assert shared.recognise("anza") == Keyword(Word.START)


def test_vowel_signs_of_other_scripts_are_letters() -> None:
    hindi = Keywords({"stop": ["रोको"]})
    assert hindi.recognise("रोको!") == STOP
    assert hindi.recognise("राका") is None


def test_a_short_word_is_never_guessed() -> None:
    assert Keywords({"stop": ["end"]}).recognise("ens") is None


@pytest.mark.parametrize(
    ("table", "told"),
    [
        pytest.param({"stop": ["stop"], "halt": ["halt"]}, r"unknown list \['halt'\]", id="unknown-list"),
        pytest.param({"start": ["start"]}, '"stop" has no words', id="no-stop"),
        pytest.param({"stop": []}, '"stop" has no words', id="empty-stop"),
    ],
)
def test_a_wrong_table_is_refused(table: dict[str, list[str]], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Keywords(table)


@given(st.sampled_from(TABLE["stop"]), st.text(" .!?*-_\"'\n", max_size=5), st.text(" .!?*-_\"'\n", max_size=5), st.data())
def test_case_and_punctuation_around_stop_never_matter(word: str, before: str, behind: str, data: st.DataObject) -> None:
    typed = "".join(data.draw(st.sampled_from([c.upper(), c.lower()])) for c in word)
    assert KEYWORDS.recognise(before + typed + behind) == STOP


@given(st.sampled_from([w for w in TABLE["stop"] if len(w) >= 4 and " " not in w]), st.data())
def test_two_swapped_letters_are_still_stop(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 2))
    assert KEYWORDS.recognise(word[:at] + word[at + 1] + word[at] + word[at + 2 :]) == STOP


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    KEYWORDS.recognise(text)


def _published() -> list[str]:
    if not VECTORS.exists():
        return []
    sources = json.loads(VECTORS.read_text(encoding="utf-8"))
    proposed = sources["proposed_needs_native_review"].values()
    known = (source.get("keywords", source.get("stop", [])) for source in sources["sources"].values())
    return sorted({word for words in (*proposed, *known) for word in words})


@pytest.mark.parametrize("word", _published())
def test_every_published_stop_word_is_matched_once_it_is_in_the_table(word: str) -> None:
    keywords = Keywords({"stop": [word]})
    assert keywords.recognise(f" {word.lower()}. ") == STOP
    assert keywords.recognise(f"{word} 5") is None
