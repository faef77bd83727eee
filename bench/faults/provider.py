"""The provider's side of a fault run: posts messages and reports as badly as the plans say."""

import http.client
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bench.faults.plan import Plan
from bench.wires import Call, Taken, Wire
from bot.core.types import Status

_THREADS = 16
_TRIES = 8
_PATIENCE_S = 30.0
_POLL_S = 0.005


@dataclass
class Provider:
    """Posts to the gateway at `url`. `acknowledged` has whose message was taken, `forged` the status of each forgery."""

    wire: Wire
    url: str
    acknowledged: set[str] = field(default_factory=set)
    forged: list[int] = field(default_factory=list)

    def post(self, call: Call) -> bool:
        """Posts until it is acknowledged. False where it gives up."""
        for _ in range(_TRIES):
            status, page = self.ask(call)
            if status == 200 and self.wire.acknowledges in (None, page):
                return True
            time.sleep(0.1)
        return False

    def ask(self, call: Call, *, halting: bool = False) -> tuple[int, str]:
        """One try: status and page, 0 where the line broke."""
        connection = self._connection()
        try:
            _send(connection, call, pause_s=0.05 if halting else 0.0)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def hang_up(self, call: Call) -> None:
        """Posts, and does not wait for the answer."""
        connection = self._connection()
        _send(connection, call)
        connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=_PATIENCE_S)


def _send(connection: http.client.HTTPConnection, call: Call, *, pause_s: float = 0.0) -> None:
    connection.putrequest(call.method, call.target)
    for name, value in {**call.headers, "Content-Length": str(len(call.body)), "X-Forwarded-Proto": "https"}.items():
        connection.putheader(name, value)
    connection.endheaders()
    half = len(call.body) // 2 if pause_s else 0
    connection.send(call.body[:half])
    time.sleep(pause_s)
    connection.send(call.body[half:])


def write_in(provider: Provider, plans: Mapping[str, Plan], texts: Mapping[str, str]) -> None:
    """Everybody's message, and what nobody of them wrote, all at once."""
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(lambda number: _one(provider, plans[number], texts[number]), plans))


def write_again(provider: Provider, plans: Mapping[str, Plan], texts: Mapping[str, str]) -> None:
    """The repeats that come when all is over."""
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(lambda plan: provider.post(_message(provider, plan, texts[plan.number])), [p for p in plans.values() if p.again]))


def _one(provider: Provider, plan: Plan, text: str) -> None:
    call = _message(provider, plan, text)
    if plan.forged:
        status, _ = provider.ask(provider.wire.inbound(stranger(plan.number), "STOP", id=f"forged-{plan.number}", forged=True))
        provider.forged.append(status)
    if plan.halting:
        provider.ask(call, halting=True)
    if plan.unheard:
        provider.hang_up(call)
    other = threading.Thread(target=provider.post, args=(call,)) if plan.twice else None
    if other:
        other.start()
    if provider.post(call):
        provider.acknowledged.add(plan.number)
    if other:
        other.join()


def _message(provider: Provider, plan: Plan, text: str) -> Call:
    return provider.wire.inbound(plan.number, text, id=f"in-{plan.number.removeprefix('+')}")


def stranger(number: str) -> str:
    """In whose name a forger writes."""
    return number.replace("+254700", "+254711")


class Reporter:
    """Watches what the stand-in takes and reports on it, from several threads, as the plans say."""

    def __init__(self, provider: Provider, plans: Mapping[str, Plan]) -> None:
        self._provider, self._plans = provider, plans
        self._pool = ThreadPoolExecutor(4)
        self._late: list[tuple[Taken, Status]] = []
        self._told: list[Future[bool]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="reports", daemon=True)
        self._thread.start()

    def finish(self) -> int:
        """Tells the rest, too. Returns how many reports nobody acknowledged."""
        self._stop.set()
        self._thread.join()
        for taken, status in self._late:
            self._tell(taken, status)
        unheard = sum(not told.result() for told in self._told)
        self._pool.shutdown()
        return unheard

    def _watch(self) -> None:
        seen = 0
        while True:
            stopped = self._stop.is_set()
            fresh = self._provider.wire.taken()[seen:]
            seen += len(fresh)
            for taken in fresh:
                self._hear(taken)
            if stopped:
                return
            time.sleep(_POLL_S)

    def _hear(self, taken: Taken) -> None:
        plan = self._plans[taken.number]
        for status in plan.reports:
            if plan.late:
                self._late.append((taken, status))
            else:
                self._tell(taken, status)

    def _tell(self, taken: Taken, status: Status) -> None:
        self._told.append(self._pool.submit(lambda: self._provider.post(self._provider.wire.report(taken, status))))
