"""Every mistake that a person can make in a skills folder: the right file, the right line, a remedy."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.core.errors import BadText
from skills.loader import check, load
from tests.skills import tree

TODAY = date(2026, 11, 22)
EN, SW = "facts/hive.en.md", "facts/hive.sw.md"
LONG = "sms: 3 " + "x" * 160


def test_the_tiny_tree_is_right(tmp_path: Path) -> None:
    root = tree.make(tmp_path)
    assert check(root, TODAY) == []
    assert [skill.name for skill in load(root).skills] == ["bees"]


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "what"),
    [
        pytest.param("skill.toml", 'name = "bees"', 'name = "wasps"', 1, "'wasps' is not the folder's", id="folder-name"),
        pytest.param("skill.toml", "[titles]", "colour = 1\n[titles]", 3, "unknown key 'colour'", id="unknown-key"),
        pytest.param("skill.toml", 'sw = "Nyuki"\n', "", 3, "titles.sw is missing", id="title-missing"),
        pytest.param("skill.toml", '"Nyuki"', '"Nyuki wa asali shambani"', 5, "does not fit a menu", id="title-too-long"),
        pytest.param("skill.toml", '"honey"', '"money"', 2, "there is no fact 'money'", id="topic-unknown"),
        pytest.param("skill.toml", ', "smoke", "swarm"', "", 2, "2 topics", id="topics-too-few"),
        pytest.param("skill.toml", '["bee", "hive"]', '"bee"', 7, "route_words.en is missing or not a list", id="words-not-a-list"),
        pytest.param("skill.toml", "[titles]", "[disclaimer]\nen = 'Ask.'\n[titles]", 3, "disclaimer.sw is missing", id="disclaimer-twin"),
        pytest.param("skill.toml", '"Bees"', '"Bees', 4, "not valid TOML", id="toml-broken"),
        pytest.param("prompt.sw.md", "$question", "$swali", 2, "unknown placeholder $swali", id="prompt-placeholder"),
        pytest.param("prompt.en.md", "$passage", "", 4, "placeholder $passage is missing", id="prompt-without-passage"),
        pytest.param("prompt.en.md", "Passage:", "Cost $ 5:", 1, "a $ with no name", id="prompt-dollar"),
        pytest.param("replies.toml", '"Haimo."', '"Haimo $nani."', 4, "unknown placeholder $nani", id="reply-placeholder"),
        pytest.param("replies.toml", "[sw]\nno_fact", "[sw]\nno_fakt", 4, "unknown key 'no_fakt'", id="reply-unknown"),
        pytest.param("replies.toml", '[sw]\nno_fact = "Haimo."\n', "", 1, "sw.no_fact is missing", id="reply-twin"),
        pytest.param("cases.toml", '"hive-place"', '"hive-plaice"', 4, "there is no fact 'hive-plaice'", id="case-fact-unknown"),
        pytest.param("cases.toml", '"shade"', '"sun"', 5, "'sun' is not in fact 'hive-place'", id="case-must-impossible"),
        pytest.param("cases.toml", 'lang = "sw"', 'lang = "fr"', 8, "unknown language 'fr'", id="case-language"),
        pytest.param("cases.toml", 'fact = ""', 'must = ["x"]\nfact = ""', 9, "a refusal has to hold", id="case-must-in-refusal"),
        pytest.param("cases.toml", "my hive, where", "Where HIVE-place en?", 2, "is an ask or detail line", id="case-verbatim"),
        pytest.param("cases.toml", 'fact = ""\n', "", 6, "fact is missing", id="case-without-fact"),
        pytest.param(EN, "Place 3 hives in the shade.\nsource", "Place 4 hives.\nsource", 4, "the sms says 4", id="number-ungrounded"),
        pytest.param(EN, "sms: Place 3 hives in the shade.", LONG, 4, "the sms has 162 characters", id="sms-too-long"),
        pytest.param(EN, "sms: Place 3 hives in the shade.", "sms: Place hives “so”.", 4, "plain SMS lacks: “ ”", id="sms-not-gsm"),
        pytest.param(EN, "sms: Place 3 hives in the shade.\n", "", 1, "has no 'sms'", id="sms-missing"),
        pytest.param(EN, "source: FAO, bees\n", "", 1, "has no 'source'", id="source-missing"),
        pytest.param(EN, "reviewed: 2026-01-15\n", "", 1, "has no 'reviewed'", id="reviewed-missing"),
        pytest.param(EN, "ask: where hive-place en\nask: how hive-place en\n", "", 1, "has no 'ask'", id="ask-missing"),
        pytest.param(EN, "2026-01-15", "2026-02-30", 6, "'2026-02-30' is not a date", id="reviewed-no-date"),
        pytest.param(EN, "2026-01-15", "15/01/2026", 6, "'15/01/2026' is not a date", id="reviewed-not-iso"),
        pytest.param(EN, "2026-01-15", "2026-12-01", 6, "is in the future", id="reviewed-future"),
        pytest.param(EN, "2026-01-15", "2023-11-01", 6, "more than 3 years ago", id="reviewed-too-old"),
        pytest.param(EN, "2026-01-15", "2026-01-15\nexpires: 2026-11-21", 7, "expired on 2026-11-21", id="expired"),
        pytest.param(EN, "2026-01-15", "2026-01-15\nexpires: soon", 7, "expires 'soon' is not a date", id="expires-no-date"),
        pytest.param(EN, "source:", "sauce:", 5, "unknown key 'sauce'", id="fact-key-unknown"),
        pytest.param(EN, "source:", "sms: again\nsource:", 5, "a second 'sms'", id="fact-key-twice"),
        pytest.param(EN, "source: FAO, bees", "FAO bees", 5, "'FAO bees' is not `key: value`", id="fact-line-no-pair"),
        pytest.param(EN, "Place 3 hives in the shade.\nKeep water near.\n", "", 1, "has no passage", id="passage-empty"),
        pytest.param(EN, "Keep water near.", "sms: 3", 9, "'sms' stands inside the passage", id="key-in-passage"),
        pytest.param(EN, "Keep water near.", "Spray Carbofuran.", 8, "'carbofuran' is a highly hazardous", id="hazardous-in-passage"),
        pytest.param(EN, "the shade.\nsource", "paraquat.\nsource", 4, "'paraquat' is a highly hazardous", id="hazardous-in-sms"),
        pytest.param(EN, "Keep water near.", "Never use Zinc\nphosphide.", 8, "'zinc phosphide' is a highly", id="hazardous-of-two-words"),
        pytest.param(SW, "Keep water near.", "Usitumie parakwati.", 8, "'parakwati' is a highly hazardous", id="hazardous-in-swahili"),
        pytest.param(EN, "## hive-place: Title", "## Hive Place Title", 1, "is not an id and a title", id="heading-broken"),
        pytest.param(EN, "## hive-place", "hello\n## hive-place", 1, "text before the first fact", id="text-before-facts"),
        pytest.param(EN, "Title hive-place", "A very long title of a hive", 1, "has 27 characters", id="fact-title-too-long"),
        pytest.param(
            EN, "how hive-place en", "where hive-place en", 3, "question 'where hive-place en' stands", id="question-twice-in-fact"
        ),
        pytest.param(EN, "where honey en", "WHERE hive-place en?", 12, "stands in skills/bees/facts/hive.en.md:2", id="question-twice"),
        pytest.param(SW, "## honey: Title honey", "## honey: Title\n## extra: Title", 12, "fact 'extra' is missing in en", id="twin-fact"),
        pytest.param(SW, "## honey:", "## hive-place:", 11, "a second fact 'hive-place'", id="id-twice"),
    ],
)
def test_a_mistake_in_a_skill(tmp_path: Path, file: str, old: str, new: str, line: int, what: str) -> None:
    root = tree.make(tmp_path)
    tree.replace(root / "bees" / file, old, new)
    found = [p for p in check(root, TODAY) if what in p.what]
    assert [(p.file, p.line) for p in found] == [(f"skills/bees/{file}", line)]
    assert found[0].remedy.endswith(".")


@pytest.mark.parametrize(
    ("file", "old", "new", "what"),
    [
        pytest.param("replies.toml", 'back_key = "0 Back"', 'bak_key = "0 Back"', "unknown key 'bak_key'", id="text-unknown"),
        pytest.param("replies.toml", '"0 Back"', '"0 Back $skill"', "unknown placeholder $skill", id="text-placeholder"),
        pytest.param("replies.toml", '"0 Back"', f'"{"x" * 157}"', "157 characters", id="text-too-long"),
        pytest.param("replies.toml", '"0 Back"', '"0 Back…"', "plain SMS lacks: …", id="text-not-gsm"),
        pytest.param("keywords.toml", 'more = ["MORE"', 'more = ["Stop"', "'Stop' means stop already", id="word-twice"),
        pytest.param("keywords.toml", 'more = ["MORE"', 'mare = ["MORE"', "unknown key 'mare'", id="word-list-unknown"),
        pytest.param("emergencies.toml", 'id = "bleeding"', 'id = "snake-bite"', "a second emergency 'snake-bite'", id="emergency-twice"),
        pytest.param("emergencies.toml", 'id = "bleeding"\nsource', 'id = "bleeding"\nsauce', "unknown key 'sauce'", id="emergency-key"),
        pytest.param("emergencies.toml", '"@snake bitten"', '"@snail bitten"', "there is no group '@snail' in en", id="emergency-group"),
        pytest.param("emergencies.toml", "of_bodies = true", 'of_bodies = "yes"', "of_bodies 'yes' is neither", id="emergency-bodies"),
    ],
)
def test_a_mistake_in_the_common_texts(tmp_path: Path, file: str, old: str, new: str, what: str) -> None:
    root = tree.make(tmp_path)
    path = root / "common-texts" / file
    line = path.read_text(encoding="utf-8").split(old)[0].count("\n") + 1 + old.count("\n")
    tree.replace(path, old, new)
    found = [p for p in check(root, TODAY) if what in p.what]
    assert [(p.file, p.line) for p in found] == [(f"skills/common-texts/{file}", line)]


def remove_skill(root: Path) -> None:
    shutil.rmtree(root / "bees")


ASKED = "skills/bees/asked/hive.en.md"


def ask_also(text: str) -> Callable[[Path], object]:
    def write(root: Path) -> None:
        (root / "bees" / "asked").mkdir()
        (root / "bees" / "asked" / "hive.en.md").write_text(text, encoding="utf-8")

    return write


def not_utf8(root: Path) -> None:
    (root / "bees" / "skill.toml").write_bytes(b'name = "bees"\ntopics = ["\xff"]\n')


@pytest.mark.parametrize(
    ("breaks", "file", "line", "what"),
    [
        pytest.param(lambda r: (r / "bees" / "skill.toml").unlink(), "skills/bees/skill.toml", 1, "missing", id="no-skill-toml"),
        pytest.param(lambda r: (r / "bees" / "cases.toml").unlink(), "skills/bees/cases.toml", 1, "missing", id="no-cases"),
        pytest.param(lambda r: (r / "bees" / "prompt.sw.md").unlink(), "skills/bees/prompt.sw.md", 1, "missing", id="no-prompt"),
        pytest.param(lambda r: (r / "bees" / SW).unlink(), "skills/bees/facts/hive.en.md", 1, "hive.sw.md is missing", id="no-twin-file"),
        pytest.param(lambda r: (r / "bees/facts/x.txt").touch(), "skills/bees/facts/x.txt", 1, "not a file of facts", id="odd-file"),
        pytest.param(ask_also("## honey\n## wax\nwax?"), ASKED, 2, "there is no fact 'wax' in facts/hive.en.md", id="asked-unknown"),
        pytest.param(ask_also("## honey\nsweet?\n## honey"), ASKED, 3, "a second 'honey'", id="asked-id-twice"),
        pytest.param(ask_also("sweet?\n## honey"), ASKED, 1, "text before the first id", id="asked-before-ids"),
        pytest.param(ask_also("## honey: Honey"), ASKED, 1, "is not an id", id="asked-heading-broken"),
        pytest.param(ask_also("## honey\nsweet?\nSweet"), ASKED, 3, "stands in skills/bees/asked/hive.en.md:2", id="asked-twice"),
        pytest.param(ask_also("## honey\nhow hive-place EN!"), ASKED, 2, "stands in skills/bees/facts/hive.en.md:", id="asked-elsewhere"),
        pytest.param(ask_also("## honey\nsweet? => salt"), ASKED, 2, "0 sentences of the passage hold 'salt'", id="asked-no-sentence"),
        pytest.param(ask_also("## honey\n=> honey"), ASKED, 2, "is not a question and an answer", id="asked-no-question"),
        pytest.param(
            ask_also("## hive-place\nsun? => hives\nSun?"), ASKED, 3, "stands in skills/bees/asked/hive.en.md:2", id="asked-narrow-twice"
        ),
        pytest.param(lambda r: shutil.rmtree(r / "bees" / "facts"), "skills/bees/facts", 1, "there are no facts", id="no-facts"),
        pytest.param(remove_skill, "skills", 1, "there are no skills", id="no-skills"),
        pytest.param(not_utf8, "skills/bees/skill.toml", 2, "not UTF-8", id="not-utf8"),
        pytest.param(
            lambda r: (r / "common-texts/keywords.toml").unlink(), "skills/common-texts/keywords.toml", 1, "missing", id="no-words"
        ),
    ],
)
def test_a_missing_or_broken_file(tmp_path: Path, breaks: Callable[[Path], object], file: str, line: int, what: str) -> None:
    root = tree.make(tmp_path)
    breaks(root)
    assert [(p.file, p.line) for p in check(root, TODAY) if what in p.what] == [(file, line)]


def test_a_fact_and_a_question_are_unique_across_skills(tmp_path: Path) -> None:
    root = tree.make(tmp_path)
    shutil.copytree(root / "bees", root / "wasps")
    tree.replace(root / "wasps" / "skill.toml", '"bees"', '"wasps"')
    found = check(root, TODAY)
    assert {p.file.split("/")[1] for p in found} == {"wasps"}
    assert sum("a second fact" in p.what for p in found) == 2 * len(tree.IDS)
    assert sum("the question" in p.what for p in found) == 4 * len(tree.IDS)


def test_load_raises_the_first_by_file_and_line(tmp_path: Path) -> None:
    root = tree.make(tmp_path)
    tree.replace(root / "bees" / "skill.toml", '"honey"', '"money"')
    tree.replace(root / "bees" / "cases.toml", '"shade"', '"sun"')
    with pytest.raises(BadText) as caught:
        load(root)
    assert str(caught.value) == str(check(root, TODAY)[0])
    assert (caught.value.file, caught.value.line) == ("skills/bees/cases.toml", 5)


def test_check_finds_all_in_order(tmp_path: Path) -> None:
    root = tree.make(tmp_path)
    tree.replace(root / "bees" / EN, "2026-01-15", "someday")
    tree.replace(root / "bees" / EN, "sms: Place 3", "sms: Place 5")
    tree.replace(root / "bees" / "skill.toml", '"bees"', '"wasps"')
    found = [(p.file, p.line) for p in check(root, TODAY)]
    assert found == [("skills/bees/facts/hive.en.md", 4), ("skills/bees/facts/hive.en.md", 6), ("skills/bees/skill.toml", 1)]


def test_a_fact_that_grew_old_or_a_wrong_clock_does_not_stop_the_service(tmp_path: Path) -> None:
    root = tree.make(tmp_path)
    tree.replace(root / "bees" / EN, "2026-01-15", "2001-01-15")
    tree.replace(root / "bees" / SW, "2026-01-15", "2999-01-15")
    assert len(check(root, TODAY)) == 2
    assert load(root).skills[0].facts[0].reviewed == "2001-01-15"
