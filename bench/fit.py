"""Fits the numbers of bot/core/trust.py: `python -m bench.fit [--model none] [--lines 3500]`. Prints them; a person copies them over.

Learns from the skills' cases, from question lines and from messages that nothing answers (the cases without a fact, and those strays that
the embedding model was not trained on), lines and strays each asked as if they were not known. Lines that the embedding model was trained
on flatter: only those are taken that its commit (models/adapters/README.md) did not have, as git tells. Half of the questions are for
fitting and half for the figures that are printed. Never reads bench/data/unseen, bench/data/kept or shared/.

A fact is trusted as far as it, or the one that goes out beside it in doubt (bot.core.fill), is likely what was asked for.
"""

import argparse
import random
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from bot.app.texts import SKILLS
from bot.config import load as load_settings
from bot.core import choose, trust
from bot.core.fill import DEAR
from bot.core.retrieve import Index
from bot.core.route import Router
from bot.core.trust import Evidence
from bot.core.types import Case
from models.engine import open_engine, open_meaning
from models.training.encoder_pack import strays as trained_strays
from skills.loader import load

Array = NDArray[np.float64]
NAMES = [f.name for f in fields(Evidence)]
RANK = ["words", "line", "found", "covered", "like", "says", "prior", "crowd"]
SURE = [*RANK, "stray", "strange", "nobody"]  # and the margin, where the model chooses or the search goes by words alone
TRAINED = "34042a1"  # the commit whose lines the embedding model was trained on


@dataclass(frozen=True, slots=True)
class Row:
    """One question: the evidence of each fact found, which of them is right (-1: none), and what the model made of the texts."""

    lang: str
    evidence: Array  # (facts, evidence)
    right: int
    shares: Array  # (facts,) summed over each fact's texts; empty without a model
    none: float
    answerable: bool


def main() -> None:
    """Gathers, fits, prints."""
    parser = argparse.ArgumentParser(prog="python -m bench.fit", description=__doc__)
    parser.add_argument("--model", default="none", help="also fit what the model's choice is worth")
    parser.add_argument("--lines", type=int, default=3500, help="question lines, drawn by chance")
    parser.add_argument("--most", type=int, default=20_000, help="questions at most")
    parser.add_argument("--ships", action="store_true", help="keep the order of facts that ships, and fit the trust alone")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", help="keep what was gathered in this file, or take it from there")
    args = parser.parse_args()
    rows = _kept(args) if args.keep else gather(args.model, args.lines, args.most, args.threads)
    dice = random.Random(3)
    dice.shuffle(rows)
    half = len(rows) // 2
    learn, check = rows[:half], rows[half:]
    print(f"{len(learn)} to fit, {len(check)} to check")
    rank = np.array([trust._SCORE[name] for name in RANK]) if args.ships else fit_rank(learn)
    print("score:", dict(zip(RANK, rank.round(2).tolist(), strict=True)))
    _tell("search", learn, check, lambda row: row.evidence[:, _at(RANK)] @ rank, with_model=False)
    if args.model != "none":
        weights = [0.0, 0.15, 0.3, 0.45, 0.6, 0.8, 1.0, 1.5]
        best = max(weights, key=lambda w: _first(learn, lambda row: _both(row, rank, w)))
        print(
            "weight of the model's choice:", {w: round(_first(learn, lambda row, w=w: _both(row, rank, w)), 3) for w in weights}, "->", best
        )
        _tell("search and model", learn, check, lambda row: _both(row, rank, best), with_model=True)


