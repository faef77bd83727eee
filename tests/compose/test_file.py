"""compose.yaml, held against the Compose Specification, against our code, and against what a real installation needs."""

import copy
import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import healthcheck
from bot.config import Settings
from bot.core.types import Lane
from bot.worker.beat import BEAT
from bot.worker.queue import make_celery
from tests.compose.file import ROOT, Compose, Missing, load, ours, running

BOARD_MB = 4096 - 700  # of a 4 GB board: what its system, Docker and the firmware leave
SAMPLE = {"POSTGRES_PASSWORD": "secret"}


@pytest.fixture
def compose() -> Compose:
    return load(SAMPLE)


def schema_says(compose: Compose, folder: Path) -> str:
    """What the Compose Specification's JSON schema has against it, "" for nothing."""
    (folder / "compose.yaml").write_text(yaml.safe_dump(compose))
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", folder / "compose.yaml"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.stdout if ended.returncode else ""


def problems(compose: Compose) -> Iterator[str]:
    """What could not start, would listen where it should not, or may do more than it has to."""
    services = compose["services"]
    for name, service in services.items():
        yield from _links(name, service, compose)
        yield from _rights(name, service)
    for name, service in running(compose).items():
        if "test" not in service.get("healthcheck", {}):
            yield f"{name}: nobody looks whether it works"
        if service.get("restart") != "unless-stopped":
            yield f"{name}: does not start again"
    for name, service in ours(compose).items():
        yield from _commands(name, service)


def _links(name: str, service: Any, compose: Compose) -> Iterator[str]:
    services = compose["services"]
    for other, how in service.get("depends_on", {}).items():
        if other not in services:
            yield f"{name}: cannot wait for {other}"
        elif how["condition"] == "service_healthy" and "healthcheck" not in services[other]:
            yield f"{name}: waits for the health of {other}, which has no check"
    for volume in service.get("volumes", []):
        if volume.split(":")[0] not in compose["volumes"]:
            yield f"{name}: no volume {volume}"
    for network in service.get("networks", ["default"]):
        if network not in compose["networks"]:
            yield f"{name}: no network {network}"
    for port in service.get("ports", []):
        if not port.startswith("127.0.0.1:"):
            yield f"{name}: {port} is open to the world"


def _rights(name: str, service: Any) -> Iterator[str]:
    wanted = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}
    yield from (f"{name}: {key} is not {value}" for key, value in wanted.items() if service.get(key) != value)
    if str(service.get("user", "root")).split(":")[0] in {"root", "0"}:
        yield f"{name}: runs as root"
    yield from (f"{name}: no {key}" for key in ("mem_limit", "pids_limit", "stop_grace_period") if key not in service)
    if not {"max-size", "max-file"} <= service.get("logging", {}).get("options", {}).keys():
        yield f"{name}: its log has no end"
    if service["image"] != "ujumbe" and service["image"].rpartition(":")[2] in {"", "latest", service["image"]}:
        yield f"{name}: {service['image']} is another one every day"


def _commands(name: str, service: Any) -> Iterator[str]:
    python, flag, module, *words = [*service.get("entrypoint", []), *service["command"]]
    if (python, flag) != ("python", "-m") or importlib.util.find_spec(module) is None:
        yield f"{name}: {module} cannot be run"
    if module == "bot.worker" and words[0] not in {*Lane, BEAT}:
        yield f"{name}: no lane {words[0]}"
    check = service.get("healthcheck", {}).get("test", [])
    if check and check[:5] != ["CMD", "python", "-m", "bot", "healthcheck"]:
        yield f"{name}: {check} is not our check"
    elif check and check[5] != name:
        yield f"{name}: asks for the health of {check[5]}"


