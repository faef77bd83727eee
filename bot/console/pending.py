"""Lists that were uploaded and wait for somebody to confirm them: kept as files, read twice, and gone once they are taken in.

Nothing is stored before it is confirmed. A kill in the middle leaves the file: confirmed again, the rest is taken in, and who was taken in
already changes no more.
"""

import json
import logging
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO

from bot.core.alert.people import Imported, Listed, PeopleStore
from bot.core.alert.sheet import ListRow, Sheet
from bot.core.refusal import Declined
from bot.core.types import Lang

BATCH = 500  # people in one transaction: nobody waits long for its end
TOLD = 100  # rows with troubles that a page shows
KEPT_S = 86_400.0  # what nobody confirmed in a day is thrown away
ROWS = 250_000
_TOKEN = re.compile(r"[a-f]{32}")
_LETTERS = str.maketrans("0123456789", "abcdefabcd")
_COPY = 1 << 20
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What was said of a list when it was uploaded."""

    name: str
    by: str
    at: float
    replaces: bool = False
    group: str = ""


@dataclass(slots=True, kw_only=True)
class Looked:
    """What a list holds, or what was taken in of it."""

    rows: int = 0
    good: int = 0
    left_out: int = 0
    incomplete: int = 0  # taken in without something that was wrong
    people: Imported = field(default_factory=Imported)
    told: list[ListRow] = field(default_factory=list)  # the first rows with troubles
    refused: Declined | None = None  # why it is no list at all

    def note(self, row: ListRow) -> None:
        """Counts one more row."""
        self.rows += 1
        self.good += row.listed is not None
        self.left_out += row.listed is None
        self.incomplete += row.listed is not None and bool(row.troubles)
        if row.troubles and len(self.told) < TOLD:
            self.told.append(row)


@dataclass(slots=True)
class Work:
    """A list that is being taken in, or was. `of`: its good rows."""

    of: int
    done: int = 0
    people: Imported = field(default_factory=Imported)
    over: bool = False
    failed: bool = False


@dataclass
class Pending:
    """The lists in `folder`. May be used by any number of threads."""

    folder: Path
    store: PeopleStore
    sheet: Callable[[], Sheet]
    lang: Lang
    clock: Callable[[], float]
    _looked: dict[str, Looked] = field(default_factory=dict)
    _work: dict[str, Work] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, file: IO[bytes], upload: Upload) -> str:
        """Keeps an uploaded list and returns its name."""
        self._forget_old()
        token = secrets.token_hex(16).translate(_LETTERS)
        folder = self.folder / token
        folder.mkdir(parents=True, mode=0o700)
        with (folder / "list.csv").open("wb") as kept:
            (folder / "list.csv").chmod(0o600)
            shutil.copyfileobj(file, kept, _COPY)
        (folder / "upload.json").write_text(json.dumps(asdict(upload)), encoding="utf-8")
        return token

    def upload(self, token: str) -> Upload | None:
        """What was said of it, None where it is gone."""
        if not _TOKEN.fullmatch(token):
            return None
        try:
            return Upload(**json.loads((self.folder / token / "upload.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def look(self, token: str) -> Looked:
        """What is in it and what would become of it. Read once and remembered: nothing is stored."""
        found = self._looked.get(token)
        if found is None:
            found = self._looked[token] = self._read_through(token)
        return found

    def _read_through(self, token: str) -> Looked:
        looked, upload = Looked(), self.upload(token)
        assert upload is not None
        try:
            for rows in _batches(self.rows(token)):
                for row in rows:
                    looked.note(row)
                listed = _listed(rows, upload.group)
                looked.people.add(self.store.known([one.urn for one in listed]).counted(listed, replaces=upload.replaces))
        except Declined as error:
            looked.refused = error
        return looked

    def rows(self, token: str) -> Iterator[ListRow]:
        """Its rows. Raises Declined where it is no list."""
        path = self.folder / token / "list.csv"
        with path.open("rb") as raw, TextIOWrapper(raw, encoding=_encoding(path), errors="replace", newline="") as lines:
            for n, row in enumerate(self.sheet().read(lines)):
                if n >= ROWS:
                    raise Declined("list_of_rows", most=ROWS)
                yield row

    def work(self, token: str) -> Work | None:
        """How far it is taken in, None where nobody confirmed it here."""
        return self._work.get(token)

    def begin(self, token: str, *, by: str) -> Work:
        """Takes it in, in a thread of its own. Two who confirm it at once start one."""
        known = self._work.get(token)
        good = known.of if known else self.look(token).good
        with self._lock:
            work = self._work.get(token)
            if work is not None and not work.failed:
                return work
            work = self._work[token] = Work(good)
        thread = threading.Thread(target=self._take_in, args=(token, work, by), name="list", daemon=True)
        thread.start()
        thread.join(2.0)  # most lists are short: then the next page has the end of it
        return work

    def drop(self, token: str) -> None:
        """Throws it away."""
        self._looked.pop(token, None)
        if _TOKEN.fullmatch(token):
            shutil.rmtree(self.folder / token, ignore_errors=True)

    def _take_in(self, token: str, work: Work, by: str) -> None:
        try:
            self._take(token, work, by)
            self.drop(token)
            work.over = True
        except Exception:
            log.exception("a list was taken in only in part: %d of %d people", work.done, work.of)
            work.failed = True

    def _take(self, token: str, work: Work, by: str) -> None:
        upload = self.upload(token)
        assert upload is not None
        for rows in _batches(self.rows(token)):
            listed = _listed(rows, upload.group)
            with self.store.begin() as tx:
                work.people.add(tx.take_in(listed, lang=self.lang, replaces=upload.replaces, now=self.clock()))
                work.done += len(listed)
                if work.done == work.of:
                    counts = {"new": work.people.new, "changed": work.people.changed, "same": work.people.same}
                    tx.audit(by, "contact.import", detail=counts | {"replaces": upload.replaces, "group": upload.group}, now=self.clock())

    def _forget_old(self) -> None:
        for folder in self.folder.iterdir() if self.folder.exists() else ():
            with suppress(OSError):
                if self.clock() - folder.stat().st_mtime > KEPT_S:
                    self.drop(folder.name)


def _batches(rows: Iterator[ListRow]) -> Iterator[Sequence[ListRow]]:
    while some := list(islice(rows, BATCH)):
        yield some


def _listed(rows: Sequence[ListRow], group: str) -> Sequence[Listed]:
    found = [row.listed for row in rows if row.listed is not None]
    if not group:
        return found
    return [Listed(urn=one.urn, lang=one.lang, place=one.place, groups=tuple({*one.groups, group})) for one in found]


def _encoding(path: Path) -> str:
    """UTF-8 where all of it is, else what an old spreadsheet writes."""
    try:
        with path.open(encoding="utf-8-sig") as text:
            while text.read(_COPY):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"
