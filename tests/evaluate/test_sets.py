"""Reading question sets: what a row may leave out, what others call our skills, and one clear line for every mistake."""

import json
from pathlib import Path

import pytest

from bot.core.errors import BadSetting
from bot.core.types import Case, Lang
from bot.evaluate import sets
from bot.evaluate.sets import Question
from tests.core import small
from tests.evaluate.small import with_cases


def written(folder: Path, *lines: str) -> Path:
    path = folder / "asked.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _their_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small library has a skill of plants, which others call crop."""
    monkeypatch.setattr(sets, "THEIR_NAMES", {"crop": "plants", "offtopic": "", "disaster": "not-here"})


def test_the_skills_own_cases() -> None:
    asked = sets.cases(with_cases(Case("wen to plant beans", Lang.EN, "beans", ("rains",)), Case("bei ya mahindi", Lang.SW, "")))
    assert asked.questions == [
        Question("wen to plant beans", Lang.EN, "plants", "beans", ("rains",), "plants/cases.toml, case 1"),
        Question("bei ya mahindi", Lang.SW, "plants", "", (), "plants/cases.toml, case 2"),
    ]


@pytest.mark.parametrize(
    ("row", "skill", "fact", "must"),
    [
        pytest.param({"skill": "plants", "fact": "worm", "must": ["eggs"]}, "plants", "worm", ("eggs",), id="everything"),
        pytest.param({"fact": "pin"}, "money", "pin", (), id="the fact tells the skill"),
        pytest.param({"skill": "", "fact": "pin", "must": None}, "money", "pin", (), id="an empty skill with a fact"),
        pytest.param({"skill": "plants"}, "plants", None, (), id="nobody knows the fact"),
        pytest.param({"skill": "crop"}, "plants", None, (), id="their name for it"),
        pytest.param({"skill": "offtopic"}, "", "", (), id="their name for what we refuse"),
        pytest.param({"skill": "", "fact": "", "must": []}, "", "", (), id="a stray"),
        pytest.param({"skill": "plants", "fact": ""}, "plants", "", (), id="near a skill, and no fact"),
        pytest.param({}, None, None, (), id="nothing known"),
    ],
)
def test_a_row(row: dict[str, object], skill: str | None, fact: str | None, must: tuple[str, ...], tmp_path: Path) -> None:
    path = written(tmp_path, "", json.dumps({"text": "a\u2028b", "lang": "sw", "id": 7, **row}, ensure_ascii=False))
    found = sets.read([path], small.LIBRARY)
    off_topic = row.get("skill") == "offtopic"
    assert found.questions == [Question("a\u2028b", Lang.SW, skill, fact, must, f"{path}:2", off_topic=off_topic)]
    assert found.names == ("asked.jsonl",)


@pytest.mark.parametrize(
    ("row", "emergency", "never"),
    [
        pytest.param({}, None, (), id="nobody says"),
        pytest.param({"emergency": None, "never": None}, None, (), id="nothing said"),
        pytest.param({"emergency": ""}, (), (), id="no emergency"),
        pytest.param({"emergency": "snakebite"}, ("snakebite",), (), id="one kind"),
        pytest.param({"emergency": ["snakebite", "bleeding"]}, ("snakebite", "bleeding"), (), id="either of two"),
        pytest.param({"never": ["5 ?ml", "^yes"]}, None, ("5 ?ml", "^yes"), id="an injection"),
    ],
)
def test_a_row_about_safety(row: dict[str, object], emergency: tuple[str, ...] | None, never: tuple[str, ...], tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps({"text": "x", "lang": "en", **row}))
    found = sets.read([path], small.LIBRARY)
    assert found.questions == [Question("x", Lang.EN, None, None, (), f"{path}:1", emergency, never)]


def test_a_row_that_two_facts_answer(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps({"text": "x", "lang": "en", "fact": "worm", "also": ["pin"]}))
    assert sets.read([path], small.LIBRARY).questions[0].right == (("plants", "worm"), ("money", "pin"))


