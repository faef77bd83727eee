"""Opens what the settings name: the engine in the part it was trained for, and the embedding model."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from bot.core.errors import BadSetting, BadText, ModelFailed
from bot.core.ports import Chooser, Meaning, Writer
from bot.core.workload import Workload
from models.adapted import Adapted
from models.admission import Admission
from models.admitted import Admitted
from models.catalogue import Entry, find
from models.keeper import keep
from models.llama import open_path
from models.shape import Shape
from models.trim import lean_copy
from models.tuned import shape_for, this_machine

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Engine:
    """A loaded model as a writer or, where an adapter made it one, as a chooser. `workload` looks at it, where somebody may want to."""

    writer: Writer | None = None
    chooser: Chooser | None = None
    workload: Callable[[], Workload] | None = None


def open_engine(model: str, *, cache_dir: Path, threads: int, adapters: Mapping[str, Path] = MappingProxyType({})) -> Engine:
    """The engine in this process, for one asker at a time, for the setting `model`: a name of the catalogue, or the path of a GGUF
    file. `adapters`: changes of the model (LoRA) by the skills whose answers it words with them. Raises ModelFailed with the remedy."""
    path, entry = _found(model, cache_dir)
    loaded = open_path(path, entry, threads=threads, adapters=adapters)
    if entry is not None and entry.chooses:
        return Engine(chooser=loaded)
    return Engine(writer=Adapted(loaded, frozenset(adapters)) if adapters else loaded)


def keep_engine(
    model: str,
    *,
    cache_dir: Path,
    threads: int,
    memory_mb: int,
    noted: Callable[[str], None],
    texts: Sequence[str],
    adapters: Mapping[str, Path] = MappingProxyType({}),
) -> Engine:
    """As `open_engine`, in a process of its own that is watched and started again, for as many askers at once as were found to be
    best here; a line before it lets in who can still be answered in time. `memory_mb`: MiB that it may take, 0 for any. `noted` hears
    why the process was lost, each time. `texts`: what it will have to write is made of their words (models.lean)."""
    path, entry = _found(model, cache_dir)
    shape, says = shape_for(path, threads, cache_dir=cache_dir, machine=this_machine())
    log.info("engine: %s; %s", _laid_out(shape), says)
    lean = lean_copy(path, cache_dir / "models", texts)
    keeper = keep(path, lean=lean, shape=shape, chat=_chats(entry), memory_mb=memory_mb, noted=noted, adapters=adapters)
    admission = Admission(shape.sequences)
    admitted = Admitted(keeper, admission)

    def workload() -> Workload:
        return replace(admission.workload(), work=keeper.work())

    if entry is not None and entry.chooses:
        return Engine(chooser=admitted, workload=workload)
    return Engine(writer=Adapted(admitted, frozenset(adapters)) if adapters else admitted, workload=workload)


def make_lean(model: str, *, cache_dir: Path, texts: Sequence[str]) -> Path | None:
    """Makes the lean copy of the setting `model` for those `texts` now, so that no start has to wait for it. None: it is used whole.
    Raises ModelFailed."""
    return lean_copy(_found(model, cache_dir)[0], cache_dir / "models", texts)


def open_meaning(cache_dir: Path, *, threads: int = 1) -> Meaning:
    """The embedding model, with what it knows already in `cache_dir`. Raises ModelFailed."""
    from models.embed import Embedder

    return Embedder(cache_dir / "vectors.npz", threads=threads)


def _found(model: str, cache_dir: Path) -> tuple[Path, Entry | None]:
    try:
        path, entry = find(model, cache_dir / "models")
    except (BadSetting, BadText) as error:
        raise ModelFailed(str(error)) from None
    return path, entry


def _chats(entry: Entry | None) -> bool:
    return entry is None or entry.template != "none"


def _laid_out(shape: Shape) -> str:
    return f"{shape.threads} threads, {shape.sequences} texts at once of {shape.context} tokens, {shape.batch} a step"
