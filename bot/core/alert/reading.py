"""What comes of reading a CAP document: alerts with their defects, or why nothing can be read. Nothing here holds a message's text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.core.alert.cap import Alert
from bot.core.refusal import SENTENCES, Declined
from bot.core.types import Lang

LONGEST_ID = 1000  # bytes of an identifier or a sender: both are in one index, and PostgreSQL's take 2,700


def usable_id(text: str) -> bool:
    """Whether `text` can be the identifier or the sender of an alert that we keep."""
    return 0 < len(text.encode("utf-8", "surrogatepass")) <= LONGEST_ID


class Why(StrEnum):
    """Why a document, or one alert in it, cannot be read."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    TOO_MANY = "too_many"  # elements
    TOO_MANY_ALERTS = "too_many_alerts"
    DTD = "dtd"  # a document type: entity bombs and outside files come by it
    HTML = "html"  # a web page, mostly an error page served as 200
    NOT_XML = "not_xml"
    NO_ALERT = "no_alert"  # XML, but no CAP alert in it
    NO_IDENTITY = "no_identity"  # an alert without identifier or sender, with several that differ, or longer than LONGEST_ID
    NO_SENT = "no_sent"  # `sent` is missing, or no time with a zone


class Unreadable(Declined):
    """A document that is not, or holds no, alert that we can read. `str()` says why and the remedy; never a word of the document."""

    def __init__(self, why: Why) -> None:
        super().__init__(f"cap_{why}")
        self.why = why


SAYS = {why: SENTENCES[Lang.EN][f"cap_{why}"] for why in Why}


class DefectKind(StrEnum):
    """What is wrong with an alert that can be read all the same. What follows from it is decided by bot.core.alert.gate and a person."""

    NAMESPACE = "namespace"  # CAP 1.0, 1.1 or an unknown namespace
    STATUS = "status"  # missing or unknown
    MSG_TYPE = "msg_type"
    SCOPE = "scope"
    IDENTITY = "identity"  # a space, a comma, < or & in identifier or sender
    REFERENCE = "reference"  # a reference that is no "sender,identifier,sent"
    NO_REFERENCE = "no_reference"  # an Update or a Cancel that names nothing
    UNKNOWN_WORD = "unknown_word"  # another element's value is not one of CAP's
    MISSING = "missing"  # a required element of an info or an area is not there
    TIME = "time"  # no time that we can read; it is taken as absent
    TIME_NAIVE = "time_naive"  # a time without a zone: nobody knows which hour; it is taken as absent
    TIME_FORM = "time_form"  # "Z" or fractions: against the standard, and clear
    EXPIRES_EARLY = "expires_early"  # an info expires before it takes effect
    POLYGON = "polygon"  # could not be read and was left out
    POLYGON_EMPTY = "polygon_empty"
    POLYGON_OPEN = "polygon_open"  # we closed it
    POLYGON_FORM = "polygon_form"  # other separators than the standard's; read all the same
    COORDINATES = "coordinates"  # out of range; left out, but for a longitude between 180 and 360
    SWAPPED = "swapped"  # longitude comes first; left out, since a guess is no outline
    CIRCLE = "circle"  # could not be read and was left out
    NO_SHAPE = "no_shape"  # an area without polygon, circle or geocode that we could read
    ELEMENT_TWICE = "element_twice"  # an element that may be there once is there with several values; the first one counts
    NO_INFO = "no_info"  # an Alert or Update without any info
    MORE = "more"  # there are more defects than we list


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong, `where` it is ("info 1, area 2, polygon 1"; "" for the alert itself), and what it is in plain words."""

    kind: DefectKind
    where: str
    says: str

    def __str__(self) -> str:
        return f"{self.where}: {self.says}" if self.where else self.says


@dataclass(frozen=True, slots=True)
class Read:
    """One alert of a document, and what is wrong with it. `at` is its number among the document's alerts, 0 for the first."""

    alert: Alert
    defects: Sequence[Defect] = ()
    at: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """What a document holds: the alerts that can be read, and by number why the others cannot.

    Of a long list it is a portion: `keys` are then what those alerts are remembered by, and `left` counts the ones that wait."""

    reads: Sequence[Read]
    unreadable: Mapping[int, Why] = field(default_factory=dict)
    keys: Mapping[int, str] = field(default_factory=dict)
    left: int = 0


class Signature(StrEnum):
    """What an alert's signature proves, against the certificates that the operator pinned."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"  # it has none, none is pinned, or nobody asked
    BAD = "bad"  # it was changed after it was signed, or somebody else signed it


class SignaturePolicy(StrEnum):
    """What a feed's signatures are worth to the operator."""

    REQUIRE = "require"  # only what is verified may pass
    VERIFY_IF_PRESENT = "verify_if_present"  # a bad one does not pass; none at all does, and is shown as unverified
    IGNORE = "ignore"


def passes(signature: Signature, policy: SignaturePolicy) -> bool:
    """Whether an alert with such a signature may go on to the gate; if not, it is quarantined."""
    if policy is SignaturePolicy.REQUIRE:
        return signature is Signature.VERIFIED
    return policy is SignaturePolicy.IGNORE or signature is not Signature.BAD
