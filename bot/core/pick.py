"""Weighs which of a fact's texts answers a question: its sms, or one of its sentences that may be sent alone.

The nearest line alone misleads: of our lines seven in ten ask for what the sms says, and a sentence's line that happens to be near is no
reason to keep the rest from the asker. So all lines that lead to a text are weighed together, and what the text itself says. The
numbers are fitted by `python -m bench.pick` on question lines, each asked as if nobody had thought of it; but `whole`, which came out as
0.32, is raised: an sms in place of a sentence tells the main things of the topic still, a sentence in place of the sms leaves them out.
Where they leave a doubt, two texts may go out (bot.core.fill).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.fill import Likely

_CLOSE, _AROUND = 0.03, 0.08  # how fast a line's weight falls with its distance: by e for so much of a cosine
_NONE = 1e-9  # what no line at all weighs
_MEANT: Mapping[str, float] = {"close": 0.43, "around": 0.32, "says": 3.7, "whole": 1.0, "held": 4.79}
_BY_WORDS: Mapping[str, float] = {"line": 5.15, "whole": 1.59, "held": 6.7}  # where no embedding model is there


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a fact, and what speaks for it.

    `lines`: how near each line that leads to it is, by words (0 to 1) and by meaning (a cosine)."""

    text: str
    whole: bool  # the sms, and not one sentence
    lines: Sequence[tuple[float, float]]
    says: float  # how near it is itself, a cosine; 0 without an embedding model
    held: float  # the share of the question that stands in it, 0 to 1


def pick(texts: Sequence[Text], *, meant: bool) -> Sequence[Likely]:
    """The texts, and how likely each answers; the likeliest first. `meant`: whether an embedding model was there to compare meanings."""
    top = max((cosine for one in texts for _, cosine in one.lines), default=0.0)
    weights = [weight(seen(one, top), meant=meant) for one in texts]
    best = max(weights)
    powers = [math.exp(each - best) for each in weights]
    total = sum(powers)
    likely = [Likely(one.text, power / total, one.whole) for one, power in zip(texts, powers, strict=True)]
    return sorted(likely, key=lambda one: -one.share)


def seen(one: Text, top: float) -> Mapping[str, float]:
    """What is weighed of a text. `top`: the cosine of the line nearest to the question, whichever text that leads to."""
    return {
        "line": max((words for words, _ in one.lines), default=0.0),
        "close": _crowd(one, top, _CLOSE),
        "around": _crowd(one, top, _AROUND),
        "says": one.says,
        "whole": float(one.whole),
        "held": one.held,
    }


def weight(known: Mapping[str, float], *, meant: bool) -> float:
    """What speaks for a text, as one number."""
    return sum(each * known[name] for name, each in (_MEANT if meant else _BY_WORDS).items())


def _crowd(one: Text, top: float, heat: float) -> float:
    """All its lines together, as a logarithm."""
    return math.log(sum(math.exp((cosine - top) / heat) for _, cosine in one.lines) + _NONE)
