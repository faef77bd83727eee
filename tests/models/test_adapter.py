"""Adapters: written, read, and merged into a tiny model that is written here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from numpy.typing import NDArray

from bot.core.errors import BadSetting
from models import adapter
from models.gguf import read_head

Q8, F32, F16 = (gguf.GGMLQuantizationType[name] for name in ("Q8_0", "F32", "F16"))
DICE = np.random.default_rng(7)
WEIGHTS = {
    "blk.0.attn_q.weight": (DICE.normal(size=(64, 32)).astype(np.float32), Q8),
    "blk.0.ffn_down.weight": (DICE.normal(size=(32, 96)).astype(np.float32), F16),
    "blk.0.attn_norm.weight": (DICE.normal(size=32).astype(np.float32), F32),
    "token_embd.weight": (DICE.normal(size=(10, 32)).astype(np.float32), Q8),
}
TOKENS = ["<s>", "maji", "shamba", "é"]


def base(path: Path) -> Path:
    """A model with every kind of metadata that real files have."""
    writer = gguf.GGUFWriter(path, "gemma3")
    writer.add_name("Tiny")
    writer.add_block_count(1)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_add_bos_token(True)
    writer.add_token_list(TOKENS)
    writer.add_token_scores([0.0, -1.5, -2.0, -3.0])
    writer.add_token_types([3, 1, 1, 1])
    for name, (weight, kind) in WEIGHTS.items():
        writer.add_tensor(name, gguf.quants.quantize(weight, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def halves(*names: str, rank: int = 4) -> dict[str, NDArray[Any]]:
    """Random changes of those matrices."""
    made = {}
    for name in names:
        out, width = WEIGHTS[name][0].shape
        made[f"{name}.lora_a"] = DICE.normal(size=(rank, width))
        made[f"{name}.lora_b"] = DICE.normal(size=(out, rank)) / 10
    return made


CHANGED = ("blk.0.attn_q.weight", "blk.0.ffn_down.weight")


@pytest.fixture
def changes() -> Mapping[str, NDArray[Any]]:
    return halves(*CHANGED)


def test_what_is_written_is_read(tmp_path: Path, changes: Mapping[str, NDArray[Any]]) -> None:
    path = tmp_path / "a.gguf"
    adapter.write(path, changes, alpha=8.0, name="mine")
    found = adapter.read(path)
    assert (found.name, found.scale, sorted(found.changes)) == ("mine", 2.0, sorted(CHANGED))
    for name, (a, b) in found.changes.items():
        np.testing.assert_allclose(a, changes[f"{name}.lora_a"], rtol=1e-3, atol=1e-4)  # kept in 16 bit
        np.testing.assert_allclose(b, changes[f"{name}.lora_b"], rtol=1e-3, atol=1e-4)
    assert [p.name for p in tmp_path.iterdir()] == ["a.gguf"]


def test_a_merge_changes_the_matrices_and_nothing_else(tmp_path: Path, changes: Mapping[str, NDArray[Any]]) -> None:
    source, path, target = base(tmp_path / "base.gguf"), tmp_path / "a.gguf", tmp_path / "merged.gguf"
    adapter.write(path, changes, alpha=8.0, name="mine")
    found = adapter.read(path)
    adapter.merge(source, path, target, mark="abc")
    before, after = ({t.name: t for t in gguf.GGUFReader(p).tensors} for p in (source, target))
    assert list(before) == list(after)
    for name, tensor in after.items():
        if name not in CHANGED:
            assert (tensor.tensor_type, tensor.data.tobytes()) == (before[name].tensor_type, before[name].data.tobytes())
            continue
        a, b = found.changes[name]
        wanted = gguf.quants.dequantize(before[name].data, before[name].tensor_type) + 2.0 * (b @ a)
        got = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        step = np.abs(wanted.reshape(-1, 32)).max(1, keepdims=True) / 127  # Q8_0: the step of a block of 32 is its largest number / 127
        assert tensor.tensor_type == Q8
        assert (np.abs(wanted - got).reshape(-1, 32) <= 0.51 * step + 1e-3 * np.abs(wanted.reshape(-1, 32))).all()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.gguf", "base.gguf", "merged.gguf"]


def test_a_merge_keeps_the_metadata_and_says_which_adapter_is_in_it(tmp_path: Path, changes: Mapping[str, NDArray[Any]]) -> None:
    source, path, target = base(tmp_path / "base.gguf"), tmp_path / "a.gguf", tmp_path / "merged.gguf"
    adapter.write(path, changes, alpha=8.0, name="mine")
    adapter.merge(source, path, target, mark="abc")
    before, after = ({n: (f.types, f.contents()) for n, f in gguf.GGUFReader(p).fields.items()} for p in (source, target))
    told = {name: value for name, value in after.items() if not name.startswith("GGUF.") and name != "ujumbe.adapter"}
    assert told == {name: value for name, value in before.items() if not name.startswith("GGUF.")}
    assert after["tokenizer.ggml.tokens"][1] == TOKENS
    assert (read_head(target).mark, read_head(source).mark) == ("abc", "")


def test_a_merge_of_a_merge_carries_the_last_mark(tmp_path: Path, changes: Mapping[str, NDArray[Any]]) -> None:
    path = tmp_path / "a.gguf"
    adapter.write(path, changes, alpha=8.0, name="mine")
    adapter.merge(base(tmp_path / "base.gguf"), path, tmp_path / "1.gguf", mark="one")
    adapter.merge(tmp_path / "1.gguf", path, tmp_path / "2.gguf", mark="two")
    assert read_head(tmp_path / "2.gguf").mark == "two"


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        pytest.param("blk.7.attn_q.weight", ((4, 32), (64, 4)), id="a matrix that the base has not"),
        pytest.param("blk.0.attn_q.weight", ((4, 48), (64, 4)), id="too wide"),
        pytest.param("blk.0.attn_q.weight", ((4, 32), (32, 4)), id="too low"),
        pytest.param("blk.0.attn_q.weight", ((4, 64), (32, 4)), id="turned round"),
    ],
)
def test_an_adapter_of_another_model_is_refused(tmp_path: Path, name: str, shapes: tuple[tuple[int, int], tuple[int, int]]) -> None:
    source, path, target = base(tmp_path / "base.gguf"), tmp_path / "a.gguf", tmp_path / "merged.gguf"
    target.write_bytes(b"the one in use")
    adapter.write(path, {f"{name}.lora_{half}": np.zeros(shape) for half, shape in zip("ab", shapes, strict=True)}, alpha=8.0, name="mine")
    with pytest.raises(BadSetting, match=rf"a\.gguf changes {name}, which base\.gguf has not in that size"):
        adapter.merge(source, path, target, mark="abc")
    assert target.read_bytes() == b"the one in use"
    assert len(list(tmp_path.iterdir())) == 3


def test_what_is_no_adapter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"is no LoRA adapter\. Make one with `ujumbe train`"):
        adapter.read(base(tmp_path / "base.gguf"))
    adapter.write(tmp_path / "half.gguf", {"blk.0.attn_q.weight.lora_a": np.zeros((4, 32))}, alpha=8.0, name="mine")
    with pytest.raises(BadSetting, match="is no LoRA adapter"):
        adapter.read(tmp_path / "half.gguf")
    with pytest.raises(BadSetting, match="cannot be read: No such file"):
        adapter.read(tmp_path / "none.gguf")
    (tmp_path / "text.gguf").write_bytes(b"not at all")
    with pytest.raises(BadSetting, match="not a sound GGUF file"):
        adapter.read(tmp_path / "text.gguf")


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, changes: Mapping[str, NDArray[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    source, path, target = base(tmp_path / "base.gguf"), tmp_path / "a.gguf", tmp_path / "merged.gguf"
    adapter.write(path, changes, alpha=8.0, name="mine")

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gguf.GGUFWriter, "write_tensors_to_file", full)
    with pytest.raises(BadSetting, match=r"merged\.gguf cannot be written: No space left on device"):
        adapter.merge(source, path, target, mark="abc")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.gguf", "base.gguf"]
