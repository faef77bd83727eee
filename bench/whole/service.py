"""The whole service under askers who each ask again when the reply is there, and what each of its processes takes."""

import json
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import psutil

from bench.engine.loop import Ask, Said
from bench.service import Service
from bench.whole.provider import Provider

PATIENCE_S = 60.0
RATE_PER_S = 1000.0  # of the channel: the provider is not what is measured
_OWN = {  # people here ask more than one may, and are told more often than one need be that we do not know
    "UJUMBE_PERSON_MOST": "150",
    "UJUMBE_PERSON_WITHIN_S": "1",
    "UJUMBE_SAME_TEXT_MOST": "1000000",
}


def table(provider: Provider) -> dict[str, Any]:
    """The channel's settings."""
    return provider.options() | {"rate_per_s": RATE_PER_S}


@contextmanager
def running(folder: Path, provider: Provider, *, model: str, threads: int) -> Iterator[Service]:
    """`ujumbe serve` with the provider's channel."""
    lines = [f"[channels.{provider.name}]", *(f"{name} = {json.dumps(value)}" for name, value in table(provider).items())]
    (folder / "ujumbe.toml").write_text("\n".join(lines), encoding="utf-8")
    with Service(folder, _OWN | {"UJUMBE_MODEL": model, "UJUMBE_THREADS": str(threads)}) as service:
        yield service


def asked(service: Service, provider: Provider, askers: int, replies: list[str]) -> Ask:
    """Asks a question by webhook and waits for the reply at the provider, which is put to `replies`. Each call is made by one of `askers`
    people who is free."""
    numbers, ids = SimpleQueue[str](), count()
    for n in range(askers):
        numbers.put(f"+254700{n:06d}")

    def ask(text: str) -> Said:
        number = numbers.get()
        call = provider.inbound(number, text, id=f"whole-{next(ids)}")
        request = urllib.request.Request(service.url + call.target, call.body, dict(call.headers))
        with urllib.request.urlopen(request, timeout=PATIENCE_S):
            pass
        try:
            reply = provider.replies(number).get(timeout=PATIENCE_S)
        except Empty:
            raise RuntimeError(f"No reply within {PATIENCE_S:.0f} s.") from None
        replies.append(reply)
        numbers.put(number)
        return Said(reply, 0, 0.0)

    return ask


def calls(service: Service) -> int:
    """How often the model was called so far."""
    with urllib.request.urlopen(f"{service.url}/metrics", timeout=PATIENCE_S) as page:
        return calls_in(page.read().decode().splitlines())


def calls_in(lines: Sequence[str]) -> int:
    """The same, of a page of metrics."""
    return sum(int(float(line.split()[-1])) for line in lines if line.startswith("ujumbe_engine_seconds_count"))


def cpu(service: Service) -> Mapping[str, float]:
    """Seconds of processor time of each process so far."""
    spent = {}
    for name, process in service.processes().items():
        times = process.cpu_times()
        spent[name] = times.user + times.system
    own = psutil.Process().cpu_times()
    return spent | {"askers": own.user + own.system}
