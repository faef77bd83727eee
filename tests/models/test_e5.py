"""The embedding model's file: read, changed by whole steps, all else byte for byte."""

import errno
import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from bot.core.errors import BadSetting
from models import blocks, e5
from models.embed import base_file
from tests.models import tiny_e5


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tiny_e5.write(tmp_path / "base.bin")


def steps(path: Path, base: Path, **changes: np.ndarray) -> Path:
    """A file of steps for `base`: "l0_q" is l0.q.w."""
    arrays = {f"{name.replace('_', '.')}.w": change for name, change in changes.items()}
    np.savez_compressed(path, base=np.array(sha256(base.read_bytes()).hexdigest()), told=np.array(json.dumps({})), **arrays)
    return path


def one_up(base: Path, name: str) -> np.ndarray:
    """One code up wherever there is room."""
    model = e5.read(base)
    codes = blocks.codes(model.bytes_of(f"{name}.w"))
    return (codes < blocks.HIGH).astype(np.int8).reshape(model.matrices()[f"{name}.w"])


def test_the_real_model_is_read() -> None:
    path = base_file()
    assert path is not None
    model = e5.read(path)
    assert (model.width, model.layers, model.heads, model.inner) == (384, 12, 12, 1536)
    assert len(model.matrices()) == 72
    whole = blocks.weights(model.bytes_of("l0.q.w"), (384, 384))
    assert 0.01 < whole.std() < 0.2


def test_a_block_is_read_as_ggml_writes_it() -> None:
    raw = np.frombuffer(np.float16(0.5).tobytes() + bytes([0x0F, *[0x88] * 14, 0x91]), np.uint8)
    wanted = np.zeros(32)
    wanted[[0, 16, 15, 31]] = [3.5, -4.0, -3.5, 0.5]
    np.testing.assert_array_equal(blocks.weights(raw, (32, 1))[:, 0], wanted)


def test_steps_of_nothing_leave_every_byte(tmp_path: Path, base: Path) -> None:
    nothing = {name.removesuffix(".w").replace(".", "_"): np.zeros(shape, np.int8) for name, shape in e5.read(base).matrices().items()}
    e5.merge(base, steps(tmp_path / "s.npz", base, **nothing), tmp_path / "m.bin")
    assert (tmp_path / "m.bin").read_bytes() == base.read_bytes()


def test_a_step_moves_its_weight_by_one_scale_and_nothing_else(tmp_path: Path, base: Path) -> None:
    up = one_up(base, "l1.fo")
    e5.merge(base, steps(tmp_path / "s.npz", base, l1_fo=up), tmp_path / "m.bin")
    before, after = e5.read(base), e5.read(tmp_path / "m.bin")
    scale = blocks.scales(before.bytes_of("l1.fo.w")).repeat(32).reshape(up.shape)
    moved = blocks.weights(after.bytes_of("l1.fo.w"), up.shape) - blocks.weights(before.bytes_of("l1.fo.w"), up.shape)
    np.testing.assert_allclose(moved, up * scale, rtol=1e-5, atol=1e-7)
    at = before.tensors["l1.fo.w"]
    assert after.raw[: at.at] == before.raw[: at.at]
    assert after.raw[at.at + at.size :] == before.raw[at.at + at.size :]


@pytest.mark.parametrize("wrong", [100, -100, -16, 16])
def test_a_step_out_of_the_4_bit_is_refused(tmp_path: Path, base: Path, wrong: int) -> None:
    far = np.full((tiny_e5.WIDTH, tiny_e5.WIDTH), wrong, np.int8)
    with pytest.raises(BadSetting, match=r"does not fit base\.bin: l0\.q\.w would leave its 4 bit"):
        e5.merge(base, steps(tmp_path / "s.npz", base, l0_q=far), tmp_path / "m.bin")
    assert not (tmp_path / "m.bin").exists()


def test_steps_for_another_base_are_refused(tmp_path: Path, base: Path) -> None:
    other = tiny_e5.write(tmp_path / "other.bin", seed=2)
    with pytest.raises(BadSetting, match="was trained on another embedding model"):
        e5.merge(base, steps(tmp_path / "s.npz", other), tmp_path / "m.bin")


@pytest.mark.parametrize(
    "change", [np.zeros((2, 2), np.int8), np.zeros((tiny_e5.WIDTH, tiny_e5.WIDTH), np.float32)], ids=["shape", "kind of number"]
)
def test_steps_of_another_size_are_refused(tmp_path: Path, base: Path, change: np.ndarray) -> None:
    with pytest.raises(BadSetting, match=r"does not fit base\.bin: l0\.q\.w has another size or kind there"):
        e5.merge(base, steps(tmp_path / "s.npz", base, l0_q=change), tmp_path / "m.bin")


@pytest.mark.parametrize("data", [b"", b"PK no archive", b"\x00" * 500])
def test_what_holds_no_steps_is_refused(tmp_path: Path, base: Path, data: bytes) -> None:
    (tmp_path / "s.npz").write_bytes(data)
    with pytest.raises(BadSetting, match=r"s\.npz holds no training of the embedding model"):
        e5.merge(base, tmp_path / "s.npz", tmp_path / "m.bin")


