"""Lists of people as CSV, read row by row and written. What a spreadsheet does to such a file is expected: semicolons, a byte order mark,
numbers turned into 2.547E+11, an apostrophe before a number. Names of people are passed over: nothing here needs them.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.alert.people import Listed, Person, group_name
from bot.core.place.label import labels
from bot.core.place.types import Gazetteer
from bot.core.refusal import Declined
from bot.core.types import Lang
from bot.core.urn import tel, whatsapp, whatsapp_user

SPELLINGS = 5000  # different places in one list: each new one is searched for
LONGEST_SHOWN = 40
_COLUMNS: Mapping[str, Sequence[str]] = {
    "number": ("number", "phone", "phone number", "telephone", "mobile", "msisdn", "tel", "urn", "namba", "simu", "namba ya simu"),
    "language": ("language", "lang", "lugha"),
    "place": ("place", "location", "area", "mahali", "eneo"),
    "place_id": ("place_id", "place id"),
    "groups": ("groups", "group", "vikundi", "kikundi"),
}
_LANGS: Mapping[str, Lang] = {
    **dict.fromkeys(("en", "english", "kiingereza"), Lang.EN),
    **dict.fromkeys(("sw", "swahili", "kiswahili"), Lang.SW),
}
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what makes a spreadsheet compute a cell
_SPLIT = re.compile(r"[|;,]")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something wrong with a row. `code` is a word of the pages, "list_<code>"; `value` is what was meant, never a number."""

    code: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of a list. `n` counts lines as a spreadsheet does, the head is 1. `listed` None: the row is left out, for its first trouble;
    otherwise it is taken in without what its troubles name."""

    n: int
    listed: Listed | None
    troubles: Sequence[Trouble] = ()


@dataclass
class Sheet:
    """Reads one list. Raises Declined where it is no such list."""

    country: str
    places: Gazetteer
    _numbers: dict[str, int] = field(default_factory=dict)  # urn -> the row that it came in
    _spelt: dict[str, tuple[str, Trouble | None]] = field(default_factory=dict)

    def read(self, lines: Iterable[str]) -> Iterator[ListRow]:
        """Its rows. Blank lines are passed over. `lines` have their ends."""
        lines = iter(lines)
        head = next(lines, "").removeprefix("\ufeff")
        separator = max(",;\t", key=head.count)
        at = _columns(next(csv.reader([head], delimiter=separator), []))
        reader = csv.reader(lines, delimiter=separator)
        while True:
            try:
                cells = next(reader, None)
            except csv.Error:
                yield ListRow(reader.line_num + 1, None, (Trouble("broken"),))
                continue
            if cells is None:
                return
            if any(cell.strip() for cell in cells):
                yield self._row(reader.line_num + 1, {name: cells[n].strip() for name, n in at.items() if n < len(cells)})

    def _row(self, n: int, cells: Mapping[str, str]) -> ListRow:
        try:
            urn = _urn(cells.get("number", ""), self.country)
        except _Wrong as wrong:
            return ListRow(n, None, (wrong.trouble,))
        first = self._numbers.setdefault(urn, n)
        if first != n:
            return ListRow(n, None, (Trouble("twice", str(first)),))
        lang, bad_lang = _lang(cells.get("language", ""))
        place, bad_place = self._place(cells.get("place_id", ""), cells.get("place", ""))
        groups, bad_groups = _groups(cells.get("groups", ""))
        troubles = tuple(one for one in (bad_lang, bad_place, *bad_groups) if one)
        return ListRow(n, Listed(urn=urn, lang=lang, place=place, groups=groups), troubles)

    def _place(self, id: str, typed: str) -> tuple[str, Trouble | None]:
        if id and self.places.place(id):
            return id, None
        typed = typed or id
        if not typed:
            return "", None
        if typed not in self._spelt:
            if len(self._spelt) >= SPELLINGS:
                raise Declined("list_of_places", most=SPELLINGS)
            self._spelt[typed] = self._looked_up(typed)
        return self._spelt[typed]

    def _looked_up(self, typed: str) -> tuple[str, Trouble | None]:
        found = self.places.match(typed)
        if found.sure:
            return found.places[0].id, None
        maybe = " / ".join(labels(found.places, self.places.place, Lang.EN))
        return "", Trouble("unsure" if maybe else "unknown", f"{_short(typed)}: {maybe}?" if maybe else _short(typed))


class _Wrong(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.trouble = Trouble(code)


def _columns(head: Sequence[str]) -> Mapping[str, int]:
    names = [" ".join(name.casefold().split()) for name in head]
    at = {column: names.index(name) for column, known in _COLUMNS.items() if (name := next((k for k in known if k in names), ""))}
    if "number" not in at:
        raise Declined("list_without_numbers")
    return at


def _urn(typed: str, country: str) -> str:
    typed = typed.removeprefix("'").strip()
    if not typed:
        raise _Wrong("no_number")
    if _SHORTENED.fullmatch(typed):
        raise _Wrong("shortened")
    try:
        if typed.startswith("whatsapp:"):
            return whatsapp(typed) if typed.startswith("whatsapp:+") else whatsapp_user(typed)
        return tel(typed, country)
    except ValueError:
        raise _Wrong("bad_number") from None


def _lang(typed: str) -> tuple[Lang | None, Trouble | None]:
    if not typed:
        return None, None
    lang = _LANGS.get(typed.casefold())
    return lang, None if lang else Trouble("bad_lang", _short(typed))


def _groups(typed: str) -> tuple[Sequence[str], Sequence[Trouble]]:
    good, bad = set(), []
    for part in filter(str.strip, _SPLIT.split(typed)):
        try:
            good.add(group_name(part))
        except Declined:
            bad.append(Trouble("bad_group", _short(part)))
    return tuple(sorted(good)), bad


def _short(typed: str) -> str:
    """What was typed, for a page: short, and without a number that slipped into the wrong column."""
    return re.sub(r"\d{5,}", "***", " ".join(typed.split()))[:LONGEST_SHOWN]


HEAD = ("number", "language", "place", "place_id", "groups", "stopped")


def written(person: Person, label: Callable[[str], str]) -> Sequence[str]:
    """A row of an export, which `Sheet` reads again. The number is written as a URN: so a spreadsheet leaves it as it is. `label` names
    a place by its id. No cell begins with what a spreadsheet would compute."""
    contact = person.contact
    cells = (
        contact.urn,
        contact.lang.value,
        label(contact.place) if contact.place else "",
        contact.place,
        "|".join(person.groups),
        "yes" if contact.opted_out else "",
    )
    return [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells]
