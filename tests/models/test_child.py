"""The engine's process by itself: what it says, and that it ends with its parent."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.models.keeping import alive, command
from tests.redis import until

ROOT = Path(__file__).resolve().parents[2]
PARENT = """
import math, sys, threading
from models.keeper import Keeper
from tests.models.keeping import command

keeper = Keeper("fake", command("plain"))
threading.Thread(target=lambda: keeper.write(sys.argv[1], max_tokens=5, stop=(), deadline=math.inf), daemon=True).start()
print(keeper.pid, flush=True)
threading.Event().wait()
"""


@pytest.fixture(autouse=True)
def _at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m tests...` is found there."""
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("order", ["hello", "\\freeze now"])
def test_when_the_parent_dies_the_child_dies(order: str) -> None:
    """Also while native code keeps Python from seeing the end of stdin."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT, order], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert alive(child)
    time.sleep(0.5 if "freeze" in order else 0.0)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    try:
        until(lambda: not alive(child))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def test_stdin_s_end_is_the_child_s() -> None:
    child = subprocess.Popen(command("plain"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdin is not None
    child.stdin.write(b'{"id": 1, "do": "write", "prompt": "a secret", "max_tokens": 5, "stop": [], "within_s": Infinity}\n')
    child.stdin.write(b'{"id": 2, "do": "write", "prompt": "\\\\bug a secret", "max_tokens": 5, "stop": [], "within_s": 60}\n')
    child.stdin.flush()
    assert child.stdout is not None
    said: list[dict[str, object]] = []
    while not {1, 2} <= {each.get("id") for each in said}:
        said.append(json.loads(child.stdout.readline()))
    _, noise = child.communicate(timeout=60)  # closes stdin
    assert child.returncode == 0
    assert noise == b""  # nothing of a prompt is ever logged
    assert {"ready": True} in said
    assert any("beat" in each and each["rss"] for each in said)
