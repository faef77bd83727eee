"""Where no fact is sure, those that come near are offered by their titles, and a number picks one."""

from dataclasses import replace

import pytest

from bot.core.answer import Answerer
from bot.core.decision import SESSION_S
from bot.core.inbox import Inbox
from bot.core.storage import NewDelivery
from bot.core.types import OFFER, Choice, Lang, Message, Reply
from tests.core import small
from tests.core.test_inbox import PERSON, Bench, screen
from tests.small import EN, TEXTS, small_library

OFFERED = ("maize-drying", "pin-safety")
SHOWN = "One of these?\n1 Dry maize\n2 PIN safety\nOr PERSON."


def ask(question: str, lang: Lang = EN) -> Reply:
    answerer = Answerer(small.LIBRARY, None, model_s=20)
    return answerer.answer(question, lang=lang, limits=small.SMS, deadline=1e12)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def offer(bench: Bench, message_id: int) -> None:
    """Answers a question with an offer, as a worker does."""
    claimed = bench.store.claim_message(message_id, now=bench.now, lease_s=20)
    assert claimed is not None
    made = NewDelivery(
        dedup=f"reply:{message_id}", channel="sms", urn=PERSON, parts=(SHOWN,), message_id=message_id, kind=OFFER, facts=OFFERED
    )
    assert bench.store.finish_message(claimed.claim, made, now=bench.now) is not None


def offered_by_sms(bench: Bench) -> None:
    [(_, question)] = bench.sms("can i dry my pin").hints
    offer(bench, question)


def test_what_comes_near_is_offered() -> None:
    assert ask("price of seed and worm") == Reply(
        "One of these?",
        EN,
        OFFER,
        skill="plants",
        facts=("worm", "beans"),
        ends=False,
        choices=(Choice("1", "Fall armyworm"), Choice("2", "Planting beans")),
        footer="Or PERSON.",
    )


def test_what_comes_nowhere_near_is_refused() -> None:
    assert ask("neem for goats").kind == "refusal"


def test_a_number_picks_by_sms(bench: Bench) -> None:
    offered_by_sms(bench)
    assert bench.parts(bench.sms("2")) == ["Never tell anyone your PIN."]
    assert bench.parts(bench.sms(" 1 ")) == ["Dry maize to 13 percent before storing."]


def test_it_can_be_picked_hours_later(bench: Bench) -> None:
    offered_by_sms(bench)
    bench.now += 4 * SESSION_S
    assert bench.parts(bench.sms("1")) == ["Dry maize to 13 percent before storing."]


def test_a_number_that_was_not_offered_opens_the_menu(bench: Bench) -> None:
    offered_by_sms(bench)
    [shown] = bench.parts(bench.sms("3"))
    assert shown.startswith(TEXTS[EN]["unknown_choice"])


def test_a_menu_that_was_opened_since_has_the_numbers(bench: Bench) -> None:
    offered_by_sms(bench)
    bench.sms("MENU")
    [shown] = bench.parts(bench.sms("2"))
    assert "Money" in shown


def test_another_answer_ends_the_offer(bench: Bench) -> None:
    offered_by_sms(bench)
    [(_, question)] = bench.sms("how far apart do i plant maize").hints
    bench.answer(question, "Plant 75 cm apart.")
    [shown] = bench.parts(bench.sms("2"))
    assert "PIN" not in shown


def test_it_is_read_in_the_language_of_the_person(bench: Bench) -> None:
    offered_by_sms(bench)
    bench.sms("kiswahili")
    assert bench.parts(bench.sms("2")) == ["Usimwambie mtu yeyote PIN yako."]


def test_a_screen_stays_open_for_the_number(bench: Bench) -> None:
    bench.hop("")
    asked = "can i dry my pin"
    taken = bench.hop(asked)
    offer(bench, taken.wait_for)
    waiting = bench.store.claim_screen(taken.wait_for, now=bench.now)
    assert waiting is not None
    with bench.store.begin() as tx:
        message = Message(channel="ussd", external_id="x", urn=PERSON, text=asked, session_id="d1", path=asked)
        shown = bench.inbox.answered(tx, message, waiting, now=bench.now)
    assert (shown.text, shown.ends) == (SHOWN, False)
    assert screen(bench.hop(f"{asked}*2")) == "Never tell anyone your PIN.\n0 Back"


def test_a_fact_that_is_gone_cannot_be_picked(bench: Bench) -> None:
    offered_by_sms(bench)
    library = small_library()
    crops, money = library.skills
    shrunk = replace(library, skills=(crops, replace(money, facts=(), topics=())))
    bench.inbox = Inbox(shrunk, bench.channels, lang=EN, values={"emergency_number": "112"})  # type: ignore[arg-type]
    [shown] = bench.parts(bench.sms("2"))
    assert shown.startswith(TEXTS[EN]["unknown_choice"])
