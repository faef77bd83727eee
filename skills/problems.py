"""Mistakes in text files, gathered: a person who mends a folder wants to see all of them at once."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.core.errors import BadText


class Problems:
    """Every mistake found so far. Files are named from the folder above `root` on: "skills/crop-advice/skill.toml"."""

    def __init__(self, root: Path) -> None:
        self._above = root.absolute().parent
        self._found: list[BadText] = []

    def __iter__(self) -> Iterator[BadText]:
        return iter(self.ordered())

    def name(self, path: Path) -> str:
        """How `path`, under the root, is called in a problem."""
        return path.absolute().relative_to(self._above).as_posix()

    def add(self, path: Path, line: int, what: str, remedy: str) -> None:
        """One mistake. `what` has no full stop, `remedy` is a sentence."""
        self._found.append(BadText(self.name(path), line, what, remedy))

    def ordered(self) -> Sequence[BadText]:
        """By file, then by line, then as found."""
        return sorted(self._found, key=lambda problem: (problem.file, problem.line))

    def read(self, path: Path) -> str | None:
        """The text of `path`. None, with a problem, where it cannot be read."""
        try:
            return path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            self.add(path, 1, "the file is missing", "Make it; the other folders show how it looks.")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            self.add(path, line, "the file is not UTF-8 text", "Save it again as UTF-8.")
        except OSError as error:
            self.add(path, 1, f"the file cannot be read ({error.strerror})", "Mend its rights, or remove what is in its place.")
        return None
