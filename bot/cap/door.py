"""The one door for received alerts: bytes in, every alert of them read, its signature looked at, and taken in. Whoever brings them."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from bot.cap.portions import Known
from bot.cap.read import read_document
from bot.cap.sign import Signed
from bot.core.alert.intake import Intake, Taken
from bot.core.alert.reading import SAYS, Document, Read, Signature, SignaturePolicy, Unreadable, passes
from bot.core.alert.stored import Origin
from bot.core.errors import BadSetting, NotDone, StoreDown
from bot.core.ports import Clock
from bot.core.trace import where

Pins = tuple[SignaturePolicy, Sequence[bytes]]  # what a signature is worth, and the certificates (PEM) that can prove it

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Portion:
    """What was taken of a document, and how many of its alerts wait for the next time. Of a long list: the keys of those that need not
    be read again, and of those that we stumbled over."""

    taken: Sequence[Taken]
    done: Collection[str] = ()
    failed: Collection[str] = ()
    left: int = 0


class Door:
    """Takes documents in. `pins` knows what a signature is worth, by the name of an origin."""

    def __init__(self, intake: Intake, clock: Clock, pins: Callable[[str], Pins]) -> None:
        self.intake, self._clock, self._pins = intake, clock, pins
        self._known: dict[str, Pins] = {}

    def take(self, data: bytes, origin: Origin) -> Sequence[Taken]:
        """Takes in every alert of a document that can be read, the oldest first. One that cannot is kept aside for a person.

        Raises Unreadable where the document holds none at all; nothing is kept then."""
        document = read_document(data)
        if not document.reads:
            raise Unreadable(next(iter(document.unreadable.values())))
        taken = [take() for _, take in self._each(document, data, origin)]
        self._rest_aside(document, data, origin)
        return taken

    def portion(self, data: bytes, origin: Origin, known: Known) -> Portion:
        """As `take`, of a list however long: the alerts that are not `known`, as many as may be taken at a time. One that we stumble over
        keeps none of the others back. Raises Unreadable where a short list holds none that can be read."""
        document = read_document(data, known=known)
        if not document.reads and not document.keys and document.unreadable:
            raise Unreadable(next(iter(document.unreadable.values())))
        taken, failed = [], dict[int, Exception]()
        for at, take in self._each(document, data, origin):
            try:
                taken.append(take())
            except (StoreDown, BadSetting):
                raise
            except Exception as error:
                log.error("alert %d of a list of %s failed: %s", at + 1, origin.name, where(error))
                failed[at] = error
        self._rest_aside(document, data, origin)
        if failed and not document.keys:  # nobody would know which one it was
            raise next(iter(failed.values()))
        keys = document.keys
        return Portion(taken, [keys[at] for at in keys if at not in failed], [keys[at] for at in failed], document.left)

    def keep(self, data: bytes, origin: Origin, why: Unreadable) -> Taken:
        """Keeps a document aside that should have been an alert and cannot be read."""
        return self._aside(data, origin, why, _digest(data))

    def _each(self, document: Document, data: bytes, origin: Origin) -> Iterator[tuple[int, Callable[[], Taken]]]:
        """The alerts that could be read, the oldest first: the number of each, and what takes it."""
        alone = len(document.reads) + len(document.unreadable) == 1 and not document.keys
        kept = data if alone else b""  # a list of alerts would be stored once for each of them
        policy, pinned = self._pins_of(origin.name)
        signed = None if policy is SignaturePolicy.IGNORE else Signed(data, pinned=pinned, now=self._clock())
        for read in sorted(document.reads, key=lambda read: read.alert.sent):
            yield read.at, partial(self._one, read, origin, kept, policy, signed)

    def _rest_aside(self, document: Document, data: bytes, origin: Origin) -> None:
        """Keeps aside what of a document could not be read. In a long list each is known by what it says, wherever it stands."""
        for at, why in document.unreadable.items():
            told = NotDone(f"Alert {at + 1} of the document: {SAYS[why]}")
            self._aside(data, origin, told, f"alert:{document.keys[at]}" if document.keys else f"{_digest(data)}-{at}")

    def _one(self, read: Read, origin: Origin, kept: bytes, policy: SignaturePolicy, signed: Signed | None) -> Taken:
        signature = signed.proves(read.alert, read.at) if signed else Signature.UNVERIFIED
        return self.intake.take(read, origin, kept, signature=signature, passes=passes(signature, policy), now=self._clock())

    def _aside(self, data: bytes, origin: Origin, why: NotDone, digest: str) -> Taken:
        return self.intake.take_unreadable(data, origin, why, digest=digest, now=self._clock())

    def _pins_of(self, origin: str) -> Pins:
        if origin not in self._known:
            self._known[origin] = self._pins(origin)
        return self._known[origin]


def _digest(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"


def counted(taken: Sequence[Taken]) -> Mapping[str, int]:
    """How many alerts are new, by their state; "again" are those that were there."""
    found: dict[str, int] = {}
    for one in taken:
        word = one.state.value if one.new else "again"
        found[word] = found.get(word, 0) + 1
    return found
