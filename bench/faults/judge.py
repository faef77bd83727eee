"""What became of each message: what we say of it against what the stand-in knows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.faults.plan import UNCLEAR, Plan
from bench.wires import Kind, Taken, Wire
from bot.core.retry import TRIES
from bot.core.storage import Line
from bot.core.types import Status

GAVE_UP = 12  # tries in vain, at the least, before a reply is an hour old


@dataclass
class Tally:
    """The figures of one run. `lost`, `doubled`, `wrong`, `forgeries_taken` and `unheard` must be 0."""

    messages: int = 0
    acknowledged: int = 0
    answered: int = 0  # every part taken by the provider, once
    refused: int = 0  # by the provider for good, and we say so
    gave_up: int = 0  # not worth sending any more when its provider took messages again, and we say so
    unknown: int = 0  # we say that we do not know
    unknown_out: int = 0  # of these, those that the provider took: they are among the answered
    lost: int = 0  # acknowledged, not taken, and nothing says why
    doubled: int = 0  # parts that a person got twice, or that nobody wrote
    parts: int = 0
    wrong: int = 0  # parts whose status is not what the stand-in knows
    forgeries: int = 0
    forgeries_taken: int = 0
    unheard: int = 0  # status reports that were never acknowledged
    seconds: float = 0.0
    met: Counter[Kind] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)  # what is wrong, for whoever looks for the reason

    @property
    def faultless(self) -> bool:
        """Whether everything that must be 0 is 0, and every message is accounted for."""
        zeros = (self.lost, self.doubled, self.wrong, self.forgeries_taken, self.unheard)
        accounted = self.answered + self.refused + self.gave_up + self.unknown - self.unknown_out
        return not any(zeros) and self.messages == self.acknowledged == accounted


def judge(tally: Tally, plan: Plan, lines: Sequence[Line], taken: Sequence[Taken], wire: Wire | type[Wire], *, keeps_key: bool) -> None:
    """Adds one person's message to `tally`. `lines` is what we say that we sent, `taken` what the stand-in took for that number."""
    tally.met.update(set(plan.met))
    texts = Counter(one.text for one in taken)
    ours = Counter(line.text for line in lines)
    tally.doubled += (texts - ours).total()
    for line in lines:
        tally.parts += 1
        right = _right(plan, texts[line.text] > 0, wire, keeps_key=keeps_key, alone=len(lines) == 1)
        if line.status not in right:
            tally.wrong += 1
            tally.remarks.append(
                f"{wire.name}: {line.status}, not {sorted(right)}, after {plan.met}, taken {texts[line.text]}, {plan.final}"
            )
    _outcome(tally, plan, {line.status for line in lines}, whole=bool(lines) and ours <= texts)


def _outcome(tally: Tally, plan: Plan, statuses: set[str], *, whole: bool) -> None:
    """Counts the message in one place."""
    unknown = Status.UNKNOWN in statuses
    tally.unknown += unknown
    tally.unknown_out += unknown and whole
    if whole:
        tally.answered += 1
    elif unknown:
        pass
    elif Status.FAILED in statuses and Kind.REFUSED in plan.met:
        tally.refused += 1
    elif Status.FAILED in statuses and len(plan.met) >= GAVE_UP:
        tally.gave_up += 1
    else:
        tally.lost += 1
        tally.remarks.append(f"lost {plan.number}: {statuses or 'no reply'} after {plan.met}")


def _right(plan: Plan, out: bool, wire: Wire | type[Wire], *, keeps_key: bool, alone: bool) -> set[Status]:
    """What may be said of a part that the stand-in took (`out`), or did not. `alone`: what was met was met by this part."""
    tired = sum(kind in UNCLEAR for kind in plan.met) >= TRIES
    over = Kind.REFUSED in plan.met or tired or len(plan.met) >= GAVE_UP
    unsure = plan.unclear and (over or not keeps_key)
    if not out:
        failed = over and not (plan.unclear and alone)  # who was left without an answer once cannot know
        return ({Status.FAILED} if failed else set()) | ({Status.UNKNOWN} if unsure else set())
    if plan.final and (wire.finds_unheard or not unsure):
        return {plan.final}
    if tired:  # given up, with a try among them that got through
        return {Status.UNKNOWN}
    return {Status.UNKNOWN} if unsure else {Status.WIRED}
