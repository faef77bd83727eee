"""The judge of a chaos run sees what it is there for: each history here has one thing wrong, and it says which."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bench.chaos.history import Asked, History, Piece, Sent, Stored, Took
from bench.chaos.judge import Verdict, judge
from bot.core.types import Status

PERSON = ("at_sms", "+254700000001")
TEXT, FIRST, SECOND = "how do i plant", "Plant in rows,", "75 cm apart."
ASKED = Asked(PERSON, TEXT, posted=1.0, acknowledged=2.0, question=True)
STORED = Stored(1, PERSON, TEXT, waits=False)


def piece(text: str, status: Status = Status.WIRED, external_id: str = "") -> Piece:
    return Piece(text, status, external_id or f"id of {text}")


def sent(*pieces: Piece, id: int = 1, message: int = 1, status: Status = Status.WIRED, code: str = "", claims: int = 1) -> Sent:
    return Sent(id, PERSON, message, status, code, claims, waits=False, pieces=pieces)


def took(*texts: str) -> Sequence[Took]:
    return [Took(PERSON, text, f"id of {text}") for text in texts]


WHOLE = sent(piece(FIRST), piece(SECOND))
GOOD = History(asked=[ASKED], took=took(FIRST, SECOND), stored=[STORED], sent=[WHOLE])
LATER = Asked(PERSON, "and beans", posted=3.0, acknowledged=4.0, question=True)
TWO = History(
    asked=[ASKED, LATER],
    took=took(FIRST, SECOND, "Beans too."),
    stored=[STORED, Stored(2, PERSON, "and beans", waits=False)],
    sent=[WHOLE, sent(piece("Beans too."), id=2, message=2)],
)


def test_a_good_history_is_one_answer_and_no_violation() -> None:
    verdict = judge(GOOD)
    assert verdict.violations == {}
    assert (verdict.messages, verdict.acknowledged, verdict.answered) == (1, 1, 1)


def test_a_notice_that_answers_nothing_is_fine_once_and_not_twice() -> None:
    notice = sent(piece("About 4 minutes."), id=2, message=0)
    once, twice = (took("About 4 minutes.", *["About 4 minutes."] * more, FIRST, SECOND) for more in (0, 1))
    assert judge(replace(GOOD, sent=[notice, WHOLE], took=once)).violations == {}
    assert judge(replace(GOOD, sent=[notice, WHOLE], took=twice)).violations.keys() == {"sent_twice"}


def test_two_questions_of_one_person_in_order_are_fine() -> None:
    verdict = judge(TWO)
    assert verdict.violations == {}
    assert verdict.answered == 2


@pytest.mark.parametrize(
    ("history", "found"),
    [
        pytest.param(replace(GOOD, stored=[], sent=[], took=[]), {"lost"}, id="acknowledged-and-not-in-the-database"),
        pytest.param(replace(GOOD, sent=[], took=[]), {"lost"}, id="done-without-an-answer"),
        pytest.param(replace(GOOD, took=took(FIRST)), {"lost"}, id="said-to-be-wired-and-one-part-was-never-taken"),
        pytest.param(replace(GOOD, took=[]), {"lost"}, id="said-to-be-wired-and-never-taken"),
        pytest.param(replace(GOOD, asked=[replace(ASKED, acknowledged=None)]), {"unacknowledged"}, id="never-acknowledged"),
        pytest.param(replace(GOOD, stored=[replace(STORED, waits=True)], sent=[], took=[]), {"waiting"}, id="question-still-waits"),
        pytest.param(replace(GOOD, sent=[replace(WHOLE, waits=True)]), {"waiting"}, id="answer-still-waits"),
        pytest.param(replace(GOOD, took=took(FIRST, SECOND, FIRST)), {"sent_twice"}, id="a-part-resent"),
        pytest.param(replace(GOOD, took=took(FIRST, SECOND, "Who says that?")), {"nobody_wrote"}, id="a-text-that-nobody-wrote"),
        pytest.param(
            replace(GOOD, sent=[WHOLE, sent(piece("Other."), id=2)], took=took(FIRST, SECOND, "Other.")),
            {"answered_twice"},
            id="two-answers-to-one-message",
        ),
        pytest.param(
            replace(GOOD, sent=[WHOLE, replace(WHOLE, id=2)], took=took(FIRST, SECOND, FIRST, SECOND)),
            {"answered_twice"},
            id="the-same-answer-twice",
        ),
        pytest.param(replace(GOOD, stored=[STORED, replace(STORED, id=2)]), {"stored_twice"}, id="a-repeat-stored-as-new"),
        pytest.param(
            replace(
                GOOD, stored=[STORED, replace(STORED, id=2)], sent=[WHOLE, replace(WHOLE, id=2, message=2)], took=took(*[FIRST, SECOND] * 2)
            ),
            {"stored_twice", "answered_twice"},
            id="a-repeat-answered-again",
        ),
        pytest.param(replace(GOOD, took=took(SECOND, FIRST)), {"out_of_order"}, id="parts-turned-around"),
        pytest.param(replace(TWO, took=took(FIRST, "Beans too.", SECOND)), {"out_of_order"}, id="an-answer-inside-another"),
        pytest.param(replace(TWO, took=took("Beans too.", FIRST, SECOND)), {"out_of_order"}, id="answers-turned-around"),
        pytest.param(
            replace(GOOD, took=[], sent=[sent(piece(FIRST, Status.FAILED), status=Status.FAILED, code="HTTP 503")]),
            {"given_up"},
            id="failed-while-tries-were-left",
        ),
        pytest.param(replace(GOOD, told={f"id of {FIRST}": "delivered"}), {"wrong_status"}, id="a-report-that-was-not-kept"),
    ],
)
def test_the_judge_sees(history: History, found: set[str]) -> None:
    verdict = judge(history)
    assert set(verdict.violations) == found
    assert verdict.remarks


def counted(verdict: Verdict) -> dict[str, int]:
    names = ("answered", "unknown", "refused", "expired", "unknown_parts", "unknown_out", "unknown_killed", "passed_by")
    return {name: getattr(verdict, name) for name in names if getattr(verdict, name)}


KILLED = {"unknown_parts": 1, "unknown_killed": 1}
UNSURE = sent(piece(FIRST), piece(SECOND, Status.UNKNOWN), status=Status.UNKNOWN)
FAILED = sent(piece(FIRST, Status.FAILED), status=Status.FAILED, code="no connection")


@pytest.mark.parametrize(
    ("history", "places"),
    [
        pytest.param(replace(GOOD, sent=[UNSURE]), KILLED | {"answered": 1, "unknown_out": 1}, id="unknown-and-out"),
        pytest.param(
            replace(GOOD, sent=[UNSURE], took=took(FIRST)),
            KILLED | {"unknown": 1},
            id="unknown-and-not-out",
        ),
        pytest.param(
            replace(GOOD, sent=[UNSURE], took=took(FIRST), unclear=frozenset({PERSON})),
            {"unknown": 1, "unknown_parts": 1},
            id="unknown-by-a-fault-of-the-provider",
        ),
        pytest.param(
            replace(GOOD, sent=[replace(FAILED, code="part_failed")], took=[], told={f"id of {FIRST}": "failed"}),
            {"refused": 1},
            id="reported-as-failed-later",
        ),
        pytest.param(replace(GOOD, sent=[FAILED], took=[], refused=frozenset({PERSON})), {"refused": 1}, id="refused"),
        pytest.param(replace(GOOD, sent=[replace(FAILED, code="expired")], took=[]), {"expired": 1}, id="too-late"),
        pytest.param(
            replace(TWO, took=took("Beans too.", FIRST, SECOND), sent=[replace(WHOLE, claims=2), TWO.sent[1]]),
            {"answered": 2, "passed_by": 1},
            id="overtaken-while-it-waited-for-its-next-try",
        ),
        pytest.param(
            replace(TWO, took=took("Beans too.", FIRST, SECOND), asked=[ASKED, replace(LATER, posted=1.5)]),
            {"answered": 2},
            id="written-at-the-same-time",
        ),
    ],
)
def test_what_is_said_openly_is_counted_and_no_violation(history: History, places: dict[str, int]) -> None:
    verdict = judge(history)
    assert verdict.violations == {}
    assert counted(verdict) == places
