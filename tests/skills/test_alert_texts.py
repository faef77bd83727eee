"""skills/alert-templates/: what is wrong with it is found, to the line, and what we ship is complete."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.core.alert.cap import ResponseType
from bot.core.alert.words import Action, Hazard
from bot.core.errors import BadText
from bot.core.text import is_gsm7, measure
from bot.core.types import Lang, Limits
from skills import loader
from skills.alert_texts import FOLDER, check, load
from tests.skills import tree

WORDS = load(tree.SHIPPED)
HAZARDS, ACTIONS, PHRASES = (f"{FOLDER}/{name}.toml" for name in ("hazards", "actions", "phrases"))
FIRST_EN = 'en = "Go up to a high floor or roof. Stay out of the water."'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of what we ship, to be broken in one place."""
    shutil.copytree(tree.SHIPPED / FOLDER, tmp_path / "skills" / FOLDER)
    return tmp_path / "skills"


def test_nothing_is_wrong_with_what_we_ship() -> None:
    assert [str(problem) for problem in check(tree.SHIPPED)] == []


@pytest.mark.parametrize("action", [pytest.param(action, id=f"{action.hazard}-{action.response}") for action in WORDS.actions])
def test_an_action_is_fit_to_send(action: Action) -> None:
    for lang in Lang:
        text = action.texts[lang]
        assert is_gsm7(text)
        assert measure(text, Limits()).units <= 60
        assert text[0].isupper()
        assert text.endswith(".")
        assert WORDS.all_clear(text) is False, "the words around it say that it is over, where it is"
    assert action.texts[Lang.EN] != action.texts[Lang.SW]


@pytest.mark.parametrize("hazard", [pytest.param(hazard, id=hazard.id) for hazard in WORDS.hazards])
def test_a_danger_is_complete(hazard: Hazard) -> None:
    assert {ResponseType.PREPARE, ResponseType.MONITOR, ResponseType.ALL_CLEAR, hazard.usual} <= set(WORDS.responses(hazard.id))


CASES = [
    pytest.param(HAZARDS, 'category = "Met"', 'category = "Weather"', "category 'Weather' is none of CAP's", id="category"),
    pytest.param(HAZARDS, 'usual = "Evacuate"', 'usual = "AllClear"', "usual is AllClear", id="usual-is-all-clear"),
    pytest.param(HAZARDS, 'id = "flash-flood"', 'id = "flood"', "the id 'flood' is taken", id="id-twice"),
    pytest.param(HAZARDS, 'kin = "flood"', 'kin = "water"', "kin 'water' is no danger", id="unknown-kin"),
    pytest.param(HAZARDS, '"SAME:FFA"', '"SAME:FLA"', "the code 'SAME:FLA'", id="code-twice"),
    pytest.param(HAZARDS, '"SAME:FFA"', '"FFA"', "has no name", id="code-without-name"),
    pytest.param(HAZARDS, '"sudden flood"', '"gharika"', "", id="a-word-of-the-other-language-is-no-clash"),
    pytest.param(HAZARDS, '"sudden flood"', '"water rising"', "'water rising' means flood already", id="word-twice"),
    pytest.param(HAZARDS, 'en = "flash flood"', 'en = "flash flood of a dry riverbed"', "the name in en has 29 characters", id="name"),
    pytest.param(HAZARDS, 'usual = "Evacuate"', 'usual = "Evacuate"\ncolour = "red"', "unknown key 'colour'", id="unknown-key"),
    pytest.param(ACTIONS, FIRST_EN, FIRST_EN[:-2] + ' and wait there for boats."', "the action has 78 characters", id="long-action"),
    pytest.param(ACTIONS, FIRST_EN, 'en = "Go up — now."', "characters that plain SMS lacks: —", id="dash"),
    pytest.param(ACTIONS, FIRST_EN, 'en = "Go up"', "does not end like a sentence", id="no-full-stop"),
    pytest.param(ACTIONS, FIRST_EN, 'en = "See www.example.org now."', "has a link", id="link"),
    pytest.param(ACTIONS, FIRST_EN, 'en = "All clear, go home."', "says that the danger is over", id="all-clear-in-a-shelter"),
    pytest.param(ACTIONS, FIRST_EN, "", "en is missing", id="language-missing"),
    pytest.param(ACTIONS, 'hazard = "flood"', 'hazard = "floods"', "there is no hazard 'floods'", id="unknown-hazard"),
    pytest.param(ACTIONS, 'response = "Shelter"', 'response = "Evacuate"', "a second Evacuate for flood", id="action-twice"),
    pytest.param(ACTIONS, 'response = "AllClear"', 'response = "Execute"', "flood has no action for AllClear", id="action-missing"),
    pytest.param(ACTIONS, 'response = "Shelter"', 'response = "Hide"', "response 'Hide' is none of CAP's", id="response"),
    pytest.param(ACTIONS, 'reviewed = "2026-11-26"', 'reviewed = "last year"', "is not a date", id="date"),
    pytest.param(ACTIONS, 'source = "IFRC', 'note = "IFRC', "source is missing", id="no-source"),
    pytest.param(PHRASES, 'exercise = "EXERCISE ONLY"', 'exercise = "PRACTICE"', "the prefix is not known as one", id="prefix"),
    pytest.param(PHRASES, 'until = "Until $end"', 'until = "Until"', "the placeholder $end is missing", id="placeholder-missing"),
    pytest.param(PHRASES, 'until = "Until $end"', 'until = "Until $end $zone"', "unknown placeholder $zone", id="placeholder-unknown"),
    pytest.param(PHRASES, 'Extreme = "$hazard DANGER"', 'Extreme = "$hazard is over"', "the level says that", id="level-is-all-clear"),
    pytest.param(PHRASES, '"$hazard ALERT IS OVER"', '"$hazard news"', "ended is not known as an all-clear", id="ended"),
    pytest.param(PHRASES, 'update = "UPDATE"', 'update = "TEST"', "update reads like an exercise", id="update-is-test"),
    pytest.param(PHRASES, 'more_one = "+1 area"', "", "more_one is missing", id="phrase-missing"),
]


