"""The whole service in this process over a real database, on a board whose clock can jump."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.app import App
from bot.app.channels import open_channels
from bot.chat import HintList
from bot.config import Settings
from bot.core.types import Message
from bot.store import open_store
from tests.small import small_library

T = 1_800_000_000.0
DAY_S = 86400.0
URN = "tel:+254700000001"


@dataclass
class Board:
    """A machine's clocks. `wall` can be put right; `steady` only passes."""

    wall: float = T
    passed: float = 1000.0

    def tick(self, seconds: float) -> None:
        self.wall += seconds
        self.passed += seconds

    def jump(self, seconds: float) -> None:
        self.wall += seconds


@dataclass
class House:
    """The service, its queue and its board. A sweep comes every two seconds, as the beat makes it."""

    app: App
    queue: HintList
    board: Board
    took: int = field(default=0)

    def receive(self, text: str = "When do I plant maize?", *, urn: str = URN) -> None:
        """One message, as the gateway takes it in."""
        self.took += 1
        message = Message(channel="sim", external_id=f"in-{self.took}", urn=urn, text=text)
        with self.app.store.begin() as tx:
            for hint in self.app.inbox.take(tx, message, now=self.app.clock()).hints:
                self.queue.hint(*hint)

    def lose_hints(self) -> None:
        """As a broker that is killed does."""
        self.queue._hints.clear()

    def pass_time(self, seconds: float, *, every_s: float = 2.0) -> None:
        """Lets time go on, with sweeps and the work that they bring."""
        end = self.board.passed + seconds
        while self.board.passed < end:
            self.board.tick(every_s)
            self.app.sweep()
            self.queue.drain(self.app)

    def statuses(self, urn: str = URN) -> list[str]:
        """What became of everything that was said to `urn`."""
        return [line.status for line in self.app.store.conversation(urn, limit=100) if not line.inbound]


@contextmanager
def open_house(folder: Path, url: str, **settings: object) -> Iterator[House]:
    board, queue = Board(), HintList()
    wanted = Settings(data_dir=folder, model="none", embedder="none", **settings)  # type: ignore[arg-type]
    app = App(
        settings=wanted,
        library=small_library(),
        store=open_store(url),
        queue=queue,
        channels=open_channels(wanted),
        clock=lambda: board.wall,
        steady=lambda: board.passed,
    )
    app._deliverer = replace(app._deliverer, sleep=board.tick)  # waiting for a turn is time that passes
    try:
        yield House(app, queue, board)
    finally:
        app.store.close()
