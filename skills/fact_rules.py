"""What must be true of a fact: its SMS fits one part and one screen, its numbers stand in its passage, its source is young enough."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from bot.core import words
from bot.core.text import measure
from bot.core.types import Fact
from skills.fact_file import Found
from skills.hazardous import hazardous
from skills.problems import Problems
from skills.room import SCREEN, SMS, TITLE, foreign

REVIEW_YEARS = 3

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

Mistake = tuple[str, str, str]  # part of the fact, what, remedy
Rule = Callable[[Fact], Iterator[Mistake]]


def check_fact(found: Found, problems: Problems) -> None:
    """Every rule that does not depend on today."""
    for rule in RULES:
        for part, what, remedy in rule(found.fact):
            problems.add(found.path, found.line(part), what, remedy)


def check_age(found: Found, today: date, problems: Problems) -> None:
    """The rules that do."""
    reviewed, expires = to_date(found.fact.reviewed), to_date(found.fact.expires)
    if reviewed is not None and reviewed > today:
        problems.add(found.path, found.line("reviewed"), f"reviewed {reviewed} is in the future", "Write the day of the last review.")
    if reviewed is not None and (today - reviewed).days > REVIEW_YEARS * 365.25:
        remedy = f"Compare fact {found.fact.id!r} with its source and write the new date."
        problems.add(found.path, found.line("reviewed"), f"reviewed {reviewed}: more than {REVIEW_YEARS} years ago", remedy)
    if expires is not None and expires < today:
        problems.add(found.path, found.line("expires"), f"expired on {expires}", "Remove the fact, or renew it with a new date.")


def numbers(text: str) -> set[str]:
    """The numbers of a text, without the commas that group thousands."""
    return {match.replace(",", "") for match in _NUMBER.findall(text)}


def to_date(text: str) -> date | None:
    """The ISO date, or None."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def folded(text: str) -> str:
    """`text` as a search sees it: two texts with the same one cannot be told apart."""
    return " ".join(words.split(text))


def _title(fact: Fact) -> Iterator[Mistake]:
    if len(fact.title) > TITLE:
        yield "title", f"title {fact.title!r} has {len(fact.title)} characters", f"Shorten it to {TITLE}: it has to fit a menu."


def _sms(fact: Fact) -> Iterator[Mistake]:
    if strange := foreign(fact.sms):
        yield "sms", f"the sms has characters that plain SMS lacks: {' '.join(strange)}", "Use plain quotes, hyphens and letters."
    elif (units := measure(fact.sms, SMS).units) > SCREEN:
        yield "sms", f"the sms has {units} characters", f"Shorten it to {SCREEN}: it has to fit one SMS and one USSD screen."


def _grounded(fact: Fact) -> Iterator[Mistake]:
    for number in sorted(numbers(fact.sms) - numbers(fact.body)):
        yield (
            "sms",
            f"the sms says {number}, the passage does not",
            "Every number of the sms has to stand in the passage.",
        )


def _dates(fact: Fact) -> Iterator[Mistake]:
    for part, value in (("reviewed", fact.reviewed), ("expires", fact.expires)):
        if value and to_date(value) is None:
            yield part, f"{part} {value!r} is not a date", "Write year-month-day, as in 2026-01-31."


def _hazardous(fact: Fact) -> Iterator[Mistake]:
    """A fact must not name them at all, not even to warn: a small model words answers from it, and a "not" is soon lost."""
    for part, text in (("title", fact.title), ("sms", fact.sms), ("body", fact.body)):
        for name in hazardous(text):
            yield part, f"{name!r} is a highly hazardous pesticide", "Do not name it; point to registered products of low hazard."


RULES: Sequence[Rule] = (_title, _sms, _grounded, _dates, _hazardous)
