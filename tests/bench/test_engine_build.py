"""How the benchmark comes by its llama-server: built once, from the source and with the flags of our own engine."""

import io
import os
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.engine import build
from scripts.machine import Machine, cmake_args
from scripts.shell import SetupFailed

AMX = frozenset(
    ["sse4_2", "avx", "avx2", "fma", "f16c", "bmi2", "avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw", "amx_tile", "amx_int8"]
)
TOP = "llama_cpp_python-0.3.36"


def archive(folder: Path, names: Sequence[str]) -> Path:
    """A source archive with these files."""
    path = folder / f"{TOP}.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 1
            tar.addfile(member, io.BytesIO(b"x"))
    return path


def test_only_llama_cpp_is_unpacked(tmp_path: Path) -> None:
    names = [f"{TOP}/{rest}" for rest in ("vendor/llama.cpp/CMakeLists.txt", "vendor/llama.cpp/tools/server/main.cpp", "llama_cpp/a.py")]
    source = build.unpack(archive(tmp_path, names), tmp_path / "out")
    assert source == tmp_path / "out" / TOP / "vendor/llama.cpp"
    files = [path.relative_to(source) for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert sorted(map(str, files)) == ["CMakeLists.txt", "tools/server/main.cpp"]


def test_a_source_without_the_server_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SetupFailed, match="--server PATH"):
        build.unpack(archive(tmp_path, [f"{TOP}/vendor/llama.cpp/CMakeLists.txt"]), tmp_path / "out")


def test_nothing_is_unpacked_outside(tmp_path: Path) -> None:
    path = archive(tmp_path, [f"{TOP}/vendor/llama.cpp/../../../../evil"])
    with pytest.raises(tarfile.FilterError):
        build.unpack(path, tmp_path / "out")
    assert not (tmp_path / "evil").exists()


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """The arguments of each build; a build makes a file."""
    seen: list[Sequence[str]] = []

    def fake(work: Path, args: Sequence[str], jobs: int, log: Path) -> Path:
        seen.append(args)
        (work / "made").write_text("binary")
        return work / "made"

    monkeypatch.setattr(build, "look", lambda _: Machine("x86_64", AMX, 2, 4000, 9000, ()))
    monkeypatch.setattr(build, "_build", fake)
    return seen


def test_it_is_built_once_with_the_processor_flags_of_our_engine_and_in_one_piece(tmp_path: Path, builds: list[Sequence[str]]) -> None:
    made = build.llama_server(tmp_path)
    assert made == build.llama_server(tmp_path)
    assert made.read_text() == "binary"
    (args,) = builds
    assert set(cmake_args("x86_64", AMX)) <= set(args)
    assert "-DGGML_NATIVE=OFF" in args
    assert not any("AMX" in one for one in args)
    assert "-DBUILD_SHARED_LIBS=OFF" in args
    assert os.listdir(made.parent) == ["llama-server"]  # the build room is gone


def test_another_version_of_the_engine_is_another_build(
    tmp_path: Path, builds: list[Sequence[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build.llama_server(tmp_path)
    lock = tmp_path / "lock"
    lock.write_text("llama-cpp-python==0.3.37")
    monkeypatch.setattr(build, "LOCK", lock)
    assert build.llama_server(tmp_path) != first
    assert len(builds) == 2


def test_without_cmake_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build.shutil, "which", lambda _: None)
    with pytest.raises(SetupFailed, match="apt-get install -y cmake ninja-build"):
        build._build(tmp_path, (), 1, tmp_path / "log")
