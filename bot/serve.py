"""`ujumbe serve`: the whole service from one command, on the embedded parts or on those that the settings name."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from bot import machine, valkey
from bot.config import Settings, child_environment
from bot.core.types import Lane
from bot.gateway.listen import listen
from bot.heartbeat import kept
from bot.lock import only_one
from bot.supervisor import Program, Say, StartFailed, Supervisor

_BROKER_WITHIN_S = 15.0
_READY_WITHIN_S = 180.0  # a large model on a slow disk
_HANG_S = 30.0  # a worker that hangs is ended so long after it broke its word; a slow disk may hold it up
_GRACE_S = 15.0  # the gateway drains for 12
# Who asks waits for the gateway and SENDS. The model gives way to them, a broadcast to them but not to the model, the sweep to all.
_NICE: Mapping[str, int] = {Lane.ANSWERS: 5, Lane.ALERTS: 5, Lane.CHORES: 10}


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def serve(settings: Settings, say: Say = _tell) -> int:
    """Runs everything until SIGTERM, SIGINT or SIGHUP; returns the exit status. `say` gets what people should read.

    Raises BadSetting where the machine or a setting will not do, StartFailed where a part does not come up.
    """
    machine.check(settings)
    with only_one(settings.data_dir):  # before the port: a second start should hear of the first one
        settings = _with_port(settings)
        say(_ujumbe(settings, "model", "verify"))
        supervisor = Supervisor(settings.data_dir / "logs", say)
        _stop_on_signals(supervisor)
        try:
            _start(supervisor, settings, say)
            supervisor.run()
        finally:
            say("stopping: what has begun is finished first")
            supervisor.stop(grace_s=_GRACE_S)
    return 0


def programs(settings: Settings) -> list[Program]:
    """The gateway, the lanes and the beat."""
    environment = child_environment(settings)

    def worker(name: str) -> Program:
        mark = settings.data_dir / "run" / f"{name}.ready"  # bot.worker.lanes.ready_file; importing that would cost 25 MB here
        return Program(
            name=name,
            command=[sys.executable, "-m", "bot.worker", name],
            environment=environment,
            ready=lambda pid: _marked(mark, pid),
            alive=lambda pid: kept(settings.run_path, name, pid, grace_s=_HANG_S),
            nice=_NICE.get(name, 0),
        )

    gateway = Program(
        name="gateway",
        command=[sys.executable, "-m", "bot.gateway"],
        environment=environment,
        ready=lambda _: _healthy(settings),
    )
    return [gateway, *(worker(lane.value) for lane in Lane), worker("beat")]


def broker(settings: Settings) -> Program:
    """The embedded Valkey."""
    return Program(
        name="valkey",
        command=valkey.command(settings),
        environment=child_environment(settings),
        prepare=lambda: valkey.socket_path(settings).unlink(missing_ok=True),  # a killed server leaves its socket behind
        ready=lambda _: valkey.answers(settings),
        mend=lambda: valkey.set_aside(settings),
    )


def _start(supervisor: Supervisor, settings: Settings, say: Say) -> None:
    say(f"starting in {settings.data_dir}")
    if not settings.broker_url:
        if moved := valkey.look_over(settings):
            say(moved)
        supervisor.start([broker(settings)], within_s=_BROKER_WITHIN_S)
    say(_ujumbe(settings, "migrate"))
    supervisor.start(programs(settings), within_s=_READY_WITHIN_S)
    if not supervisor.stopping:
        say(_welcome(settings))


def _ujumbe(settings: Settings, *words: str) -> str:
    """Runs another of our commands in a process of its own, whose libraries would else stay in this one's memory.

    Returns what it says. Raises StartFailed with its own reason."""
    ended = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "bot", *words],
        env=child_environment(settings),
        capture_output=True,
        text=True,
        check=False,
        process_group=0,  # Ctrl-C must not end a migration half-way
    )
    if ended.returncode:
        raise StartFailed(ended.stderr.strip().removeprefix("ujumbe: "))
    return ended.stdout.strip()


def _with_port(settings: Settings) -> Settings:
    """The settings with a port that is free now. Raises BadSetting where the configured one is taken."""
    with listen(settings.host, settings.port) as probe:
        return settings.model_copy(update={"port": probe.getsockname()[1]})


def _stop_on_signals(supervisor: Supervisor) -> None:
    def stop(*_: object) -> None:
        supervisor.stopping = True

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)


def _marked(mark: Path, pid: int) -> bool:
    return mark.exists() and mark.read_text(encoding="ascii") == str(pid)


def _healthy(settings: Settings) -> bool:
    try:
        with urllib.request.urlopen(f"{settings.local_url}/healthz", timeout=1) as response:  # noqa: S310  always http
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _welcome(settings: Settings) -> str:
    python = os.path.relpath(sys.executable)
    return f"""
Ujumbe is ready. Ask the first question, for example: When do I plant maize?
  on the phone in your browser   {settings.local_url}/phone
  on the phone in your terminal  {python} -m bot chat --channel sms
  logs                           {settings.data_dir / "logs"}
  to stop                        Ctrl-C
"""
