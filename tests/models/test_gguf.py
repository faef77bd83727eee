"""Heads of GGUF files: read, or refused with a reason. Never another error, whatever the bytes."""

import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import BadSetting
from models.gguf import read_head
from tests.models.tiny import F32, Q4_K, gguf


def _write(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "a.gguf"
    path.write_bytes(data)
    return path


def test_a_sound_head_says_what_the_model_is(tmp_path: Path) -> None:
    meta: dict[str, str | int] = {"general.name": "Tiny", "llama.context_length": 2048, "tokenizer.chat_template": "{{ x }}"}
    head = read_head(_write(tmp_path, gguf(meta=meta)))
    assert (head.architecture, head.name, head.context, head.has_template, len(head.tensors)) == ("llama", "Tiny", 2048, True, 1)


@pytest.mark.parametrize(
    ("dims", "kind", "size"),
    [
        pytest.param((8,), F32, 32, id="floats"),
        pytest.param((3, 5, 2), F32, 120, id="three dimensions"),
        pytest.param((256, 4), Q4_K, 576, id="blocks of 256"),
        pytest.param((8,), 999, 0, id="a type from the future has no size to check"),
    ],
)
def test_needs_counts_the_tensors_bytes(tmp_path: Path, dims: tuple[int, ...], kind: int, size: int) -> None:
    data = gguf(tensors={"w": (dims, kind)}, data=size)
    assert read_head(_write(tmp_path, data)).needs == len(data)
    if size:
        with pytest.raises(BadSetting, match=r"cut short: .* bytes of .*model pull"):
            read_head(_write(tmp_path, data[:-1]))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "it is empty", id="empty"),
        pytest.param(b"PK\x03\x04" + bytes(60), "begins with b'PK", id="a zip file"),
        pytest.param(b"GG", "ends inside its own head", id="two bytes"),
        pytest.param(gguf(version=1), "its version is 1", id="an old version"),
        pytest.param(gguf(version=9), "its version is 9", id="a version to come"),
        pytest.param(gguf(architecture=""), "names no architecture", id="no architecture"),
        pytest.param(gguf(tensors={"w": ((1,) * 5, F32)}), "5 dimensions", id="five dimensions"),
        pytest.param(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + b"\xff" * 8, "ends inside", id="a length beyond the file"),
    ],
)
def test_what_is_no_sound_file_is_refused_with_the_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(BadSetting, match=reason) as caught:
        read_head(_write(tmp_path, data))
    assert "a.gguf" in str(caught.value)
    assert "model pull" in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"none\.gguf cannot be read: No such file"):
        read_head(tmp_path / "none.gguf")


@given(cut=st.integers(0, len(gguf()) - 1))
def test_a_file_cut_anywhere_is_refused(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    with pytest.raises(BadSetting):
        read_head(_write(tmp_path_factory.mktemp("cut"), gguf()[:cut]))


@given(at=st.integers(0, len(gguf()) - 1), byte=st.integers(0, 255))
def test_one_wrong_byte_is_read_or_refused_and_nothing_else(tmp_path_factory: pytest.TempPathFactory, at: int, byte: int) -> None:
    data = bytearray(gguf())
    data[at] = byte
    path = _write(tmp_path_factory.mktemp("byte"), bytes(data))
    with suppress(BadSetting):
        assert read_head(path).needs >= 0
