"""Secrets that an installation makes for itself."""

import secrets
from contextlib import suppress
from pathlib import Path


def own_key(data_dir: Path, name: str) -> str:
    """A secret, made once per data directory and shared by its processes: a simulator's path key, what the console's addresses hide
    numbers with."""
    path = data_dir / "keys" / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        mine = path.with_name(f"{name}.{secrets.token_hex(4)}")
        mine.touch(mode=0o600)
        mine.write_text(secrets.token_urlsafe(24))
        # Several processes start at once: the first link wins, and nobody ever reads half a key.
        with suppress(FileExistsError):
            path.hardlink_to(mine)
        mine.unlink()
    return path.read_text()
