"""The training of the embedding model itself: batch after batch, then the rounding, then what makes up for it."""

import math
import sys
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.training import encoder_loss
from models.training.bert import embed
from models.training.encoder_changes import Changes, Setting
from models.training.encoder_data import Draw, Drawer, Pack, Texts

WARM = 0.03  # share of the time until the full learning rate
_TOKENS = {"cpu": 8_192, "cuda": 262_144}  # looked at together
_PARTS = 3  # of a batch, by length, so that little is padding
_SPARED = 3  # tokens at the start that are never left out: the start itself and "query:"
Array = NDArray[Any]


def vectors(
    pack: Pack, weights: Mapping[str, Tensor], texts: Texts, which: Array, *, dropout: float = 0.0, drop: float = 0.0, dropped: int = 0
) -> Tensor:
    """The vectors of the rows `which` of `texts`, in that order, made in parts of like length. Of the first `dropped` of them, a share
    `drop` of the tokens is left out."""
    lengths = texts.lengths[which]
    order = np.argsort(lengths, kind="stable")
    most = max(1, _TOKENS[pack.device.type] // int(lengths.max()))
    parts = np.array_split(order, max(_PARTS, -(-len(order) // most))) if len(order) > _PARTS else [order]
    made = []
    for part in parts:
        tokens, mask = texts.rows(which[part])
        if dropped and drop:
            kept = torch.rand(mask.shape, device=mask.device) >= drop * torch.from_numpy(part < dropped).to(mask.device)[:, None]
            kept[:, :_SPARED] = True
            mask = mask & kept
        made.append(embed(weights, pack.sizes, tokens, mask, dropout=dropout))
    back = np.argsort(np.concatenate(parts))
    return torch.cat(made)[torch.from_numpy(back).to(pack.device)]


def bank(pack: Pack, weights: Mapping[str, Tensor]) -> Tensor:
    """The vectors of all lines, without gradients."""
    with torch.no_grad():
        return vectors(pack, weights, pack.texts, pack.lines(np.arange(len(pack.line_facts))))


def watched(pack: Pack, weights: Mapping[str, Tensor], lines: Tensor, heat: float) -> encoder_loss.Figures:
    """The skills' cases against all lines."""
    with torch.no_grad():
        cases = vectors(pack, weights, pack.cases, np.arange(len(pack.cases)))
    return encoder_loss.figures(cases, pack.case_facts, pack.languages, lines, pack.line_facts, heat=heat)


class Training:
    """One training. `shown` holds what was watched: before the rounding, right after it, and at the end."""

    def __init__(self, pack: Pack, setting: Setting, minutes: float, every: int) -> None:
        """`every`: steps after which all texts are read anew, and a line is told."""
        device = pack.device
        torch.manual_seed(setting.seed)
        self._pack, self._set, self._seconds, self._every = pack, setting, 60 * max(minutes, 1e-9), every
        self.changes = Changes(pack, setting)
        dice = np.random.default_rng(setting.seed)
        self._drawer = Drawer(pack, facts=setting.facts, each=setting.each, strays=setting.strays, dice=dice)
        self._classes = torch.from_numpy(_classes(pack, together=bool(setting.together))).to(device)
        self._speakers = torch.from_numpy(pack.passage_facts).to(device).long()
        self.shown: dict[str, encoder_loss.Figures] = {}
        self._start, self._step, self._losses = time.monotonic(), 0, list[Tensor]()
        self._read_all(straight=False)

    def run(self) -> None:
        """Trains until the time or the steps are over."""
        setting, turn = self._set, 1 - self._set.after
        floats = [v for v in self.changes.floats.values() if v.requires_grad]
        groups = [{"params": self.changes.halves(), "weight_decay": setting.decay, "full": setting.rate}]
        self._until(turn, 0.0, _chooser([*groups, {"params": floats, "weight_decay": 0.0, "full": setting.floats}]))
        before = self._show("unrounded")
        self.changes.fix(setting.listened if setting.straight >= 1 else 0)
        after = self._show("rounded")
        say(f"  rounded: nearness to the unrounded {(before * after).sum(1).mean().item():.4f}")
        if floats and turn < 1:
            self._until(1.0, turn, _chooser([{"params": floats, "weight_decay": 0.0, "full": 2 * setting.floats}]))
            self._show("made up")

    def _show(self, name: str) -> Tensor:
        lines = self._read_all(straight=False)
        self.shown[name] = watched(self._pack, self.changes.weights(), lines, self._set.heat)
        return lines

    def _read_all(self, *, straight: bool) -> Tensor:
        """The vectors of all lines as they are now; the next batches put facts together that are near each other now."""
        lines = bank(self._pack, self.changes.weights(straight=straight))
        self._drawer.near(lines)
        return lines

    def _done(self) -> float:
        steps = self._step / self._set.steps if self._set.steps else 0.0
        return max((time.monotonic() - self._start) / self._seconds, steps)

    def _until(self, end: float, begin: float, chooser: Any) -> None:
        while (done := self._done()) < end:
            part = (done - begin) / (end - begin)
            for group in chooser.param_groups:
                group["lr"] = group["full"] * min(1.0, 0.01 + part / WARM) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * part)))
            straight = done >= self._set.straight
            loss = self._loss(self._drawer.draw(), straight=straight)
            loss.backward()
            torch.nn.utils.clip_grad_norm_([p for group in chooser.param_groups for p in group["params"]], 1.0)
            chooser.step()
            chooser.zero_grad(set_to_none=True)
            self._losses.append(loss.detach())
            self._step += 1
            if self._step % self._every == 0:
                self._tell(done, straight=straight)

    def _loss(self, drawn: Draw, *, straight: bool) -> Tensor:
        pack, setting, weights = self._pack, self._set, self.changes.weights(straight=straight)
        rows = (pack.lines(drawn.asked, drawn.spelt), pack.lines(drawn.lines), pack.passages(drawn.passages))
        made = vectors(pack, weights, pack.texts, np.concatenate(rows), dropout=setting.dropout, drop=setting.drop, dropped=len(rows[0]))
        asked, lines, passages = made.split([len(part) for part in rows])
        right, spoken = self._classes[drawn.lines], self._speakers[drawn.passages]
        return encoder_loss.loss_of(asked, right, lines, (passages, spoken), facts=pack.facts, heat=setting.heat)

    def _tell(self, done: float, *, straight: bool) -> None:
        lines = self._read_all(straight=straight)
        found = watched(self._pack, self.changes.weights(straight=straight), lines, self._set.heat)
        spent, mean = time.monotonic() - self._start, torch.stack(self._losses).mean().item()
        self._losses.clear()
        say(f"  step {self._step} ({done:.0%}, {spent:.0f} s) loss {mean:.3f}: {found}")


def _chooser(groups: list[dict[str, Any]]) -> Any:
    return torch.optim.AdamW([group for group in groups if group["params"]], betas=(0.9, 0.98))


def _classes(pack: Pack, *, together: bool) -> Array:
    """The class of each line: its fact, or behind the facts one for all strays or one for each."""
    found = pack.line_facts.astype(np.int64)
    strays = found < 0
    found[strays] = pack.facts + (0 if together else np.arange(strays.sum()))
    return found


def say(text: str) -> None:
    """A line at once: who waits sees it."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
