"""What is going to go wrong with one person's message, dealt from a seed."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.wires import Kind
from bot.core.types import Status
from tests.providers.server import Fault

SHARE = 0.2  # of messages that each single thing happens to
TIMEOUT_S = 1.0  # our patience with the provider
SLOW_S = 1.6  # a provider beyond it
EARLY_S = 0.15  # a report overtakes an answer by this

UNCLEAR = frozenset({Kind.BROKEN_BEFORE, Kind.BROKEN_AFTER, Kind.CUT_BEFORE, Kind.CUT_AFTER, Kind.SLOW})
_ACCEPTS = frozenset({Kind.BROKEN_AFTER, Kind.CUT_AFTER, Kind.SLOW})

# The same with every provider; TOO_FAST, NOT_NOW and REFUSED are said in its own words (bench.wires).
COMMON: Mapping[Kind, Fault] = {
    Kind.BROKEN_BEFORE: Fault(500, body="{}"),
    Kind.BROKEN_AFTER: Fault(500, body="{}", accepted=True),
    Kind.CUT_BEFORE: Fault(reset=True),
    Kind.CUT_AFTER: Fault(reset=True, accepted=True),
    Kind.SLOW: Fault(delay_s=SLOW_S),
}


@dataclass
class Plan:
    """One message and its reply. `faults` are those of its sends, in order; `met` are those that it came to."""

    number: str
    faults: list[Kind]
    final: Status | None  # the provider's last word, None where it never says any
    early: bool  # a report comes before the answer to the send
    late: bool  # reports come when all is over
    doubled: bool  # each report comes twice
    swapped: bool  # the last report comes first
    halting: bool  # the webhook comes in two pieces
    unheard: bool  # the provider hangs up before it hears us, and posts again
    twice: bool  # two webhooks at the same moment
    again: bool  # one more when all is over
    forged: bool  # somebody else posts in the provider's name
    met: list[Kind] = field(default_factory=list)

    def next_fault(self, own: Mapping[Kind, Fault]) -> Fault:
        """What goes wrong with the next send. A refused number stays refused."""
        if not self.faults:
            return Fault(delay_s=EARLY_S) if self.early else Fault()
        kind = self.faults[0] if self.faults[0] is Kind.REFUSED else self.faults.pop(0)
        self.met.append(kind)
        return own.get(kind) or COMMON[kind]

    @property
    def unclear(self) -> bool:
        """Whether one of its sends was left without an answer."""
        return not UNCLEAR.isdisjoint(self.met)

    @property
    def reports(self) -> tuple[Status, ...]:
        """The reports on its part, in the order of their coming."""
        steps = tuple(dict.fromkeys((Status.SENT, self.final))) if self.final else ()
        ordered = steps[::-1] if self.swapped else steps
        return tuple(one for one in ordered if one for _ in range(1 + self.doubled))


def deal(number: str, *, seed: int) -> Plan:
    """The same for the same number and seed."""
    dice = random.Random(f"{seed} {number}")

    def happens() -> bool:
        return dice.random() < SHARE

    faults = [kind for kind in Kind if happens()]
    if Kind.REFUSED in faults:  # who refuses a number does not take a message for it either
        faults = [kind for kind in faults if kind not in _ACCEPTS]
    dice.shuffle(faults)
    return Plan(
        number=number,
        faults=faults,
        final=dice.choices((Status.DELIVERED, Status.FAILED, Status.SENT, None), (4, 2, 2, 2))[0],
        early=happens(),
        late=happens(),
        doubled=happens(),
        swapped=happens(),
        halting=happens(),
        unheard=happens(),
        twice=happens(),
        again=happens(),
        forged=happens(),
    )
