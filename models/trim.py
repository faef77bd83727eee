"""Makes a model's lean copy (models.lean), once for each model and each state of the texts: `python -m models.trim WHOLE COPY MARK`.

The texts come on stdin, as a JSON list. In a process of its own, because the metadata of a large vocabulary takes memory that Python does
not give back.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from bot.core.errors import BadSetting, ModelFailed
from models.gguf import KEPT, LEAN, read_head
from models.lean import MATRIX, SCALES
from models.vocabulary import Vocabulary
from models.writing import aside, copy_fields, finish

_RULE = 1  # of what is kept; another rule, and copies are made anew
# Low numbers are what a vocabulary's makers met most often. With so many of them, cut down to plain letters, any word can be written.
COMMON = 16_384
_OUTPUT = "output.weight"  # where the matrix that writes is another one than the one that reads
_WITHIN_S = 300
_ROOT = Path(__file__).resolve().parent.parent
log = logging.getLogger(__name__)


def lean_copy(whole: Path, folder: Path, texts: Sequence[str]) -> Path | None:
    """The lean copy of the model `whole` in `folder`, made where there is none for these `texts`; None where it gains too little, and
    where it cannot be made: the log says why, and the whole model does as well."""
    target = copy_of(whole, folder)
    try:
        if read_head(whole).architecture not in SCALES:
            return None
        mark = _mark(whole, texts)
        if target.exists() and _says(target) == mark:
            return target
        command = [sys.executable, "-m", "models.trim", str(whole.absolute()), str(target.absolute()), mark]
        done = subprocess.run(  # noqa: S603
            command, check=False, cwd=_ROOT, input=json.dumps(list(texts)), capture_output=True, text=True, timeout=_WITHIN_S
        )
    except (BadSetting, OSError, subprocess.TimeoutExpired) as error:
        log.warning("%s is used whole: %s", whole.name, error)
        return None
    if done.returncode != 0:
        log.warning("%s is used whole: %s", whole.name, (done.stderr.strip().splitlines() or ["it gives no reason"])[-1])
        return None
    return target if target.exists() and _says(target) == mark else None


def copy_at(whole: Path, folder: Path) -> Path | None:
    """The lean copy of `whole` that is in `folder`, whatever texts it was made for; None where there is none."""
    target = copy_of(whole, folder)
    return target if target.exists() and _says(target).startswith(_of(whole)) else None


def copy_of(whole: Path, folder: Path) -> Path:
    """Where the lean copy of `whole` is, or would be."""
    return folder / f"{whole.stem}.lean.gguf"


def make(whole: Path, target: Path, texts: Iterable[str], *, mark: str) -> bool:
    """Writes the lean copy of `whole` to `target`. False: it gains too little, and none is made. Raises ModelFailed, BadSetting."""
    import gguf

    kept = kept_tokens(whole, texts)
    if 2 * len(kept) > read_head(whole).tensors[MATRIX].dims[1]:
        return False
    reader = gguf.GGUFReader(whole)
    mine = aside(target)
    architecture = str(reader.fields["general.architecture"].contents())
    size = f"{architecture}.vocab_size"
    writer = gguf.GGUFWriter(mine, architecture)
    copy_fields(reader, writer, without=(size, KEPT, LEAN), but="tokenizer.")
    writer.add_tokenizer_model("none")
    writer.add_uint32(size, len(kept))
    writer.add_string(LEAN, mark)
    writer.add_key_value(KEPT, kept, gguf.GGUFValueType.ARRAY, sub_type=gguf.GGUFValueType.INT32)
    for tensor in reader.tensors:
        data = np.ascontiguousarray(tensor.data[kept]) if tensor.name in (MATRIX, _OUTPUT) else tensor.data
        writer.add_tensor(tensor.name, data, raw_dtype=tensor.tensor_type)
    finish(writer, mine, target)
    return True


def kept_tokens(whole: Path, texts: Iterable[str]) -> list[int]:
    """The tokens that `texts` are made of, those that end a text, every single byte, and what is common in plain letters."""
    words = Vocabulary.open(whole)
    found = {token for text in texts for way in (text, f" {text}") for token in words.tokens(way, special=False)}
    for token in range(words.size):
        piece = words.piece(token)
        if len(piece) == 1 or (token < COMMON and piece and _plain(piece)) or words.ends(token):
            found.add(token)
    words.close()
    return sorted(found)


def _plain(piece: bytes) -> bool:
    return all(32 <= byte < 127 or byte == 10 for byte in piece)


def _mark(whole: Path, texts: Sequence[str]) -> str:
    """What a copy is made from."""
    return _of(whole) + sha256(json.dumps(list(texts)).encode()).hexdigest()


def _of(whole: Path) -> str:
    """Which model that is. Not the sum of its file: that would take a second at every start. Whole seconds: an image keeps no more."""
    seen = whole.stat()
    return f"{_RULE}:{whole.name}:{seen.st_size}:{int(seen.st_mtime)}:"


def _says(target: Path) -> str:
    try:
        return read_head(target).lean
    except BadSetting:
        return ""


def main() -> None:
    """Makes the copy that the arguments name."""
    whole, target, mark = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    try:
        make(whole, target, json.load(sys.stdin), mark=mark)
    except (ModelFailed, BadSetting) as error:
        sys.exit(" ".join(str(error).split()))


if __name__ == "__main__":
    main()
