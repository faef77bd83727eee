"""Who writes what and when, and what goes wrong with the providers' side of it: dealt from a seed before the run."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.faults.plan import COMMON
from bench.first_light import QUESTIONS
from bench.wires import Kind
from bot.core.types import Status
from tests.providers.server import Fault

WIRES = ("at_sms", "android_gateway", "twilio_sms")  # no key and blind reports; a key that the phone keeps; no key, reports name ours
TIMEOUT_S = 5.0  # our patience with a provider
STRANGE = ("who won the football match yesterday", "what is the price of a new car", "tell me a joke about goats and lawyers")
FIXED = ("HELP", "MENU")

LONG_S = 100.0  # in a shorter run, what people and providers let pass between two things is shorter too
_SHARE_FIXED, _SHARE_STRANGE, _SHARE_SECOND = 0.2, 0.1, 0.1
_SHARE_REPEATED, _SHARE_AGAIN = 0.15, 0.03
_GAP_S = (8.0, 25.0)  # between two questions of one person

# The chance of one send to meet it. What is not said here goes well.
_FAULTS: Mapping[Kind, float] = {
    Kind.TOO_FAST: 0.01,
    Kind.NOT_NOW: 0.02,
    Kind.BROKEN_BEFORE: 0.008,
    Kind.BROKEN_AFTER: 0.008,
    Kind.CUT_BEFORE: 0.004,
    Kind.CUT_AFTER: 0.004,
    Kind.SLOW: 0.002,
}
_SHARE_REFUSED = 0.005  # of numbers
_SHARE_LAZY, _LAZY_S = 0.1, (0.1, 1.5)  # answers that take their time
UNCLEAR = frozenset({Kind.BROKEN_BEFORE, Kind.BROKEN_AFTER, Kind.CUT_BEFORE, Kind.CUT_AFTER, Kind.SLOW})


@dataclass(frozen=True, slots=True)
class Line:
    """One message: who writes it where, when, and how often the provider posts it after we acknowledged it."""

    wire: str
    number: str
    text: str
    id: str
    at: float  # seconds from the start
    repeats: Sequence[float]  # seconds after the acknowledgement
    again: bool  # once more when all is over

    @property
    def question(self) -> bool:
        return self.text not in FIXED


def write(messages: int, *, over_s: float, seed: int) -> Sequence[Line]:
    """`messages` lines at a steady pace over `over_s` seconds, in the order of their times."""
    dice, hurry = random.Random(f"{seed} lines"), min(1.0, over_s / LONG_S)
    lines: list[Line] = []
    while len(lines) < messages:
        at = over_s * len(lines) / messages
        person = len(lines)
        lines.append(_line(dice, person, 0, _text(dice), at, hurry))
        if len(lines) < messages and dice.random() < _SHARE_SECOND and lines[-1].question:
            other = dice.choice([question for question in QUESTIONS if question != lines[-1].text])
            lines.append(_line(dice, person, 1, other, at + hurry * dice.uniform(*_GAP_S), hurry))
    return sorted(lines, key=lambda line: line.at)


def _line(dice: random.Random, person: int, n: int, text: str, at: float, hurry: float) -> Line:
    wire = WIRES[person % len(WIRES)]
    number = f"+25470{person % len(WIRES)}{person:06d}"
    repeats = tuple(hurry * dice.uniform(0.0, 20.0) for _ in range(dice.choice((1, 1, 2)))) if dice.random() < _SHARE_REPEATED else ()
    return Line(wire, number, text, f"in-{person}-{n}", at, repeats, dice.random() < _SHARE_AGAIN)


def _text(dice: random.Random) -> str:
    roll = dice.random()
    return dice.choice(FIXED if roll < _SHARE_FIXED else STRANGE if roll < _SHARE_FIXED + _SHARE_STRANGE else QUESTIONS)


@dataclass(frozen=True, slots=True)
class Reports:
    """What the provider says later of a part that it took: each word with its delay in seconds."""

    words: Sequence[tuple[float, Status]]

    @property
    def final(self) -> Status | None:
        """The last word on the ladder."""
        return max((word for _, word in self.words), key=(Status.SENT, Status.DELIVERED, Status.FAILED).index, default=None)


class Dealer:
    """Deals what goes wrong with each send and what is reported on each part, by a seed and the order of the calls."""

    def __init__(self, seed: int, *, over_s: float = LONG_S, slow: bool = True) -> None:
        self._dice = random.Random(f"{seed} faults")
        self._slow, self._hurry = slow, min(1.0, over_s / LONG_S)

    def refuses(self, number: str) -> bool:
        """Whether the provider takes nothing for this number, for good."""
        return random.Random(number).random() < _SHARE_REFUSED

    def fault(self, own: Mapping[Kind, Fault]) -> tuple[Kind | None, Fault]:
        """What befalls the next send; `own` has what the provider says in its own words."""
        roll = self._dice.random()
        for kind, share in _FAULTS.items():
            roll -= share
            if roll < 0:
                slow = Fault(delay_s=1.5 * TIMEOUT_S)
                return kind, slow if kind is Kind.SLOW else own.get(kind) or COMMON[kind]
        lazy = self._slow and self._dice.random() < _SHARE_LAZY
        return None, Fault(delay_s=self._dice.uniform(*_LAZY_S)) if lazy else Fault()

    def reports(self) -> Reports:
        """Reports on the next part: early, late, doubled, the last one first, or none."""
        final = self._dice.choices((Status.DELIVERED, Status.FAILED, Status.SENT, None), (16, 1, 2, 1))[0]
        if final is None:
            return Reports(())
        words = list(dict.fromkeys((Status.SENT, final)))
        if self._dice.random() < 0.15:
            words.reverse()
        delay_s = self._hurry * self._dice.choice((0.0, 0.3, 1.0, 3.0, 15.0))
        doubled = 2 if self._dice.random() < 0.15 else 1
        return Reports([(delay_s + 0.2 * n, word) for n, word in enumerate(word for word in words for _ in range(doubled))])
