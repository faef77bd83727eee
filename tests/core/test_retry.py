"""When to try again: a value for each kind of error."""

from collections.abc import Sequence

import pytest

from bot.core.errors import BadConfig, NoWindow, OptedOut, Rejected, SendError, Throttled, ThrottledOne, Unknown, Unreachable
from bot.core.retry import LAST_S, LONGEST_S, TRIES, WORTH_S, next_try
from bot.core.storage import Claim, ClaimedDelivery

NOW = 1_800_000_000.0


def delivery(*, errors: int = 0, unclear: int = 0, left_s: float = 36_000.0, created: float = NOW) -> ClaimedDelivery:
    return ClaimedDelivery(
        claim=Claim(1, "token", 1),
        channel="sim",
        urn="tel:+254700000001",
        parts=(),
        not_after=NOW + left_s if left_s else 0.0,
        despite_stop=False,
        opted_out=False,
        errors=errors,
        unclear=unclear,
        created=created,
    )


def wait(error: SendError, of: ClaimedDelivery | None = None, *, jitter: float = 0.999_999) -> float | None:
    return next_try(error, of or delivery(), now=NOW, jitter=jitter)


@pytest.mark.parametrize(
    ("errors", "most"),
    [(0, 5.0), (1, 10.0), (2, 20.0), (3, 40.0), (4, 80.0), (5, 160.0), (6, LONGEST_S), (7, LONGEST_S), (5000, LONGEST_S)],
)
def test_unreachable_doubles_up_to_five_minutes_and_never_gives_up(errors: int, most: float) -> None:
    assert wait(Unreachable("refused"), delivery(errors=errors)) == pytest.approx(most)
    assert wait(Unreachable("refused"), delivery(errors=errors), jitter=0.0) == pytest.approx(most / 2)


def test_an_unclear_try_counts_only_its_own_kind() -> None:
    """After an outage of twelve tries the first unclear one is the first."""
    assert wait(Unknown("timeout"), delivery(errors=12)) == pytest.approx(5.0)
    assert wait(Unknown("timeout"), delivery(errors=TRIES - 2, unclear=TRIES - 2)) is not None
    assert wait(Unknown("timeout"), delivery(errors=TRIES - 1, unclear=TRIES - 1)) is None


@pytest.mark.parametrize("error", [Throttled("429"), ThrottledOne("131056")], ids=lambda error: type(error).__name__)
def test_too_fast_comes_back_soon_however_often(error: SendError) -> None:
    assert wait(error, delivery(errors=500), jitter=0.0) == 1.0
    assert wait(error, delivery(errors=500)) == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("error", "least"),
    [
        pytest.param(Throttled("429", after_s=60.0), 60.0, id="throttled"),
        pytest.param(Unreachable("503", after_s=60.0), 60.0, id="unreachable"),
        pytest.param(Unknown("500", after_s=60.0), 60.0, id="unknown"),
        pytest.param(Unreachable("503", after_s=1.0), 2.5, id="less-than-our-own"),
    ],
)
def test_the_provider_may_ask_for_more(error: SendError, least: float) -> None:
    assert wait(error, jitter=0.0) == least


FINAL: Sequence[SendError] = (Rejected("400"), OptedOut("21610"), NoWindow("131047"), BadConfig("401"))


@pytest.mark.parametrize("error", FINAL, ids=lambda error: type(error).__name__)
def test_what_is_final_is_never_tried_again(error: SendError) -> None:
    assert wait(error) is None


@pytest.mark.parametrize("error", [Throttled("429", after_s=300.0), Unreachable("503", after_s=300.0), Unknown("500", after_s=300.0)])
def test_the_last_try_is_while_it_is_worth_sending(error: SendError) -> None:
    assert wait(error, delivery(left_s=100.0)) == 100.0 - LAST_S
    assert wait(error, delivery(left_s=LAST_S)) is None


def test_who_says_no_end_has_a_day() -> None:
    assert wait(Unreachable("refused"), delivery(left_s=0.0, errors=9, created=NOW - WORTH_S + 1000)) == pytest.approx(LONGEST_S)
    assert wait(Unreachable("refused"), delivery(left_s=0.0, errors=9, created=NOW - WORTH_S)) is None
