"""Training a tiny random model: the loss falls, a choice is made among its options only, and the files are as the next step wants them."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from models.training import fit  # noqa: E402
from models.training.batches import PAD, Batch, as_batch, batches, grouped, read  # noqa: E402
from models.training.finish import adapter_of  # noqa: E402
from tests.models.training.tiny_network import ROWS, Row, network, write_pack  # noqa: E402

CHOICES: Sequence[Row] = [([1, n, 2], [5 + n % 2], [5, 6]) for n in range(10, 20)]  # even: 5, odd: 6
FREE: Sequence[Row] = [([1, n, 3], [n, 9, 4], []) for n in range(10, 20)]


def loaded(folder: Path, train: Sequence[Row], check: Sequence[Row] = CHOICES) -> Batch:
    write_pack(folder, train, check)
    rows = read(folder)[2]
    return as_batch(rows, range(len(rows)), "cpu")


def test_labels_stand_one_place_before_what_they_ask_for(tmp_path: Path) -> None:
    batch = loaded(tmp_path, [FREE[0], CHOICES[1], ([1], [2], [])])
    assert batch.tokens.shape == (3, PAD)
    assert batch.tokens[0, :7].tolist() == [1, 10, 3, 10, 9, 4, 0]
    assert batch.labels[0, :7].tolist() == [-1, -1, 10, 9, 4, -1, -1]
    assert batch.labels[1, :4].tolist() == [-1, -1, 6, -1]
    assert batch.labels[2, :2].tolist() == [2, -1]
    assert batch.among.tolist() == [[-1, -1], [5, 6], [-1, -1]]


def test_the_loss_of_a_choice_looks_only_at_its_options(tmp_path: Path) -> None:
    whole, batch = network(), loaded(tmp_path, CHOICES)
    before = fit.loss_of(whole, whole, batch)
    others = [row for row in range(ROWS) if row not in (5, 6, 1, 2, *range(10, 20))]
    whole.rows[others] *= 100  # rows that are neither options nor read
    torch.testing.assert_close(fit.loss_of(whole, whole, batch), before)
    options = whole.logits(whole(batch.tokens)[:, 2])[:, [5, 6]]
    wanted = torch.nn.functional.cross_entropy(options, torch.tensor([n % 2 for n in range(10)]))
    torch.testing.assert_close(before, wanted)


@pytest.mark.parametrize("others", [[5, 6], [6, 0], [0, 6, 7]], ids=["as many", "row 0 is an option", "more options"])
def test_a_choice_costs_the_same_in_any_company(tmp_path: Path, others: Sequence[int]) -> None:
    whole = network()
    alone = fit.loss_of(whole, whole, loaded(tmp_path / "1", CHOICES[:1]))
    company: list[Row] = [CHOICES[0], ([1, 2], others[:1], others), FREE[0]]
    parts = [fit.loss_of(whole, whole, loaded(tmp_path / f"p{n}", [row])) for n, row in enumerate(company)]
    torch.testing.assert_close(parts[0], alone)
    torch.testing.assert_close(fit.loss_of(whole, whole, loaded(tmp_path / "2", company)), sum(parts) / 3)


def test_a_free_text_counts_as_one_example_however_long(tmp_path: Path) -> None:
    whole = network()
    batch = loaded(tmp_path, FREE[:1])
    logits = whole.logits(whole(batch.tokens)[0, 2:5])
    torch.testing.assert_close(fit.loss_of(whole, whole, batch), torch.nn.functional.cross_entropy(logits, torch.tensor([10, 9, 4])))


def test_every_example_is_seen_once_per_epoch_in_groups_that_fit(tmp_path: Path) -> None:
    long: Sequence[Row] = [([1] * 50, [n], []) for n in range(10, 14)]
    write_pack(tmp_path, [*CHOICES, *long], [])
    rows = read(tmp_path)[2]
    seen = list(batches(rows, 4 * PAD, 2, np.random.default_rng(1), "cpu"))
    assert sum(len(batch.tokens) for batch in seen) == 2 * len(rows)
    assert all(batch.tokens.numel() <= 4 * PAD for batch in seen)
    assert list(grouped(rows, [10], 1)) == [[10]]  # too long for any group: alone


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *options: str) -> dict[str, float]:
    monkeypatch.setattr(sys, "argv", ["fit", str(folder), str(folder / "out"), *options])
    fit.main()
    figures: dict[str, float] = json.loads((folder / "out/figures.json").read_text())
    return figures


OPTIONS = ("--epochs", "80", "--batch-tokens", "640", "--rate", "1e-2", "--dropout", "0", "--every", "10")


def test_training_learns_and_leaves_an_adapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    write_pack(tmp_path, [*CHOICES, *FREE], [*CHOICES, *FREE])
    found = run(monkeypatch, tmp_path, *OPTIONS)
    losses = [float(line.split("loss ")[1].split()[0]) for line in capsys.readouterr().out.splitlines() if "loss" in line]
    assert losses[-1] < losses[0] / 4
    assert (found["choose"], found["write"], found["seen"]) == (1.0, 1.0, 1600)
    adapter_of(tmp_path / "out/adapter.npz", tmp_path / "a.gguf", name="tiny")


def test_training_stops_when_the_time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pack(tmp_path, CHOICES, CHOICES)
    assert run(monkeypatch, tmp_path, "--minutes", "0")["steps"] == 0


def test_the_same_seed_trains_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []
    for name in ("a", "b"):
        write_pack(tmp_path / name, CHOICES, CHOICES)
        run(monkeypatch, tmp_path / name, "--epochs", "3", "--rate", "1e-3")
        with np.load(tmp_path / name / "out/adapter.npz") as held:
            kept.append(held["blk.1.attn_q.weight.lora_a"])
    np.testing.assert_array_equal(*kept)