def gather(model: str, lines: int, most: int, threads: int) -> list[Row]:
    """Asks every question once."""
    settings = load_settings()
    library = load(SKILLS)
    strays = [(text, lang) for lang, texts in library.strays.items() for text in texts]
    meaning = open_meaning(settings.cache_dir) if settings.embedder != "none" else None
    index = Index((f for s in library.skills for f in s.facts), meaning, strays, library.about())
    router = Router(library.skills, index)
    chooser = open_engine(model, cache_dir=settings.cache_dir, threads=threads).chooser if model != "none" else None
    asked = [(case, -1) for s in library.skills for case in s.cases]
    known = _lines_of(TRAINED)
    fresh = [n for n, line in enumerate(index.lines) if line.text not in known and line.text != line.fact.title]
    drawn = random.Random(5).sample(fresh, min(lines, len(fresh)))
    asked += [(Case(line.text, line.fact.lang, line.fact.id), n) for n, line in ((n, index.lines[n]) for n in drawn)]
    trained = set(trained_strays(library))
    asked += [(Case(text, lang, ""), len(index.lines) + n) for n, (text, lang) in enumerate(strays) if text not in trained]
    random.Random(1).shuffle(asked)
    rows = []
    for case, without in asked[:most]:
        hits = router.route(case.text, without=without).hits
        evidence = np.array([astuple(hit.evidence) for hit in hits]).reshape(-1, len(NAMES))
        evidence[:, NAMES.index("found")] = evidence[:, NAMES.index("found")].clip(max=3.0)  # as trust does
        right = next((n for n, hit in enumerate(hits) if hit.fact.id == case.fact), -1)
        shares, none = np.zeros(0), 0.0
        offered = choose.options(case.text, hits, index, case.lang) if chooser else []
        if chooser and offered:
            found = chooser.choose(choose.prompt(case.text, [o.text for o in offered]), choose.answers(len(offered)), deadline=float("inf"))
            assert found is not None
            shares = np.array([sum(p for o, p in zip(offered, found, strict=False) if o.fact.id == hit.fact.id) for hit in hits])
            none = found[-1]
        rows.append(Row(case.lang, evidence, right, shares, none, bool(case.fact)))
    return rows


def fit_rank(rows: Sequence[Row]) -> Array:
    """Weights of RANK under which the right fact comes first, by softmax regression."""
    usable = [(row.evidence[:, _at(RANK)], row.right) for row in rows if row.right >= 0 and len(row.evidence) > 1]
    weights = np.array([2.0, 3.0, 0.3, 1.0, 8.0, 4.0, 1.0, 0.5])
    scale = np.std(np.concatenate([e for e, _ in usable]), axis=0) + 1e-9
    z, step = weights * scale, 0.5
    for _ in range(600):
        gradient = np.zeros_like(z)
        for evidence, right in usable:
            scores = (evidence / scale) @ z
            powers = np.exp(scores - scores.max())
            gradient += (evidence / scale)[right] - (powers / powers.sum()) @ (evidence / scale)
        z += step * (gradient / len(usable) - 1e-3 * z)
    return np.asarray(z / scale)


def fit_sure(features: Array, right: Array) -> Array:
    """Weights and bias (last) of a logistic regression, by Newton's method with a small ridge."""
    x = np.column_stack((features, np.ones(len(features))))
    w = np.zeros(x.shape[1])
    for _ in range(40):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        hessian = (x * (p * (1 - p))[:, None]).T @ x + 0.05 * np.eye(len(w))
        w += np.linalg.solve(hessian, x.T @ (right - p) - 0.05 * w)
    return np.asarray(w)


def _both(row: Row, rank: Array, weight: float) -> Array:
    return (
        np.asarray(row.evidence[:, _at(RANK)] @ rank + weight * np.log(row.shares + 1e-6))
        if len(row.shares)
        else row.evidence[:, _at(RANK)] @ rank
    )


def _first(rows: Sequence[Row], score) -> float:  # type: ignore[no-untyped-def]
    asked = [row for row in rows if row.answerable]
    return sum(len(row.evidence) > 0 and int(score(row).argmax()) == row.right for row in asked) / len(asked)


