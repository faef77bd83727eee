"""The one door for received alerts: bytes in, every alert of them read, its signature looked at, and taken in. Whoever brings them."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

from bot.cap.read import read_document
from bot.cap.sign import Signed
from bot.core.alert.intake import Intake, Taken
from bot.core.alert.reading import SAYS, Read, Signature, SignaturePolicy, Unreadable, passes
from bot.core.alert.stored import Origin
from bot.core.errors import NotDone
from bot.core.ports import Clock

Pins = tuple[SignaturePolicy, Sequence[bytes]]  # what a signature is worth, and the certificates (PEM) that can prove it


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
        alone = len(document.reads) + len(document.unreadable) == 1
        kept = data if alone else b""  # a list of alerts would be stored once for each of them
        policy, pinned = self._pins_of(origin.name)
        signed = None if policy is SignaturePolicy.IGNORE else Signed(data, pinned=pinned, now=self._clock())
        taken = [self._one(read, origin, kept, policy, signed) for read in sorted(document.reads, key=lambda read: read.alert.sent)]
        for at, why in document.unreadable.items():
            self._aside(data, origin, NotDone(f"Alert {at + 1} of the document: {SAYS[why]}"), str(at))
        return taken

    def keep(self, data: bytes, origin: Origin, why: Unreadable) -> Taken:
        """Keeps a document aside that should have been an alert and cannot be read."""
        return self._aside(data, origin, why, "")

    def _one(self, read: Read, origin: Origin, kept: bytes, policy: SignaturePolicy, signed: Signed | None) -> Taken:
        signature = signed.proves(read.alert, read.at) if signed else Signature.UNVERIFIED
        return self.intake.take(read, origin, kept, signature=signature, passes=passes(signature, policy), now=self._clock())

    def _aside(self, data: bytes, origin: Origin, why: NotDone, mark: str) -> Taken:
        digest = f"sha256:{sha256(data).hexdigest()}{mark and '-'}{mark}"
        return self.intake.take_unreadable(data, origin, why, digest=digest, now=self._clock())

    def _pins_of(self, origin: str) -> Pins:
        if origin not in self._known:
            self._known[origin] = self._pins(origin)
        return self._known[origin]


def counted(taken: Sequence[Taken]) -> Mapping[str, int]:
    """How many alerts are new, by their state; "again" are those that were there."""
    found: dict[str, int] = {}
    for one in taken:
        word = one.state.value if one.new else "again"
        found[word] = found.get(word, 0) + 1
    return found
