"""Reads everything under skills/ into a Library, and finds what is wrong with it, to the line.

skills/common-texts/   replies.toml, keywords.toml, emergencies.toml, off-topic.toml, strays.toml
skills/alert-templates/  hazards.toml, actions.toml, phrases.toml: see skills.alert_texts
skills/<name>/         skill.toml, prompt.<lang>.md, replies.toml, facts/<topic>.<lang>.md, asked/<topic>.<lang>.md, cases.toml,
                       unanswered.toml
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from bot.core.errors import BadText
from bot.core.types import Lang, Library
from skills import alert_texts
from skills.common_texts import FOLDER, read_emergencies, read_keywords, read_strays, read_texts
from skills.fact_file import Found
from skills.fact_rules import check_age, folded
from skills.folder import Folder, read_folder
from skills.problems import Problems


def load(root: Path) -> Library:
    """The library in the folder `root`. Raises the first BadText, by file and line.

    Dates are not held against today here: a fact that grew old overnight, or a machine whose clock is wrong, must not keep
    the service from starting.
    """
    problems = Problems(root)
    library, _ = _read(root, problems)
    for problem in problems:
        raise problem
    return library


def check(root: Path, today: date | None = None) -> Sequence[BadText]:
    """Everything that is wrong under `root`, by file and line, with facts too old to trust on the day `today` (else: today, UTC)."""
    problems = Problems(root)
    _, facts = _read(root, problems)
    for found in facts:
        check_age(found, today or datetime.now(UTC).date(), problems)
    alert_texts.check_age(root, today or datetime.now(UTC).date(), problems)
    return problems.ordered()


def _read(root: Path, problems: Problems) -> tuple[Library, Sequence[Found]]:
    folders = [read_folder(path, problems) for path in _skill_folders(root, problems)]
    unsorted, off_topic = (read_strays(root / FOLDER / name, problems) for name in ("strays.toml", "off-topic.toml"))
    _check_sorted(root, folders, off_topic, problems)
    library = Library(
        skills=tuple(folder.skill for folder in folders),
        texts=read_texts(root, problems),
        keywords=read_keywords(root, problems),
        emergencies=read_emergencies(root, problems),
        strays=_together([unsorted, off_topic, *(folder.skill.unanswered for folder in folders)]),
        off_topic=frozenset(text for texts in off_topic.values() for text in texts),
    )
    facts = [found for folder in folders for found in folder.facts]
    _check_unique(facts, problems)
    if (root / alert_texts.FOLDER).exists():  # a folder of skills for trying out may do without alerts; the service does not
        alert_texts.read_alert_words(root, problems)
    return library, facts


def _skill_folders(root: Path, problems: Problems) -> Sequence[Path]:
    """Folders with a hyphen or a plain name; Python's own and hidden ones start with "_" or "."."""
    folders = sorted(path for path in root.glob("[!._]*") if path.is_dir() and path.name not in {FOLDER, alert_texts.FOLDER})
    if not folders:
        problems.add(root, 1, "there are no skills", "Name the folder that holds common-texts/ and one folder per skill.")
    return folders


def _together(lists: Iterable[Mapping[Lang, Sequence[str]]]) -> Mapping[Lang, Sequence[str]]:
    """All messages by language, each once: one that was sorted may still stand among those that were not."""
    every: dict[Lang, dict[str, None]] = {lang: {} for lang in Lang}
    for texts in lists:
        for lang, own in texts.items():
            every[lang] |= dict.fromkeys(own)
    return {lang: tuple(own) for lang, own in every.items() if own}


def _check_sorted(root: Path, folders: Sequence[Folder], off_topic: Mapping[Lang, Sequence[str]], problems: Problems) -> None:
    """A message belongs to one skill or to none, and is not a question that a fact answers."""
    answered = {folded(asked.text) for folder in folders for found in folder.facts for asked in found.questions()}
    places: dict[str, str] = {}
    sources = [(f"{folder.skill.name}/unanswered.toml", folder.skill.unanswered) for folder in folders]
    for name, texts in (*sources, (f"{FOLDER}/off-topic.toml", off_topic)):
        for text in (text for own in texts.values() for text in own):
            if folded(text) in answered:
                problems.add(root / name, 1, f"{text!r} is a question that a fact answers", "Take it out here, or there.")
            before = places.setdefault(folded(text), name)
            if before != name:
                problems.add(root / name, 1, f"{text!r} stands in {before}, too", "Keep it in one of them.")


def _check_unique(facts: Sequence[Found], problems: Problems) -> None:
    """One id, one fact; one question, one answer: a text that leads to two facts leads to neither."""
    ids: dict[tuple[str, Lang], Found] = {}
    questions: dict[tuple[str, Lang], str] = {}
    for found in facts:
        fact = found.fact
        first = ids.setdefault((fact.id, fact.lang), found)
        if first is not found:
            problems.add(found.path, found.line("title"), f"a second fact {fact.id!r}; the first: {_place(first, problems)}", "Rename one.")
        for asked in found.questions():
            here = f"{problems.name(asked.path)}:{asked.number}"
            before = questions.setdefault((folded(asked.text), fact.lang), here)
            if before != here:
                problems.add(
                    asked.path, asked.number, f"the question {asked.text!r} stands in {before}, too", "Keep it where its answer is."
                )


def _place(found: Found, problems: Problems) -> str:
    return f"{problems.name(found.path)}:{found.line('title')}"
