"""Packs, with the real tokenizer: what goes in comes out, in the rows of a smaller vocabulary."""

from pathlib import Path

import gguf
import numpy as np
import pytest

from bot.core.errors import BadSetting
from models.training.pack import EXAMPLES, WEIGHTS, WINDOW, Tokenizer, Tokens, write
from models.training.pairs import Example
from models.vocabulary import Vocabulary
from tests.models.tiny import gguf as tiny

CHOICE = Example("Q: nipande mahindi lini\nA: Panda mvua zinapoanza.\nX: -\nQ: nipande mahindi lini\nBest:", " A", [" A", " X"])
FREE = Example("Passage: Plant early.\nQuestion: when\nSMS:", " Plant early.")


@pytest.mark.model
def test_tokens_are_those_that_the_engine_reads(model_path: Path) -> None:
    tokenizer, words = Tokenizer(model_path), Vocabulary.open(model_path)
    choice, free = tokenizer(CHOICE), tokenizer(FREE)
    assert choice.prompt == [*words.bos(), *words.tokens(CHOICE.prompt, special=False)]
    assert [words.piece(t) for t in choice.among] == [b" A", b" X"]
    assert choice.target == choice.among[:1]
    assert b"".join(words.piece(t) for t in free.target[:-1]) == b" Plant early."
    assert words.ends(free.target[-1])
    assert free.among == []
    words.close()


@pytest.mark.model
def test_no_letter_shares_its_token_with_another(model_path: Path) -> None:
    among = Tokenizer(model_path)(Example("Best:", " X", [f" {letter}" for letter in "ABCDEFGHX"])).among
    assert len(set(among)) == 9


@pytest.mark.model
def test_a_pack_holds_the_examples_in_its_own_rows(model_path: Path, tmp_path: Path) -> None:
    tokenizer = Tokenizer(model_path)
    examples, checks = [tokenizer(CHOICE), tokenizer(FREE), tokenizer(CHOICE)], [tokenizer(FREE)]
    assert write(tmp_path / "pack", model_path, examples, checks) == 0
    with np.load(tmp_path / "pack" / WEIGHTS) as weights, np.load(tmp_path / "pack" / EXAMPLES) as columns:
        vocabulary = weights["vocabulary"]
        for name, rows in (("train", examples), ("check", checks)):
            for part in ("prompt", "target", "among"):
                ends = np.cumsum(columns[f"{name}.{part}.lengths"])[:-1]
                found = [vocabulary[row].tolist() for row in np.split(columns[f"{name}.{part}"], ends)]
                assert found == [list(getattr(row, part)) for row in rows]
        embedding = next(t for t in gguf.GGUFReader(model_path).tensors if t.name == "token_embd.weight")
        kept = weights[f"{embedding.tensor_type.name}:token_embd"]
        np.testing.assert_array_equal(kept, embedding.data[vocabulary])
        assert weights["head"][:5].tolist() == [18, 640, 4, 1, 256]
    assert sum(p.stat().st_size for p in (tmp_path / "pack").iterdir()) < 200e6  # the whole vocabulary stays behind


def test_what_is_longer_than_the_window_is_left_out(tmp_path: Path) -> None:
    short, long = Tokens([2, 5], [7], []), Tokens([5] * WINDOW, [7], [])
    assert write(tmp_path / "pack", _base(tmp_path / "base.gguf"), [short, long], [long]) == 2
    with np.load(tmp_path / "pack" / EXAMPLES) as columns:
        assert columns["train.prompt.lengths"].tolist() == [2]
        assert columns["check.prompt.lengths"].tolist() == []


def test_weights_stay_as_they_are_quantized(tmp_path: Path) -> None:
    write(tmp_path / "pack", _base(tmp_path / "base.gguf"), [Tokens([2, 5], [7], [])], [])
    with np.load(tmp_path / "pack" / WEIGHTS) as weights:
        assert set(weights.files) == {"vocabulary", "head", "F32:token_embd", "Q8_0:blk.0.attn_q"}
        assert weights["vocabulary"].tolist() == [2, 5, 7]
        np.testing.assert_array_equal(weights["F32:token_embd"], EMBEDDING[[2, 5, 7]])
        np.testing.assert_allclose(weights["head"], [1, 4, 2, 1, 2, 1e-6, 1e6], rtol=1e-6)


EMBEDDING = np.arange(40, dtype=np.float32).reshape(10, 4)


def _base(path: Path) -> Path:
    """A model that a pack can be made of, without a vocabulary."""
    writer = gguf.GGUFWriter(path, "gemma3")
    writer.add_block_count(1)
    writer.add_embedding_length(4)
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    writer.add_key_length(2)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e6)
    writer.add_tensor("token_embd.weight", EMBEDDING)
    kind = gguf.GGMLQuantizationType.Q8_0
    writer.add_tensor("blk.0.attn_q.weight", gguf.quants.quantize(np.ones((4, 32), np.float32), kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_other_models_and_no_examples_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(tiny())
    with pytest.raises(BadSetting, match=r"a\.gguf is a model of the kind llama, and only gemma3 can be trained here"):
        write(tmp_path / "pack", tmp_path / "a.gguf", [Tokens([1], [2], [])], [])
    (tmp_path / "b.gguf").write_bytes(tiny(architecture="gemma3"))
    with pytest.raises(BadSetting, match="There is nothing to train on"):
        write(tmp_path / "pack", tmp_path / "b.gguf", [], [])
    assert not (tmp_path / "pack").exists()
