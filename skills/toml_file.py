"""A TOML file whose mistakes have line numbers (the standard library's parser keeps none)."""

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.core.types import Lang
from skills.problems import Problems

Key = tuple[str | int, ...]  # ("case", 3, "text"): the text of the fourth [[case]]

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]")
_KEY = re.compile(r"\s*([A-Za-z0-9_.-]+)\s*=")
_AT_LINE = re.compile(r"at line (\d+)")


class TomlFile:
    """One file, read. What is missing or of the wrong kind becomes a problem and an empty value, so that checking goes on."""

    def __init__(self, path: Path, problems: Problems) -> None:
        self.path = path
        self._problems = problems
        source = problems.read(path)
        self._source = source or ""
        self._lines = _key_lines(self._source)
        self._readable = source is not None
        self.data = self._parse()

    def bad(self, key: Key, what: str, remedy: str) -> None:
        """A mistake at `key`. A file that cannot be read has its one problem already."""
        if self._readable:
            self._problems.add(self.path, self.line(key), what, remedy)

    def line(self, key: Key) -> int:
        """Where `key` stands, or its nearest known ancestor where it is missing."""
        if key in self._lines:
            return self._lines[key]
        return self.line(key[:-1]) if key else 1

    def bad_word(self, key: Key, word: str, what: str, remedy: str) -> None:
        """A mistake in the list at `key`, on the line that holds `word`."""
        if self._readable:
            self._problems.add(self.path, self._line_of(key, word), what, remedy)

    def _line_of(self, key: Key, word: str) -> int:
        start = self.line(key)
        for number, line in enumerate(self._source.split("\n")[start - 1 :], start):
            if f'"{word}"' in line:
                return number
        return start

    def get(self, key: Key) -> Any:
        """The value at `key`, or None."""
        value: Any = self.data
        for step in key:
            if isinstance(value, dict) and isinstance(step, str):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int):
                value = value[step] if step < len(value) else None
            else:
                return None
        return value

    def only(self, key: Key, allowed: Collection[str]) -> None:
        """Refuses names in the table at `key` that nobody reads: a misspelt name would be lost without a word."""
        table = self.get(key)
        for name in table if isinstance(table, dict) else ():
            if name not in allowed:
                self.bad((*key, name), f"unknown key {name!r}", f"Known here: {', '.join(sorted(allowed))}.")

    def text(self, key: Key) -> str:
        """The non-empty text at `key`."""
        value = self.get(key)
        if isinstance(value, str) and value.strip():
            return value
        self.bad(key, f"{dotted(key)} is missing or not a text", f'Write {key[-1]} = "...".')
        return ""

    def words(self, key: Key) -> Sequence[str]:
        """The list of non-empty texts at `key`, at least one."""
        value = self.get(key)
        if isinstance(value, list) and value and all(isinstance(word, str) and word.strip() for word in value):
            return tuple(value)
        self.bad(key, f"{dotted(key)} is missing or not a list of words", f'Write {key[-1]} = ["...", "..."].')
        return ()

    def texts(self, key: Key) -> Mapping[Lang, str]:
        """A text in each language."""
        self.only(key, list(Lang))
        return {lang: self.text((*key, lang.value)) for lang in Lang}

    def tables(self, name: str, allowed: Collection[str]) -> Sequence[Key]:
        """The keys of all [[name]] tables."""
        value = self.get((name,))
        if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
            self.bad((name,), f"there is no [[{name}]]", f"Start each one with a line [[{name}]].")
            return ()
        keys = [(name, number) for number in range(len(value))]
        for key in keys:
            self.only(key, allowed)
        return keys

    def _parse(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self._source)
        except (ValueError, RecursionError) as error:
            found = _AT_LINE.search(str(error))
            line = int(found[1]) if found else self._source.count("\n") + 1
            self._problems.add(self.path, line, f"not valid TOML: {error}", "Mend that line: texts stand in quotes, lists in [ ].")
            self._readable = False
            return {}


def dotted(key: Key) -> str:
    """The key as a person would say it."""
    return ".".join(str(step) for step in key if isinstance(step, str))


def _key_lines(source: str) -> Mapping[Key, int]:
    """Line numbers of tables and keys. Only for messages: good for the plain TOML that people write here."""
    found: dict[Key, int] = {}
    arrays: Counter[str] = Counter()
    table: Key = ()
    for number, line in enumerate(source.split("\n"), 1):
        if header := _HEADER.match(line):
            first, *rest = header[2].split(".")
            arrays[first] += header[1] == "[["
            table = (first, arrays[first] - 1, *rest) if arrays[first] else (first, *rest)
            found.setdefault(table, number)
        elif match := _KEY.match(line):
            found.setdefault((*table, *match[1].split(".")), number)
    return found