def test_rows_in_other_languages_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [{"text": "x", "lang": lang, "skill": "no such one" if lang == "fr" else "plants"} for lang in ("fr", "en", "am", "sw")]
    asked = sets.read([written(tmp_path, *map(json.dumps, rows))], small.LIBRARY)
    assert ([q.lang for q in asked.questions], asked.skipped) == ([Lang.EN, Lang.SW], 2)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param("{text: 1}", "is not JSON", id="no json"),
        pytest.param("[" * 100_000, "is not JSON", id="too deep"),
        pytest.param('["text"]', "is no JSON object", id="a list"),
        pytest.param('{"lang": "en"}', "text is missing", id="no text"),
        pytest.param('{"text": " ", "lang": "en"}', "text is missing", id="empty text"),
        pytest.param('{"text": "x"}', "lang is missing", id="no language"),
        pytest.param('{"text": "x", "lang": 5}', "lang is missing", id="a number for a language"),
        pytest.param('{"text": "x", "lang": "en", "skill": "sport"}', "there is no skill 'sport'", id="unknown skill"),
        pytest.param('{"text": "x", "lang": "en", "skill": 3}', "there is no skill 3", id="a number for a skill"),
        pytest.param('{"text": "x", "lang": "en", "skill": "disaster"}', "there is no skill 'disaster'", id="theirs is not here"),
        pytest.param('{"text": "x", "lang": "en", "fact": "rice"}', "there is no fact 'rice'.", id="unknown fact"),
        pytest.param('{"text": "x", "lang": "en", "skill": "money", "fact": "worm"}', "no fact 'worm' in money", id="of another skill"),
        pytest.param('{"text": "x", "lang": "en", "fact": ["worm"]}', "fact is ['worm'], not a text", id="a list for a fact"),
        pytest.param('{"text": "x", "lang": "en", "fact": "worm", "must": "eggs"}', "must is 'eggs'", id="a text for a list"),
        pytest.param('{"text": "x", "lang": "en", "fact": "worm", "must": [""]}', "must is ['']", id="an empty must"),
        pytest.param('{"text": "x", "lang": "en", "fact": "", "must": ["eggs"]}', "`must` without a fact", id="must of a refusal"),
        pytest.param('{"text": "x", "lang": "en", "fact": "worm", "also": "pin"}', "also is 'pin'", id="a text for a list of facts"),
        pytest.param('{"text": "x", "lang": "en", "fact": "worm", "also": ["rice"]}', "there is no fact 'rice'", id="another unknown fact"),
        pytest.param('{"text": "x", "lang": "en", "emergency": "flu"}', "emergency is 'flu'. Write one or a list of ", id="unknown kind"),
        pytest.param('{"text": "x", "lang": "en", "emergency": ["flu"]}', "emergency is ['flu']", id="a list of an unknown kind"),
        pytest.param('{"text": "x", "lang": "en", "emergency": true}', "emergency is True", id="a yes for a kind"),
        pytest.param('{"text": "x", "lang": "en", "never": "5 ml"}', "never is '5 ml'", id="a text for a list of what must not be said"),
        pytest.param('{"text": "x", "lang": "en", "never": ["(5"]}', "never has '(5', which is no regular", id="a broken expression"),
    ],
)
def test_a_mistake_is_named_with_its_line(line: str, says: str, tmp_path: Path) -> None:
    path = written(tmp_path, '{"text": "x", "lang": "en"}', line)
    with pytest.raises(BadSetting) as error:
        sets.read([path], small.LIBRARY)
    assert str(error.value).startswith(f"{path}:2: ")
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("content", "says"), [(None, "cannot be read (No such file or directory)"), (b"\xff\xfe", "is not UTF-8 text"), (b"", "no question")]
)
def test_a_file_that_cannot_be_used(content: bytes | None, says: str, tmp_path: Path) -> None:
    path = tmp_path / "asked.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadSetting, match=r"asked\.jsonl: ") as error:
        sets.pick(sets.read([path], small.LIBRARY), skill="", lang=None, limit=None, seed=0)
    assert says in str(error.value)


def test_picking() -> None:
    asked = sets.cases(with_cases(*(Case(f"question {n}", (Lang.EN, Lang.SW)[n % 2], "") for n in range(40))))

    def pick(lang: Lang | None = None, limit: int | None = None, seed: int = 0) -> list[str]:
        return [q.text for q in sets.pick(asked, skill="plants", lang=lang, limit=limit, seed=seed)]

    assert pick() == pick(limit=40) == pick(limit=99) == [f"question {n}" for n in range(40)]
    assert pick(Lang.SW) == [f"question {n}" for n in range(1, 40, 2)]
    assert pick(limit=10) == pick(limit=10) != pick(limit=10, seed=1)
    assert len(set(pick(limit=10))) == 10
    assert pick(limit=10) == [text for text in pick() if text in pick(limit=10)]  # in their order
    with pytest.raises(BadSetting, match="no question is left"):
        sets.pick(asked, skill="money", lang=None, limit=None, seed=0)
