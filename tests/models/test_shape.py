"""What the house ships fits the engine that it is shipped with."""

from pathlib import Path

import pytest

from bot.app.texts import SKILLS
from bot.core.prompt import MAX_QUESTION, build
from models.batch import GUESSED
from models.shape import CONTEXT
from models.vocabulary import Vocabulary
from skills import loader

LONGEST_ANSWER = 96  # tokens: two parts of GSM-7 and some
ASKED = "nikiona viwavijeshi wengi kwenye mahindi yangu nifanyeje? "


@pytest.mark.model
def test_every_fact_with_the_longest_question_has_room(model_path: Path) -> None:
    words = Vocabulary.open(model_path)
    asked = (ASKED * MAX_QUESTION)[:MAX_QUESTION]
    prompts = [build(skill, fact, asked) for skill in loader.load(SKILLS).skills for fact in skill.facts]
    longest = max(prompts, key=lambda prompt: len(words.tokens(prompt, special=False)))
    size = len(words.tokens(longest, special=False))
    assert size + LONGEST_ANSWER + GUESSED < CONTEXT, f"{size} tokens: {longest}"
