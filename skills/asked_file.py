"""Reads asked/<topic>.<lang>.md: more ways in which people ask for the facts of facts/<topic>.<lang>.md, one a line.

## maize-planting
mbegu za mahindi zikae umbali gani
hw far apart shud my maize be
wat rain do i wait 4 => 15 to 20 cm deep

The last one is a detail: behind `=>` stand words of the one sentence of the passage that answers it. A fact's own `ask` lines are by
whoever wrote it. These are by people who had not seen how it is worded, which is how people ask.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from skills.fact_details import ARROW
from skills.problems import Problems

_HEADING = re.compile(r"## +([a-z0-9]+(?:-[a-z0-9]+)*)")


@dataclass(frozen=True, slots=True)
class Asked:
    """One line, and where it stands."""

    path: Path
    number: int
    row: str

    @property
    def text(self) -> str:
        """The question."""
        return self.row.partition(ARROW)[0].strip()

    @property
    def narrow(self) -> bool:
        """Whether one sentence of the passage answers it, and not the sms."""
        return ARROW in self.row


@dataclass(frozen=True, slots=True)
class AskedFile:
    """The lines of each fact by its id, and the heading's line of each."""

    path: Path
    lines: Mapping[str, Sequence[Asked]] = field(default_factory=dict)
    headings: Mapping[str, int] = field(default_factory=dict)


def read_asked(path: Path, problems: Problems) -> AskedFile:
    """The lines of one file. What is not as it must be becomes a problem."""
    lines: dict[str, list[Asked]] = {}
    headings: dict[str, int] = {}
    fact = ""
    for number, text in enumerate((problems.read(path) or "").split("\n"), 1):
        row = text.strip()
        heading = _HEADING.fullmatch(row)
        if heading is not None:
            fact = heading[1]
            if fact in headings:
                problems.add(path, number, f"a second {fact!r}", f"Put its lines under line {headings[fact]}.")
            headings.setdefault(fact, number)
        elif row.startswith("##"):
            problems.add(path, number, f"heading {row!r} is not an id", 'Write "## fact-id".')
        elif row and fact:
            lines.setdefault(fact, []).append(Asked(path, number, row))
        elif row and not row.startswith("# "):
            problems.add(path, number, "text before the first id", 'Start each fact with a line "## fact-id".')
    return AskedFile(path, lines, headings)
