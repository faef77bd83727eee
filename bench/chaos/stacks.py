"""The two stacks: what `ujumbe serve` starts by itself, and an operator's own PostgreSQL and Redis."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.chaos.servers import Postgres, Redis, Server
from bench.chaos.service import Serve

PARTS = ("gateway", "answers", "sends", "alerts", "chores", "beat")
EVERYTHING = "everything"  # the supervisor and all under it, at once

# How often each is killed, of the parts that run on every stack. Nobody much more often than the others: the supervisor waits longer
# and longer before it starts again what dies within half a minute.
WEIGHTS: Mapping[str, int] = {"gateway": 3, "answers": 2, "sends": 3, "alerts": 2, "chores": 2, "beat": 2, EVERYTHING: 1}
_DOWN_S = 0.5  # an operator's server is started again after this


class Beside:
    """A server beside the service, which somebody starts again when it was killed."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.up_since: float | None = None
        self.error: Exception | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._server.start()
        self.up_since = time.monotonic()

    def kill(self) -> bool:
        return self._down(self._server.kill)

    def stop(self) -> None:
        if self._thread is not None:
            self._thread.join()
        self._server.stop()

    def _down(self, kill: Callable[[], bool]) -> bool:
        self.up_since = None
        hit = kill()
        self._thread = threading.Thread(target=self._again, daemon=True)
        self._thread.start()
        return hit

    def _again(self) -> None:
        time.sleep(_DOWN_S)
        try:
            self.start()
        except Exception as error:  # told by whoever looks next: this thread has no reader
            self.error = error


class Stack:
    """One stack: how it is started, who can be killed in it and how. Parts of the service and servers beside it."""

    def __init__(self, name: str, folder: Path, channels: Mapping[str, Mapping[str, object]]) -> None:
        self.name = name
        self.beside: dict[str, Beside] = {}
        self._postgres: Postgres | None = None
        environment: dict[str, str] = {}
        if name == "postgres":
            self._postgres, redis = Postgres(), Redis(folder / "redis")
            self.beside = {"postgres": Beside(self._postgres), "redis": Beside(redis)}
            environment = {"UJUMBE_DATABASE_URL": self._postgres.url, "UJUMBE_BROKER_URL": redis.url}
        self.serve = Serve(folder / "data", environment)
        self._channels = channels

    @property
    def database_url(self) -> str:
        return self._postgres.url if self._postgres else f"sqlite:///{self.serve.folder / 'ujumbe.db'}"

    @property
    def weights(self) -> Mapping[str, int]:
        """Everybody who is killed, and how often."""
        own = {"postgres": 2, "a connection": 1, "redis": 3} if self._postgres else {"valkey": 3}
        return {**WEIGHTS, **own}

    def start(self) -> None:
        self.serve.folder.mkdir()
        tables = [
            f"[channels.{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
            for name, table in self._channels.items()
        ]
        (self.serve.folder / "ujumbe.toml").write_text(f'public_url = "{self.serve.url}"\n' + "".join(tables))
        for server in self.beside.values():
            server.start()
        self.serve.start()
        self.serve.wait()

    def stop(self) -> None:
        self.serve.stop()

    def clear(self) -> None:
        """Ends what runs, and the servers beside."""
        self.serve.stop()
        for server in self.beside.values():
            server.stop()

    def tick(self) -> None:
        """Keeps everything running. Raises what keeps a server from starting again."""
        self.serve.tick()
        for server in self.beside.values():
            if server.error is not None:
                raise server.error

    def up_s(self, victim: str) -> float:
        """How long a victim has been working, 0.0 where it does not."""
        since: float | None
        if victim == EVERYTHING:
            since = min(self.serve.up.values()) if self.serve.all_up and self.serve.up else None
        elif victim in self.beside:
            since = self.beside[victim].up_since
        elif victim == "a connection":
            since = self.beside["postgres"].up_since if self.serve.all_up else None  # else nobody is connected
        else:
            since = self.serve.up.get(victim) if self.serve.all_up else None
        return 0.0 if since is None else time.monotonic() - since

    @property
    def whole(self) -> bool:
        """Whether everything is up."""
        return all(self.up_s(victim) > 0.0 for victim in self.weights)

    def kill(self, victim: str) -> bool:
        """SIGKILL. False where it hit nobody."""
        if victim == EVERYTHING:
            return self.serve.kill_all()
        if victim in self.beside:
            return self.beside[victim].kill()
        if victim == "a connection":
            return self._postgres is not None and self._postgres.kill_backend()
        return self.serve.kill(victim)
