"""Approved answers serve who asks the very question, in other spelling or word order, and nobody who asks something like it."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core.approved import ApprovedBook, Matcher, folded, vocabulary
from bot.core.lexicon import ALL_FUNCTION, WEAK, bag
from bot.core.ticket import Approved
from bot.core.types import Lang
from bot.store.memory import MemoryStore
from skills.loader import load
from tests.small import EN, SW, small_library

NOW = 1_800_000_000.0
SKILLS = Path(__file__).resolve().parents[2] / "skills"
KNOWN = (
    ALL_FUNCTION | WEAK | bag("maize beans loan load seed weed goat coat insect infect kupanda kupenda nyumba peas pears planting insure")
)


def approved(question: str, lang: Lang = EN, **values: object) -> Approved:
    one = Approved(
        lang=lang, question=question, folded=folded(question, lang), answer="40 a kilo.", approved_by="amina", approved_at=NOW, ticket_id=1
    )
    return replace(one, **values)  # type: ignore[arg-type]


def same(question: str, asked: str, lang: Lang = EN) -> bool:
    return Matcher([approved(question, lang)], KNOWN).find(asked, lang, now=NOW) is not None


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        pytest.param("When do I plant maize?", "WHEN DO I PLANT MAIZE", id="capitals and signs"),
        pytest.param("When do I plant maize?", "pls wen to plant maize", id="textese and politeness"),
        pytest.param("When do I plant maize?", "maize plant when", id="word order"),
        pytest.param("When do I plant maize?", "when planting maize", id="another form"),
        pytest.param("When do I plant maize?", "when do we plant our maizee", id="a letter too many"),
        pytest.param("how to stop armyworm in my maize", "how to stop armywrom in maize", id="swapped"),
        pytest.param("how to stop armyworm in my maize", "how to stop armyworn in maize", id="a neighbouring key"),
        pytest.param("how to stop armyworm in my maize", "hw to stop armiworm in maize", id="by ear"),
        pytest.param("can I mix maize and beans", "can i mix beans and maize", id="and, the other way round"),
        pytest.param("is maize or sorghum better", "sorghum or maize better", id="or, the other way round"),
        pytest.param("price of 50 kg of maize", "50kg maize price", id="a number with its unit"),
        pytest.param("loan of 1,000 shillings", "loan of 1000 shillings", id="thousands"),
        pytest.param("why should I not burn the grass", "why shouldnt i burn grass", id="not"),
        pytest.param("what is a hermetic bag", "what's a hermetic bag", id="contraction"),
    ],
)
def test_the_same_question_in_english(question: str, asked: str) -> None:
    assert same(question, asked)


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        pytest.param("Nipande mahindi lini?", "lini nipande mahindi", id="word order"),
        pytest.param("Nipande mahindi lini?", "tafadhali tupande MAHINDI lini??", id="who asks"),
        pytest.param("Nafasi ya maharage ni ngapi?", "maharage nafasi ngapi", id="connectives"),
        pytest.param("Nafasi ya maharage ni ngapi?", "nafasi ya mahalage ni ngapi", id="by ear"),
        pytest.param("viwavi wanakula mahindi yangu", "kiwavi anakula mahindi", id="plural and singular"),
        pytest.param("kwa nini nisichome nyasi", "kwann nisichome nyasi", id="textese"),
    ],
)
def test_the_same_question_in_swahili(question: str, asked: str) -> None:
    assert same(question, asked, SW)


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        pytest.param("when do I plant maize", "where do i plant maize", id="another question word"),
        pytest.param("when do I plant maize", "when do i plant beans", id="another thing"),
        pytest.param("when must I plant maize", "when can I plant maize", id="must and can"),
        pytest.param("when do I plant maize", "when do i plant maize seed", id="one word more"),
        pytest.param("when do I plant hybrid maize", "when do i plant maize", id="one word less"),
        pytest.param("when do I plant maize", "when do i not plant maize", id="not"),
        pytest.param("why do I not plant maize near trees", "why do i plant maize not near trees", id="not, of something else"),
        pytest.param("is it safe to spray with gloves", "is it safe to spray without gloves", id="without"),
        pytest.param("can I plant before rain", "can i plant after rain", id="before and after"),
        pytest.param("send money from bank to M-Pesa", "send money from m-pesa to bank", id="from and to"),
        pytest.param("does a dog bite a cat", "does a cat bite a dog", id="who does it to whom"),
        pytest.param("what to do after sun before rain", "what to do before sun after rain", id="bound to another word"),
        pytest.param("price of 50 kg maize", "price of 90 kg maize", id="another number"),
        pytest.param("2 bags of 50 kg", "50 bags of 2 kg", id="numbers change places"),
        pytest.param("a dose of 0.5 ml", "a dose of 5 ml", id="a tenth"),
        pytest.param("a dose of 5 ml", "a dose of five drops", id="another unit"),
        pytest.param("what is 5 + 3", "what is 5 - 3", id="plus and minus"),
        pytest.param("(2 + 3) times 4 is what", "2 + (3 times 4) is what", id="brackets"),
        pytest.param("a loan of $50", "a loan of 50", id="dollars"),
        pytest.param("a loan for school", "a load for school", id="a known word one letter away"),
        pytest.param("how to insure goats", "how to ensure goats", id="another first letter"),
        pytest.param("an insect in my maize", "an infect in my maize", id="known and near"),
        pytest.param("treat hypotension", "treat hypertension", id="two letters in a long word"),
        pytest.param("is 1 or 2 seeds better", "is 1 and 2 seeds better", id="or is not and"),
        pytest.param("is it hard to weed", "is it hardly to weed", id="hard and hardly"),
        pytest.param("maize", "maize maize", id="twice"),
        pytest.param("when do I plant maize", "", id="nothing"),
        pytest.param("when do I plant maize", "?!", id="signs"),
    ],
)
def test_a_question_that_is_only_like_it_in_english(question: str, asked: str) -> None:
    assert not same(question, asked)
    assert not same(asked, question)


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        pytest.param("nipande mahindi lini", "nisipande mahindi lini", id="not"),
        pytest.param("kwa nini ninyunyize mchana", "kwa nini nisinyunyize mchana", id="not, inside the verb"),
        pytest.param("nipande mahindi lini", "nipande mahindi wapi", id="another question word"),
        pytest.param("nilipanda mahindi yakaoza", "nitapanda mahindi yakaoza", id="past and future"),
        pytest.param("napenda kupanda miti", "napenda kupenda miti", id="plant and love"),
        pytest.param("nyoka anakula kuku", "kuku anakula nyoka", id="who eats whom"),
        pytest.param("kunyunyiza kabla ya mvua", "kunyunyiza baada ya mvua", id="before and after"),
        pytest.param("tuma pesa kutoka benki hadi simu", "tuma pesa kutoka simu hadi benki", id="from and to"),
        pytest.param("mifuko 2 ya kilo 90", "mifuko 90 ya kilo 2", id="numbers change places"),
        pytest.param("dawa ya nyumba", "dawa ya nyumbu", id="house and wildebeest"),
        pytest.param("mkopo bila riba", "mkopo na riba", id="without"),
    ],
)
def test_a_question_that_is_only_like_it_in_swahili(question: str, asked: str) -> None:
    assert not same(question, asked, SW)
    assert not same(asked, question, SW)


def test_the_language_has_to_be_theirs() -> None:
    matcher = Matcher([approved("bei ya maize", EN)])
    assert matcher.find("bei ya maize", EN, now=NOW) is not None
    assert matcher.find("bei ya maize", SW, now=NOW) is None


def test_an_expired_answer_is_not_used() -> None:
    matcher = Matcher([approved("price of maize", expires=NOW)])
    assert matcher.find("price of maize", EN, now=NOW - 1) is not None
    assert matcher.find("price of maize", EN, now=NOW) is None


def test_the_newest_of_two_wins() -> None:
    matcher = Matcher([approved("maize price", answer="new"), approved("price of maize", answer="old")])
    found = matcher.find("maize price", EN, now=NOW)
    assert found is not None
    assert found.answer == "new"


@pytest.mark.parametrize("nothing", ["", "?", "5", "how is it", "ni nini", "1 or 2"])
def test_what_asks_nothing_has_no_fold_and_matches_nothing(nothing: str) -> None:
    assert folded(nothing, EN) == ""
    assert not same(nothing, nothing)


def test_spellings_of_one_question_share_a_fold() -> None:
    assert folded("Wen do I PLANT maize??", EN) == folded("when to plant the maize", EN)
    assert folded("when to plant maize", EN) != folded("when not to plant maize", EN)


TOPICS = sorted(bag("maize beans goat tomato onion loan savings chicken fertilizer weevil flood drought banana cassava coffee"))
VERBS = sorted(bag("plant store sell treat feed spray harvest water cut repay"))
ASKS = ["when", "how", "where", "why", "which month"]
questions = st.builds(
    "{} should i {} {} for {}".format, st.sampled_from(ASKS), st.sampled_from(VERBS), st.sampled_from(TOPICS), st.sampled_from(TOPICS)
)


@given(questions, st.data())
def test_case_and_signs_never_matter(question: str, data: st.DataObject) -> None:
    typed = "".join(data.draw(st.sampled_from([c.upper(), c.lower()])) for c in question)
    before, behind = data.draw(st.text(" .!?*-\n", max_size=4)), data.draw(st.text(" .!?*-\n", max_size=4))
    assert same(question, before + typed.replace(" ", data.draw(st.sampled_from([" ", "  ", ", ", " - ", "\n"]))) + behind)


@given(questions, st.integers(0, 9))
def test_a_run_of_words_may_stand_at_the_other_end(question: str, at: int) -> None:
    typed = question.split()
    assert same(question, " ".join(typed[at:] + typed[:at]))


@given(questions, st.data())
def test_two_swapped_letters_of_a_long_word_are_still_it(question: str, data: st.DataObject) -> None:
    word = data.draw(
        st.sampled_from([w for w in question.split() if len(w) >= 6]) if any(len(w) >= 6 for w in question.split()) else st.none()
    )
    assume(word is not None)
    assert word is not None
    at = data.draw(st.integers(1, len(word) - 2))
    slip = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    assert same(question, question.replace(word, slip)) is (slip == word or slip not in KNOWN)


@given(questions, st.sampled_from(["not", "never", "without", "no"]), st.data())
def test_a_negation_more_is_another_question(question: str, negation: str, data: st.DataObject) -> None:
    typed = question.split()
    at = data.draw(st.integers(0, len(typed)))
    assert not same(question, " ".join([*typed[:at], negation, *typed[at:]]))


@given(questions, st.integers(0, 10_000), st.integers(0, 10_000), st.data())
def test_numbers_have_to_agree(question: str, one: int, other: int, data: st.DataObject) -> None:
    typed = question.split()
    at = data.draw(st.integers(0, len(typed)))
    numbered = [" ".join([*typed[:at], str(n), *typed[at:]]) for n in (one, other)]
    assert same(*numbered) is (one == other)
    assert not same(question, numbered[0])


@given(questions, questions)
def test_two_questions_of_other_words_are_two(one: str, other: str) -> None:
    assume(sorted(one.split()) != sorted(other.split()))
    assert not same(one, other)


@given(st.text(max_size=160), st.sampled_from(list(Lang)))
def test_any_text_is_taken_and_is_the_same_as_itself(text: str, lang: Lang) -> None:
    assert same(text, text, lang) is bool(folded(text, lang))


def test_no_shipped_question_is_taken_for_one_of_another_fact() -> None:
    """The questions that people really type, each against all others: what is too alike here would be too alike on the day."""
    library = load(SKILLS)
    known = vocabulary(library)
    facts = [fact for skill in library.skills for fact in skill.facts]
    owner = {(question, fact.lang): fact.id for fact in facts for question in fact.questions[:2]}
    for lang in Lang:
        entries = [approved(question, lang, approved_by=fact_id) for (question, of), fact_id in owner.items() if of is lang]
        for n, one in enumerate(entries):
            others = Matcher(entries[:n][-40:] + entries[n + 1 :][:40], known)
            found = others.find(one.question, lang, now=NOW)
            assert found is None or found.approved_by == one.approved_by, (one.question, found.question)


class TestBook:
    def test_a_new_approval_and_its_withdrawal_count_at_once(self) -> None:
        store = MemoryStore()
        book = ApprovedBook(store, vocabulary(small_library()))
        assert book.find("maize price", EN, now=NOW) is None
        with store.begin() as tx:
            made = tx.approve(approved("price of maize"))
        found = book.find("maize price", EN, now=NOW)
        assert found is not None
        assert found.id == made
        with store.begin() as tx:
            tx.withdraw(made, now=NOW)
        assert book.find("maize price", EN, now=NOW) is None

    def test_the_store_is_read_again_only_after_a_change(self, monkeypatch: pytest.MonkeyPatch) -> None:
        store, reads = MemoryStore(), []
        with store.begin() as tx:
            tx.approve(approved("price of maize"))
        read = store.approved
        monkeypatch.setattr(store, "approved", lambda: reads.append(1) or read())
        book = ApprovedBook(store, ())
        for _ in range(5):
            assert book.find("maize price", EN, now=NOW) is not None
        assert len(reads) == 1

    def test_what_the_house_knows_is_no_misspelling(self) -> None:
        known = vocabulary(small_library())
        assert {"maize", "mahindi", "spacing", "when", "lini"} <= known
