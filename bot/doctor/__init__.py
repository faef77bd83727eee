"""`ujumbe doctor` and `ujumbe doctor channels`: what is well, what to look at, what is wrong, and what to do about it.

Nothing is changed by looking. What is said holds no secret and no number of a person.
"""

from collections.abc import Callable, Iterable

from bot.core.finding import Finding, Verdict


def tell(findings: Iterable[Finding], say: Callable[[str], None]) -> int:
    """Says each finding as it is found, and a last line. Returns the exit status: 1 where something is wrong."""
    counts = dict.fromkeys(Verdict, 0)
    for finding in findings:
        counts[finding.verdict] += 1
        say(str(finding))
    wrong, look = counts[Verdict.WRONG], counts[Verdict.LOOK]
    say(f"{wrong} wrong, {look} to look at." if wrong or look else "All is well.")
    return 1 if wrong else 0
