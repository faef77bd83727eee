"""One stored question to one stored answer, on the in-memory store: safe to run twice, and rounded off where that costs nothing."""

import ast
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bot.core.answering import GIVE_UP, STALE_S, Answering
from bot.core.approved import ApprovedBook, folded
from bot.core.storage import Claim
from bot.core.ticket import Approved
from bot.core.types import OFFER, Choice, Lane, Lang, Limits, Message, Reply, SessionEvent, Status
from bot.core.waiting import Wanted
from bot.store.memory import MemoryStore
from tests.core.test_inbox import Plain
from tests.small import EN, TEXTS, small_library

PERSON = "tel:+254700000001"
NOW = 1_800_000_000.0
ROOT = Path(__file__).resolve().parents[2]
WELCOME = TEXTS[EN]["welcome"]


@dataclass
class Scripted:
    """Answers with one reply and remembers what it was asked."""

    reply: Reply
    asked: list[str] = field(default_factory=list)

    def answer(self, question: str, *, lang: Lang, skill: str, turns: Sequence[str], limits: Limits, deadline: float) -> Reply:
        self.asked.append(question)
        return self.reply


class Bench:
    """A store with one question in it, and the answering over it."""

    def __init__(self, text: str = "Dry maize well.", kind: str = "fact", *, screen: bool = False, disclaimer: str = "") -> None:
        self.now = NOW
        self.store = MemoryStore()
        self.model, self.plain = Scripted(Reply(text, EN, kind, "crops", ("maize-drying",))), Scripted(Reply("Plain.", EN, "fact", "crops"))
        self.people = ApprovedBook(self.store, ())
        library = small_library()
        crops = replace(library.skills[0], disclaimer={EN: disclaimer} if disclaimer else {})
        screens = Limits(units=156, max_parts=1, reply_within_s=7.0, can_push=False)
        self.channels: dict[str, Any] = {"sms": Plain("sms", Limits()), "ussd": Plain("ussd", screens, hand_over="sms")}
        self.answering = Answering(
            store=self.store,
            channels=self.channels,
            library=replace(library, skills=(crops, *library.skills[1:])),
            people=self.people,
            answers=self.model,
            plain=self.plain,
            clock=lambda: self.now,
            model_s=30.0,
        )
        self.question = self._ask("ussd" if screen else "sms")

    def _ask(self, channel: str) -> int:
        dial = {"session_id": "d1", "session_event": SessionEvent.RESUME} if channel == "ussd" else {}
        message = Message(channel=channel, external_id="m1", urn=PERSON, text="how dry?", **dial)  # type: ignore[arg-type]
        with self.store.begin() as tx:
            stored = tx.insert_message(message, now=NOW)
            tx.contact(PERSON, now=NOW, lang="en")
            assert stored is not None
            tx.queue_question(stored, skill="", turns=(), screen_until=NOW + 7 if dial else 0.0, now=NOW)
        return stored

    def answer(self) -> list[str]:
        hint = self.answering.answer(self.question, hold=lambda claim: nullcontext())
        if hint is None:
            return []
        lane, delivery = hint
        assert lane is Lane.SENDS
        return [part.text for part in self.store.parts(delivery)]


def test_a_question_is_answered_once() -> None:
    bench = Bench()
    assert bench.answer() == [f"Dry maize well. {WELCOME}"]
    assert bench.answer() == []
    assert bench.model.asked == ["how dry?"]
    assert bench.store.counts()["delivery.queued"] == 1


def approve(bench: Bench, question: str, lang: Lang = EN, expires: float = 0.0) -> int:
    with bench.store.begin() as tx:
        return tx.approve(
            Approved(
                lang=lang,
                question=question,
                folded=folded(question, lang),
                answer="13 percent.",
                approved_by="amina",
                approved_at=NOW,
                expires=expires,
            )
        )


def test_what_a_person_answered_before_needs_no_model() -> None:
    bench = Bench()
    number = approve(bench, "How dry")
    assert bench.answer() == [f"13 percent. {WELCOME}"]
    assert (bench.model.asked, bench.plain.asked) == ([], [])
    [delivery] = bench.store._tables.outgoing.values()
    assert (delivery.order.kind, list(delivery.order.facts)) == ("approved", [f"approved:{number}"])


