"""Opens what the settings name: the engine in the part it was trained for, and the embedding model."""

from dataclasses import dataclass
from pathlib import Path

from bot.core.errors import BadSetting, BadText, ModelFailed
from bot.core.ports import Chooser, Meaning, Writer
from models.catalogue import find
from models.llama import open_path


@dataclass(frozen=True, slots=True)
class Engine:
    """A loaded model as a writer or, where an adapter made it one, as a chooser."""

    writer: Writer | None = None
    chooser: Chooser | None = None


def open_engine(model: str, *, cache_dir: Path, threads: int) -> Engine:
    """The engine for the setting `model`: a name of the catalogue, or the path of a GGUF file. Raises ModelFailed with the remedy."""
    try:
        path, entry = find(model, cache_dir / "models")
    except (BadSetting, BadText) as error:
        raise ModelFailed(str(error)) from None
    loaded = open_path(path, entry, threads=threads)
    return Engine(chooser=loaded) if entry is not None and entry.chooses else Engine(writer=loaded)


def open_meaning(cache_dir: Path, *, threads: int = 1) -> Meaning:
    """The embedding model, with what it knows already in `cache_dir`. Raises ModelFailed."""
    from models.embed import Embedder

    return Embedder(cache_dir / "vectors.npz", threads=threads)
