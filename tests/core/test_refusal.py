"""Every reason that is given has its words in both languages, and no words are there for nothing. Read from the syntax trees."""

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from string import Formatter

import pytest

from bot.core.alert.draft import Reason
from bot.core.alert.reading import Why
from bot.core.errors import NotDone
from bot.core.refusal import SENTENCES, Declined, family, ground
from bot.core.types import Lang

ROOT = Path(__file__).parents[2]
FILES = [file for file in sorted((ROOT / "bot").rglob("*.py")) if "from bot.core.refusal import" in file.read_text(encoding="utf-8")]
GIVES = ("Declined", "Refused", "ground")
FAMILIES: dict[str, type[StrEnum]] = {"reason_": Reason, "cap_": Why}
STATED = "alert_why_"  # parts of a line, about received alerts: words of bot.core.alert.gate and of what comes behind it
EN, SW = SENTENCES[Lang.EN], SENTENCES[Lang.SW]


def constants(tree: ast.AST) -> set[str]:
    """Its whole strings: not the pieces of f-strings."""
    pieces = {id(one) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for one in node.values}
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in pieces)
    return {node.value for node in found if isinstance(node.value, str)}


def given(tree: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """The codes that are given as they are, each with the names of what fills its gaps."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _gives(node.func):
            values = {one.arg for one in node.keywords if one.arg} - {"also", "about"}
            codes = [node.args[0].body, node.args[0].orelse] if isinstance(node.args[0], ast.IfExp) else [node.args[0]]
            yield from ((one.value, values) for one in codes if isinstance(one, ast.Constant) and isinstance(one.value, str))


def _gives(func: ast.expr) -> bool:
    is_super = isinstance(func, ast.Attribute) and func.attr == "__init__" and ast.unparse(func.value) == "super()"
    return is_super or (isinstance(func, ast.Name) and func.id in GIVES)


def gaps(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


ALL = [(code, values, file) for file in FILES for code, values in given(ast.parse(file.read_text(encoding="utf-8")))]


@pytest.mark.parametrize(("code", "values", "file"), [pytest.param(*one, id=f"{one[2].stem}-{one[0]}") for one in ALL])
def test_no_code_is_without_words_that_it_fills(code: str, values: set[str], file: Path) -> None:
    for words in (EN, SW):
        assert set(gaps(words[code])) == values, file


@pytest.mark.parametrize("prefix", FAMILIES)
def test_no_code_of_a_family_is_without_words(prefix: str) -> None:
    assert set(family(prefix)) == {one.value for one in FAMILIES[prefix]}


def test_no_words_are_without_a_code() -> None:
    used = set().union(*(constants(ast.parse(file.read_text(encoding="utf-8"))) for file in FILES))
    assert [code for code in EN if not code.startswith((*FAMILIES, STATED)) and code not in used] == []
    alerts = (ROOT / "bot" / "core" / "alert").glob("*.py")
    said = set().union(*(constants(ast.parse(file.read_text(encoding="utf-8"))) for file in alerts))
    assert set(family(STATED)) - said == set()


@pytest.mark.parametrize("code", EN)
def test_both_languages_say_it_with_the_same_gaps(code: str) -> None:
    assert EN.keys() == SW.keys()
    assert gaps(EN[code]) == gaps(SW[code])
    assert "" not in gaps(EN[code]), "every gap has a name"
    assert EN[code].strip() != SW[code].strip()
    for text in (EN[code], SW[code]):
        assert len(text) <= 180
        if not code.startswith(STATED):
            assert re.fullmatch(r"\S.*[.!?]", text)


def test_what_a_page_may_show_is_never_in_english_alone() -> None:
    """Core and console refuse by code; bare sentences are for commands."""
    plain = {
        file.relative_to(ROOT).as_posix()
        for folder in ("core", "console")
        for file in (ROOT / "bot" / folder).rglob("*.py")
        if re.search(r"(?<!class )(?<!case )\bNotDone\(", file.read_text(encoding="utf-8"))
    }
    assert plain == set()


def test_the_walk_finds_what_it_looks_for() -> None:
    assert len({code for code, _, _ in ALL}) > 60
    code = 'Declined("one" if x else "two", also=[], id=1), ground(f"no_{x}")\ndef __init__(self): super().__init__("three")'
    assert [one for one, _ in given(ast.parse(code))] == ["one", "two", "three"]
    assert constants(ast.parse('f"no_{x}", "yes"')) == {"yes"}


def test_an_error_says_it_in_either_language() -> None:
    error = Declined("not_submitted", id=7, also=[ground("nobody"), ground("reason_too_long", about=Lang.SW, over=12, detail="")])
    assert isinstance(error, NotDone)
    assert str(error) == error.say(Lang.EN)
    assert str(error).startswith("Broadcast 7 cannot be submitted. As it stands, nobody would get it.")
    assert "Kiswahili: Too long by 12 characters." in str(error)
    assert "Tangazo 7 haliwezi kuombewa idhini. Jinsi lilivyo, hakuna ambaye angelipata." in error.say(Lang.SW)
    assert "Kiswahili: Ni ndefu mno kwa herufi 12." in error.say(Lang.SW)


def test_a_language_in_a_gap_is_named() -> None:
    assert ground("empty_text", lang=Lang.SW).say(Lang.EN).startswith("Its text in Kiswahili is empty.")
