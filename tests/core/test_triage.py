"""An emergency is caught however it is typed; a question about one, or a saying, is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.triage import Triage
from bot.core.types import Emergency, Lang
from tests.core import small

TRIAGE = Triage(small.EMERGENCIES)


@pytest.mark.parametrize(
    ("text", "id", "lang"),
    [
        pytest.param("SNAKE BITE HELP", "snakebite", Lang.EN, id="capitals"),
        pytest.param("a snake bit my son", "snakebite", Lang.EN, id="in a sentence"),
        pytest.param("my son was biten by a snak", "snakebite", Lang.EN, id="misspelt"),
        pytest.param("mtoto ameumwa na nyoka", "snakebite", Lang.SW, id="swahili"),
        pytest.param("mama ameumwa nyokaa", "snakebite", Lang.SW, id="swahili, misspelt"),
        pytest.param("nimeumwa na nyoka nifanyeje", "snakebite", Lang.SW, id="swahili, what do i do"),
        pytest.param("she is bleding a lot", "bleeding", Lang.EN, id="bleeding misspelt"),
        pytest.param("my wife is bleeding no money for hospital", "bleeding", Lang.EN, id="money in it, and no saying"),
        pytest.param("anavuja damu sana", "bleeding", Lang.SW, id="bleeding in swahili"),
        pytest.param("rafiki anataka kujiua", "self-harm", Lang.SW, id="a verb's root in the phrase"),
        pytest.param("mtu anazama mtoni", "drowning", Lang.SW, id="drowning in swahili"),
        pytest.param("what to do for snake bite", "snakebite", Lang.EN, id="unsure: taken as one"),
        pytest.param("what is first aid for snake bite my child is crying", "snakebite", Lang.EN, id="asked, but happening"),
        pytest.param("how to avoid dying from snake bite", "snakebite", Lang.EN, id="asked, but somebody is dying"),
        pytest.param("huduma ya kwanza mtoto ameumwa na nyoka", "snakebite", Lang.SW, id="asked in swahili, but happening"),
    ],
)
def test_emergencies_are_recognised(text: str, id: str, lang: Lang) -> None:
    found = TRIAGE.recognise(text)
    assert found is not None
    assert (found[0].id, found[1]) == (id, lang)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("how to prevent snake bite", id="prevention"),
        pytest.param("how do people avoid snake bites on a farm", id="avoiding"),
        pytest.param("what is first aid for snake bite", id="first aid, in general"),
        pytest.param("jinsi ya kuzuia kuumwa na nyoka", id="prevention in swahili"),
        pytest.param("huduma ya kwanza ya kuumwa na nyoka ni nini", id="first aid in swahili"),
        pytest.param("how do i grow snake tomato, something bites it", id="a plant"),
        pytest.param("my heart is bleeding for money", id="a saying"),
        pytest.param("the shop is bleeding a lot of money", id="a saying of business"),
        pytest.param("i am drowning in debts", id="a saying of debt"),
        pytest.param("mafuriko yasije kutudhuru", id="a longer word two letters off"),
        pytest.param("who won the match", id="off-topic"),
        pytest.param("snake", id="half a phrase"),
        pytest.param("", id="empty"),
    ],
)
def test_other_messages_are_left_alone(text: str) -> None:
    assert TRIAGE.recognise(text) is None


def of(*phrases: str, lang: Lang = Lang.EN, of_bodies: bool = False) -> Triage:
    """Knows one emergency, by these phrases."""
    return Triage([Emergency("it", {lang: phrases}, {}, of_bodies)])


@pytest.mark.parametrize(
    ("phrase", "lang", "heard", "not_heard"),
    [
        pytest.param("cut/stabbed leg/arm", Lang.EN, "he was stabbed in his arm", "he was stabbed", id="one word of each choice"),
        pytest.param("cannot/unable breathe", Lang.EN, "unable to breathe", "breathe", id="a choice of a word and a contraction"),
        pytest.param("nataka =kufa", Lang.SW, "nataka kufa", "nataka kufanya biashara", id="a word as it stands"),
        pytest.param("he =choked", Lang.EN, "he choked", "he chokes", id="and in no other form"),
        pytest.param("he =choked", Lang.EN, "he choked", "he chocked", id="nor misspelt"),
        pytest.param("jiua", Lang.SW, "atajiua", "jiuafanya", id="a root with its ending"),
        pytest.param("nyumba imeanguka", Lang.SW, "nyumba zimeanguka", "nyumba isianguke", id="that it may not"),
        pytest.param("amepaliwa", Lang.SW, "nimepaliwa", "akipaliwa", id="if he"),
        pytest.param("amezimia mtu", Lang.SW, "mtu anazimia", "mtu aliyezimia", id="one who"),
        pytest.param("akizimia", Lang.SW, "ukizimia", "amezimia", id="the phrase itself says if"),
        pytest.param("ameungua", Lang.SW, "nimeungua", "zimeungua", id="what things do"),
        pytest.param("amezimia", Lang.SW, "nimezimia", "mtu mzima", id="whole or grown up"),
        pytest.param("amezimia", Lang.SW, "mezimia", "line imezima", id="switched off"),
        pytest.param("nasw", Lang.SW, "tumenaswa", "wanaswap", id="an english verb in sheng"),
        pytest.param("drunk", Lang.EN, "drank or drunkk", "trunk", id="an everyday word is no slip"),
    ],
)
def test_what_a_phrase_may_say(phrase: str, lang: Lang, heard: str, not_heard: str) -> None:
    triage = of(phrase, lang=lang)
    assert triage.recognise(heard) is not None
    assert triage.recognise(not_heard) is None


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("my goat is bleeding", False),
        ("mbuzi is bleeding", False),
        ("my child is bleeding", True),
        ("the goat kicked my son he is bleeding", True),
        ("bitten by a pig and bleeding", True),
        ("bleeding", True),
    ],
)
def test_an_animals_trouble_is_a_farmers_question(text: str, heard: bool) -> None:
    assert (of("bleeding", of_bodies=True).recognise(text) is not None) is heard
    assert of("bleeding").recognise(text) is not None


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("what if a man is drowning", False),
        ("can i touch someone who is drowning", False),
        ("explain drowning", False),
        ("how long until a man drowns, drowning", False),
        ("i can not help him he is drowning", True),
        ("what if my child is drowning", True),
        ("i am better dead if drowning", True),
        ("hurry if you can someone is drowning", True),
    ],
)
def test_what_is_asked_in_general_is_no_cry_for_help(text: str, heard: bool) -> None:
    assert (of("drowning").recognise(text) is not None) is heard


@pytest.mark.parametrize(
    ("phrase", "text", "heard"),
    [
        ("end it all", "at year end do all get it", False),
        ("end it all", "at year end i will end it all", True),
        ("passed out", "the storm passed can we go out", False),
        ("passed out", "in the rain passed out", True),
        ("house burned", "our house burned down", False),
        ("house burned", "our house burned down with a child inside", True),
        ("want die", "our house burned down, want to die", True),
        ("passed out", "out of 50 kids 35 passed", False),
        ("passed out", "out of 50 kids one passed out", True),
        ("stuck under", "white fluff stuck under the maize leaf", False),
        ("stuck under", "a child is stuck under the leaf and mud roof, stuck under it", True),
        ("house burning", "the room of the house that did not burn", False),
        ("house burning", "the door does not burn but the house is burning", True),
        ("baby coming nurse", "how often do i see the nurse before the baby comes", False),
        ("baby coming nurse", "no nurse before the baby comes and the baby is coming", True),
        ("losing blood", "why lay down a person who is losing blood", False),
        ("losing blood", "why lay down my child who is losing blood", True),
    ],
)
def test_words_that_mean_another_thing_together_do_not_count(phrase: str, text: str, heard: bool) -> None:
    assert (of(phrase).recognise(text) is not None) is heard


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("the baby goat is not breathing", False),
        ("mtoto wa mbuzi not breathing", False),
        ("the goat hit my baby not breathing", True),
        ("mtoto mbwa kamuuma not breathing", True),
        ("my baby dog scratched not breathing", True),
    ],
)
def test_the_young_of_the_farms_animals_are_animals(text: str, heard: bool) -> None:
    assert (of("not breathing", of_bodies=True).recognise(text) is not None) is heard


def test_the_longest_phrase_wins() -> None:
    found = TRIAGE.recognise("bleeding from a snake bite")
    assert found is not None
    assert found[0].id == "snakebite"


@given(st.text(max_size=30), st.text(max_size=30))
def test_words_around_it_do_not_hide_it(before: str, after: str) -> None:
    assert TRIAGE.recognise(f"{before} my child was bitten by a snake {after}") is not None


def test_without_emergencies_nothing_is_recognised() -> None:
    assert Triage(()).recognise("snake bite") is None
