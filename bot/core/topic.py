"""Tells which skill a message is about, whether a fact of it answers or not, or that it is no skill's business. It knows none by name.

The numbers are fitted by `python -m bench.topics` on the skills' own question lines, each asked as if its fact were not there, and on the
messages that nothing answers; never on an evaluation set.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

NOBODY = ""  # the topic of what is no skill's business
OFF = 0.6  # from this share on a person is told so; below, it may well be ours, and the plain refusal does not say otherwise


@dataclass(frozen=True, slots=True)
class Kin:
    """How far a message looks like one topic: its nearest line or message there in meaning (a cosine), and the share (0 to 1) that a
    regression over the whole meaning gives it."""

    near: float
    share: float


@dataclass(frozen=True, slots=True)
class Weights:
    """What each sign is worth. All skills share them, so that a new one needs no fitting."""

    near: float
    share: float
    own: float = 0.0  # the skill's own words in the message
    bias: float = 0.0


_SKILL = Weights(near=11.85, share=0.58, own=1.59)
_NOBODY = Weights(near=8.82, share=0.5, bias=2.32)
_HINTED = 3.0  # the menu's choice: what says little belongs there
LEAST = 1e-5


def shares(kin: Mapping[str, Kin], own: Mapping[str, float], *, hint: str = "") -> Mapping[str, float]:
    """How likely the message is about each topic of `kin`, NOBODY among them; they add up to 1. `own`: how much of it is each skill's own
    words, 0 to 1. `hint`: the menu's choice."""
    scores = {name: _score(_NOBODY if name == NOBODY else _SKILL, k, own.get(name, 0.0)) for name, k in kin.items()}
    if hint and hint in scores:
        scores[hint] += _HINTED
    top = max(scores.values(), default=0.0)
    powers = {name: math.exp(score - top) for name, score in scores.items()}
    whole = sum(powers.values())
    return {name: power / whole for name, power in powers.items()}


def _score(weights: Weights, kin: Kin, own: float) -> float:
    return weights.near * kin.near + weights.share * math.log(kin.share + LEAST) + weights.own * own + weights.bias
