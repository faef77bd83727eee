"""What <references> holds: "sender,identifier,sent", with white space between, as far as people keep to that."""

from collections.abc import Iterator, Sequence
from itertools import islice

from bot.cap.elements import Block
from bot.core.alert.cap import Reference
from bot.core.alert.instant import NO_TIME, instant
from bot.core.alert.reading import LONGEST_ID, DefectKind, usable_id

MOST = 500
LONGEST = 100_000  # characters of them all


def references(block: Block) -> Sequence[Reference]:
    """The references of an alert; what is none is noted. `sent` is None where it is no time with a zone."""
    text = block.text("references")
    texts = list(islice(_each(text[:LONGEST]), MOST + 1))
    if len(texts) > MOST or len(text) > LONGEST:
        block.note(DefectKind.REFERENCE, "it references more than we look at; the first ones count")
    found: list[Reference] = []
    for one in texts[:MOST]:
        reference = _reference(one)
        found += [reference] if reference else []
        if reference is None or reference.sent is None:
            block.note(DefectKind.REFERENCE, "a reference is not written as sender,identifier,sent")
    return tuple(dict.fromkeys(found))


def _each(text: str) -> Iterator[str]:
    """One reference after another. A sender's name may have blanks in it, though it must not: words go with the piece that follows."""
    pending = ""
    for piece in text.split():
        whole = f"{pending} {piece}".strip()
        if piece.count(",") >= 2 and "," in pending:  # what came before is a reference of its own, and not a whole one
            yield pending
            whole = piece
        if _ends(whole) or len(whole) > 3 * LONGEST_ID:
            yield whole
            whole = ""
        pending = whole
    if pending:
        yield pending


def _ends(text: str) -> bool:
    """Whether `text` is a whole reference."""
    return text.count(",") >= 2 and instant(text.rpartition(",")[2]) != NO_TIME


def _reference(text: str) -> Reference | None:
    sender, _, rest = text.partition(",")
    identifier, comma, sent = rest.rpartition(",")
    if not comma:
        identifier, sent = rest, ""
    if not usable_id(sender) or not usable_id(identifier):
        return None
    return Reference(sender, identifier, instant(sent).at)
