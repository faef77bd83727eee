"""What the machine's own words mean for the build and for set-up."""

from pathlib import Path

import pytest

from scripts.machine import Machine, build_jobs, cmake_args, cpu_flags, look, memory_mb, problems

HASWELL = "sse4_2 avx avx2 fma f16c bmi2"
SKYLAKE_X = f"{HASWELL} avx512f avx512cd avx512vl avx512dq avx512bw"
ZEN_4 = f"{SKYLAKE_X} avx512vbmi avx512_vnni avx512_bf16"
SAPPHIRE = f"{ZEN_4} avx_vnni amx_tile amx_int8 amx_bf16"
GOOD = Machine(arch="x86_64", flags=frozenset(HASWELL.split()), cores=2, memory_mb=4000, disk_mb=9000, missing=())


def _on(arch: str, flags: str, *, plain: bool = False) -> set[str]:
    """The options that are switched on."""
    args = cmake_args(arch, frozenset(flags.split()), plain=plain)
    return {arg.removeprefix("-D").removesuffix("=ON") for arg in args if arg.endswith("=ON")}


BASE = {"GGML_SSE42", "GGML_AVX", "GGML_AVX2", "GGML_FMA", "GGML_F16C", "GGML_BMI2"}
EXTRA = {"GGML_AVX512_VBMI", "GGML_AVX512_VNNI", "GGML_AVX512_BF16"}


@pytest.mark.parametrize(
    ("arch", "flags", "plain", "on"),
    [
        pytest.param("x86_64", HASWELL, False, BASE, id="avx2"),
        pytest.param("x86_64", SKYLAKE_X, False, BASE | {"GGML_AVX512"}, id="the first avx512"),
        pytest.param("x86_64", ZEN_4, False, BASE | {"GGML_AVX512"} | EXTRA, id="zen 4"),
        pytest.param("x86_64", SAPPHIRE, False, BASE | {"GGML_AVX512", "GGML_AVX_VNNI"} | EXTRA, id="sapphire rapids, without amx"),
        pytest.param("x86_64", ZEN_4.replace("avx512bw", ""), False, BASE, id="a set with a hole counts for nothing"),
        pytest.param("x86_64", HASWELL.replace("bmi2", ""), False, BASE - {"GGML_BMI2"}, id="a virtual machine hides bmi2"),
        pytest.param("x86_64", SAPPHIRE, True, BASE, id="plain"),
        pytest.param("aarch64", "fp asimd", False, {"GGML_NATIVE"}, id="arm"),
        pytest.param("aarch64", "fp asimd", True, set(), id="plain arm"),
    ],
)
def test_the_build_fits_the_processor(arch: str, flags: str, plain: bool, on: set[str]) -> None:
    assert _on(arch, flags, plain=plain) == on


@pytest.mark.parametrize("flags", [HASWELL, SKYLAKE_X, ZEN_4, SAPPHIRE])
def test_amx_and_native_are_never_built_on_x86(flags: str) -> None:
    args = cmake_args("x86_64", frozenset(flags.split()))
    assert "-DGGML_NATIVE=OFF" in args
    assert not [arg for arg in args if "AMX" in arg]


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        pytest.param(
            "processor : 0\nflags\t\t: avx avx2\n\nprocessor : 1\nflags\t\t: avx avx2 fma\n", {"avx", "avx2"}, id="what all cores have"
        ),
        pytest.param("Features\t: fp asimd\n", {"fp", "asimd"}, id="arm"),
        pytest.param("vmx flags\t: vnmi\nflags\t: avx\n", {"avx"}, id="other flags are not the processor's"),
        pytest.param("", set(), id="nothing"),
    ],
)
def test_cpu_flags(text: str, flags: set[str]) -> None:
    assert cpu_flags(text) == flags


@pytest.mark.parametrize(
    ("limit", "used", "expected"),
    [
        pytest.param("", "", 8000, id="no container"),
        pytest.param("max\n", "1000000\n", 8000, id="no limit"),
        pytest.param(f"{2000 << 20}\n", f"{500 << 20}\n", 1500, id="a container's limit"),
        pytest.param(f"{64000 << 20}\n", f"{500 << 20}\n", 8000, id="a limit above the machine"),
    ],
)
def test_memory(limit: str, used: str, expected: int) -> None:
    assert memory_mb(f"MemTotal: 9999999 kB\nMemAvailable: {8000 * 1024} kB\n", limit, used) == expected


def _changed(**changes: object) -> Machine:
    values = {"arch": GOOD.arch, "flags": GOOD.flags, "cores": 2, "memory_mb": GOOD.memory_mb, "disk_mb": GOOD.disk_mb, "missing": ()}
    return Machine(**(values | changes))  # type: ignore[arg-type]


def test_a_good_machine_has_no_problem() -> None:
    assert problems(GOOD) == []
    assert problems(_changed(arch="aarch64", flags=frozenset())) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"flags": frozenset({"avx"})}, "no AVX2.* use an x86-64 machine from 2013", id="an old processor"),
        pytest.param({"arch": "armv7l"}, "this machine is armv7l: use another", id="32 bits"),
        pytest.param({"missing": ("g++", "make")}, r"apt-get install -y g\+\+ make$", id="no compiler"),
        pytest.param({"memory_mb": 800}, "800 MB of memory are free and 1500 are needed: stop", id="little memory"),
        pytest.param({"disk_mb": 900}, "900 MB of disk are free and 3000 are needed: free some", id="little disk"),
    ],
)
def test_each_problem_is_one_sentence_with_its_remedy(changes: dict[str, object], says: str) -> None:
    found = problems(_changed(**changes))
    assert len(found) == 1
    assert "\n" not in found[0]
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(found[0])


def test_all_problems_are_said_at_once() -> None:
    assert len(problems(_changed(missing=("gcc",), memory_mb=1, disk_mb=1))) == 3


def test_look_reads_the_machine_and_names_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text("flags : avx2 fma\n")
    (tmp_path / "proc/meminfo").write_text("MemAvailable: 2097152 kB\n")
    machine = look([tmp_path / "not/yet/there"], root=tmp_path, which=lambda name: None if name == "g++" else f"/usr/bin/{name}")
    assert (machine.flags, machine.memory_mb, machine.missing) == (frozenset({"avx2", "fma"}), 2048, ("g++",))
    assert machine.disk_mb > 0


@pytest.mark.parametrize(("cores", "memory", "jobs"), [(8, 1500, 2), (2, 24000, 2), (4, 300, 1)])
def test_compilers_are_bounded_by_memory(cores: int, memory: int, jobs: int) -> None:
    assert build_jobs(_changed(cores=cores, memory_mb=memory)) == jobs
