"""Turns what was trained into a model: the adapter as GGUF, merged into its base, held against the one in use, installed if better."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core import choose
from bot.core.errors import BadSetting
from bot.core.ports import Chooser
from bot.core.retrieve import Index
from bot.core.types import Case
from models.adapter import merge, write
from models.catalogue import Entry
from models.pull import sha256
from models.training import gather

PATIENCE_S = 120.0  # for one choice: longer than any machine that could serve


@dataclass(frozen=True, slots=True)
class Share:
    """How many of `of` cases went right."""

    right: int = 0
    of: int = 0

    def plus(self, right: bool) -> "Share":
        """One case more."""
        return Share(self.right + right, self.of + 1)

    def __str__(self) -> str:
        return f"{self.right}/{self.of} ({self.right / self.of:.1%})" if self.of else "none"


@dataclass(frozen=True, slots=True)
class Figures:
    """How a model chose: by language, the cases that a fact answers, and those that none does."""

    answered: Mapping[str, Share]
    refused: Mapping[str, Share]

    @property
    def score(self) -> float:
        """The share of right choices over all cases: what one adapter is better by than another."""
        shares = [*self.answered.values(), *self.refused.values()]
        return sum(s.right for s in shares) / max(1, sum(s.of for s in shares))

    def lines(self) -> list[str]:
        """For people."""
        languages = sorted({*self.answered, *self.refused})
        told = [f"  {name}: right fact {self.answered.get(name, Share())}, refused {self.refused.get(name, Share())}" for name in languages]
        return [*told, f"  all: {self.score:.1%}"]


Judge = Callable[[Path], Figures]  # a model file -> how it does


def adapter_of(trained: Path, target: Path, *, name: str) -> None:
    """Writes what models.training.fit left in `trained` (adapter.npz) as an adapter that llama.cpp reads. Raises BadSetting."""
    try:
        with trained.open("rb") as file, np.load(file) as held:
            arrays: dict[str, NDArray[Any]] = {key: held[key] for key in held.files}
        alpha = float(arrays.pop("alpha"))
    except FileNotFoundError:
        raise BadSetting(f"{trained} is not there. Train first: `ujumbe train fit DIR`.") from None
    except Exception as error:  # a damaged archive raises nearly anything
        raise BadSetting(
            f"{trained} is not what training writes: {error}. Copy it again, or train again: `ujumbe train fit DIR`."
        ) from None
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise BadSetting(f"{trained} holds numbers that are none: the training went wrong. Train again with a lower --rate.")
    write(target, arrays, alpha=alpha, name=name)


def merged(base: Path, adapter: Path, target: Path) -> Path:
    """`base` with `adapter` in it, as `ujumbe model pull` would make it. Raises BadSetting."""
    merge(base, adapter, target, mark=sha256(adapter))
    return target


def judge(cases: Sequence[Case], over: Index, open_chooser: Callable[[Path], Chooser]) -> Judge:
    """Asks a model to choose for each case, as the service does, and counts: the case's own fact, or none of the texts."""
    asked = list(gather.offers(cases, over))

    def judged(model: Path) -> Figures:
        chooser = open_chooser(model)
        answered: dict[str, Share] = {}
        refused: dict[str, Share] = {}
        for case, offered in asked:
            tally = answered if case.fact else refused
            right = _choice(chooser, case, offered) == case.fact
            tally[case.lang] = tally.get(case.lang, Share()).plus(right)
        return Figures(answered, refused)

    return judged


def _choice(chooser: Chooser, case: Case, offered: Sequence[choose.Option]) -> str:
    """The id of the fact that the model chooses for the case, "" for none of them."""
    if not offered:
        return ""
    prompt = choose.prompt(case.text, [option.text for option in offered])
    shares = chooser.choose(prompt, choose.answers(len(offered)), deadline=monotonic() + PATIENCE_S)
    if shares is None:
        raise BadSetting(f"One choice took more than {PATIENCE_S:.0f} s: this machine is too slow, or too busy, to compare models.")
    best = max(range(len(shares)), key=lambda n: shares[n])
    return offered[best].fact.id if best < len(offered) else ""


def install(entry: Entry, adapter: Path, model: Path, in_use: Path) -> None:
    """Copies `adapter` to where the catalogue looks for it and moves `model`, merged from it, to `in_use`. Raises BadSetting."""
    aside = entry.adapter_path.with_name(f".{entry.adapter}.{os.getpid()}")
    try:
        aside.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(adapter, aside)
        os.replace(aside, entry.adapter_path)
        os.replace(model, in_use)
    except OSError as error:
        raise BadSetting(f"{error.filename} cannot be written: {error.strerror}. Free some room, or mend its rights.") from None
    finally:
        aside.unlink(missing_ok=True)
