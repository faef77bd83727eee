"""The guides that answers come from: how many passages, how fresh, and how well they are found."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.console.frame import Frame, Waiting
from bot.console.visit import Ask
from bot.core.alert.staff import Role
from bot.core.types import Fact, Lang, Skill

GUIDES = "/console/guides"
OLD_DAYS = 365  # a passage that nobody looked at for so long is named
_LARGEST = 1 << 20  # bytes of a table of figures


def add(frame: Frame) -> None:
    """Adds the page."""
    frame.link(GUIDES, "nav_guides", order=70)
    frame.get(GUIDES, _show)
    frame.waits(_waiting, role=Role.ADMIN)


def _waiting(ask: Ask) -> Sequence[Waiting]:
    over = [fact for skill in ask.app.library.skills for fact in skill.facts if is_over(fact, _today(ask))]
    return [Waiting(ask.say("facts_over", count=len(over)), GUIDES)] if over else []


def _show(ask: Ask) -> web.Response:
    today = _today(ask)
    facts = [fact for skill in ask.app.library.skills for fact in skill.facts]
    old = [fact for fact in facts if not is_over(fact, today) and is_old(fact, today)]
    figures = newest(ask.app.settings.data_dir / "eval")
    return ask.page(
        "guides.html",
        skills=[_row(skill, today) for skill in ask.app.library.skills],
        over=[fact for fact in facts if is_over(fact, today)],
        old=sorted(old, key=lambda fact: fact.reviewed)[:50],
        old_count=len(old),
        blocks=blocks(figures.read_text(encoding="utf-8", errors="replace")[:_LARGEST]) if figures else (),
        measured=ask.when(figures.stat().st_mtime) if figures else "",
        approved=len(ask.app.store.approved()),
        model=ask.app.settings.model,
    )


def _today(ask: Ask) -> date:
    return datetime.fromtimestamp(ask.app.clock(), ask.app.settings.zone).date()


def _row(skill: Skill, today: date) -> Mapping[str, Any]:
    return {
        "name": skill.name,
        "titles": skill.titles,
        "facts": {lang: sum(fact.lang is lang for fact in skill.facts) for lang in Lang},
        "cases": len(skill.cases),
        "oldest": min((fact.reviewed for fact in skill.facts), default=""),
        "over": sum(is_over(fact, today) for fact in skill.facts),
    }


def is_over(fact: Fact, today: date) -> bool:
    """Whether its last day has passed."""
    return bool(fact.expires) and date.fromisoformat(fact.expires) < today


def is_old(fact: Fact, today: date) -> bool:
    """Whether nobody looked at it for OLD_DAYS."""
    return (today - date.fromisoformat(fact.reviewed)).days > OLD_DAYS


def newest(folder: Path) -> Path | None:
    """The newest table that `ujumbe eval --out` wrote there or in a folder of it."""
    tables = [*folder.glob("table.md"), *folder.glob("*/table.md")]
    return max(tables, key=lambda path: path.stat().st_mtime, default=None)


def blocks(text: str) -> Sequence[Sequence[Sequence[str]] | str]:
    """A table of figures for a page: tables as rows of cells, the first one their head; everything else as lines of text."""
    found: list[list[list[str]] | str] = []
    for line in text.splitlines():
        if not line.startswith("|"):
            found += [line.lstrip("- ")] if line.strip() else [""]
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if set("".join(cells)) <= {"-"} and any(cells):
            continue
        if not found or isinstance(found[-1], str):
            found.append([])
        last = found[-1]
        assert isinstance(last, list)
        last.append(cells)
    return [block for block in found if block]
