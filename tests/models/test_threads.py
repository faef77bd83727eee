"""How long libgomp's threads spin is said before it is loaded, once, and never against the user."""

import subprocess
import sys
from pathlib import Path

import pytest

from models.threads import sleep_soon

_SHOW = "import ctypes; g = ctypes.CDLL(None).getenv; g.restype = ctypes.c_char_p; print(g(b'GOMP_SPINCOUNT'), g(b'OMP_WAIT_POLICY'))"


def _after(code: str, **env: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=env)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("env", "says"),
    [
        pytest.param({}, "True\nb'77' None", id="nothing set"),
        pytest.param({"GOMP_SPINCOUNT": "5"}, "True\nb'5' None", id="the user's own count stays"),
        pytest.param({"OMP_WAIT_POLICY": "active"}, "True\nNone b'active'", id="the user's own policy stays"),
    ],
)
def test_it_is_in_the_environment_that_libraries_see(env: dict[str, str], says: str) -> None:
    assert _after(f"from models.threads import sleep_soon; print(sleep_soon(77)); {_SHOW}", **env) == says


def test_too_late_is_said_and_nothing_is_changed(tmp_path: Path) -> None:
    maps = tmp_path / "maps"
    maps.write_text("7f00-7f01 r-xp 00000000 08:01 42 /usr/lib/libgomp.so.1.0.0\n")
    code = f"from pathlib import Path; from models.threads import sleep_soon; print(sleep_soon(77, Path({str(maps)!r}))); {_SHOW}"
    assert _after(code) == "False\nNone None"


def test_a_system_without_maps_is_taken_as_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")
    assert sleep_soon(77, tmp_path / "none")
