"""Every service of compose.yaml, its command and its health check, run for real on PostgreSQL and Valkey: without Docker, but contained.

One installation for the module. It answers a message, its parts are frozen and thawed, and it is stopped as `docker compose stop` would.
"""

import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest
import requests

from bench.wires.gateways import Http
from bot.core.types import Lane
from bot.heartbeat import read
from tests import postgres
from tests.compose import image
from tests.compose.engine import Engine
from tests.compose.file import load, ours, read_env, running
from tests.compose.test_file import megabytes
from tests.redis import free_port, until

ENV = """
POSTGRES_PASSWORD=not-asked-for-on-a-socket
UJUMBE_MODEL=none
UJUMBE_EMBEDDER=none
UJUMBE_CHANNELS__HTTP__SEND_URL={send_url}
UJUMBE_CHANNELS__HTTP__SECRET={secret}
"""
COMPILED = ("-m", "compileall", "-q")  # as in the Dockerfile: nothing can be written beside the code later
STARTED_S = 120.0
IDLE_S = 30.0  # a worker without a task promises to be heard of sooner


@dataclass
class House:
    """The installation and the provider beside it."""

    engine: Engine
    wire: Http
    port: int
    database: str

    def ask(self, number: str, text: str, *, id: str) -> int:
        call = self.wire.inbound(number, text, id=id)
        url = f"http://127.0.0.1:{self.port}{call.target}"
        return requests.request(call.method, url, headers=dict(call.headers), data=call.body, timeout=10).status_code


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("compose")
    with ExitStack() as stack:
        wire = Http()
        stack.enter_context(wire.server)
        database = stack.enter_context(postgres.running())
        _socket_folder(database).chmod(0o755)  # the services have no capabilities: they are not let in as root is
        options = wire.options()
        (folder / ".env").write_text(ENV.format(send_url=options["send_url"], secret=options["secret"]))
        variables = read_env(folder / ".env")
        port, broker = free_port(), free_port()
        swaps = {
            f"postgresql+psycopg://ujumbe:{variables['POSTGRES_PASSWORD']}@postgres/ujumbe": database,
            "valkey:6379": f"127.0.0.1:{broker}",
            "0.0.0.0": "127.0.0.1",
            "8080": str(port),
        }
        app = image.unpack(folder / "app")
        subprocess.run([sys.executable, *COMPILED, "bot", "channels", "models", "skills"], cwd=app, check=True)
        engine = Engine(load(variables), variables, folder, app, swaps)
        stack.callback(_end, engine)
        _start(engine, stack, broker)
        yield House(engine, wire, port, database)


def _socket_folder(database: str) -> Path:
    return Path(parse_qs(urlsplit(database).query)["host"][0])


def _start(engine: Engine, stack: ExitStack, broker: int) -> None:
    """In the order of depends_on: the broker, the database's version, everything else."""
    valkey = stack.enter_context(subprocess.Popen(engine.valkey(broker), stdout=subprocess.DEVNULL))
    stack.callback(valkey.kill)
    until(lambda: _broker_check(engine, broker).returncode == 0)
    assert engine.start("migrate").wait(60) == 0, engine.log("migrate").read_text()
    parts = [name for name in ours(engine.compose) if name in running(engine.compose)]
    for name in parts:
        assert engine.check(name).returncode == 1  # not yet
        engine.start(name)
    for name in parts:
        until(lambda part=name: _healthy_or_dead(engine, part), within_s=STARTED_S)  # type: ignore[misc]


def _healthy_or_dead(engine: Engine, name: str) -> bool:
    assert engine.processes[name].poll() is None, engine.log(name).read_text()
    return engine.is_healthy(name)


def _broker_check(engine: Engine, port: int) -> "subprocess.CompletedProcess[bytes]":
    """The broker's own check, asked of a port of this machine with Redis's client, which Valkey's is a copy of."""
    client, *words = engine.service("valkey")["healthcheck"]["test"][1:]
    assert client == "valkey-cli"
    command = [shutil.which(client) or "redis-cli", "-p", str(port), *words]
    return subprocess.run(command, capture_output=True, timeout=5, check=False)


def _end(engine: Engine) -> None:
    for process in engine.processes.values():
        process.kill()
        process.wait()


def test_a_message_is_answered(house: House) -> None:
    assert house.ask("+254700000001", "how far apart should i plant maize", id="m-1") == 200
    until(house.wire.taken, within_s=60)
    (taken,) = house.wire.taken()
    assert taken.number == "+254700000001"
    assert "75" in taken.text  # cm between the rows


def test_the_image_compiles_what_it_cannot_write_later() -> None:
    assert f"python {' '.join(COMPILED)} bot channels models skills" in image.TEXT


