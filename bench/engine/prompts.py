"""The prompts: what the service would have the model read for the skills' own cases, in both languages."""

import random
from collections.abc import Iterator

from bot.core import prompt
from bot.core.types import Library


def prompts(library: Library, seed: int) -> list[str]:
    """One prompt for each case that a fact answers, all skills and languages mixed; the same order for the same seed."""
    found = list(dict.fromkeys(_all(library)))
    random.Random(seed).shuffle(found)
    return found


def _all(library: Library) -> Iterator[str]:
    for skill in library.skills:
        facts = {(fact.id, fact.lang): fact for fact in skill.facts}
        yield from (prompt.build(skill, facts[case.fact, case.lang], case.text) for case in skill.cases if case.fact)
