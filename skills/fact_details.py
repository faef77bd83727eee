"""Reads `detail: question => words`: a narrower question, and words of the one sentence of the passage that answers it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from bot.core.quote import sentences
from bot.core.text import measure
from bot.core.types import Detail
from skills.problems import Problems
from skills.room import SCREEN, SMS, foreign

ARROW = "=>"
_SHAPE = 'Write "detail: question => some words of the sentence that answers it".'


def read_details(rows: Iterable[tuple[int, str]], body: str, path: Path, problems: Problems) -> Sequence[Detail]:
    """The details of one fact from its `rows` (line number, value), each with its whole sentence out of `body`."""
    passage = sentences(body)
    details = []
    for number, row in rows:
        question, arrow, words = (part.strip() for part in row.partition(ARROW))
        holding = [s for s in passage if words in s]
        if not (question and arrow and words):
            problems.add(path, number, f"{row!r} is not a question and an answer", _SHAPE)
        elif len(holding) != 1:
            remedy = "Copy words that stand in one sentence of the passage alone, letter for letter."
            problems.add(path, number, f"{len(holding)} sentences of the passage hold {words!r}", remedy)
        else:
            _check_fit(holding[0], path, number, problems)
            details.append(Detail(question, holding[0]))
    return tuple(details)


def _check_fit(sentence: str, path: Path, number: int, problems: Problems) -> None:
    """It may be sent alone, so it has to fit as an sms has to."""
    if strange := foreign(sentence):
        what = f"the sentence has characters that plain SMS lacks: {' '.join(strange)}"
        problems.add(path, number, what, "Use plain quotes, hyphens and letters.")
    elif (units := measure(sentence, SMS).units) > SCREEN:
        problems.add(path, number, f"the sentence has {units} characters", f"Shorten it to {SCREEN}: it may be sent alone.")
