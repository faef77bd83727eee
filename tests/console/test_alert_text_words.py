"""Every word that drafting says to staff has its sentence in both languages."""

import re
from enum import Enum

import pytest

from bot.console.words import load_words
from bot.core.alert.check import Missing
from bot.core.alert.compose import Step
from bot.core.alert.draft import Reason
from bot.core.alert.preview import Exclusion, Stopper
from bot.core.alert.received import Note
from bot.core.types import Lang

WORDS = load_words()
KINDS: dict[str, type[Enum]] = {
    "reason_": Reason, "missing_": Missing, "step_": Step, "stopper_": Stopper, "excluded_": Exclusion, "note_": Note,
}  # fmt: skip


@pytest.mark.parametrize("prefix", KINDS)
def test_each_has_its_sentence(prefix: str) -> None:
    names = {prefix + one.name.lower() for one in KINDS[prefix] if one is not Step.FULL}
    for lang in Lang:
        assert names <= WORDS[lang].keys()
        for name in names:
            placeholders = [set(re.findall(r"\{(\w+)\}", WORDS[each][name])) for each in Lang]
            assert placeholders[0] == placeholders[1], name
    assert all(one.name.lower() == str(one.value) for one in KINDS[prefix] if isinstance(one.value, str)), "named by value or by name"
