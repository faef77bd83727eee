"""The folders that we ship: complete in both languages, short enough, and sure of what they say."""

import re
from collections.abc import Iterator
from datetime import date

import pytest

from bot.core.keywords import BEFORE, Keywords
from bot.core.menu import in_lines
from bot.core.text import is_gsm7, measure
from bot.core.triage import Triage, vetted_words
from bot.core.types import OFFER, Choice, Emergency, Fact, Lang, Limits, Reply, Skill
from skills.loader import check, load
from tests.skills import tree

LIBRARY = load(tree.SHIPPED)
FACTS = [fact for skill in LIBRARY.skills for fact in skill.facts]
TWINS = {(fact.id, fact.lang): fact for fact in FACTS}
TRIAGE = Triage(LIBRARY.emergencies, vetted_words(LIBRARY))
SKILLS = [pytest.param(skill, id=skill.name) for skill in LIBRARY.skills]
EACH_FACT = [pytest.param(fact, id=f"{fact.id}.{fact.lang}") for fact in FACTS]
EACH_EMERGENCY = [pytest.param(emergency, id=emergency.id) for emergency in LIBRARY.emergencies]


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d[\d.,]*\d|\d", text))


def test_nothing_is_wrong() -> None:
    assert [str(problem) for problem in check(tree.SHIPPED, date(2026, 11, 26))] == []


@pytest.mark.parametrize("skill", SKILLS)
def test_a_skill_knows_enough(skill: Skill) -> None:
    assert len(skill.facts) >= 2 * 14
    assert len(skill.cases) >= 25
    assert sum(case.fact == "" for case in skill.cases) >= 5
    assert 0.4 <= sum(case.lang is Lang.SW for case in skill.cases) / len(skill.cases) <= 0.6


@pytest.mark.parametrize("fact", EACH_FACT)
def test_a_fact_is_fit_to_send(fact: Fact) -> None:
    assert is_gsm7(fact.sms), "one odd character makes the SMS more than twice as dear"
    assert measure(fact.sms, Limits()).parts == 1
    assert numbers(fact.sms) <= numbers(fact.body)
    assert 4 <= len(fact.questions) <= 40
    assert 2 <= len(re.findall(r"[.!?](?: |$)", fact.body)) <= 8


@pytest.mark.parametrize("fact", EACH_FACT)
def test_a_fact_says_the_same_in_every_language(fact: Fact) -> None:
    for lang in Lang:
        twin = TWINS[fact.id, lang]
        assert numbers(twin.body) == numbers(fact.body)
        assert numbers(twin.sms) == numbers(fact.sms)
        assert (twin.source, twin.reviewed, twin.region, twin.expires) == (fact.source, fact.reviewed, fact.region, fact.expires)
        assert twin is fact or twin.body != fact.body


@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize("skill", SKILLS)
def test_the_menu_of_a_skill_fits_one_screen_even_after_a_wrong_choice(skill: Skill, lang: Lang) -> None:
    titles = [f"{n} {TWINS[topic, lang].title}" for n, topic in enumerate(skill.topics, 1)]
    text = LIBRARY.text
    screen = "\n".join([text("unknown_choice", lang), text("ask", lang, skill=skill.titles[lang]), *titles, text("back_key", lang)])
    assert len(screen) <= 156


@pytest.mark.parametrize("lang", Lang)
def test_the_first_screen_fits_with_its_longest_note(lang: Lang) -> None:
    text = LIBRARY.text
    ours = [text(name, lang) for name in ("language_item", "place_item", "last_answer_item")]
    labels = [*(s.titles[lang] for s in LIBRARY.skills), *ours]
    notes = [text(name, lang) for name in ("menu_title", "working", "unknown_choice", "language_set")]
    lines = [max(notes, key=len), *(f"{n} {label}" for n, label in enumerate(labels, 1)), text("ask_any", lang)]
    assert len("\n".join(lines)) <= 156


@pytest.mark.parametrize("lang", Lang)
def test_the_greeting_leaves_room_for_an_answer(lang: Lang) -> None:
    assert len(LIBRARY.text("welcome", lang)) <= 60


