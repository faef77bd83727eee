"""The questions of `python -m bench.writer`: each asks for what its fact's body says and its SMS leaves out, also after an edit."""

import pytest

from bench.writer import ROOT, details
from bot.core.types import Lang
from skills import loader


@pytest.mark.parametrize("lang", list(Lang))
def test_every_question_asks_for_a_detail_that_only_the_body_has(lang: Lang) -> None:
    library = loader.load(ROOT / "skills")
    asked = list(details(library, lang, every=True))
    assert len(asked) >= 30
    assert len({a.text for a in asked}) == len(asked)


@pytest.mark.parametrize("lang", list(Lang))
def test_a_third_is_held_out(lang: Lang) -> None:
    library = loader.load(ROOT / "skills")
    assert 3 * len(list(details(library, lang, every=False))) == len(list(details(library, lang, every=True)))
