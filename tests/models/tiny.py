"""Small GGUF files and wheels, made here."""

import hashlib
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

F32, Q4_K = 0, 12


def text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def gguf(
    *,
    architecture: str = "llama",
    meta: Mapping[str, str | int] | None = None,
    tensors: Mapping[str, tuple[tuple[int, ...], int]] | None = None,
    data: int | None = None,
    version: int = 3,
) -> bytes:
    """A GGUF file with `data` bytes behind its head (default: exactly what the tensors need: one of 8 floats)."""
    tensors = {"weight": ((8,), F32)} if tensors is None else tensors
    pairs: dict[str, str | int] = {"general.architecture": architecture, **(meta or {})}
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(pairs) + 1)
    for key, value in pairs.items():
        head += text(key) + (struct.pack("<I", 8) + text(value) if isinstance(value, str) else struct.pack("<II", 4, value))
    head += text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + text("<s>") + text("maji")
    for name, (dims, kind) in tensors.items():
        head += text(name) + struct.pack("<I", len(dims)) + struct.pack(f"<{len(dims)}Q", *dims) + struct.pack("<IQ", kind, 0)
    head += bytes(-len(head) % 32)
    return head + bytes(32 if data is None else data)


def wheel(folder: Path, name: str, files: Mapping[str, bytes]) -> str:
    """A wheel of version 1.0 that holds `files`. Returns its line for a lock file."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, data in files.items():
            archive.writestr(inner, data)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return f"{name}==1.0 \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"
