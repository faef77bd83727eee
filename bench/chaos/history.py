"""What happened, as seen from outside: what people wrote, what providers took, and what the database says in the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Person = tuple[str, str]  # channel and number: "at_sms", "+254..."


@dataclass(frozen=True, slots=True)
class Asked:
    """One message of a person, as its provider remembers it. Times are seconds of one clock."""

    person: Person
    text: str
    posted: float  # the first try
    acknowledged: float | None  # the first 2xx; None: never
    question: bool  # answered by a lane; else at once by the gateway


@dataclass(frozen=True, slots=True)
class Took:
    """One part that a provider took for a person."""

    person: Person
    text: str
    id: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of the inbox."""

    id: int
    person: Person
    text: str
    waits: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A row of the parts."""

    text: str
    status: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A row of the outbox with its parts in order. `message` is what it answers, 0 for a notice; `claims`: how often a worker took it
    in hand."""

    id: int
    person: Person
    message: int
    status: str
    code: str
    claims: int
    waits: bool
    pieces: Sequence[Piece]


@dataclass(slots=True)
class History:
    """All of a run that the judge needs. Sequences are in the order of what happened."""

    asked: Sequence[Asked] = ()
    took: Sequence[Took] = ()
    stored: Sequence[Stored] = ()
    sent: Sequence[Sent] = ()
    unclear: frozenset[Person] = frozenset()  # whom a provider left without an answer to a send: a 500, a cut line, silence
    refused: frozenset[Person] = frozenset()  # whom a provider refuses for good
    told: Mapping[str, str] = field(default_factory=dict)  # the provider's id of a part -> its last word, which we acknowledged