def test_the_check_of_the_broker_fails_without_one(house: House) -> None:
    assert _broker_check(house.engine, free_port()).returncode != 0


def test_the_check_of_the_database_is_a_real_one(house: House) -> None:
    words = house.engine.service("postgres")["healthcheck"]["test"][1:]
    place = _socket_folder(house.database)
    assert subprocess.run([*words, "--host", str(place)], capture_output=True, check=False).returncode == 0
    assert subprocess.run([*words, "--host", "/nowhere"], capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize("name", ["gateway", "answers", "beat"])
def test_a_service_writes_where_it_may_and_nowhere_else(house: House, name: str) -> None:
    code = "import sys; open(sys.argv[1], 'w').close()"
    for place in house.engine.writable(name).values():
        assert house.engine.run(name, ["python", "-c", code, str(place / "probe")], timeout_s=10).returncode == 0
    for path in (house.engine.app, house.engine.folder, Path("/"), Path.home(), Path("/var/tmp")):
        ended = house.engine.run(name, ["python", "-c", code, str(path / "probe")], timeout_s=10)
        assert "Read-only file system" in ended.stderr or "Permission denied" in ended.stderr, ended


def test_a_backup_can_be_made_while_everything_runs(house: House) -> None:
    engine = house.engine
    words = [*engine.service("ujumbe")["entrypoint"], "backup", "/backups"]
    ended = engine.run("ujumbe", words, timeout_s=60)
    assert ended.returncode == 0, ended.stderr
    (file,) = (engine.folder / "volumes" / "backups").glob("*.tar.gz")
    with tarfile.open(file) as backup:
        assert "ujumbe.dump" in backup.getnames()


def test_no_service_missed_a_place_to_write(house: House) -> None:
    for name in house.engine.processes:
        said = house.engine.log(name).read_text()
        assert not re.search(r"Read-only file system|Permission denied|Traceback", said), said


def test_every_service_keeps_well_below_its_limits(house: House) -> None:
    """Without a model: the answers' own limit was measured with it."""
    for name in running(house.engine.compose).keys() & house.engine.processes.keys():
        service, process = house.engine.service(name), psutil.Process(house.engine.processes[name].pid)
        assert process.memory_full_info().uss / 2**20 < 0.75 * megabytes(service["mem_limit"]), name
        assert process.num_threads() < service["pids_limit"] / 2, name


def test_a_frozen_service_is_seen_and_recovers_or_is_ended_by_its_check_and_starts_again(house: House) -> None:
    engine, thawed, ended = house.engine, ["gateway", "sends", "beat"], "alerts"
    try:
        for name in (*thawed, ended):
            _freeze(engine, name)
        for name in (*thawed, ended):
            until(lambda part=name: not engine.is_healthy(part), within_s=60)  # type: ignore[misc]
        assert engine.is_healthy("answers")
        assert "overdue" in engine.check("sends").stdout
    finally:
        for name in thawed:
            engine.processes[name].send_signal(signal.SIGCONT)
    for name in thawed:
        until(lambda part=name: engine.is_healthy(part), within_s=30)  # type: ignore[misc]
    _is_ended(engine, ended)
    engine.start(ended)  # restart: unless-stopped
    until(lambda: engine.is_healthy(ended), within_s=STARTED_S)


def _freeze(engine: Engine, name: str) -> None:
    """Stops the part while it has nothing to do: with a task in hand it may be silent for minutes."""

    def stopped() -> bool:
        process = engine.processes[name]
        process.send_signal(signal.SIGSTOP)
        files = [folder / f"{name}.alive" for folder in engine.writable(name).values()]
        promises = [beat.until for beat in map(read, files) if beat is not None]
        if all(end - time.monotonic() < IDLE_S for end in promises):
            return True
        process.send_signal(signal.SIGCONT)
        return False

    until(stopped)


def _is_ended(engine: Engine, name: str) -> None:
    """As after two minutes: the check's own limit is cut short."""
    words = engine.service(name)["healthcheck"]["test"][1:]
    limit, hung = f"w{words.index('--kill-after') + 1}", engine.processes[name]
    assert hung.poll() is None
    assert "was ended" in engine.check(name, **{limit: "0.1"}).stdout
    assert hung.wait(10) == -signal.SIGKILL


def test_every_service_ends_by_itself_within_its_time(house: House) -> None:
    engine = house.engine
    parts = [name for name in engine.processes if name != "migrate"]
    for name in parts:
        engine.processes[name].terminate()
    began = time.monotonic()
    for name in parts:
        grace = float(engine.service(name)["stop_grace_period"].removesuffix("s"))
        assert engine.processes[name].wait(max(0.1, grace - (time.monotonic() - began))) == 0, engine.log(name).read_text()
    assert {lane.value for lane in Lane} < set(parts)
