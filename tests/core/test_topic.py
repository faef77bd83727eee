"""Which topic a message is of, by what it looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.topic import NOBODY, Kin, shares

FAR, CLOSE = Kin(0.4, 0.1), Kin(0.8, 0.8)


def likely(kin: dict[str, Kin], own: dict[str, float] | None = None, hint: str = "") -> str:
    found = shares(kin, own or {}, hint=hint)
    return max(found, key=lambda name: found[name])


@pytest.mark.parametrize("name", ["plants", "money", NOBODY])
def test_what_it_is_nearest_to_and_looks_like_most(name: str) -> None:
    assert likely({other: CLOSE if other == name else FAR for other in ("plants", "money", NOBODY)}) == name


def test_no_skill_is_favoured_by_its_name() -> None:
    found = shares({"plants": FAR, "a-new-skill": FAR, NOBODY: FAR}, {})
    assert found["plants"] == found["a-new-skill"]


def test_the_skills_own_words_decide_between_two_that_look_alike() -> None:
    kin = {"plants": CLOSE, "money": CLOSE, NOBODY: FAR}
    assert likely(kin, {"money": 1.0}) == "money"
    assert likely(kin, {"plants": 1.0, "money": 0.5}) == "plants"


def test_the_menus_choice_speaks_for_its_skill_and_an_unknown_one_for_none() -> None:
    kin = {"plants": FAR, "money": FAR, NOBODY: Kin(0.45, 0.3)}
    assert likely(kin, hint="money") == "money"
    assert shares(kin, {}, hint="gone") == shares(kin, {})


def test_the_menu_is_no_prison() -> None:
    assert likely({"plants": Kin(0.95, 0.99), "money": Kin(0.3, 0.001), NOBODY: FAR}, hint="money") == "plants"


_KIN = st.builds(Kin, st.floats(-1, 1), st.floats(0, 1))


@given(st.dictionaries(st.sampled_from(["plants", "money", "health", NOBODY]), _KIN, min_size=1))
def test_the_shares_add_up(kin: dict[str, Kin]) -> None:
    found = shares(kin, {})
    assert found.keys() == kin.keys()
    assert sum(found.values()) == pytest.approx(1.0)
