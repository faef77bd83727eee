"""The file of a backup: a gzipped tar of a few files and a list of their checksums. What is damaged is refused, never half used."""

import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from bot.core.errors import NotDone

LIST = "backup.json"
FORMAT = 1
_CHUNK = 1024 * 1024


def write(target: Path, files: Mapping[str, Path], facts: Mapping[str, str]) -> str:
    """Writes `files` (name inside -> file) and `facts` to `target`: all of it or nothing, on the disk when this returns, for our eyes
    only. Returns the SHA-256 of the whole file. Raises OSError."""
    sums = {name: _sha256(path) for name, path in files.items()}
    listed = json.dumps({"format": FORMAT, **facts, "files": sums}, indent=1).encode()
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with _create(unfinished) as raw:
            with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=3) as tar:
                _add(tar, LIST, io.BytesIO(listed), len(listed))
                for name, path in files.items():
                    with path.open("rb") as file:
                        _add(tar, name, file, path.stat().st_size)
            raw.flush()
            os.fsync(raw.fileno())
        digest = _sha256(unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(target.parent)
    return digest


def read(source: Path, folder: Path) -> Mapping[str, str]:
    """Unpacks `source` into `folder` and returns its facts. Raises NotDone where a single byte of it is not as it was written."""
    try:
        return _read(source, folder)
    except (tarfile.TarError, zlib.error, EOFError, ValueError, KeyError, gzip.BadGzipFile) as error:
        raise NotDone(f"{source} is no whole backup of ours ({type(error).__name__}: {error}). Nothing was changed. Try another.") from None
    except OSError as error:
        raise NotDone(f"{source} cannot be read ({error.strerror or error}). Nothing was changed.") from None


def _read(source: Path, folder: Path) -> Mapping[str, str]:
    with gzip.open(source) as plain:
        with tarfile.open(fileobj=plain, mode="r|") as tar:
            found = {member.name: _unpack(tar, member, folder) for member in tar}
        while plain.read(_CHUNK):  # to the end: gzip's own checksum is there
            pass
    facts = json.loads((folder / LIST).read_bytes())
    if facts.pop("format") != FORMAT:
        raise ValueError("it is of another format")
    del found[LIST]
    if found != facts.pop("files"):
        raise ValueError("its checksums differ")
    return {str(name): str(value) for name, value in facts.items()}


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> str:
    """Writes one file, whose name may have one folder, and returns its checksum."""
    content, parts = tar.extractfile(member), Path(member.name).parts
    if content is None or len(parts) > 2 or ".." in parts or Path(member.name).is_absolute():
        raise ValueError("it has something in it that we do not write")
    path = folder / member.name
    path.parent.mkdir(exist_ok=True)
    digest = hashlib.sha256()
    with _create(path) as file:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Makes the names in `folder` outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _add(tar: tarfile.TarFile, name: str, content: BinaryIO, size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    tar.addfile(member, content)


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