def test_everything_can_start(compose: Compose, tmp_path: Path) -> None:
    assert list(problems(compose)) == []
    assert schema_says(compose, tmp_path) == ""


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
        pytest.param(_break(["gateway", "ports"], ["8080:8080"]), "open to the world", id="port"),
        pytest.param(_break(["valkey", "volumes"], ["vlakey:/data"]), "no volume", id="volume"),
        pytest.param(_break(["valkey", "networks"], ["within"]), "no network", id="network"),
        pytest.param(_break(["beat", "depends_on"], {"redis": {"condition": "service_healthy"}}), "cannot wait", id="depends"),
        pytest.param(_break(["beat", "depends_on"], {"migrate": {"condition": "service_healthy"}}), "no check", id="no-check"),
        pytest.param(_break(["sends", "healthcheck"], {}), "nobody looks", id="unwatched"),
        pytest.param(_break(["sends", "healthcheck", "test"], ["CMD", "true"]), "is not our check", id="blind"),
        pytest.param(_break(["sends", "restart"], "no"), "does not start again", id="restart"),
        pytest.param(_break(["sends", "user"], "0:0"), "runs as root", id="root"),
        pytest.param(_break(["postgres", "read_only"], False), "read_only", id="writable"),
        pytest.param(_break(["postgres", "cap_drop"], []), "cap_drop", id="capabilities"),
        pytest.param(_break(["postgres", "security_opt"], []), "security_opt", id="privileges"),
        pytest.param(_break(["postgres", "logging"], {}), "no end", id="log"),
        pytest.param(_break(["postgres", "image"], "postgres"), "every day", id="tag"),
    ],
)
def test_the_guard_sees(compose: Compose, change: Callable[[Compose], None], says: str) -> None:
    broken = copy.deepcopy(compose)
    change(broken)
    assert any(says in problem for problem in problems(broken))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_break(["gateway", "comand"], []), id="key"),
        pytest.param(_break(["gateway", "healthcheck", "interval"], 15), id="type"),
        pytest.param(_break(["gateway", "depends_on", "valkey", "condition"], "healthy"), id="word"),
    ],
)
def test_the_schema_sees(compose: Compose, change: Callable[[Compose], None], tmp_path: Path) -> None:
    broken = copy.deepcopy(compose)
    change(broken)
    assert "gateway" in schema_says(broken, tmp_path)


def test_there_is_a_service_for_each_part_and_each_lane(compose: Compose) -> None:
    always = {name for name in ours(compose) if name in running(compose)}
    assert always == set(healthcheck.PARTS)
    lanes = {name: service["command"][-1] for name, service in ours(compose).items() if service["command"][2:3] == ["bot.worker"]}
    assert all(name == lane for name, lane in lanes.items())
    assert set(lanes) == {BEAT, *(lane.value for lane in Lane)}


def megabytes(size: str) -> int:
    return int(size[:-1]) * {"m": 1, "g": 1024}[size[-1]]


def test_all_of_it_fits_on_a_board_of_4_gb(compose: Compose) -> None:
    assert sum(megabytes(service["mem_limit"]) for service in running(compose).values()) <= BOARD_MB


def test_only_who_talks_to_the_world_can_reach_it(compose: Compose) -> None:
    assert compose["networks"]["inside"] == {"internal": True}
    hidden = {name for name, service in compose["services"].items() if service["networks"] == ["inside"]}
    assert hidden == {"postgres", "valkey", "beat", "migrate"}


def test_the_settings_are_settings(compose: Compose) -> None:
    for service in ours(compose).values():
        names = {name.removeprefix("UJUMBE_").lower() for name in service["environment"]}
        assert names <= Settings.model_fields.keys()
        settings = Settings(**{name.removeprefix("UJUMBE_").lower(): value for name, value in service["environment"].items()})
        assert settings.sqlalchemy_url == "postgresql+psycopg://ujumbe:secret@postgres/ujumbe"
        assert str(settings.run_path) in {place.split(":")[0] for place in service["tmpfs"]}
        assert str(settings.data_dir) in {volume.split(":")[1] for volume in service["volumes"]}
        make_celery(settings)  # refuses a broker that it cannot use


def test_without_a_password_nothing_starts() -> None:
    with pytest.raises(Missing, match=r"put it into \.env"):
        load({})


def test_no_password_is_written_down() -> None:
    raw = yaml.safe_load((ROOT / "compose.yaml").read_text())
    held = [str(value) for service in raw["services"].values() for name, value in service.get("environment", {}).items() if "PASS" in name]
    assert held
    assert all(value.startswith("${POSTGRES_PASSWORD:?") for value in held)
