"""Set-up's steps: what it says when something fails, what it does when the engine dies, and that it does nothing twice."""

import signal
import sys
from pathlib import Path

import pytest

from scripts import debian, engine, python_problem, setup, shell
from scripts.machine import Machine
from scripts.shell import SetupFailed, explain, run

MACHINE = Machine(arch="x86_64", flags=frozenset({"avx2"}), cores=2, memory_mb=4000, disk_mb=9000, missing=())


@pytest.mark.parametrize(
    ("version", "good"),
    [((3, 10), False), ((3, 11), True), ((3, 12), True), ((3, 13), False), ((2, 7), False)],
)
def test_python_is_checked_by_any_python(version: tuple[int, int], good: bool) -> None:
    said = python_problem(version)
    assert (said == "") == good
    assert good or ("this is Python {}.{}".format(*version) in said and "apt-get install" in said)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        pytest.param(
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "other bytes than the lock file", id="hash"
        ),
        pytest.param("OSError: [Errno 28] No space left on device", "the disk is full", id="disk"),
        pytest.param("c++: fatal error: Killed signal terminated program cc1plus", "memory ran out", id="memory"),
        pytest.param("Retrying after NewConnectionError: Failed to establish", "index cannot be reached", id="no line"),
        pytest.param("ERROR: No matching distribution found for x", "index cannot be reached", id="no package"),
        pytest.param("Traceback", "The last words are in /x/setup.log", id="anything else"),
    ],
)
def test_a_failure_is_one_sentence(said: str, reason: str) -> None:
    sentence = explain("Installing", said, Path("/x/setup.log"))
    assert sentence.startswith("Installing failed")
    assert reason in sentence
    assert "\n" not in sentence


def test_a_long_step_shows_signs_of_life_and_keeps_a_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shell, "EVERY_S", 0.05)
    code = "import time; print('[7/20] Building', flush=True); time.sleep(0.5)"
    run("Building", [sys.executable, "-c", code], log=tmp_path / "log", note=engine.percent)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Building ..."
    assert any(line.endswith("s: 35 %") for line in lines)
    assert lines[-1].startswith("  done in")
    assert (tmp_path / "log").read_text() == "[7/20] Building\n"


def test_a_step_that_fails_says_so(tmp_path: Path) -> None:
    with pytest.raises(SetupFailed, match="Fetching failed: the disk is full"):
        run("Fetching", [sys.executable, "-c", "raise SystemExit('No space left on device')"], log=tmp_path / "log")


@pytest.mark.parametrize(("line", "shown"), [("[1/140] Building CXX", "0 %"), ("  [70/140] x", "50 %"), ("Collecting x", "")])
def test_percent(line: str, shown: str) -> None:
    assert engine.percent(line) == shown


def test_another_build_has_another_place() -> None:
    keys = {engine.key("x86_64", args, lock) for args in (("-DA=ON",), ("-DA=OFF",)) for lock in ("x==1", "x==2")}
    assert len(keys | {engine.key("aarch64", ("-DA=ON",), "x==1")}) == 5
    assert engine.key("x86_64", ("-DA=ON",), "x==1") in keys


def test_a_wheel_that_is_kept_is_not_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "requirements-engine.lock").write_text("x==1")
    built: list[Path] = []

    def build(folder: Path, *_: object) -> None:
        assert not list(folder.glob("build-*")), "what a dead build left is in the way"
        built.append(folder)
        (folder / "x-1-py3-none-any.whl").write_bytes(b"")

    monkeypatch.setattr(engine, "_build", build)
    first = engine.wheel(MACHINE, root=tmp_path, cache=tmp_path / "cache", log=tmp_path / "log", plain=False)
    (first.parent / "build-dead").mkdir()
    assert engine.wheel(MACHINE, root=tmp_path, cache=tmp_path / "cache", log=tmp_path / "log", plain=False) == first
    assert len(built) == 1


def _dying(tmp_path: Path, name: str) -> Path:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nkill -{name} $$\n")
    python.chmod(0o755)
    return python


