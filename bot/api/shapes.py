"""What callers get, as types. Times are ISO 8601 in UTC, null for "not yet"."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bot.core.alert.broadcast import Mode, Stage
from bot.core.alert.cap import AlertStatus, Certainty, MsgType, ResponseType, Severity, Urgency
from bot.core.alert.preview import Exclusion, Stopper
from bot.core.alert.staff import Role
from bot.core.alert.stored import Decision, State
from bot.core.text import Alphabet
from bot.core.types import Lang, Status

Time = AwareDatetime | None


class Shape(BaseModel):
    """Something that is given out. No field is ever left out."""

    model_config = ConfigDict(frozen=True)


class Me(Shape):
    """Whose key it is, and what it may."""

    name: str
    roles: list[Role]
    lang: str


class PlaceShape(Shape):
    """A place."""

    id: str
    label: str = Field(description="tells it from others of its name")


class Places(Shape):
    """What a name may mean."""

    sure: bool
    places: list[PlaceShape]


class HazardShape(Shape):
    """A danger that there are words for."""

    id: str
    names: dict[Lang, str]
    responses: list[ResponseType] = Field(description="what there is an action for")


class Hazards(Shape):
    """All of them."""

    hazards: list[HazardShape]


class AudienceShape(Shape):
    """Whom a broadcast is for."""

    places: list[PlaceShape] = Field(description="with all that lies in them")
    without: list[PlaceShape]
    groups: list[str]
    everyone: bool
    unplaced: bool
    got: int = Field(description="first those who got this broadcast, 0: none")
    rest: bool = Field(description="then the others of the audience, too")
    silent: bool = Field(description="of those who got it, only who has not answered its roll call")


class BroadcastShape(Shape):
    """One version of an alert of ours."""

    id: int
    mode: Mode
    stage: Stage
    type: MsgType
    follows: int
    alert: int = Field(description="the received alert that it passes on, 0: none")
    identifier: str = Field(description="of its CAP message")
    title: str
    hazard: str
    response: ResponseType
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    source: str
    slots: dict[str, str]
    texts: dict[Lang, str] = Field(description="the exact words")
    audience: AudienceShape
    onset: Time
    expires: Time
    quiet: bool
    roll_call: bool
    escalate_after_minutes: float
    escalate_below_percent: float
    escalate_to: str
    author: str
    created: Time
    submitted: Time
    people: int = Field(description="counted when it was submitted")
    approver: str
    approved: Time
    why: str
    ended: Time


class BroadcastList(Shape):
    """The newest first."""

    broadcasts: list[BroadcastShape]
    next: int = Field(description="give it as `before` for the page behind; 0: there is none")


class Cost(Shape):
    """A sum of money."""

    amount: str
    currency: str
    category: str


class LineShape(Shape):
    """What the people of one channel and language get."""

    channel: str
    lang: Lang
    people: int
    text: str
    parts: list[str]
    alphabet: Alphabet
    units: int
    segments: int
    cost: Cost | None


class Missing(Shape):
    """Something that the words of a language lack: shown, no refusal."""

    lang: Lang
    what: str


class PreviewShape(Shape):
    """What would happen now."""

    people: int = Field(description="the number that the approver types")
    lines: list[LineShape]
    excluded: dict[Exclusion, int]
    costs: list[Cost]
    unpriced: list[str]
    starts: Time
    ends: Time
    in_time: float = Field(description="the share of people, 0 to 1, whom it reaches before it expires")
    stoppers: list[Stopper]
    cannot: list[str] = Field(description="why it cannot be submitted, in sentences")
    missing: list[Missing]


class Submitted(Shape):
    """It waits for another person."""

    broadcast: BroadcastShape
    people: int


class FailureCount(Shape):
    """How many copies ended with the same code."""

    channel: str
    code: str
    count: int


class ProgressShape(Shape):
    """How far a broadcast is."""

    id: int
    stage: Stage
    at: Time
    people: int
    fed: int
    left: int
    taken: int = Field(description="by a provider")
    delivered: int = Field(description="to the phone, where the provider tells")
    failed: int
    unknown: int = Field(description="may or may not have gone out; never sent again by itself")
    statuses: dict[Status, int]
    failures: list[FailureCount]
    rate_per_s: float
    finish: Time
    safe: int
    need_help: int


class RollRow(Shape):
    """The people of one place, as it was when the roll call got to them."""

    place: str
    label: str
    safe: int
    need_help: int
    silent: int
    missed: int


class RollCallShape(Shape):
    """Who is safe, who needs help, who says nothing. Who called for help is among the tickets."""

    id: int
    exercise: bool
    total: RollRow
    places: list[RollRow] = Field(description="where most need help first")


class AlertShape(Shape):
    """An alert that came in."""

    id: int
    origin: str
    trusted: bool
    sender: str
    identifier: str
    sent: Time
    status: AlertStatus | None
    type: MsgType | None
    event: str
    headline: str
    area: str
    severity: Severity
    urgency: Urgency
    certainty: Certainty
    state: State
    reason: str = Field(description="a word, see `why`")
    why: str
    by: int
    expires: Time
    hazard: str
    places: list[str]
    doubt: bool
    defects: list[str]
    signature: str
    received: Time
    decision: Decision
    decided_by: str
    may_be_released: bool


class AlertList(Shape):
    """The newest first."""

    alerts: list[AlertShape]
    next: int = Field(description="give it as `offset` for the page behind; 0: there is none")


class TakenShape(Shape):
    """What became of one alert of a document."""

    id: int
    state: State
    reason: str
    new: bool
    changed: list[int]


class TakenList(Shape):
    """One for each alert that could be read."""

    alerts: list[TakenShape]


class Drafted(Shape):
    """A draft of a received alert, and what to look at before it goes anywhere."""

    broadcast: BroadcastShape
    notes: list[str]
    unplaced: list[str]


class NoticeShape(Shape):
    """What people who ask are told, word for word."""

    key: str
    hazard: str
    severity: Severity
    texts: dict[Lang, str]
    places: list[str] = Field(description="ids; none: everywhere")
    source: str
    since: Time
    expires: Time


class Notices(Shape):
    """Those in force, the most severe first."""

    notices: list[NoticeShape]


class PersonShape(Shape):
    """A person. `ref` is theirs in this installation; `number` is masked unless an admin asked for it."""

    ref: str
    number: str
    lang: Lang
    place: str
    groups: list[str]
    stopped: bool
    created: Time
    seen: Time


class PersonList(Shape):
    """A page of people, in no order that means anything."""

    contacts: list[PersonShape]
    count: int = Field(description="of all who fit")
    next: str = Field(description='give it as `after` for the page behind; "": there is none')


class ErasedShape(Shape):
    """What was taken out. `kept_stop`: the number is kept with its STOP, and nothing else."""

    messages: int
    deliveries: int
    kept_stop: bool


class GroupShape(Shape):
    """A group."""

    name: str
    people: int
    stopped: int


class Groups(Shape):
    """Every group, by name."""

    groups: list[GroupShape]


class Ended(Shape):
    """How many were in it."""

    people: int


class EntryShape(Shape):
    """An entry of the audit log. `hash` seals it together with the entry before it."""

    n: int
    at: Time
    who: str
    what: str
    about: str
    detail: dict[str, object]
    before: str
    hash: str


class Entries(Shape):
    """The newest first."""

    entries: list[EntryShape]
    next: int = Field(description="give it as `before` for the page behind; 0: there is none")


class Wrong(Shape):
    """What is wrong, and what to do. `code` never changes."""

    code: str
    message: str
    remedy: str


class Problem(Shape):
    """Why something was not done."""

    error: Wrong


class Well(Shape):
    """Done, and there is no more to say."""

    done: Literal[True] = True
