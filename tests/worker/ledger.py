"""A small App double that survives kills: questions in a SQLite file, claimed and leased as the real store does it."""

import sqlite3
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path

from bot.core.ports import Queue
from bot.core.storage import Claim
from bot.core.types import Lane

LEASE_S = 2.0
Hold = Callable[[Claim], AbstractContextManager[object]]
_SCHEMA = """
    CREATE TABLE IF NOT EXISTS work
    (id INTEGER PRIMARY KEY, token TEXT, lease REAL DEFAULT 0, tries INTEGER DEFAULT 0, done INTEGER DEFAULT 0,
     takes REAL)
"""


@dataclass
class Ledger:
    """Stands for App and Store. An answer takes as long as its row says, so that a test can kill the worker in the middle."""

    path: Path
    queue: Queue

    @property
    def store(self) -> "Ledger":
        return self

    def clock(self) -> float:
        return time.time()

    def add(self, id: int, *, takes_s: float = 0.0) -> None:
        self._write("INSERT INTO work (id, takes) VALUES (?, ?)", id, takes_s)

    def row(self, id: int) -> tuple[int, int]:
        """How often `id` was tried, and how often it was done."""
        tries, done = self._one("SELECT tries, done FROM work WHERE id = ?", id)
        return int(tries), int(done)

    def warm(self) -> None:
        self._write(_SCHEMA)

    def answer(self, id: int, *, hold: Hold) -> None:
        claim = self._claim(id)
        if claim is None:
            return
        with hold(claim):
            time.sleep(self._one("SELECT takes FROM work WHERE id = ?", id)[0])
        self._write("UPDATE work SET done = done + 1 WHERE id = ? AND token = ?", id, claim.token)

    def send(self, id: int) -> None:
        self._write("UPDATE work SET done = done + 1, tries = tries + 1 WHERE id = ?", id)

    def sweep(self) -> int:
        with closing(sqlite3.connect(self.path, timeout=10)) as db:
            due = db.execute("SELECT id FROM work WHERE done = 0 AND lease < ?", (time.time(),)).fetchall()
        for (row,) in due:
            self.queue.hint(Lane.ANSWERS, row)
        return len(due)

    def renew_message(self, claim: Claim, *, now: float, lease_s: float) -> bool:
        return self._write("UPDATE work SET lease = ? WHERE id = ? AND token = ?", now + lease_s, claim.id, claim.token) == 1

    def _claim(self, id: int) -> Claim | None:
        token, now = uuid.uuid4().hex, time.time()
        sql = "UPDATE work SET token = ?, lease = ?, tries = tries + 1 WHERE id = ? AND done = 0 AND lease < ?"
        return Claim(id, token, 1) if self._write(sql, token, now + LEASE_S, id, now) else None

    def _one(self, sql: str, id: int) -> tuple[float, ...]:
        with closing(sqlite3.connect(self.path, timeout=10)) as db:
            found: tuple[float, ...] = db.execute(sql, (id,)).fetchone()
        return found

    def _write(self, sql: str, *values: object) -> int:
        with closing(sqlite3.connect(self.path, timeout=10, isolation_level=None)) as db:
            return db.execute(sql, values).rowcount
