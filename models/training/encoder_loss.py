"""The loss of the embedding model's training, and what is watched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

_OUT = -1e4  # a score that counts as nothing
SAID = 0.5  # what the passages weigh beside the lines
Array = NDArray[Any]


def by_class(scores: Tensor, classes: Tensor, count: int) -> Tensor:
    """(batch, texts) -> (batch, count): the log of the sum over each class's texts."""
    top = scores.detach().max(1, keepdim=True).values
    total = torch.zeros(len(scores), count, device=scores.device).index_add(1, classes, (scores - top).exp())
    return (total + 1e-9).log() + top


def loss_of(asked: Tensor, right: Tensor, lines: Tensor, passages: tuple[Tensor, Tensor], *, facts: int, heat: float) -> Tensor:
    """The loss of questions (batch, width), each a spelling of the line at its place in `lines` (batch, width), among all lines there.

    `right`: the class of each; classes from `facts` on are strays, which are asked of lines only. `passages`: vectors, and the class of
    each. A question is asked as if its own line were not there, but for a stray that is alone in its class.

    Only what is read anew with the question counts: held against vectors from before, all of a batch would be told from all others by
    moving together one way, until every text means the same (seen: right fact first fell to 0.2 % in 80 steps)."""
    count = int(right.max()) + 1
    near = asked @ lines.T / heat
    alone = torch.bincount(right, minlength=count)[right] == 1
    gone = torch.diag(torch.where(alone, 0.0, _OUT))
    loss = F.cross_entropy(by_class(near + gone, right, count), right)
    ours = right < facts
    said = asked[ours] @ passages[0].T / heat
    return loss + SAID * F.cross_entropy(by_class(said, passages[1], facts), right[ours])


@dataclass(frozen=True, slots=True)
class Figures:
    """By meaning alone, by language: how often the right fact has the nearest line, and how often its lines together are nearest (`crowd`,
    as bot.core.by_meaning has it); how often it is among the first five; and how well "nearer to a stray than to a fact" tells cases that
    nothing answers from others (1: always, 0.5: by chance)."""

    first: Mapping[str, float]
    crowd: Mapping[str, float]
    five: Mapping[str, float]
    refused: float

    @property
    def mean(self) -> float:
        """Over the languages, the right fact first, by its nearest line and by all."""
        return sum((*self.first.values(), *self.crowd.values())) / max(1, len(self.first) + len(self.crowd))

    def __str__(self) -> str:
        told = [f"{name} {share:.1%} crowd {self.crowd[name]:.1%} five {self.five[name]:.1%}" for name, share in self.first.items()]
        return ", ".join([*told, f"strays told apart {self.refused:.3f}"])


def figures(cases: Tensor, facts: Array, languages: Array, lines: Tensor, line_facts: Array, *, heat: float) -> Figures:
    """What to watch, from the vectors of cases and lines. Facts: -1 for none. `heat` is of the crowd."""
    owners = torch.from_numpy(line_facts).to(lines.device).long()
    count = int(owners.max()) + 1
    near = cases @ lines.T
    best = torch.full((len(cases), count + 1), -1.0, device=lines.device)
    places = torch.where(owners < 0, count, owners)
    best = best.scatter_reduce(1, places.expand(len(cases), -1), near, "amax")
    whole = by_class(near / heat, places, count + 1)[:, :count].argmax(1).cpu().numpy()
    strange = (best[:, count] - best[:, :count].max(1).values).cpu().numpy()
    order = best[:, :count].topk(min(5, count)).indices.cpu().numpy()
    hit = order == facts[:, None]
    names = [str(name) for name in np.unique(languages)]
    which = {name: (languages == name) & (facts >= 0) for name in names}
    first = {name: float(hit[told, 0].mean()) for name, told in which.items() if told.any()}
    five = {name: float(hit[told].any(1).mean()) for name, told in which.items() if told.any()}
    crowd = {name: float((whole == facts)[told].mean()) for name, told in which.items() if told.any()}
    return Figures(first, crowd, five, _apart(strange[facts < 0], strange[facts >= 0]))


def _apart(high: Array, low: Array) -> float:
    """How often one of `high` is greater than one of `low`."""
    return float((high[:, None] > low[None]).mean()) if len(high) and len(low) else float("nan")