def _tell(name: str, learn: Sequence[Row], check: Sequence[Row], score, *, with_model: bool) -> None:  # type: ignore[no-untyped-def]
    for lang in ("en", "sw"):
        print(f"{name}: right fact first, {lang}: {_first([r for r in check if r.lang == lang], score):.3f}")
    features, right = _features(learn, score, with_model)
    names = [*_sure(learn, with_model), *(["share", "none"] if with_model else [])]
    weights = fit_sure(features, right)
    print("confidence:", dict(zip([*names, "bias"], weights.round(2).tolist(), strict=True)))
    for lang in ("en", "sw"):
        _curve([r for r in check if r.lang == lang], score, weights, with_model, lang)


def _features(rows: Sequence[Row], score, with_model: bool) -> tuple[Array, Array]:  # type: ignore[no-untyped-def]
    found, right = [], []
    for row in rows:
        if len(row.evidence) == 0:
            continue
        scores = score(row)
        best = int(scores.argmax())
        seen = row.evidence[best].copy()
        seen[NAMES.index("margin")] = scores[best] - max((s for n, s in enumerate(scores) if n != best), default=0.0)
        features = seen[_at(_sure(rows, with_model))]
        if with_model:
            share = row.shares[best] if len(row.shares) else 1e-6
            features = np.append(features, (np.log(share + 1e-3), np.log(row.none + 1e-5)))
        found.append(features)
        right.append(float(row.right in _sent(scores, with_model)))
    return np.array(found), np.array(right)


def _curve(rows: Sequence[Row], score, weights: Array, with_model: bool, lang: str) -> None:  # type: ignore[no-untyped-def]
    kept = [row for row in rows if len(row.evidence)]
    features, right = _features(kept, score, with_model)
    sure = 1 / (1 + np.exp(-(np.column_stack((features, np.ones(len(features)))) @ weights)))
    answerable = np.array([row.answerable for row in kept])
    for limit in (0.3, 0.4, 0.5, 0.6, 0.7):
        sent = sure >= limit
        good, bad = np.mean((sent & (right > 0))[answerable]), np.mean((sent & (right == 0))[answerable])
        kept_quiet, refused = np.mean(~sent[answerable]), np.mean(~sent[~answerable])
        rates = (good, bad, kept_quiet, refused)
        said = zip(("right sent", "wrong sent", "false refusals", "refused rightly"), rates, strict=True)
        print(f"  {lang} at {limit}: " + ", ".join(f"{name} {rate:.3f}" for name, rate in said))


def _sent(scores: Array, with_model: bool) -> list[int]:
    """Which facts go out: the best, and by the search alone the second, where it may as well be meant."""
    order = [int(n) for n in np.argsort(-scores)]
    doubted = not with_model and len(order) > 1 and trust.shares(scores.tolist())[order[1]] >= DEAR
    return order[: 1 + doubted]


def _sure(rows: Sequence[Row], with_model: bool) -> list[str]:
    """What trust weighs. How clear the lead is counts where one fact goes out, and where no crowd tells it."""
    meant = any(row.evidence[:, NAMES.index("meant")].any() for row in rows)
    return SURE if meant and not with_model else [*SURE, "margin"]


def _lines_of(commit: str) -> frozenset[str]:
    """The question lines that the skills had then."""
    packed = subprocess.run(["git", "archive", commit, "skills"], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as held:
        files = [held.extractfile(one) for one in held if one.name.endswith(".md")]
        texts = [file.read().decode() for file in files if file is not None]
    lines = (line.strip().removeprefix("ask: ").removeprefix("detail: ") for text in texts for line in text.splitlines())
    return frozenset(line.split(" => ")[0] for line in lines)


def _at(names: Sequence[str]) -> list[int]:
    return [NAMES.index(name) for name in names]


def _kept(args: argparse.Namespace) -> list[Row]:
    import pickle
    from pathlib import Path

    path = Path(args.keep)
    if not path.exists():
        path.write_bytes(pickle.dumps(gather(args.model, args.lines, args.most, args.threads)))
    rows: list[Row] = pickle.loads(path.read_bytes())
    return rows


if __name__ == "__main__":
    main()
