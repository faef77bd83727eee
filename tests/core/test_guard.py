"""The guard: what the passage says may pass, anything else may not."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core import quote, words
from bot.core.guard import check
from bot.core.types import Limits
from tests.core import small

PASSAGES = [f.body for f in small.FACTS]
SENTENCES = [(s, p) for p in PASSAGES for s in quote.sentences(p)]


def verdict(reply: str, passage: str, question: str = "") -> str:
    return check(reply, passage=passage, question=question or f"please explain {reply}", limits=small.SMS).reason or "ok"


@pytest.mark.parametrize(("sentence", "passage"), SENTENCES)
def test_a_sentence_of_the_passage_passes(sentence: str, passage: str) -> None:
    assert verdict(sentence, passage) == "ok"


@pytest.mark.parametrize(
    ("reply", "passage", "question"),
    [
        pytest.param("Use 2 hermetic bags.", small.STORE_EN, "which bags for maize", id="the end cut off"),
        pytest.param(
            "Leave 50 cm between rows, put 2 seeds in each hole.",
            small.BEANS_EN,
            "bean rows and seeds in a hole",
            id="two sentences joined",
        ),
        pytest.param("Acha sm 50 kati ya mistari.", small.BEANS_SW, "nafasi kati ya mistari ni ngapi", id="swahili, the end cut off"),
        pytest.param(
            "Crush the eggs by hand. Spray neem at dusk.", small.WORM_EN, "eggs on maize, when to spray", id="two whole sentences"
        ),
        pytest.param("Spray neem at dusk.", small.WORM_EN, "when shuld i spary neem", id="misspelt question"),
        pytest.param("Dry maize to 13 percent.", "Dry maize to 13% in the sun.", "dry maize how much", id="percent in words"),
        pytest.param("You owe 1000 shillings.", "You owe 1,000 shillings at the end.", "how much do i owe", id="thousands without comma"),
    ],
)
def test_a_shorter_passage_passes(reply: str, passage: str, question: str) -> None:
    assert verdict(reply, passage, question) == "ok"


@pytest.mark.parametrize(
    ("reply", "passage", "question", "reason"),
    [
        pytest.param("", small.WORM_EN, "worms", "empty", id="empty"),
        pytest.param(" \n.", small.WORM_EN, "worms", "empty", id="nothing but a stop"),
        pytest.param("NOINFO", small.WORM_EN, "worms", "noinfo", id="noinfo"),
        pytest.param("No info.", small.WORM_EN, "worms", "noinfo", id="noinfo, spelt"),
        pytest.param("SMS: Spray neem at dusk.", small.WORM_EN, "when to spray", "echo", id="prompt marker"),
        pytest.param("when to spray neem.", small.WORM_EN, "When to spray neem?", "echo", id="question handed back"),
        pytest.param("Crush the eggs by hand. Crush the eggs by hand.", small.WORM_EN, "eggs", "loop", id="said twice"),
        pytest.param("Spray spray spray neem at dusk.", small.WORM_EN, "spray", "loop", id="stutter"),
        pytest.param("Spray neem at", small.WORM_EN, "spray", "cut", id="half a sentence"),
        pytest.param("Spray neem...", small.WORM_EN, "spray", "cut", id="trails off"),
        pytest.param("Use 3 hermetic bags of 90 kg.", small.STORE_EN, "bags", "numbers", id="other number"),
        pytest.param("Use 2 hermetic bags of 90 g.", small.STORE_EN, "bags", "numbers", id="other unit"),
        pytest.param("Use 2 hermetic bags of 90.", small.STORE_EN, "bags", "numbers", id="unit dropped"),
        pytest.param("Leave 10 cm between rows.", small.BEANS_EN, "rows", "meaning", id="another number of the sentence"),
        pytest.param("Put 2 cm in each hole.", small.BEANS_EN, "hole", "numbers", id="number of one thing, unit of another"),
        pytest.param("Leave 2 seeds between rows.", small.BEANS_EN, "rows", "meaning", id="number from another sentence"),
        pytest.param("Call 0700000001 about armyworm.", small.WORM_EN, "armyworm", "numbers", id="phone number"),
        pytest.param("Spray before 2026-03-01.", small.WORM_EN, "spray", "numbers", id="date"),
        pytest.param("Pay $2 a week for armyworm.", small.WORM_EN, "armyworm", "numbers", id="currency sign"),
        pytest.param("Spray paraquat at dusk.", small.WORM_EN, "spray", "words", id="product name"),
        pytest.param(
            "Spray paraquat at dusk.", small.WORM_EN, "can i spray paraquat at dusk", "words", id="product name from the question"
        ),
        pytest.param("Spray two times at dusk.", small.WORM_EN, "spray", "words", id="number in words"),
        pytest.param("Spray at noon.", small.WORM_EN, "spray noon", "meaning", id="not dropped"),
        pytest.param("Do not spray at dusk.", small.WORM_EN, "spray dusk", "meaning", id="not moved"),
        pytest.param("Do not crush the eggs by hand.", small.WORM_EN, "eggs", "meaning", id="not added"),
        pytest.param("Open the bag for 6 weeks.", small.STORE_EN, "bag", "meaning", id="never dropped"),
        pytest.param("Nyunyiza mchana.", small.WORM_SW, "ninyunyize mchana", "meaning", id="usi dropped"),
        pytest.param("Usiponde mayai kwa mkono.", small.WORM_SW, "mayai", "words", id="usi added"),
        pytest.param("Mwambie mtu yeyote PIN yako.", small.PIN_SW, "pin yangu", "words", id="usi dropped, pin"),
        pytest.param("Benki inayoiuliza PIN yako.", small.PIN_SW, "benki pin", "meaning", id="hakuna dropped"),
        pytest.param("Borrow what you can repay.", small.LOAN_EN, "how to borrow", "meaning", id="only dropped"),
        pytest.param("You borrow the total cost.", small.LOAN_EN, "borrow", "meaning", id="words in another order"),
        pytest.param("Viwavijeshi hula majani ya mahindi.", small.WORM_EN, "viwavijeshi", "words", id="other language"),
        pytest.param(
            "Raise bags off the floor.", small.STORE_EN, "how long must the bag stay shut in weeks", "relevance", id="how long, no number"
        ),
        pytest.param("Spray neem.", small.WORM_EN, "what time do i spray neem", "relevance", id="what time, no time"),
        pytest.param("Nyunyiza mwarobaini.", small.WORM_SW, "ninyunyize mwarobaini lini", "relevance", id="lini, no time"),
        pytest.param("Crush the eggs by hand.", small.WORM_EN, "when to spray neem", "relevance", id="wrong sentence of the right passage"),
        pytest.param("Spray neem at dusk.", small.WORM_EN, "who is the president", "relevance", id="nothing asked about is in it"),
        pytest.param(
            "Wait 2 weeks after spraying.", "Wait 2 to 3 weeks after spraying.", "how long after spraying", "numbers", id="half a range"
        ),
        pytest.param("Do not store maize.", "Do not store wet maize.", "store maize", "meaning", id="word skipped after not"),
        pytest.param(
            "Spray neem.", "If 20 percent of plants are damaged, spray neem.", "should i spray neem", "meaning", id="condition dropped"
        ),
        pytest.param(
            "Boil water for 1 minute.", "Boil water for at least 1 minute.", "how long to boil water", "meaning", id="at least dropped"
        ),
        pytest.param("Use butter on burns.", "Do not use milk, oil or butter on burns.", "burns butter", "meaning", id="list under a not"),
    ],
)
def test_anything_else_is_refused(reply: str, passage: str, question: str, reason: str) -> None:
    assert verdict(reply, passage, question) == reason


def test_a_reply_of_two_parts_is_refused() -> None:
    passage = " ".join(f"Wash the blue bucket and the {w} cup well with clean water." for w in ("old", "new", "red", "big"))
    assert check(passage, passage=passage, question="wash cup", limits=small.SMS).reason == "long"
    assert check(passage, passage=passage, question="wash cup", limits=Limits(gsm7=False, units=4000)).ok


@given(st.sampled_from(SENTENCES), st.integers(min_value=0, max_value=99_999), st.data())
def test_no_number_that_the_passage_lacks_gets_through(pair: tuple[str, str], number: int, data: st.DataObject) -> None:
    sentence, passage = pair
    assume(str(number) not in words.split(passage))
    typed = sentence.rstrip(".").split()
    at = data.draw(st.integers(min_value=0, max_value=len(typed)))
    reply = " ".join([*typed[:at], str(number), *typed[at:]]) + "."
    assert verdict(reply, passage) == "numbers"


NUMBERED = [(s, p) for s, p in SENTENCES if re.search(r"\d", s)]


@given(st.sampled_from(NUMBERED), st.data())
def test_one_changed_digit_is_refused(pair: tuple[str, str], data: st.DataObject) -> None:
    sentence, passage = pair
    at = data.draw(st.sampled_from([m.start() for m in re.finditer(r"\d", sentence)]))
    digit = data.draw(st.sampled_from([d for d in "123456789" if d != sentence[at]]))
    reply = sentence[:at] + digit + sentence[at + 1 :]
    assert verdict(reply, passage) != "ok"


UNITS = "kg g ml litres lita kilo gramu percent asilimia cm sm weeks wiki days siku".split()  # noqa: SIM905


@given(st.sampled_from([(s, p, u) for s, p in NUMBERED for u in UNITS if re.search(rf"\b{u}\b", s)]), st.sampled_from(UNITS))
def test_one_changed_unit_is_refused(case: tuple[str, str, str], other: str) -> None:
    sentence, passage, unit = case
    assume(other != unit and {other, unit} != {"percent", "asilimia"})
    assert verdict(re.sub(rf"\b{unit}\b", other, sentence, count=1), passage) != "ok"


NEGATED = [(s, p) for s, p in SENTENCES if any(map(words.is_negator, words.split(s)))]


@pytest.mark.parametrize(("sentence", "passage"), NEGATED)
def test_a_dropped_not_is_refused(sentence: str, passage: str) -> None:
    positive = re.sub(r"\b(Do not|Never|No|Hakuna) ", "", sentence)
    positive = re.sub(r"\bUsi(\w+)", lambda m: m[1].capitalize(), positive)
    assert positive != sentence
    assert verdict(positive, passage) != "ok"


@given(st.sampled_from(PASSAGES), st.text(max_size=200), st.text(max_size=80))
def test_it_judges_any_text(passage: str, reply: str, question: str) -> None:
    judged = check(reply, passage=passage, question=question, limits=small.SMS)
    assert judged.ok == (not judged.reason)
