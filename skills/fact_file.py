"""Reads facts/<topic>.<lang>.md: several facts in one file, each a heading, `key: value` lines, a blank line and the passage.

## maize-planting: Planting maize
ask: how far apart do i plant maize
ask: maize spacing
detail: which maize seed do i buy => certified seed
sms: Plant maize in rows 75 cm apart ...
source: KALRO, maize production guide
reviewed: 2026-11-20

Plant maize in rows 75 cm apart ...
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.core.types import Detail, Fact, Lang
from skills.asked_file import Asked
from skills.fact_details import read_details
from skills.problems import Problems

ONCE = ("sms", "source", "reviewed", "region", "expires")
NEEDED = ("ask", "sms", "source", "reviewed")
KEYS = ("ask", "detail", *ONCE)
_HEADING = re.compile(r"## +([a-z0-9]+(?:-[a-z0-9]+)*): *(\S.*)")
_PAIR = re.compile(r"([a-z]+): *(\S.*)")


@dataclass(frozen=True, slots=True)
class Line:
    """A value and where it stands."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """One fact with the lines of its parts: "title", "body", and each key."""

    fact: Fact
    path: Path
    lines: Mapping[str, Sequence[int]]
    asked: Sequence[Asked] = ()

    def line(self, part: str) -> int:
        """Where `part` stands; the heading's line where it is absent."""
        return (self.lines.get(part) or self.lines["title"])[0]

    def also(self, asked: Sequence[Asked], problems: Problems) -> "Found":
        """The same fact with more questions that lead to it, and to its sentences."""
        fact = self.fact
        narrow = [detail for one in asked if one.narrow for detail in read_details([(one.number, one.row)], fact.body, one.path, problems)]
        broad = [one.text for one in asked if not one.narrow]
        more = replace(fact, questions=(*fact.questions, *broad), details=(*fact.details, *narrow))
        return replace(self, fact=more, asked=asked)

    def questions(self) -> Iterator[Asked]:
        """Every question that leads to it, and where it stands."""
        asks, details = self.lines.get("ask", ()), self.lines.get("detail", ())
        own = (*self.fact.questions[: len(asks)], *(detail.question for detail in self.fact.details[: len(details)]))
        yield from (Asked(self.path, number, text) for number, text in zip((*asks, *details), own, strict=False))
        yield from self.asked


@dataclass(slots=True)
class _Block:
    heading: Line
    rows: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Parts:
    id: str
    title: str
    line: int
    values: Mapping[str, Sequence[Line]]
    body: Sequence[Line]

    def lines(self) -> Mapping[str, Sequence[int]]:
        lines = {key: [row.number for row in rows] for key, rows in self.values.items()}
        return lines | {"title": [self.line], "body": [row.number for row in self.body]}


def read_facts(path: Path, skill: str, lang: Lang, problems: Problems) -> Sequence[Found]:
    """The facts of one file, in order. What is not as it must be becomes a problem."""
    blocks = list(_blocks(path, problems.read(path) or "", problems))
    return [found for block in blocks if (found := _fact(block, path, skill, lang, problems)) is not None]


def _blocks(path: Path, source: str, problems: Problems) -> Iterator[_Block]:
    block = None
    for number, text in enumerate(source.split("\n"), 1):
        row = Line(number, text.strip())
        if row.text.startswith("##"):
            if block is not None:
                yield block
            block = _Block(row)
        elif block is not None:
            block.rows.append(row)
        elif row.text and not row.text.startswith("# "):
            problems.add(path, number, "text before the first fact", 'Start each fact with a line "## fact-id: Title".')
    if block is not None:
        yield block


def _fact(block: _Block, path: Path, skill: str, lang: Lang, problems: Problems) -> Found | None:
    heading = _HEADING.fullmatch(block.heading.text)
    if heading is None:
        remedy = 'Write "## fact-id: Title"; the id has small letters, digits and hyphens only.'
        problems.add(path, block.heading.number, f"heading {block.heading.text!r} is not an id and a title", remedy)
        return None
    blank = next((n for n, row in enumerate(block.rows) if not row.text), len(block.rows))
    values = _values(block.rows[:blank], path, problems)
    parts = _Parts(heading[1], heading[2], block.heading.number, values, [row for row in block.rows[blank:] if row.text])
    _check_shape(parts, path, problems)
    body = " ".join(row.text for row in parts.body)
    details = read_details(((row.number, row.text) for row in values.get("detail", ())), body, path, problems)
    return Found(_made(parts, skill, lang, body, details), path, parts.lines())


def _made(parts: _Parts, skill: str, lang: Lang, body: str, details: Sequence[Detail]) -> Fact:
    once = {key: parts.values[key][0].text if key in parts.values else "" for key in ONCE}
    questions = tuple(row.text for row in parts.values.get("ask", ()))
    return Fact(id=parts.id, skill=skill, lang=lang, title=parts.title, body=body, questions=questions, details=details, **once)


def _values(rows: Sequence[Line], path: Path, problems: Problems) -> Mapping[str, Sequence[Line]]:
    values: defaultdict[str, list[Line]] = defaultdict(list)
    for row in rows:
        pair = _PAIR.fullmatch(row.text)
        if pair is None:
            problems.add(path, row.number, f"{row.text[:30]!r} is not `key: value`", "Put a blank line between the keys and the passage.")
        elif pair[1] not in KEYS:
            problems.add(path, row.number, f"unknown key {pair[1]!r}", f"Known here: {', '.join(KEYS)}.")
        elif pair[1] in ONCE and pair[1] in values:
            problems.add(path, row.number, f"a second {pair[1]!r}", "Keep one of them.")
        else:
            values[pair[1]].append(Line(row.number, pair[2]))
    return dict(values)


def _check_shape(parts: _Parts, path: Path, problems: Problems) -> None:
    for key in NEEDED:
        if key not in parts.values:
            problems.add(path, parts.line, f"fact {parts.id!r} has no {key!r}", f'Add a line "{key}: ..." under its heading.')
    if not parts.body:
        problems.add(path, parts.line, f"fact {parts.id!r} has no passage", "Write 2 to 5 short sentences after a blank line.")
    for row in parts.body:
        pair = _PAIR.fullmatch(row.text)
        if pair is not None and pair[1] in KEYS:
            problems.add(path, row.number, f"{pair[1]!r} stands inside the passage", "Move it above the blank line.")
