"""The heartbeat of a claim."""

import logging
import threading

import pytest

from bot.core.errors import StoreDown
from bot.core.storage import Claim
from bot.worker.lease import renewing
from tests.redis import until

CLAIM = Claim(id=5, token="t", attempts=1)


class Script:
    """A store that answers renewals as scripted, and then says yes for ever."""

    def __init__(self, *answers: bool | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[Claim, float, float]] = []

    def renew_message(self, claim: Claim, *, now: float, lease_s: float) -> bool:
        self.asked.append((claim, now, lease_s))
        answer = self.answers.pop(0) if self.answers else True
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_claim_is_renewed_while_the_work_goes_on_and_not_after() -> None:
    store = Script()
    with renewing(store, lambda: 42.0, CLAIM, lease_s=0.03):
        until(lambda: len(store.asked) >= 3)
    asked = len(store.asked)
    assert set(store.asked) == {(CLAIM, 42.0, 0.03)}
    assert not [t for t in threading.enumerate() if t.name == "lease-5"]
    assert len(store.asked) == asked


def test_a_database_that_is_away_for_a_moment_does_not_end_the_heartbeat(caplog: pytest.LogCaptureFixture) -> None:
    store = Script(StoreDown("away"), True)
    with renewing(store, lambda: 0.0, CLAIM, lease_s=0.03):
        until(lambda: len(store.asked) >= 3)
    assert [r.levelno for r in caplog.records] == [logging.WARNING]


def test_a_lost_claim_is_not_asked_for_again(caplog: pytest.LogCaptureFixture) -> None:
    store = Script(False)
    with renewing(store, lambda: 0.0, CLAIM, lease_s=0.03):
        until(lambda: "lease-5" not in {t.name for t in threading.enumerate()})
    assert len(store.asked) == 1
    assert "another worker has it" in caplog.text


def test_an_error_in_the_work_ends_the_heartbeat_and_passes_through() -> None:
    with pytest.raises(ValueError, match="work"), renewing(Script(), lambda: 0.0, CLAIM, lease_s=0.03):
        raise ValueError("work")
    assert "lease-5" not in {t.name for t in threading.enumerate()}
