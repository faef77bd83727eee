"""Choosing a skill: by words, by facts, by the menu, and none of them by force."""

import pytest

from bot.core.retrieve import Index
from bot.core.route import Router
from bot.core.trust import CONFIDENT
from tests.core import small

ROUTER = Router(small.LIBRARY.skills, Index(small.FACTS))


@pytest.mark.parametrize(
    ("text", "hint", "skill"),
    [
        pytest.param("worms in my maize", "", "plants", id="by its facts"),
        pytest.param("riba ya mkopo", "", "money", id="swahili"),
        pytest.param("which farm crops", "", "plants", id="by its own words only"),
        pytest.param("benki gani", "", "money", id="own words, swahili"),
        pytest.param("worms in my maize", "money", "plants", id="the menu is no prison"),
        pytest.param("what about it", "money", "money", id="nothing said: the menu's choice"),
        pytest.param("who won the match", "", "", id="no skill's business"),
        pytest.param("", "", "", id="empty"),
    ],
)
def test_the_skill(text: str, hint: str, skill: str) -> None:
    assert ROUTER.route(text, hint=hint).skill == skill


def test_an_unknown_hint_is_ignored() -> None:
    assert ROUTER.route("worms in my maize", hint="gone").skill == "plants"


def test_the_best_hit_is_of_the_best_skill() -> None:
    route = ROUTER.route("how do i kill armyworm", hint="money")
    assert route.hits[0].fact.id == "worm"
    assert route.hits[0].confidence >= CONFIDENT


def test_no_skills_no_route() -> None:
    assert Router((), Index(())).route("maize").skill == ""
