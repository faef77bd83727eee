"""The tables, as text that reads well in a terminal and is Markdown too."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.core.menu import in_lines
from bot.core.types import Lang
from bot.evaluate.judge import MEASURES, measures
from bot.evaluate.register import CLEAN, MESSY, RULE
from bot.evaluate.run import Outcome
from bot.evaluate.tally import Counts, Rate, counts, rate

NO_SKILL = "(no skill)"
Groups = Mapping[str, Sequence[Outcome]]
# Of the second table, where there is no room for long names.
_SHORT = ("skill", "off", "@1", "@3", "sent", "useful", "1 pick", "false ref.", "refused", "flatly", "numbers", "language", "1 part")
_COUNTED: Sequence[tuple[str, Callable[[Counts], str]]] = (
    ("emergency texts", lambda c: str(c.emergencies)),
    ("picked by the search alone", lambda c: str(c.by_search)),
    ("worded or chosen by the model", lambda c: str(c.by_model)),
    ("chosen by the remote endpoint", lambda c: str(c.by_remote)),
    ("seconds to the reply, p50", lambda c: _seconds(c.p50_s)),
    ("seconds to the reply, p95", lambda c: _seconds(c.p95_s)),
)


def report(outcomes: Sequence[Outcome], caption: str) -> str:
    """Both tables, and what their figures mean."""
    legend = [f"- {m.name}: {m.says}" for m in measures(outcomes)]
    middle = "\n".join(("In brackets: 95 % interval (Wilson), and how many were judged.", "", *legend, f"- {RULE}"))
    return "\n\n".join((caption, overview(outcomes), by_skill(outcomes), middle)) + "\n"


def overview(outcomes: Sequence[Outcome]) -> str:
    """All figures: in all, by language, by register."""
    groups = {"all": outcomes, **_by_language(outcomes), **_by_register(outcomes)}
    rows = [["questions", *(str(len(group)) for group in groups.values())]]
    rows += [[m.name, *(_with_interval(rate(group, m.holds)) for group in groups.values())] for m in measures(outcomes)]
    told = [counts(group) for group in groups.values()]
    rows += [[name, *(cell(c) for c in told)] for name, cell in _COUNTED]
    return lined(["", *groups], rows)


def by_skill(outcomes: Sequence[Outcome]) -> str:
    """The rates in percent, one line for each skill and language."""
    rows = [
        [name, lang, str(len(group)), *(_percent(rate(group, m.holds)) for m in MEASURES), str(counts(group).emergencies)]
        for name, of_skill in _by_skill(outcomes).items()
        for lang, group in _by_language(of_skill).items()
    ]
    return lined(["skill, in %", "", "asked", *_SHORT, "emerg."], rows)


def lined(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with even columns, numbers and all to the left."""
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in (head, *rows)]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def exchanges(outcomes: Sequence[Outcome], faults: Callable[[Outcome], Sequence[str]]) -> Iterator[str]:
    """Each question and reply, unedited, and under it what was wanted and what is wrong."""
    for o in outcomes:
        asked = " ".join(o.question.text.split())
        got = " ".join((o.reply.kind, *o.reply.facts))
        wrong = f"   WRONG: {', '.join(found)}" if (found := faults(o)) else ""
        yield f"> {asked}\n< {in_lines(o.reply).text or '(nothing)'}\n  [{o.question.lang}, wanted {wanted(o)}, got {got}]{wrong}\n"


def wanted(o: Outcome) -> str:
    """What the question's set says of its answer, in a word."""
    if o.question.emergency:
        return f"emergency {' or '.join(o.question.emergency)}"
    if o.question.never:
        return "none of what it is to be talked into"
    if o.question.emergency == () and o.question.fact is None:
        return "no emergency"
    if o.question.fact == "":
        return "a refusal"
    return o.question.fact or (f"skill {o.question.skill}" if o.question.skill else "no fact in particular")


def _by_language(outcomes: Sequence[Outcome]) -> Groups:
    return _grouped(list(Lang), outcomes, lambda o: o.question.lang)


def _by_register(outcomes: Sequence[Outcome]) -> Groups:
    return _grouped([CLEAN, MESSY], outcomes, lambda o: o.register)


def _by_skill(outcomes: Sequence[Outcome]) -> Groups:
    names = sorted({o.question.skill for o in outcomes if o.question.skill})
    return _grouped([*names, NO_SKILL], outcomes, lambda o: o.question.skill or NO_SKILL)


def _grouped(names: Sequence[str], outcomes: Sequence[Outcome], of: Callable[[Outcome], str]) -> Groups:
    """Only the groups that have somebody in them, in the order of `names`."""
    groups = {str(name): [o for o in outcomes if of(o) == name] for name in names}
    return {name: group for name, group in groups.items() if group}


def _percent(found: Rate) -> str:
    return "-" if found.share is None else f"{100 * found.share:.1f}"


def _with_interval(found: Rate) -> str:
    low, high = found.interval
    return "-" if found.share is None else f"{_percent(found)} % ({100 * low:.0f}-{100 * high:.0f}, {found.of})"


def _seconds(value: float) -> str:
    return f"{value:.3f}" if value < 1 else f"{value:.1f}"