@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize("skill", SKILLS)
def test_a_prompt_ends_where_the_answer_begins_and_shows_a_refusal(skill: Skill, lang: Lang) -> None:
    prompt = skill.prompt[lang]
    assert prompt.endswith("$question\nSMS:")
    assert re.findall(r"^SMS: (.*)$", prompt, re.MULTILINE)[-1] == "NOINFO"
    assert len(prompt) < 900, "characters: about 220 tokens, read anew for each answer on a slow machine"


def test_every_keyword_means_what_its_list_says() -> None:
    keywords = Keywords(LIBRARY.keywords)
    commands = {name: words for name, words in LIBRARY.keywords.items() if name not in BEFORE}
    for name, words in commands.items():
        for word in words:
            found = keywords.recognise(word)
            assert found is not None
            assert name == (f"lang.{found.lang}" if found.lang else found.word)


def spelt_out(phrase: str) -> Iterator[str]:
    """The phrase with each of its choices once, beside the first of the others."""
    places = [place.replace("=", "").split("/") for place in phrase.split()]
    for n, place in enumerate(places):
        for word in place:
            yield " ".join(word if m == n else other[0] for m, other in enumerate(places))


@pytest.mark.parametrize("emergency", EACH_EMERGENCY)
def test_an_emergency_is_recognised_by_each_of_its_phrases(emergency: Emergency) -> None:
    for phrases in emergency.words.values():
        for said in (said for phrase in phrases for said in spelt_out(phrase)):
            found = TRIAGE.recognise(said)
            assert found is not None, said
            assert found[0].id == emergency.id, said


@pytest.mark.parametrize("emergency", EACH_EMERGENCY)
def test_an_emergency_reply_is_one_sms_and_one_screen_and_names_the_number(emergency: Emergency) -> None:
    for reply in emergency.reply.values():
        filled = reply.replace("$emergency_number", "999 or 112")
        assert filled != reply
        assert is_gsm7(filled)
        assert len(filled) <= 156


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("my son was bitten by a snake wat do i do", "snake-bite"),
        ("nyoka kamuuma mtoto wangu", "snake-bite"),
        ("mke wangu anatoka damu nyingi sana", "bleeding"),
        ("she drank the pesticide for the farm", "poison"),
        ("mtoto amekunywa dawa ya panya", "poison"),
        ("we are trapped in the building help", "trapped"),
        ("watu wamefukiwa na udongo", "trapped"),
        ("a child fell into the river", "drowning"),
        ("mtu anazama ziwani nisaidieni", "drowning"),
        ("our house is burning", "fire"),
        ("nyumba yetu inaungua", "fire"),
        ("i lost my job and want to kill myself", "self-harm"),
        ("nataka kujiua", "self-harm"),
        ("my husband beats me every day", "abuse"),
        ("nimebakwa jana usiku", "abuse"),
        ("my baby has diarrhoea and is very weak", "dehydration"),
        ("mtoto anaharisha na amelegea", "dehydration"),
        ("he is not breathing", "unconscious"),
        ("baba amezimia ghafla", "unconscious"),
        ("my brother was electrocuted", "electric-shock"),
        ("kaka amepigwa na stima", "electric-shock"),
        ("the spray got in his eyes and they burn", "chemical"),
        ("nilikuwa napulizia dawa sasa natapika", "chemical"),
        ("my wife is giving birth and there is a lot of blood", "childbirth"),
        ("mjamzito anavuja damu", "childbirth"),
        ("the child is choking on a bone", "choking"),
        ("mtoto amepaliwa na mfupa", "choking"),
        ("my son is having fits and shaking", "fits"),
        ("mtoto ana degedege", "fits"),
        ("his mouth is bent to one side and he can not talk", "stroke"),
        ("mdomo wa baba umepinda ghafla", "stroke"),
        ("dad has a chest pain that goes to the arm", "heart-attack"),
        ("kifua kinamuuma na mkono una ganzi", "heart-attack"),
        ("stung by wasps and her throat is tight", "allergy"),
        ("ameumwa na nyuki hawezi kupumua", "allergy"),
        ("mtu mzima amezimia ghafla", "unconscious"),
        ("mtoto anatetemeka mwili mzima", "fits"),
        ("gari limezima kwenye maji tuko ndani", "trapped"),
        ("mtoto hachezi tumboni tangu jana", "childbirth"),
        ("flood passed through and swept my son", "drowning"),
        ("eight months gone and baby stopped kicking", "childbirth"),
        ("our house burned last night and my son is inside", "fire"),
        ("my house burned down and i want to die", "self-harm"),
        ("at year end i will end it all", "self-harm"),
        ("the baby goat died and my baby is not breathing", "unconscious"),
        ("nyumba iliungua jana na mtoto ameungua moto", "fire"),
        ("she was walking in the rain passed out", "unconscious"),
    ],
)
def test_a_cry_for_help_is_heard(text: str, id: str) -> None:
    found = TRIAGE.recognise(text)
    assert found is not None
    assert found[0].id == id


