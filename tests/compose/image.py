"""The image without Docker: what .dockerignore lets through, and what of it the Dockerfile copies."""

import re
import shutil
from collections.abc import Iterator
from fnmatch import translate
from pathlib import Path

from tests.compose.file import ROOT

TEXT = (ROOT / "Dockerfile").read_text()
_RULES = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]


def is_ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path out: the last rule that matches it, or a folder above it, decides."""
    ignored = False
    for rule in _RULES:
        if _matches(rule.removeprefix("!"), path):
            ignored = not rule.startswith("!")
    return ignored


def _matches(pattern: str, path: str) -> bool:
    parts = path.split("/")
    return any(_regex(pattern).fullmatch("/".join(parts[:n])) for n in range(1, len(parts) + 1))


def _regex(pattern: str) -> re.Pattern[str]:
    """Docker's patterns: ** stands for any number of folders, * for anything within one name."""
    parts = [".*" if part == "**" else translate(part).removesuffix("\\Z").replace(".*", "[^/]*") for part in pattern.split("/")]
    return re.compile("/".join(parts).replace(".*/", "(.*/)?"))


def stages() -> list[list[str]]:
    """The instructions of each stage, a line each."""
    lines = [line for line in TEXT.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
    found: list[list[str]] = []
    for line in lines:
        if line.startswith("FROM "):
            found.append([])
        found[-1].append(line)
    return found


def sources() -> list[str]:
    """What is copied out of the build context."""
    copies = [line.split()[1:-1] for stage in stages() for line in stage if line.startswith("COPY ") and "--from=" not in line]
    return [word for words in copies for word in words]


def files() -> Iterator[Path]:
    """Every file of this checkout that the image gets, as a relative path."""
    for source in sources():
        place = ROOT / source
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            inside = path.relative_to(ROOT)
            if path.is_file() and not is_ignored(inside.as_posix()):
                yield inside


def environment() -> dict[str, str]:
    """ENV of the last stage."""
    (line,) = [line for line in stages()[-1] if line.startswith("ENV ")]
    return dict(word.split("=", 1) for word in line.split()[1:])


def unpack(target: Path) -> Path:
    """Makes /app as the image has it, without its packages."""
    for path in files():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target / path)
    return target
