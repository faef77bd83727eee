"""Our Gemma 3 in PyTorch beside llama.cpp's, and the changes beside its matrices. Skipped where PyTorch is not installed."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from models.native import Native, Row  # noqa: E402
from models.shape import Shape  # noqa: E402
from models.training.batches import read  # noqa: E402
from models.training.network import MATRICES, LowRank, Network  # noqa: E402
from models.training.pack import Tokens, write  # noqa: E402
from tests.models.training.tiny_network import SHAPE, network, tensors  # noqa: E402

TEXT = "Plant maize when the rains have started. Make rows 75 cm apart and"


@pytest.mark.model
def test_it_says_what_llama_cpp_says(model_path: Path, tmp_path: Path) -> None:
    native = Native(model_path, Shape(context=128))
    tokens = [*native.words.bos(), *native.words.tokens(TEXT, special=False)]
    native.step([Row(token, at, 0, speaks=at == len(tokens) - 1) for at, token in enumerate(tokens)])
    wanted = native._logits(len(tokens) - 1).copy()
    native.close()
    likely = wanted.argsort()[::-1][:300].tolist()  # rows that the pack keeps beside those of the text
    write(tmp_path, model_path, [Tokens(tokens, likely, [])], [])
    shape, weights, rows, _ = read(tmp_path)
    whole = Network(shape, weights, rank=2, alpha=4).eval().float()
    with torch.no_grad():
        states = whole(torch.from_numpy(rows.prompt[0])[None])
        found = whole.logits(states[0, -1]).numpy()[rows.target[0]]
    assert np.corrcoef(found, wanted[likely])[0, 1] > 0.99
    assert found.argmax() == 0


def test_an_untrained_change_changes_nothing() -> None:
    tokens = torch.tensor([[1, 2, 3, 4]])
    torch.testing.assert_close(network(rank=2)(tokens), network(rank=8)(tokens))


def test_a_place_sees_only_what_stands_before_it() -> None:
    whole, tokens = network(), torch.tensor([[1, 2, 3, 4, 0, 0]])
    later = tokens.clone()
    later[0, 4:] = 7
    torch.testing.assert_close(whole(tokens)[:, :4], whole(later)[:, :4])
    assert not torch.allclose(whole(tokens)[:, 4:], whole(later)[:, 4:])


def test_a_change_is_scale_times_b_a() -> None:
    weight = torch.randn(6, 4)
    matrix = LowRank(weight, rank=2, scale=3.0, dropout=0.0)
    torch.nn.init.normal_(matrix.b)
    x = torch.randn(5, 4)
    torch.testing.assert_close(matrix(x), x @ (weight + 3.0 * matrix.b @ matrix.a).T)


def test_only_the_changes_are_trained_and_they_bear_llama_cpps_names() -> None:
    whole = network(rank=3)
    assert sum(p.numel() for p in whole.parameters()) == sum(c.size for c in whole.changes().values())
    for name in MATRICES:
        a, b = (whole.changes()[f"blk.0.{name}.weight.lora_{half}"] for half in "ab")
        assert (b.shape[0], a.shape[1]) == tensors()[f"blk.0.{name}"].shape
        assert a.shape[0] == b.shape[1] == 3
    assert len(whole.changes()) == SHAPE.block_count * len(MATRICES) * 2
