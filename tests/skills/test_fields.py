"""What is written in a folder is what the library says."""

from pathlib import Path

from bot.core.types import Case, Detail, Fact, Lang
from skills.loader import load
from tests.skills import tree


def test_a_fact_is_read_whole(tmp_path: Path) -> None:
    root = tree.make(tmp_path)
    tree.replace(root / "bees/facts/hive.en.md", "2026-01-15", "2026-01-15\nregion: KE\nexpires: 2030-01-01")
    skill = load(root).skills[0]
    assert skill.facts[0] == Fact(
        id="hive-place", skill="bees", lang=Lang.EN, title="Title hive-place", body="Place 3 hives in the shade. Keep water near.",
        sms="Place 3 hives in the shade.", questions=("where hive-place en", "how hive-place en"), source="FAO, bees",
        reviewed="2026-01-15", region="KE", expires="2030-01-01",
    )  # fmt: skip
    assert [(fact.id, fact.lang) for fact in skill.facts] == [(name, lang) for lang in Lang for name in tree.IDS]


def test_what_people_also_ask_is_added_to_a_fact(tmp_path: Path) -> None:
    root = tree.make(tmp_path)
    (root / "bees" / "asked").mkdir()
    (root / "bees/asked/hive.sw.md").write_text("# Nyuki\n\n## honey\nasali iko wapi\n\nna je nta?\n", encoding="utf-8")
    asked = {(fact.id, fact.lang): fact.questions for fact in load(root).skills[0].facts}
    assert asked["honey", Lang.SW] == ("where honey sw", "how honey sw", "asali iko wapi", "na je nta?")
    assert all(len(questions) == 2 for fact, questions in asked.items() if fact != ("honey", Lang.SW))


def test_what_people_also_ask_may_lead_to_one_sentence_of_the_passage(tmp_path: Path) -> None:
    root = tree.make(tmp_path)
    (root / "bees" / "asked").mkdir()
    (root / "bees/asked/hive.en.md").write_text("## hive-place\nmay bees go thirsty => water near\nsun or not\n", encoding="utf-8")
    fact = next(fact for fact in load(root).skills[0].facts if (fact.id, fact.lang) == ("hive-place", Lang.EN))
    assert fact.details == (Detail("may bees go thirsty", "Keep water near."),)
    assert fact.questions == ("where hive-place en", "how hive-place en", "sun or not")


def test_a_skill_is_read_whole(tmp_path: Path) -> None:
    skill = load(tree.make(tmp_path)).skills[0]
    assert skill.titles == {Lang.EN: "Bees", Lang.SW: "Nyuki"}
    assert skill.route_words == {Lang.EN: ("bee", "hive"), Lang.SW: ("nyuki", "mzinga")}
    assert tuple(skill.topics) == tree.IDS
    assert skill.prompt[Lang.SW].endswith("SMS:"), "the model writes on right behind the last colon"
    assert skill.replies[Lang.SW]["no_fact"] == "Haimo."
    assert skill.cases == (Case("my hive, where", Lang.EN, "hive-place", ("shade",)), Case("bei", Lang.SW, ""))
    assert skill.disclaimer == {}


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    root = tree.make(tmp_path)
    good = load(root)
    for path in root.rglob("*.*"):
        if path.suffix in {".md", ".toml"}:
            path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load(root) == good