@pytest.mark.parametrize(
    ("name", "says"), [("ILL", "died with SIGILL"), ("SEGV", "died with SIGSEGV"), ("KILL", "SIGKILL .*memory ran out")]
)
def test_an_engine_that_dies_is_named_with_its_signal(tmp_path: Path, name: str, says: str) -> None:
    code, said = engine.trial(_dying(tmp_path, name), tmp_path)
    assert code == -getattr(signal, f"SIG{name}")
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(engine.last_words(code, said))


def test_an_engine_that_fails_gives_its_own_reason() -> None:
    assert engine.last_words(1, "noise\nujumbe: the model is missing\n") == "The engine does not answer: ujumbe: the model is missing"


@pytest.mark.parametrize(
    ("trials", "plain_built", "fails"),
    [
        pytest.param([(0, "")], False, False, id="it lives"),
        pytest.param([(-4, ""), (0, "")], True, False, id="the plainer one lives"),
        pytest.param([(-4, ""), (-4, "")], True, True, id="both die"),
        pytest.param([(1, "ujumbe: no")], False, True, id="it refuses: another build would not help"),
    ],
)
def test_an_engine_that_dies_gets_one_plainer_build(
    monkeypatch: pytest.MonkeyPatch, trials: list[tuple[int, str]], plain_built: bool, fails: bool
) -> None:
    left, built = list(trials), list[bool]()
    monkeypatch.setattr(engine, "trial", lambda *_: left.pop(0))
    monkeypatch.setattr(setup, "_fit_machine", lambda: MACHINE)
    monkeypatch.setattr(setup, "install_engine", lambda _, *, plain: built.append(plain))
    if fails:
        with pytest.raises(SetupFailed, match="The engine"):
            setup.try_engine()
    else:
        setup.try_engine()
    assert built == ([True] if plain_built else [])
    assert left == []


@pytest.fixture
def stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in setup.LOCKS:
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(setup, "STAMP", tmp_path / "stamp")
    return tmp_path / "stamp"


@pytest.mark.parametrize(
    ("made_for", "wanted_dev", "done"),
    [("run", False, True), ("run", True, False), ("dev", True, True), ("dev", False, True)],
)
def test_an_environment_serves_what_it_was_made_for(stamp: Path, made_for: str, wanted_dev: bool, done: bool) -> None:
    stamp.write_text(f"{setup.fingerprint()} {made_for} tried")
    assert setup.is_done(dev=wanted_dev) == done


@pytest.mark.parametrize("name", setup.LOCKS)
def test_a_changed_lock_is_installed_again(stamp: Path, name: str) -> None:
    stamp.write_text(f"{setup.fingerprint()} dev tried")
    (stamp.parent / name).write_text("other")
    assert not setup.is_done(dev=False)


def test_a_failure_is_said_and_is_the_exit_status(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*, dev: bool) -> None:
        raise SetupFailed("Programs are missing. On Debian, as root: apt-get install -y g++")

    monkeypatch.setattr(setup, "prepare", fail)
    assert setup.main([]) == 1
    assert capsys.readouterr() == ("", "Programs are missing. On Debian, as root: apt-get install -y g++\n")


def test_the_count_of_packages_comes_from_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    lock.write_text("a==1 \\\n    --hash=sha256:00\nb==2 \\\n    --hash=sha256:00\n    # via a==1\n")
    note = setup._Counter(lock)
    assert [note(line) for line in ("Collecting a==1 (from -r x)", "  Using cached", "Collecting b==2")] == ["1 of 2, a", "", "2 of 2, b"]


@pytest.mark.parametrize(
    ("here", "folder", "packages"),
    [
        pytest.param({"redis-server", "chromium", "initdb"}, "", [], id="all on the path"),
        pytest.param({"redis-server", "chromium"}, "usr/lib/postgresql/15/bin", [], id="Debian hides initdb"),
        pytest.param({"chromium", "psql"}, "", ["postgresql", "redis-server"], id="a client is no server"),
    ],
)
def test_what_the_tests_need(tmp_path: Path, here: set[str], folder: str, packages: list[str]) -> None:
    if folder:
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "initdb").touch()
    assert debian.missing(tmp_path, lambda name: name if name in here else None) == packages


def test_without_the_right_to_install_the_command_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(debian, "_privilege", lambda: None)
    with pytest.raises(SetupFailed, match=r"need redis-server\. As root: apt-get install -y --no-install-recommends redis-server"):
        debian.install(["redis-server"], tmp_path / "log")