@pytest.mark.parametrize(
    ("question", "lang", "expires", "withdrawn"),
    [
        pytest.param("how wet", EN, 0.0, False, id="another-question"),
        pytest.param("how dry", Lang.SW, 0.0, False, id="another-language"),
        pytest.param("how dry", EN, NOW, False, id="expired"),
        pytest.param("how dry", EN, 0.0, True, id="withdrawn"),
    ],
)
def test_else_the_model_has_its_turn(question: str, lang: Lang, expires: float, withdrawn: bool) -> None:
    bench = Bench()
    number = approve(bench, question, lang, expires)
    if withdrawn:
        with bench.store.begin() as tx:
            tx.withdraw(number, now=NOW)
    bench.answer()
    assert bench.model.asked == ["how dry?"]


def test_an_approval_counts_for_a_worker_that_runs_already() -> None:
    bench = Bench()
    assert bench.people.find("how dry?", EN, now=NOW) is None
    approve(bench, "how dry")
    bench.answer()
    assert bench.model.asked == []


def test_who_lost_the_claim_stores_nothing() -> None:
    bench = Bench()

    def taken_over(claim: Claim) -> nullcontext[None]:
        bench.now += 60
        assert bench.store.claim_message(bench.question, now=bench.now, lease_s=20) is not None
        return nullcontext()

    assert bench.answering.answer(bench.question, hold=taken_over) is None
    assert "delivery.queued" not in bench.store.counts()


@pytest.mark.parametrize(("crashes", "model"), [(0, True), (GIVE_UP - 2, True), (GIVE_UP - 1, False)])
def test_a_question_that_kills_its_worker_is_answered_without_the_model_in_the_end(crashes: int, model: bool) -> None:
    bench = Bench()
    for _ in range(crashes):
        assert bench.store.claim_message(bench.question, now=bench.now, lease_s=20) is not None
        bench.now += 21
    bench.answer()
    assert (len(bench.model.asked), len(bench.plain.asked)) == ((1, 0) if model else (0, 1))


@pytest.mark.parametrize(
    ("text", "kind", "screen", "disclaimer", "expected"),
    [
        pytest.param("Short.", "fact", False, "", f"Short. {WELCOME}", id="welcome"),
        pytest.param("Short.", "model", False, "Ask an officer.", f"Short. {WELCOME} Ask an officer.", id="welcome-and-disclaimer"),
        pytest.param("x" * 145, "fact", False, "Ask an officer.", "x" * 145, id="no-room-for-either"),
        pytest.param("x" * 143, "fact", False, "Ask one.", "x" * 143 + " Ask one.", id="room-for-the-shorter"),
        pytest.param(f"{'x' * 100}\n{'y' * 80}", "fact", False, "", f"(1/2) {'x' * 100}|(2/2) {'y' * 80} {WELCOME}", id="in-a-second-part"),
        pytest.param("Sorry.", "refusal", False, "Ask an officer.", "Sorry.", id="a-refusal-says-it-itself"),
        pytest.param("Short.", "fact", True, "", "Short.", id="a-screen-needs-no-welcome"),
        pytest.param("x" * 142, "fact", True, "Ask an officer.", "x" * 142, id="a-screen-is-smaller"),
    ],
)
def test_an_answer_is_rounded_off_where_there_is_room(text: str, kind: str, screen: bool, disclaimer: str, expected: str) -> None:
    assert Bench(text, kind, screen=screen, disclaimer=disclaimer).answer() == expected.split("|")


@pytest.mark.parametrize(
    ("native", "text", "picks"),
    [
        pytest.param(0, "One of these?\n1 Dry maize\nOr PERSON.", (), id="written-out"),
        pytest.param(3, "One of these?\nOr PERSON.", ("1",), id="buttons"),
    ],
)
def test_an_offer_is_written_out_where_a_channel_has_no_choices_of_its_own(native: int, text: str, picks: tuple[str, ...]) -> None:
    bench = Bench()
    bench.channels["sms"].limits = Limits(choices=native)
    choices = (Choice("1", "Dry maize"),)
    bench.model.reply = Reply("One of these?", EN, OFFER, facts=("maize-drying",), choices=choices, footer="Or PERSON.")
    assert bench.answer() == [text]
    claimed = bench.store.claim_delivery(1, now=NOW, lease_s=20)
    assert claimed is not None
    assert tuple(choice.id for choice in claimed.choices) == picks


