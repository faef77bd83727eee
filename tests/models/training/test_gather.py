"""What is gathered out of a library, and that only the skill folders are read for it."""

import random

from bot.app.texts import SKILLS
from bot.core import choose
from models.training import gather
from skills.loader import load
from tests.models.training import test_pairs
from tests.models.training.house import LIBRARY, reading

INDEX = gather.index(LIBRARY, None)


def test_every_question_is_there_in_every_view() -> None:
    examples = gather.examples(LIBRARY, INDEX, views=2, dice=random.Random(1))
    assert 2 * len(INDEX.lines) - 10 < len(examples) <= 2 * (len(INDEX.lines) + gather.STRAYS * 3)  # less those with nothing to offer


def test_a_check_is_right_where_the_sms_of_its_fact_is() -> None:
    asked = gather.cases(LIBRARY, 99, random.Random(1))
    facts = {(f.id, f.lang): f for f in gather.facts(LIBRARY)}
    assert len(asked) == 5
    for case, check in zip([c for c, offered in gather.offers(asked, INDEX) if offered], gather.checks(asked, INDEX), strict=True):
        _, options = test_pairs.parts(check)
        letter = check.target.strip()
        assert options.get(letter, "") == (facts[case.fact, case.lang].sms if case.fact else "")
        assert check.among[-1] == f" {choose.NONE}"


def test_cases_are_drawn_by_the_dice() -> None:
    assert gather.cases(LIBRARY, 2, random.Random(1)) == gather.cases(LIBRARY, 2, random.Random(1))
    assert len(gather.cases(LIBRARY, 2, random.Random(1))) == 2


def test_the_texts_of_a_fact_belong_to_it_in_every_language() -> None:
    texts = gather.texts(LIBRARY)
    assert len(texts.lines) == len(texts.line_facts) == len(INDEX.lines)
    assert set(texts.line_facts) == set(texts.passage_facts) == set(range(5))
    by_line = {line.text: line.entry for line in INDEX.lines}
    same = {(by_line[text], fact) for text, fact in zip(texts.lines, texts.line_facts, strict=True)}
    assert len(same) == 5  # the same grouping, under whatever numbers
    assert len(texts.passages) == len(texts.passage_facts) > len(texts.lines) / 2


def test_loading_the_shipped_skills_reads_only_their_folders() -> None:
    with reading() as opened:
        load(SKILLS)
    assert len(opened) > 10
    assert [path for path in opened if not path.startswith(str(SKILLS))] == []
