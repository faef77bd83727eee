"""A skill's answers are worded with its own adapter, all others with the model as it is."""

from collections.abc import Sequence

import pytest

from bot.core.ports import Adapts
from bot.core.types import Draft
from models.adapted import Adapted


class Engine:
    name = "test"

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float, adapter: str = "") -> Draft:
        return Draft(f"{prompt} {max_tokens} {stop} {deadline} {adapter}", 1, 0.1, "stop")


@pytest.mark.parametrize(("skill", "adapter"), [("crop-advice", "crop-advice"), ("school-help", ""), ("", "")])
def test_each_skill_has_its_own_or_none(skill: str, adapter: str) -> None:
    adapted: Adapts = Adapted(Engine(), {"crop-advice", "financial-literacy"})
    writer = adapted.for_skill(skill)
    assert writer.name == "test"
    assert writer.write("Q", max_tokens=5, stop=("x",), deadline=2.0).text == f"Q 5 ('x',) 2.0 {adapter}"


def test_alone_it_is_the_model_as_it_is() -> None:
    assert Adapted(Engine(), {"crop-advice"}).write("Q", max_tokens=5, stop=(), deadline=2.0).text == "Q 5 () 2.0 "
