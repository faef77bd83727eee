"""The models that Ujumbe knows: models/catalogue.toml, read and checked."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from bot.core.errors import BadSetting, BadText

FILE = Path(__file__).with_name("catalogue.toml")
ADAPTERS = FILE.with_name("adapters")
_TEMPLATES = ("gguf", "none", "")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One model; catalogue.toml explains the fields. One without `file` cannot be pulled, and its `gap` says why."""

    name: str
    title: str
    licence: str
    languages: tuple[str, ...]
    package: str = ""
    parts: tuple[str, ...] = ()
    hub: str = ""
    base: str = ""
    adapter: str = ""
    file: str = ""
    sha256: str = ""
    bytes: int = 0
    memory_mb: int = 0
    template: str = ""
    gap: str = ""

    @property
    def chooses(self) -> bool:
        """Whether it was trained to choose among texts (bot.core.choose)."""
        return bool(self.adapter)

    @property
    def adapter_path(self) -> Path:
        """Where its adapter ships."""
        return ADAPTERS / self.adapter


def load(path: Path = FILE) -> Mapping[str, Entry]:
    """Every entry by its name, in the file's order. Raises BadText with the line of the first mistake."""
    text = path.read_text(encoding="utf-8")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line (\d+)", str(error))
        raise BadText(path.name, int(where[1]) if where else 1, str(error), "Mend that line") from None
    return {name: _entry(path.name, text, name, table) for name, table in tables.items()}


def find(model: str, directory: Path, path: Path = FILE) -> tuple[Path, Entry | None]:
    """The file of `model`, a catalogue name or the path of a GGUF file, and its entry where it has one.

    Raises BadSetting for a name that is neither, and for an entry that has no file. The file need not be there.
    """
    entries = load(path)
    if model in entries:
        entry = entries[model]
        if not entry.file:
            raise BadSetting(f"{model} cannot be used yet. {entry.gap}")
        return directory / entry.file, entry
    if "/" in model or model.endswith(".gguf"):
        return Path(model).expanduser(), None
    raise BadSetting(f"There is no model {model!r}. Take one of {', '.join(entries)}, or the path of a GGUF file.")


def _entry(file: str, text: str, name: str, table: Any) -> Entry:
    def bad(key: str, what: str, remedy: str) -> BadText:
        return BadText(file, _line(text, name, key), f"[{name}] {what}", remedy)

    if not isinstance(table, dict):
        raise BadText(file, _line(text, "", name), f"{name} stands outside any model", "Put it under a [name]")
    known = {field.name: field for field in fields(Entry) if field.name != "name"}
    for key, value in table.items():
        if key not in known:
            raise bad(key, f"has the unknown key {key!r}", f"The keys are {', '.join(known)}")
        wanted = list if key in ("languages", "parts") else int if key in ("bytes", "memory_mb") else str
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise bad(key, f"{key} is {value!r}", f"It must be {_ARTICLES[wanted]}")
    for key, field in known.items():
        if field.default is MISSING and not table.get(key):
            raise bad("", f"has no {key}", "Add it, or say in `gap` what is not known")
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    entry = Entry(name=name, **values)
    _check_sense(entry, bad)
    return entry


_ARTICLES: Mapping[type, str] = {list: "a list of texts", int: "a whole number", str: "a text in quotes"}


def _check_sense(entry: Entry, bad: Callable[[str, str, str], BadText]) -> None:
    """What no single key can show: every model has a source or a gap, and a source has all that a pull needs."""
    if entry.template not in _TEMPLATES:
        raise bad("template", f"template is {entry.template!r}", 'It must be "gguf" or "none"')
    if entry.sha256 and not _SHA256.fullmatch(entry.sha256):
        raise bad("sha256", "sha256 is not 64 hexadecimal digits", "Copy it again, in small letters")
    if sum(map(bool, (entry.package, entry.hub, entry.base))) > 1:
        raise bad("hub", "names more than one of package, hub and base", "Keep one")
    if not (entry.package or entry.hub or entry.base):
        if not entry.gap or entry.file:
            raise bad("", "names neither a package nor a hub nor a base", "Name one, or remove `file` and say in `gap` why there is none")
        return
    if bool(entry.base) != bool(entry.adapter):
        raise bad("adapter", "names a base without an adapter, or an adapter without a base", "Name both: one is merged into the other")
    for key in ("file", "template", "memory_mb", *(("parts", "sha256", "bytes") if entry.package else ())):
        if not getattr(entry, key):
            raise bad("", f"has no {key}", "Add it: a pull needs it")
    if not entry.sha256 and not entry.gap and not entry.base:
        raise bad("", "has no sha256", "Add it, or say in `gap` that it is not known")


def _line(text: str, table: str, key: str) -> int:
    """The line of `key` in [table]; of the table where the key is "" or not found; 1 where neither is."""
    inside, found = not table, 1
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("["):
            inside = line.strip() in (f"[{table}]", f'["{table}"]')
            found = number if inside else found
        elif inside and key and re.match(rf'\s*"?{re.escape(key)}"?\s*=', line):
            return number
    return found
