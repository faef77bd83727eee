"""Writes GGUF files whole or not at all. What is common to adapters (models.adapter) and lean copies (models.trim)."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from bot.core.errors import BadSetting


def aside(path: Path) -> Path:
    """Where the file `path` is written until it is whole."""
    return path.with_name(f".{path.name}.{os.getpid()}")


def finish(writer: Any, mine: Path, target: Path) -> None:
    """Writes what `writer`, a gguf.GGUFWriter, holds to `mine`, brings it to the disk and puts it under the name `target`; neither stays
    where that fails. Raises BadSetting."""
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        for file in writer.fout:
            file.flush()
            os.fsync(file.fileno())
        writer.close()
        os.replace(mine, target)
    except OSError as error:
        raise BadSetting(f"{target} cannot be written: {error.strerror}. Free some room there, or name another place.") from None
    finally:
        for file in writer.fout or ():
            file.close()
        mine.unlink(missing_ok=True)


def copy_fields(reader: Any, writer: Any, *, without: Collection[str], but: str = "GGUF.") -> None:
    """Copies the metadata of `reader` to `writer`, but for the keys `without` and those that begin with `but`."""
    import gguf

    for name, field in reader.fields.items():
        if name == "general.architecture" or name in without or name.startswith(("GGUF.", but)):
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(name, field.contents(), kind, sub_type=inner)
