"""What was said because a model failed, was too late or was not asked serves nobody but its own asker."""

from collections.abc import Sequence

import pytest

from bot.core.errors import ModelFailed
from bot.core.remembered import Seen
from bot.core.types import Lang
from tests.core.remembering import NOW, QUESTION, House, Moody, Scribe


@pytest.fixture
def unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that is never sure: then the model is asked."""
    monkeypatch.setattr("bot.core.trust.CONFIDENT", 1.01)


@pytest.mark.parametrize("failure", [None, ModelFailed("no engine")], ids=["late", "broken"])
@pytest.mark.usefixtures("unsure")
def test_what_the_search_said_for_a_model_that_failed_is_not_remembered(failure: Exception | None) -> None:
    chooser = Moody()
    house = House(chooser=chooser)
    chooser.failures = [failure]
    house.ask()
    house.ask()
    assert (house.seen, len(chooser.prompts)) == ({Seen.MISS: 2}, 2)
    assert house.ask() == house.plainly(QUESTION, Lang.EN)
    assert house.seen[Seen.HIT] == 1


@pytest.mark.usefixtures("unsure")
def test_what_was_said_too_late_for_the_model_is_not_remembered() -> None:
    house = House(chooser=Moody())
    house.ask(deadline=NOW - 1)
    assert house.ask() == house.plainly(QUESTION, Lang.EN)
    assert house.seen == {Seen.MISS: 2}


@pytest.mark.parametrize("end", ["broken", "deadline"])
def test_a_draft_that_was_not_written_or_cut_by_the_clock_is_not_remembered(end: str) -> None:
    scribe = Scribe()
    house = House(writer=scribe)
    scribe.ends = [end]
    for _ in range(3):
        house.ask("when to spray army worm")
    assert house.seen == {Seen.MISS: 2, Seen.HIT: 1}


class Elsewhere:
    """A Remote that says what it is told, None where it was not asked."""

    def __init__(self, *says: int | None) -> None:
        self.says = list(says)

    def choose(self, question: str, texts: Sequence[str], *, lang: Lang, deadline: float) -> int | None:
        return self.says.pop(0)


@pytest.mark.usefixtures("unsure")
def test_what_was_said_while_the_remote_endpoint_rested_is_not_remembered() -> None:
    house = House(remote=Elsewhere(None, 0))
    assert [house.ask().kind for _ in range(3)] == ["offer", "remote", "remote"]
    assert house.seen == {Seen.MISS: 2, Seen.HIT: 1}
