"""How many webhooks a second the gateway takes from each provider, with every signature checked and every message committed.

    .venv/bin/python -m bench.gateway [--messages 3000] [--channel NAME]

A gateway process as `ujumbe serve` starts it, on SQLite at full durability; the provider is a second process on loopback, with requests
made and signed beforehand. Each is a new message of a new person. Nobody works on the answers meanwhile.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench.machine import caption, percentile, table
from bench.service import ROOT
from bench.wires import WIRES, Call, Wire
from bot.store.migrate import upgrade

CONNECTIONS = 32
ALONE = 300  # messages one after the other
START_S = 60.0


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="bench.gateway", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--channel", choices=WIRES)
    given = parser.parse_args()
    wires = {name: make() for name, make in WIRES.items() if given.channel in (None, name) and name == make.name}
    with ExitStack() as stack:
        for wire in wires.values():
            stack.enter_context(wire.server)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = stack.enter_context(gateway(folder, {name: wire.options() for name, wire in wires.items()}))
        rows = [row(wire, port, given.messages) for wire in wires.values()]
    print(f"Measured {caption()}. The provider's process shares the cores.\n")
    at_once = f"{CONNECTIONS} at once: ms p50"
    print(table(["channel", "webhooks/s", at_once, "p99", "one at a time: ms p50", "p99"], rows))


def row(wire: Wire, port: int, messages: int) -> list[str]:
    """One line of the table."""
    wire.public_url = f"http://127.0.0.1:{port}"
    alone, _ = volley(port, _requests(wire, ALONE, "1"), connections=1)
    at_once, seconds = volley(port, _requests(wire, messages, "2"), connections=CONNECTIONS)
    times = [f"{1000 * percentile(seen, share):.1f}" for seen in (at_once, alone) for share in (0.5, 0.99)]
    return [wire.name, f"{messages / seconds:.0f}", *times]


def _requests(wire: Wire, count: int, series: str) -> list[bytes]:
    calls = [wire.inbound(f"+2547{series}{n:07d}", "how far apart should i plant maize", id=f"in-{series}-{n}") for n in range(count)]
    return [encoded(call) for call in calls]


def encoded(call: Call) -> bytes:
    """The request as it goes over the wire."""
    headers = {"Host": "127.0.0.1", **call.headers, "Content-Length": str(len(call.body))}
    lines = [f"{call.method} {call.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + call.body


def volley(port: int, requests: Sequence[bytes], *, connections: int) -> tuple[list[float], float]:
    """Posts everything from another process. Returns the seconds until each was acknowledged, and those of the whole."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        seen, seconds = pool.apply(_fire, (port, requests, connections))
    return seen, seconds


def _fire(port: int, requests: Sequence[bytes], connections: int) -> tuple[list[float], float]:
    return asyncio.run(_fire_all(port, requests, connections))


async def _fire_all(port: int, requests: Sequence[bytes], connections: int) -> tuple[list[float], float]:
    waiting = iter(requests)
    began = time.perf_counter()
    seen = await asyncio.gather(*(_connection(port, waiting) for _ in range(connections)))
    return [one for some in seen for one in some], time.perf_counter() - began


async def _connection(port: int, waiting: Iterator[bytes]) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    seen = []
    for request in waiting:
        began = time.perf_counter()
        writer.write(request)
        await acknowledged(reader)
        seen.append(time.perf_counter() - began)
    writer.close()
    return seen


async def acknowledged(reader: asyncio.StreamReader) -> None:
    """Reads one response. Raises RuntimeError where it is no acknowledgement."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    page = await reader.readexactly(int(head.partition("content-length:")[2].split("\r\n")[0]))
    if not head.startswith("http/1.1 200 "):
        raise RuntimeError(f"not acknowledged: {head.splitlines()[0]} {page.decode()}")


@contextmanager
def gateway(folder: Path, channels: Mapping[str, Mapping[str, Any]]) -> Iterator[int]:
    """A gateway process with these channels, on the port that is handed out."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    upgrade(f"sqlite:///{folder / 'ujumbe.db'}")
    (folder / "ujumbe.toml").write_text(_settings(folder, port, channels), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UJUMBE_")}
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "bot.gateway"]
        configured = environment | {"UJUMBE_CONFIG": str(folder / "ujumbe.toml")}
        process = subprocess.Popen(command, cwd=ROOT, env=configured, stdout=log, stderr=log)
    try:
        _wait(port, folder / "log")
        yield port
    finally:
        process.terminate()
        process.wait()


def _settings(folder: Path, port: int, channels: Mapping[str, Mapping[str, Any]]) -> str:
    known = {"data_dir": str(folder), "port": port, "public_url": f"http://127.0.0.1:{port}", "model": "none"}
    lines = [f"{name} = {json.dumps(value)}" for name, value in known.items()]
    for channel, options in channels.items():
        lines += [f"[channels.{channel}]", *(f"{name} = {json.dumps(value)}" for name, value in options.items())]
    return "\n".join(lines)


def _wait(port: int, log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the gateway did not start:\n{log.read_text()}")


if __name__ == "__main__":
    main()