@pytest.mark.parametrize("share", [0.0001, 0.01, 0.05, 0.5, 0.999])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, base: Path, share: float) -> None:
    raw = base.read_bytes()
    base.write_bytes(raw[: max(4, int(len(raw) * share))])
    with pytest.raises(BadSetting, match=r"is damaged|is cut off|of another kind"):
        e5.read(base)


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"GGUF" + bytes(200))
    with pytest.raises(BadSetting, match="is no embedding model: it starts with b'GGUF', not b'E5S1'"):
        e5.read(tmp_path / "x.bin")
    with pytest.raises(BadSetting, match=r"none\.bin cannot be read: No such file"):
        e5.read(tmp_path / "none.bin")


def test_a_merged_file_is_made_once_and_anew_when_either_changes(tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tmp_path / "s.npz"
    steps(made, base, l0_q=one_up(base, "l0.q"))
    first = e5.merged(base, made, tmp_path / "cache")
    with monkeypatch.context() as patched:
        patched.setattr(e5, "merge", lambda *_: pytest.fail("it was there"))
        assert e5.merged(base, made, tmp_path / "cache") == first
    steps(made, base, l0_k=one_up(base, "l0.k"))
    second = e5.merged(base, made, tmp_path / "cache")
    assert second != first
    tiny_e5.write(base, seed=3)
    steps(made, base, l0_k=one_up(base, "l0.k"))
    third = e5.merged(base, made, tmp_path / "cache")
    assert sorted((tmp_path / "cache").glob("*.bin")) == sorted([first, second, third])


def test_what_nobody_asked_for_in_a_week_goes(tmp_path: Path, base: Path) -> None:
    made, cache, week_ago = tmp_path / "s.npz", tmp_path / "cache", time.time() - 8 * 86_400
    old = e5.merged(base, steps(made, base, l0_q=one_up(base, "l0.q")), cache)
    used = e5.merged(base, steps(made, base, l0_k=one_up(base, "l0.k")), cache)
    killed = cache / ".e5-small-1.bin.77"
    killed.touch()
    for path in (old, used, killed):
        os.utime(path, (week_ago, week_ago))
    assert e5.merged(base, made, cache) == used  # another checkout's, say
    new = e5.merged(base, steps(made, base, l0_v=one_up(base, "l0.v")), cache)
    assert sorted(p.name for p in cache.iterdir()) == sorted([".e5-small.lock", used.name, new.name])


def test_two_processes_at_once_make_it_once(tmp_path: Path, base: Path) -> None:
    made = steps(tmp_path / "s.npz", base, l0_q=one_up(base, "l0.q"))
    code = "import sys, pathlib; from models import e5; print(e5.merged(*map(pathlib.Path, sys.argv[1:])).stat().st_ino)"
    command = [sys.executable, "-c", code, str(base), str(made), str(tmp_path / "cache")]
    with open_lock(tmp_path / "cache"):  # until all are there and wait
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) for _ in range(3)]
        wait_for_waiters(tmp_path / "cache/.e5-small.lock", 3)
    said = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(set(said)) == 1  # one file, never written twice
    assert [p.name for p in (tmp_path / "cache").glob("*.bin*")] == [e5.merged(base, made, tmp_path / "cache").name]


@contextmanager
def open_lock(folder: Path) -> Iterator[None]:
    """Holds the lock of a merge."""
    folder.mkdir()
    with (folder / ".e5-small.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def wait_for_waiters(lock: Path, count: int) -> None:
    """Until so many wait for the lock, as the kernel tells ("-> FLOCK ... device:inode")."""
    inode = f":{lock.stat().st_ino} "
    deadline = time.monotonic() + 60
    while sum("->" in line and inode in line for line in Path("/proc/locks").read_text().splitlines()) < count:
        assert time.monotonic() < deadline, "they never came to wait"
        time.sleep(0.05)


def test_a_cache_that_is_only_read_serves_what_is_in_it(tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = steps(tmp_path / "s.npz", base, l0_q=one_up(base, "l0.q"))
    target = e5.merged(base, made, tmp_path / "cache")

    def refused(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "utime", refused)
    monkeypatch.setattr(fcntl, "flock", lambda *_: pytest.fail("nobody has to wait for what is there"))
    assert e5.merged(base, made, tmp_path / "cache") == target


def test_a_merged_file_that_was_cut_off_is_made_anew(tmp_path: Path, base: Path) -> None:
    made = steps(tmp_path / "s.npz", base, l0_q=one_up(base, "l0.q"))
    target = e5.merged(base, made, tmp_path / "cache")
    whole = target.read_bytes()
    target.write_bytes(whole[:100])
    assert e5.merged(base, made, tmp_path / "cache").read_bytes() == whole


def test_where_it_cannot_be_written_nothing_is_left(tmp_path: Path, base: Path) -> None:
    made = steps(tmp_path / "s.npz", base, l0_q=one_up(base, "l0.q"))
    (tmp_path / "cache").write_text("a file, no folder")
    with pytest.raises(BadSetting, match="cannot be written"):
        e5.merged(base, made, tmp_path / "cache")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["base.bin", "cache", "s.npz"]
