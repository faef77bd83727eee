"""Reads cases.toml: exchanges that the skill must get right, and questions that it must refuse."""

from collections.abc import Sequence
from pathlib import Path

from bot.core.types import Case, Lang
from skills.fact_file import Found
from skills.fact_rules import folded
from skills.problems import Problems
from skills.toml_file import Key, TomlFile

KEYS = ("text", "lang", "fact", "must")


def read_cases(path: Path, facts: Sequence[Found], problems: Problems) -> Sequence[Case]:
    """The cases of the skill in the folder `path`, held against its `facts`."""
    file = TomlFile(path / "cases.toml", problems)
    file.only((), ("case",))
    cases = [(key, case) for key in file.tables("case", KEYS) if (case := _case(file, key)) is not None]
    asked = {folded(q) for found in facts for q in (*found.fact.questions, *(d.question for d in found.fact.details))}
    texts = {(found.fact.id, found.fact.lang): f"{found.fact.sms} {found.fact.body}".casefold() for found in facts}
    for key, case in cases:
        if folded(case.text) in asked:
            file.bad((*key, "text"), f"{case.text!r} is an ask or detail line, word for word", "A case has to be asked in other words.")
        if case.fact:
            _check_answer(file, key, case, texts.get((case.fact, case.lang)))
        elif case.must:
            file.bad((*key, "must"), "words that a refusal has to hold", "Name a fact, or leave `must` out.")
    return tuple(case for _, case in cases)


def _case(file: TomlFile, key: Key) -> Case | None:
    lang = file.text((*key, "lang"))
    if lang and lang not in list(Lang):
        file.bad((*key, "lang"), f"unknown language {lang!r}", f"Known here: {', '.join(Lang)}.")
    fact = file.get((*key, "fact"))
    if not isinstance(fact, str):
        file.bad((*key, "fact"), "fact is missing or not a text", 'Write the id of a fact, or fact = "" where we have to refuse.')
    must = file.words((*key, "must")) if file.get((*key, "must")) is not None else ()
    text = file.text((*key, "text"))
    return Case(text, Lang(lang), fact, must) if isinstance(fact, str) and text and lang in list(Lang) else None


def _check_answer(file: TomlFile, key: Key, case: Case, text: str | None) -> None:
    if text is None:
        file.bad((*key, "fact"), f"there is no fact {case.fact!r}", 'Name a fact of this skill by its id, or write fact = "".')
        return
    for word in case.must:
        if word.casefold() not in text:
            file.bad((*key, "must"), f"{word!r} is not in fact {case.fact!r}", "No true answer can hold it: mend the word or the fact.")
