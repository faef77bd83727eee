"""What <references> holds: "sender,identifier,sent", with white space between, as far as people keep to that."""

from collections.abc import Iterator, Sequence

from bot.cap.elements import Block
from bot.core.alert.cap import Reference
from bot.core.alert.instant import instant
from bot.core.alert.reading import LONGEST_ID, DefectKind

MOST = 500


def references(block: Block) -> Sequence[Reference]:
    """The references of an alert; what is none is noted. `sent` is None where it is no time with a zone."""
    found: list[Reference] = []
    for text in _each(block.text("references")):
        reference = _reference(text)
        if reference and len(found) < MOST:
            found.append(reference)
        if reference is None or reference.sent is None:
            block.note(DefectKind.REFERENCE, "a reference is not written as sender,identifier,sent")
    return tuple(dict.fromkeys(found))


def _each(text: str) -> Iterator[str]:
    """One reference after another. A sender's name may have blanks in it, though it must not: pieces are joined until a time ends them."""
    pending = ""
    for piece in text.split():
        if piece.count(",") >= 2:
            if pending:
                yield pending
            yield piece
            pending = ""
            continue
        pending = f"{pending} {piece}".strip()
        if (pending.count(",") >= 2 and instant(pending.rpartition(",")[2]).at is not None) or len(pending) > 3 * LONGEST_ID:
            yield pending
            pending = ""
    if pending:
        yield pending


def _reference(text: str) -> Reference | None:
    sender, _, rest = text.partition(",")
    identifier, comma, sent = rest.rpartition(",")
    if not comma:
        identifier, sent = rest, ""
    if not 0 < len(sender) <= LONGEST_ID or not 0 < len(identifier) <= LONGEST_ID:
        return None
    return Reference(sender, identifier, instant(sent).at)
