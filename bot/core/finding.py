"""What `ujumbe doctor` says about one thing: a verdict, what was found, and what to do about it."""

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum

SKEW_S = 60.0  # the clocks of two healthy machines agree to a second


class Verdict(StrEnum):
    """How good it is."""

    OK = "ok"
    LOOK = "look"  # may be meant so, or cannot be seen from here
    WRONG = "wrong"  # does not work until a person mends it


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's. Holds no secret and no number."""

    verdict: Verdict
    what: str
    found: str
    remedy: str = ""

    def __str__(self) -> str:
        """E.g. "wrong  public_url: is not set. Set it to the https address that providers call."."""
        return f"{self.verdict:<5}  {self.what}: {self.found.rstrip('.')}.{f' {self.remedy}' if self.remedy else ''}"


def ok(what: str, found: str) -> Finding:
    """All is well."""
    return Finding(Verdict.OK, what, found)


def look(what: str, found: str, remedy: str = "") -> Finding:
    """A person should look at this."""
    return Finding(Verdict.LOOK, what, found, remedy)


def wrong(what: str, found: str, remedy: str = "") -> Finding:
    """A person has to mend this."""
    return Finding(Verdict.WRONG, what, found, remedy)


def skew(date: str, *, now: float) -> float | None:
    """Seconds that our clock is ahead of the one that wrote the HTTP header Date, None where it cannot be read."""
    try:
        return now - parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None


def clock(ahead_s: float) -> Finding:
    """What a clock that is `ahead_s` seconds ahead of the provider's means."""
    if abs(ahead_s) <= SKEW_S:
        return ok("clock", f"agrees to {SKEW_S:g} s with the other side's")
    word = "ahead of" if ahead_s > 0 else "behind"
    return wrong("clock", f"is {abs(ahead_s):.0f} s {word} the other side's", "Set this machine's clock: `timedatectl set-ntp true`.")
