"""An alert, in the words of CAP 1.2 (OASIS, Common Alerting Protocol 1.2). Frozen values; times are seconds since the epoch, UTC.

What a message lacks is "" or (), or None where a missing value means something: a missing status is never "Actual".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

Point = tuple[float, float]  # latitude, longitude in degrees, WGS 84: latitude first, as in CAP


class AlertStatus(StrEnum):
    """What a message is for. Only ACTUAL may reach the public."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    SYSTEM = "System"
    TEST = "Test"
    DRAFT = "Draft"


class MsgType(StrEnum):
    """What a message does to those that it references."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"
    ACK = "Ack"
    ERROR = "Error"


class Scope(StrEnum):
    """For whom a message is. Only PUBLIC may reach the public."""

    PUBLIC = "Public"
    RESTRICTED = "Restricted"
    PRIVATE = "Private"


class Category(StrEnum):
    """The kind of event."""

    GEO = "Geo"
    MET = "Met"
    SAFETY = "Safety"
    SECURITY = "Security"
    RESCUE = "Rescue"
    FIRE = "Fire"
    HEALTH = "Health"
    ENV = "Env"
    TRANSPORT = "Transport"
    INFRA = "Infra"
    CBRNE = "CBRNE"
    OTHER = "Other"


class ResponseType(StrEnum):
    """What people should do. ASSESS is not for the public."""

    SHELTER = "Shelter"
    EVACUATE = "Evacuate"
    PREPARE = "Prepare"
    EXECUTE = "Execute"
    AVOID = "Avoid"
    MONITOR = "Monitor"
    ASSESS = "Assess"
    ALL_CLEAR = "AllClear"
    NONE = "None"


class Urgency(StrEnum):
    """How soon to act: now, within the hour, later, too late."""

    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    FUTURE = "Future"
    PAST = "Past"
    UNKNOWN = "Unknown"


class Severity(StrEnum):
    """How bad it may be."""

    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class Certainty(StrEnum):
    """How sure the sender is. "Very Likely" of CAP 1.0 is LIKELY."""

    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Reference:
    """An earlier message that a message is about. `sent` is None where it could not be read as a time with a zone."""

    sender: str
    identifier: str
    sent: float | None


@dataclass(frozen=True, slots=True)
class Circle:
    """All within `radius_km` of `centre`; 0 is the point itself."""

    centre: Point
    radius_km: float


@dataclass(frozen=True, slots=True)
class Area:
    """Where. The union of everything in it; without any shape only its `desc` and codes say where."""

    desc: str
    polygons: Sequence[Sequence[Point]] = ()  # rings, closed: first point == last point
    circles: Sequence[Circle] = ()
    geocodes: Sequence[tuple[str, str]] = ()  # (valueName, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What a message says in one language. Infos of one language form one sequence; others are translations."""

    language: str = "en-US"  # RFC 3066
    categories: Sequence[Category] = ()
    event: str = ""
    response_types: Sequence[ResponseType] = ()
    urgency: Urgency = Urgency.UNKNOWN
    severity: Severity = Severity.UNKNOWN
    certainty: Certainty = Certainty.UNKNOWN
    event_codes: Sequence[tuple[str, str]] = ()
    effective: float | None = None
    onset: float | None = None
    expires: float | None = None  # None: the message does not say
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    web: str = ""
    contact: str = ""
    parameters: Sequence[tuple[str, str]] = ()
    areas: Sequence[Area] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One CAP message. Its identity is (sender, identifier, sent).

    `status`, `msg_type` and `scope` are None where the message lacks them or says something else: it is then quarantined."""

    identifier: str
    sender: str
    sent: float
    status: AlertStatus | None
    msg_type: MsgType | None
    scope: Scope | None
    source: str = ""
    note: str = ""
    codes: Sequence[str] = ()
    references: Sequence[Reference] = ()
    infos: Sequence[Info] = ()
    signed: bool = False  # it carries a signature; whether that proves anything is said elsewhere
