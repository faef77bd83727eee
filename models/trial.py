"""A model with another adapter than its own in it, for as long as it is tried: `ujumbe eval --adapter FILE`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.core.errors import BadSetting
from bot.core.ports import Chooser
from models import catalogue
from models.adapter import merge, read
from models.catalogue import FILE, Entry
from models.llama import open_path
from models.pull import Say, pull, sha256

Open = Callable[..., Chooser]  # models.llama.open_path


@contextmanager
def trial(
    model: str, adapter: Path, *, cache_dir: Path, threads: int, say: Say, entries: Path = FILE, opens: Open = open_path
) -> Iterator[Chooser]:
    """`model`, a name of the catalogue, made with `adapter` as `ujumbe model pull` makes it with its own. Nothing of it stays.

    Raises BadSetting where `model` is not made with an adapter, or `adapter` is none for it; ModelFailed where it cannot be loaded.
    """
    directory = cache_dir / "models"
    entry = _entry(model, directory, entries)
    read(adapter)  # before the base is fetched for nothing
    base = pull(catalogue.load(entries)[entry.base], directory, say=say)
    with TemporaryDirectory(dir=directory, prefix=".trial-") as place:
        target = Path(place) / f"{entry.name}-{adapter.stem}.gguf"
        merge(base, adapter, target, mark=sha256(adapter))
        yield opens(target, entry, threads=threads)


def _entry(model: str, directory: Path, entries: Path) -> Entry:
    entry = None if model == "none" else catalogue.find(model, directory, entries)[1]
    if entry is None or not entry.base:
        makes = ", ".join(name for name, one in catalogue.load(entries).items() if one.base)
        raise BadSetting(f"--adapter: model {model} is not made with an adapter. Give one that is with --model: {makes}.")
    return entry
