"""compose.yaml and Dockerfile, as far as they can be held to the code without Docker."""

import copy
import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.config import Settings
from bot.core.types import Lane
from bot.worker.beat import BEAT
from bot.worker.queue import make_celery

ROOT = Path(__file__).resolve().parents[1]
Compose = dict[str, Any]
KEYS = {  # of the Compose Specification, those that we use: a misspelt one is not known
    *("image", "build", "command", "environment", "env_file", "volumes", "depends_on", "healthcheck", "restart", "ports", "init"),
    *("cap_drop", "security_opt", "stop_grace_period", "cpu_shares", "shm_size"),
}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}


@pytest.fixture
def compose() -> Compose:
    loaded: Compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return loaded


def ours(compose: Compose) -> dict[str, Any]:
    return {name: service for name, service in compose["services"].items() if service.get("image") == "ujumbe"}


def problems(compose: Compose) -> Iterator[str]:
    """What could not start, or would listen where it should not."""
    services = compose["services"]
    for name, service in services.items():
        yield from (f"{name}: unknown key {key}" for key in service.keys() - KEYS)
        for other, how in service.get("depends_on", {}).items():
            if other not in services or how["condition"] not in CONDITIONS:
                yield f"{name}: cannot wait for {other}"
            elif how["condition"] == "service_healthy" and "healthcheck" not in services[other]:
                yield f"{name}: waits for the health of {other}, which has no check"
        for volume in service.get("volumes", []):
            if volume.split(":")[0] not in compose["volumes"]:
                yield f"{name}: no volume {volume}"
        for port in service.get("ports", []):
            if not port.startswith("127.0.0.1:"):
                yield f"{name}: {port} is open to the world"
    for name, service in ours(compose).items():
        python, flag, module, *words = service["command"]
        if (python, flag) != ("python", "-m") or importlib.util.find_spec(module) is None:
            yield f"{name}: {module} cannot be run"
        if module == "bot.worker" and words[0] not in {*Lane, BEAT}:
            yield f"{name}: no lane {words[0]}"


def test_everything_can_start(compose: Compose) -> None:
    assert list(problems(compose)) == []


def _break(path: list[str], value: Any) -> Callable[[Compose], None]:
    def change(compose: Compose) -> None:
        place = compose["services"]
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(_break(["sends", "command"], ["python", "-m", "bot.worker", "sned"]), "no lane sned", id="lane"),
        pytest.param(_break(["gateway", "command"], ["python", "-m", "bot.gatway"]), "cannot be run", id="module"),
        pytest.param(_break(["gateway", "comand"], []), "unknown key", id="key"),
        pytest.param(_break(["gateway", "ports"], ["8080:8080"]), "open to the world", id="port"),
        pytest.param(_break(["valkey", "volumes"], ["vlakey:/data"]), "no volume", id="volume"),
        pytest.param(_break(["beat", "depends_on"], {"redis": {"condition": "service_healthy"}}), "cannot wait", id="depends"),
        pytest.param(_break(["beat", "depends_on"], {"sends": {"condition": "service_healthy"}}), "no check", id="no-check"),
    ],
)
def test_the_guard_sees(compose: Compose, change: Callable[[Compose], None], says: str) -> None:
    broken = copy.deepcopy(compose)
    change(broken)
    assert any(says in problem for problem in problems(broken))


def test_there_is_a_service_for_each_part_and_each_lane(compose: Compose) -> None:
    assert set(ours(compose)) == {"gateway", "migrate", BEAT, *(lane.value for lane in Lane)}
    lanes = {name: service["command"][-1] for name, service in ours(compose).items() if service["command"][2] == "bot.worker"}
    assert all(name == lane for name, lane in lanes.items())


def test_the_settings_are_settings(compose: Compose, tmp_path: Path) -> None:
    for service in ours(compose).values():
        given = {name.removeprefix("UJUMBE_").lower(): value for name, value in service["environment"].items()}
        settings = Settings(data_dir=tmp_path, **{n: re.sub(r"\$\{(\w+).*?\}", "secret", v) for n, v in given.items()})
        assert settings.sqlalchemy_url == "postgresql+psycopg://ujumbe:secret@postgres/ujumbe"
        make_celery(settings)  # refuses a broker that it cannot use


def test_the_migration_command_exists(compose: Compose) -> None:
    words = compose["services"]["migrate"]["command"][1:]
    subprocess.run([sys.executable, *words, "--help"], cwd=ROOT, check=True, capture_output=True)


def test_no_password_is_written_down(compose: Compose) -> None:
    assert compose["services"]["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")


def test_the_image_starts_as_nobody_with_settings_that_exist() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^USER ujumbe$", text, re.MULTILINE)
    names = set(re.findall(r"UJUMBE_(\w+)=", text))
    assert {"DATA_DIR", "HOST"} <= names <= {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("name", [".git", ".venv", "data", "shared"])
def test_what_is_private_or_heavy_stays_out_of_the_image(name: str) -> None:
    assert name in (ROOT / ".dockerignore").read_text().split()
