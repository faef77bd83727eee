"""The SQL store: SQLite on one box, PostgreSQL in a real installation, the same statements on both but for those of at_once."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.store.alerts import Alerts
from bot.store.audit import AuditLog
from bot.store.backlog import Backlog
from bot.store.boards import Boards
from bot.store.broadcasts import Broadcasts
from bot.store.buckets import Buckets
from bot.store.chores import Chores
from bot.store.clock import Clock
from bot.store.contacts import People
from bot.store.engine import Database, make_engine
from bot.store.feeding import Feeding
from bot.store.feeds import Feeds
from bot.store.gauges import GaugeRows
from bot.store.progress import ProgressRows
from bot.store.questions import Questions
from bot.store.rates import Rates
from bot.store.screens import Screens
from bot.store.senders import Senders
from bot.store.staff import StaffBook
from bot.store.tickets import Tickets
from bot.store.tx import SqlTx
from bot.store.waiting import WaitingRows


class SqlStore(
    Questions,
    Senders,
    Rates,
    Buckets,
    Screens,
    Chores,
    Tickets,
    GaugeRows,
    Clock,
    WaitingRows,
    Backlog,
    AuditLog,
    StaffBook,
    People,
    Alerts,
    Feeds,
    Broadcasts,
    Feeding,
    ProgressRows,
    Boards,
):
    """bot.core.ports.Store over SQL. May be used by any number of threads and processes; open it anew after a fork."""

    def __init__(self, url: str) -> None:
        self._db = Database(make_engine(url))

    @contextmanager
    def begin(self) -> Iterator[SqlTx]:
        with self._db.write() as connection:
            tx = SqlTx(connection)
            yield tx
            tx.seal_audit()

    def close(self) -> None:
        self._db.close()
