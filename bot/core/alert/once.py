"""A program that does not know whether its draft arrived sends it again, with the same key: it is made once."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from bot.core.alert.audit import canonical
from bot.core.refusal import Declined


class OnceTx(Protocol):
    """The part of a transaction that knows what was made once."""

    def made_once(self, key: str) -> tuple[str, int] | None:
        """What was asked for under `key`, as a digest, and the id of what was made of it."""
        ...

    def note_once(self, key: str, digest: str, id: int, *, now: float) -> bool:
        """Keeps it. False where another one, at this moment, was quicker."""
        ...


@dataclass(frozen=True, slots=True)
class Once:
    """One thing that may be asked for several times. `key` is unique to who asks, `digest` stands for what they ask for."""

    key: str
    digest: str

    def known(self, tx: OnceTx) -> int:
        """The id of what was made of it, 0 for nothing yet. Raises Declined where the key was used for something else."""
        found = tx.made_once(self.key)
        if found is None:
            return 0
        if found[0] != self.digest:
            raise Declined("key_used")
        return found[1]

    def note(self, tx: OnceTx, id: int, *, now: float) -> None:
        """Keeps what was made. Raises Declined, so that nothing is, where another one was quicker by a moment."""
        if not tx.note_once(self.key, self.digest, id, now=now):
            raise Declined("being_made")


def once(who: str, key: str, asked: Mapping[str, object]) -> Once:
    """For what the member `who` asks for under `key`. Keys of different members do not meet."""
    return Once(sha256(f"{who}\0{key}".encode()).hexdigest(), sha256(canonical(asked).encode()).hexdigest())