@pytest.mark.parametrize(
    "text",
    [
        "nataka kujua bei ya mahindi", "najua kupika", "cooking beans how long", "is cooking gas a good business", "growing onions",
        "my maize is drying", "natazama mpira", "waziri wa kilimo ni nani", "how do i kill aphids", "ndizi kubwa", "kuku wanakufa",
        "flood swept my maize", "how to grow brown beans", "mbegu mbaya sana", "biashara yangu inakufa", "nimechoka na deni",
        "bakajani ya viazi", "how much orange sweet potato should a child eat", "kuangalia kama mkopeshaji amesajiliwa",
        "nibaki na kopi gani", "ndoa ya kimila inaweza kusajiliwa", "mkopeshaji amenidhulumu pesa", "how do i know betting controls me",
        "kupima ukimwi kunalipiwa?", "nataka kufanya biashara", "nataka kufahamu bei", "mume wangu ananipigia simu kila siku",
        "my goat is choking on maize", "kuku wamekula sumu ya panya", "what are the highest-rated phones", "watu wazima wasome wapi",
        "Ni 206 au 300 kwa mtu mzima?", "Kikombe kizima cha ORS kwa mtoto wa miezi kumi si kingi?", "line imezima ghafla, hii ni SIM swap?",
        "hela zimekwama ndani kwa sababu ya kusahau", "wasee wanaswap line aje, na nitajikinga vipi", "niende wapi benki imenidhulumu",
        "Mikono inauma kwa kupukuchua, kuna kifaa gani?", "Mnara wa simu umeanguka na kisiwani hakuna taarifa inayoingia.",
        "naomba kufahamu namna sahihi ya kunyeshea bustani bila kupoteza maji", "Mwalimu anasema ni mvivu ila nahisi hasikii, nifanyeje?",
        "Chair says all should get the same at year end though I put in more, is it just?", "can it hit me if i only hear a faint boom",
        "do I put the chemical granules near the trunk", "how can I stop worms eating my corn heart?", "storm passd can we go out n clean",
        "My grandmother's wallet is locked because she mixed up the digits. Where do we take her?",
        "the baby goat came out wet and not breathing well, what next?",
        "our house burned last night, can we go in and look for our things",
        "duka limeungua jana usiku na nina bima, sasa nifanyeje", "why raise the legs of somebody who passed out",
    ],
)  # fmt: skip
def test_everyday_words_raise_no_alarm(text: str) -> None:
    assert TRIAGE.recognise(text) is None


def test_no_question_or_case_of_ours_is_taken_for_an_emergency_or_a_command() -> None:
    keywords = Keywords(LIBRARY.keywords)
    texts = [q for fact in FACTS for q in (*fact.questions, fact.title)] + [case.text for skill in LIBRARY.skills for case in skill.cases]
    assert [text for text in texts if TRIAGE.recognise(text) or keywords.recognise(text)] == []


@pytest.mark.parametrize("lang", list(Lang))
def test_whatever_is_offered_is_one_plain_sms_and_one_screen(lang: Lang) -> None:
    longest = sorted((fact.title for skill in LIBRARY.skills for fact in skill.facts if fact.lang is lang), key=len)[-3:]
    choices = tuple(Choice(str(n), title) for n, title in enumerate(longest, 1))
    offer = Reply(LIBRARY.text("offer", lang), lang, OFFER, choices=choices, footer=LIBRARY.text("offer_else", lang))
    assert measure(in_lines(offer).text, Limits(units=156)).parts == 1
