"""Weighs what speaks for a fact: which one comes first, and how far it may be trusted.

The numbers are fitted by `python -m bench.fit` on the skills' cases and on messages of ours that no fact answers; never on an
evaluation set. Fit them anew when the skills have grown much.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

# From here on a fact may be answered from. Below SURE a model that says NOINFO is believed; above, the search is.
CONFIDENT = 0.35
SURE = 0.75
_ENOUGH = 3.0  # rare words found; more say no more


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for one fact. Similarities by meaning are cosines above the middle of all facts, 0 without an embedding model."""

    words: float = 0.0  # BM25 over what the question could reach, 0 to 1
    line: float = 0.0  # the nearest of its question lines by words, 0 to 1
    found: float = 0.0  # how much of the question stands in it, counted in words as rare as any
    covered: float = 0.0  # the share of the question that stands in it, 0 to 1
    like: float = 0.0  # the nearest of its question lines by meaning
    says: float = 0.0  # the nearest of its sentences by meaning
    prior: float = 0.0  # what speaks for its skill, 0 to 1
    stray: float = 0.0  # the nearest of the messages that nothing answers, by words, 0 to 1
    strange: float = 0.0  # and by meaning: how much nearer it is than the nearest of the fact's own lines
    margin: float = 0.0  # its score over the next best fact's


Weights = Mapping[str, float]

_SCORE: Weights = {"words": 6.31, "line": 2.52, "found": 2.0, "covered": -1.39, "like": 10.91, "says": 10.24, "prior": 0.33}
_SURE: Weights = {
    "words": 1.11, "line": -1.24, "found": 1.21, "covered": -0.03, "like": -2.02, "says": 0.66, "prior": 0.19,
    "stray": -1.01, "strange": -7.4, "margin": 0.33, "bias": -3.23,
}  # fmt: skip
# With the model's choice: `share` and `none` are the logarithms of its shares for the fact and for no text at all.
_CHOICE = 0.45
_CHOSEN: Weights = _SURE | {"share": 0.0, "none": 0.0}


def nearness(words: float, meaning: float) -> float:
    """How near one question line is, by both."""
    return words + 4.0 * meaning


def score(e: Evidence) -> float:
    """Orders facts."""
    return _sum(_SCORE, e)


def confidence(e: Evidence) -> float:
    """How likely the best fact is the one that was asked for, 0 to 1."""
    return _curve(_sum(_SURE, e))


def choice(e: Evidence, share: float) -> float:
    """Orders texts by what the search and the model make of them. `share`: how likely the model finds this text, 0 to 1."""
    return score(e) + _CHOICE * math.log(share + 1e-6)


def chosen(e: Evidence, share: float, none: float, lead: float) -> float:
    """How likely a chosen fact is the one that was asked for, 0 to 1. `share` and `none` are the model's for the fact and for no
    text at all; `lead` is how far the fact's choice stands over the next fact's."""
    total = _sum(_CHOSEN, e) + _CHOSEN["margin"] * (lead - e.margin)
    return _curve(total + _CHOSEN["share"] * math.log(share + 1e-3) + _CHOSEN["none"] * math.log(none + 1e-5))


def _sum(weights: Weights, e: Evidence) -> float:
    seen = {"found": min(_ENOUGH, e.found), "bias": 1.0}
    return sum(weight * seen.get(name, getattr(e, name, 0.0)) for name, weight in weights.items() if name not in ("share", "none"))


def _curve(z: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))