@pytest.mark.parametrize(("file", "old", "new", "says"), CASES)
def test_what_is_wrong_is_found(root: Path, file: str, old: str, new: str, says: str) -> None:
    tree.replace(root / file, old, new)
    problems = [str(problem) for problem in check(root)]
    if not says:
        assert problems == []
        return
    found = [problem for problem in problems if says in problem]
    assert found, problems
    assert found[0].startswith(f"skills/{file}:")


def test_a_problem_names_its_line(root: Path) -> None:
    lines = (root / ACTIONS).read_text(encoding="utf-8").split("\n")
    tree.replace(root / ACTIONS, FIRST_EN, 'en = "Go up"')
    assert [problem.line for problem in check(root)] == [lines.index(FIRST_EN) + 1]


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        pytest.param(lambda path: path.write_text("[[action", encoding="utf-8"), "not valid TOML", id="broken"),
        pytest.param(lambda path: path.unlink(), "the file is missing", id="missing"),
        pytest.param(lambda path: path.write_bytes(b"\xff"), "not UTF-8", id="latin-1"),
        pytest.param(lambda path: path.write_text("", encoding="utf-8"), "there is no [[action]]", id="empty"),
    ],
)
def test_a_broken_file_is_a_problem_and_no_crash(root: Path, break_it: Callable[[Path], object], says: str) -> None:
    break_it(root / ACTIONS)
    assert any(says in str(problem) for problem in check(root))
    with pytest.raises(BadText):
        load(root)


def test_the_loader_sees_them_at_start_and_when_asked(tmp_path: Path) -> None:
    root = tree.make(tmp_path)
    loader.load(root)  # a folder of skills without alerts is one, too
    shutil.copytree(tree.SHIPPED / FOLDER, root / FOLDER)
    assert list(loader.check(root, date(2026, 11, 27))) == []
    tree.replace(root / PHRASES, 'until = "Until $end"', 'until = "Until"')
    assert any("$end" in str(problem) for problem in loader.check(root, date(2026, 11, 27)))
    with pytest.raises(BadText, match=r"phrases\.toml"):
        loader.load(root)


def test_actions_that_nobody_looked_at_for_years_are_found_only_when_asked(root: Path, tmp_path: Path) -> None:
    whole = tree.make(tmp_path / "other")
    shutil.copytree(root / FOLDER, whole / FOLDER)
    old = [str(problem) for problem in loader.check(whole, date(2030, 1, 1)) if FOLDER in str(problem)]
    assert len(old) == len(WORDS.actions)
    assert "more than 3 years ago" in old[0]
    assert any("in the future" in str(problem) for problem in loader.check(whole, date(2026, 1, 1)) if FOLDER in str(problem))
    assert load(whole).actions == WORDS.actions, "the service starts in any case"