def test_an_answer_for_a_screen_is_held_for_it_and_then_pushed_by_its_partner() -> None:
    bench = Bench(screen=True)
    hint = bench.answering.answer(bench.question, hold=lambda claim: nullcontext())
    assert hint is not None
    assert bench.store.claim_delivery(hint[1], now=NOW + 1, lease_s=20) is None
    claimed = bench.store.claim_delivery(hint[1], now=NOW + 8, lease_s=20)
    assert claimed is not None
    assert claimed.channel == "sms"
    assert [part.status for part in claimed.parts] == [Status.QUEUED]


class TestStale:
    """A question that waited for hours in our own queue."""

    def test_its_person_hears_that_we_were_away_and_the_model_nothing(self) -> None:
        bench = Bench()
        bench.now = NOW + STALE_S + 1
        assert bench.answer() == [TEXTS[EN]["stale"]]
        assert (bench.model.asked, bench.plain.asked) == ([], [])
        assert bench.store.counts() == {"message.expired": 1, "delivery.queued": 1}
        [delivery] = bench.store._tables.outgoing.values()
        assert (delivery.order.kind, delivery.order.channel, delivery.order.not_after) == ("stale", "sms", bench.now + Limits().max_age_s)

    def test_just_in_time_it_is_answered_and_the_answer_has_its_time(self) -> None:
        bench = Bench()
        bench.now = NOW + STALE_S
        assert bench.answer() == [f"Dry maize well. {WELCOME}"]
        [delivery] = bench.store._tables.outgoing.values()
        assert delivery.order.not_after == bench.now + Limits().max_age_s

    def test_it_can_be_ended_without_a_word(self) -> None:
        bench = Bench()
        bench.answering = replace(bench.answering, stale_reply=False)
        bench.now = NOW + STALE_S + 1
        assert bench.answer() == []
        assert bench.store.counts() == {"message.expired": 1}

    def test_the_time_is_a_setting(self) -> None:
        bench = Bench()
        bench.answering = replace(bench.answering, stale_after_s=60.0)
        bench.now = NOW + 61
        assert bench.answer() == [TEXTS[EN]["stale"]]

    def test_what_an_operator_asks_anew_is_answered(self) -> None:
        bench = Bench()
        bench.now = NOW + STALE_S + 1
        assert bench.store.hurry(Wanted(), now=bench.now) == 1
        assert bench.answer() == [f"Dry maize well. {WELCOME}"]

    def test_from_a_screen_the_word_goes_by_its_partner_at_once(self) -> None:
        bench = Bench(screen=True)
        bench.now = NOW + STALE_S + 1
        hint = bench.answering.answer(bench.question, hold=lambda claim: nullcontext())
        assert hint is not None
        claimed = bench.store.claim_delivery(hint[1], now=bench.now, lease_s=20)
        assert claimed is not None
        assert claimed.channel == "sms"

    def test_where_nothing_can_be_pushed_nothing_is(self) -> None:
        bench = Bench(screen=True)
        bench.answering = replace(bench.answering, channels={"ussd": bench.answering.channels["ussd"]})
        bench.answering.channels["ussd"].hand_over = ""
        bench.now = NOW + STALE_S + 1
        assert bench.answer() == []
        assert bench.store.counts() == {"message.expired": 1}


def test_every_delivery_of_ours_says_until_when_it_is_worth_sending() -> None:
    made = [(path, call) for path in (ROOT / "bot").rglob("*.py") for call in calls_of(path, "NewDelivery")]
    assert len(made) >= 3
    assert [path for path, call in made if not any(word.arg == "not_after" for word in call.keywords)] == []


def calls_of(path: Path, name: str) -> list[ast.Call]:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == name]
