"""Reads the facts/ and asked/ folders of one skill: a file per topic and language, with the same facts in every language."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.core.types import Lang
from skills.asked_file import AskedFile, read_asked
from skills.fact_file import Found, read_facts
from skills.fact_rules import check_fact
from skills.problems import Problems


def read_fact_set(path: Path, problems: Problems) -> Sequence[Found]:
    """All facts of the skill in the folder `path`."""
    files = _fact_files(path / "facts", problems)
    by_file = {key: read_facts(file, path.name, key[1], problems) for key, file in files.items()}
    for key, file in _files(path / "asked", problems).items():
        by_file[key] = _with_asked(by_file.get(key, ()), read_asked(file, problems), problems)
    for (topic, lang), facts in by_file.items():
        for other in Lang:
            if (topic, other) in by_file:
                _check_twins(facts, by_file[topic, other], lang, other, problems)
            else:
                problems.add(files[topic, lang], 1, f"{topic}.{other}.md is missing", "Write the same facts in that language.")
    facts = [found for found_here in by_file.values() for found in found_here]
    for found in facts:
        check_fact(found, problems)
    return facts


def _with_asked(facts: Sequence[Found], asked: AskedFile, problems: Problems) -> Sequence[Found]:
    """The facts of a file with the questions of its twin in asked/."""
    for name in asked.headings.keys() - {found.fact.id for found in facts}:
        problems.add(asked.path, asked.headings[name], f"there is no fact {name!r} in facts/{asked.path.name}", "Name a fact of that file.")
    return [found.also(tuple(asked.lines.get(found.fact.id, ())), problems) for found in facts]


def _fact_files(folder: Path, problems: Problems) -> Mapping[tuple[str, Lang], Path]:
    files = _files(folder, problems)
    if not files:
        problems.add(folder, 1, "there are no facts", "Write facts/<topic>.en.md and facts/<topic>.sw.md.")
    return files


def _files(folder: Path, problems: Problems) -> Mapping[tuple[str, Lang], Path]:
    files: dict[tuple[str, Lang], Path] = {}
    for file in sorted(folder.glob("*")):
        topic, _, lang = file.stem.rpartition(".")
        if topic and lang in list(Lang) and file.suffix == ".md":
            files[topic, Lang(lang)] = file
        else:
            problems.add(file, 1, f"{file.name!r} is not a file of facts", "Call it <topic>.en.md or <topic>.sw.md.")
    return files


def _check_twins(facts: Sequence[Found], others: Sequence[Found], lang: Lang, other: Lang, problems: Problems) -> None:
    ids = {found.fact.id for found in others}
    for found in facts:
        if lang is not other and found.fact.id not in ids:
            problems.add(found.path, found.line("title"), f"fact {found.fact.id!r} is missing in {other!s}", f"Write it in {other!s}, too.")
