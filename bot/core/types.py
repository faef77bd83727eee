"""The words of the house as types: what comes in, what goes out, and what may be said about it.

Frozen values, made once and never changed. Times are seconds since the epoch (float, UTC) unless a name says otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from string import Template

from bot.core.price import Price


class Lang(StrEnum):
    """A language we speak, by its ISO 639-1 code."""

    EN = "en"
    SW = "sw"


class Lane(StrEnum):
    """One queue per promise, each with its own worker, so that none can starve another."""

    ALERTS = "alerts"  # disaster alerts: an alert waits behind nothing
    SENDS = "sends"  # replies on their way out: slow providers must not slow answers
    ANSWERS = "answers"  # the model thinks here: one at a time, seconds each
    CHORES = "chores"  # sweeps, expiry, recovery: may wait, must not be lost


class SessionEvent(StrEnum):
    """Where a message stands in its USSD session."""

    NEW = "new"
    RESUME = "resume"
    CLOSE = "close"


class Status(StrEnum):
    """Where a part or a delivery stands. A ladder that only climbs: see `climbs`."""

    QUEUED = "queued"  # waiting for a worker
    SENDING = "sending"  # a worker is calling the provider at this moment
    ERRORED = "errored"  # this try failed and another one is planned
    WIRED = "wired"  # the provider took it
    SENT = "sent"  # the provider passed it on to the network
    DELIVERED = "delivered"  # the phone has it
    READ = "read"  # a person opened it
    UNKNOWN = "unknown"  # it may or may not have gone out; never resent by itself
    FAILED = "failed"  # no further try


_RANK: Mapping[Status, int] = {
    Status.QUEUED: 0,
    Status.SENDING: 0,
    Status.ERRORED: 0,
    Status.UNKNOWN: 1,
    Status.WIRED: 2,
    Status.SENT: 3,
    Status.FAILED: 4,
    Status.DELIVERED: 5,
    Status.READ: 6,
}


def rank(status: Status) -> int:
    """The rung of `status`, 0 lowest. FAILED stands over SENT but under DELIVERED: a late failure cannot undo a delivery."""
    return _RANK[status]


def climbs(old: Status, new: Status) -> bool:
    """Whether a report of `new` may replace `old`: only ever upwards, whatever order the provider's reports come in."""
    return rank(new) > rank(old)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as a channel sees it, with nothing of the web framework left.

    `url` is the configured public base URL plus the path and query exactly as they came (signatures are made over it).
    `path_key` is the last path segment, the channel's secret where the provider signs nothing. Header names are lower-case.
    """

    method: str
    url: str
    path_key: str
    headers: Mapping[str, str]
    body: bytes
    remote: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer, before the gateway turns it into the web framework's own."""

    status: int = 200
    body: str = ""
    content_type: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a person sent us. `(channel, external_id)` is unique: the provider's retries carry the same id."""

    channel: str
    external_id: str
    urn: str
    text: str
    to: str = ""  # our number, short code or service code
    sent_at: float | None = None  # by the provider's clock, where it says
    session_id: str = ""  # USSD only: the provider's id of the dial
    session_event: SessionEvent | None = None
    path: str = ""  # USSD only: all inputs of the dial so far, as the provider joined them
    meta: Mapping[str, str] = field(default_factory=dict)  # provider extras a reply may need (networkCode, linkId, ...)
    polled: bool = False  # read from the provider's inbox and not told by its webhook
    twin_s: float = 0.0  # inbox and webhook may give it two ids: then the same words, sent this many seconds apart, are one message


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusUpdate:
    """What a provider says about one part that we sent."""

    channel: str
    external_id: str  # as returned by Channel.send
    status: Status
    code: str = ""  # the provider's own word or number
    key: str = ""  # our part key, where the provider gives it back: found even before the external id is stored
    price: Price | None = None  # where the provider tells it


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnd:
    """A USSD dial is over. Nothing can be shown on its screen any more."""

    channel: str
    session_id: str
    urn: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """The provider reports that a person stopped us at the operator, outside our own STOP."""

    channel: str
    urn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Two URNs name one person: `urn` has the number, `other` the id that stands in for it where the person hides the number."""

    channel: str
    urn: str
    other: str


Event = Message | StatusUpdate | SessionEnd | OptOut | Linked


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a channel can carry and do. The core branches on these, never on a channel's name."""

    gsm7: bool = True  # GSM-7 and UCS-2 parts as in SMS; False: any character, one unit each
    units: int = 160  # per single part, in septets (GSM-7) or characters
    units_joined: int = 153  # per part when there are several (a header takes room)
    ucs2_units: int = 70  # the same two for UCS-2, in UTF-16 units; unused where gsm7 is False
    ucs2_joined: int = 67
    max_parts: int = 2  # of one reply
    reply_within_s: float | None = None  # the answer must ride on the HTTP response within this time; None: it is pushed later
    can_push: bool = True  # send() works at any time
    keeps_key: bool = False  # the provider drops repeats of one `key`: an unclear send may be tried again
    rate_per_s: float = 10.0  # sends per second and sender, evenly spaced
    pair_s: float = 0.0  # least seconds between two sends to one person; 0: none of their own
    pair_burst: int = 1  # how many may go to one person before `pair_s` counts; earned back at one in `pair_s`
    quiet: tuple[int, int] | None = (19, 8)  # local hours, from and until, in which nobody gets what they did not ask for
    window_h: float | None = None  # hours after a person's last message in which free text may be sent
    max_body: int = 65_536  # bytes of one webhook request
    choices: int = 0  # native choices that one message can offer (see ports.MenuChannel); 0: menus are numbered lines
    scheme: str = "tel"  # of the URNs that it reaches
    max_age_s: float = 3600.0  # a reply older than this is no longer worth sending


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to pick: `id` comes back as the message's text, whether it was tapped or typed."""

    id: str
    label: str


OFFER = "offer"  # the kind of a Reply that answers nothing yet: the facts that come near, by their titles


@dataclass(frozen=True, slots=True)
class Reply:
    """What we decided to say, before it is fitted to a channel."""

    text: str
    lang: Lang
    kind: str  # "fixed", "menu", "offer", "picked", "fact", "chosen", "remote", "model", "approved", "refusal", "emergency", "more"
    skill: str = ""
    facts: Sequence[str] = ()  # ids of the facts it rests on; of an OFFER, those that its choices stand for
    ends: bool = True  # USSD: END after this screen (True) or CON (False)
    despite_stop: bool = False  # the one confirmation that may follow a STOP
    choices: Sequence[Choice] = ()  # what can be picked: native where the channel has it, numbered lines elsewhere
    footer: str = ""  # a line under the choices


@dataclass(frozen=True, slots=True)
class Contact:
    """A person, by URN. `lang_chosen` says that the person picked the language; else it follows their messages."""

    urn: str
    lang: Lang
    lang_chosen: bool = False
    opted_out: bool = False
    created: float = 0.0
    seen: float = 0.0
    greeted: bool = False
    place: str = ""  # id of a place (bot.core.place), "" where nobody knows it


@dataclass(frozen=True, slots=True)
class Session:
    """Where a person stands in the menus. `key` is "channel:session id" on USSD and "channel:urn" elsewhere.

    `state` is the menu position ("" is the top), `more` the unread rest of a long reply, `path` the USSD input seen so far,
    `last_id`/`screen` the external id and answer of the last hop (the provider may repeat a hop).
    """

    key: str
    state: str = ""
    more: str = ""
    skill: str = ""
    turns: Sequence[str] = ()  # the last questions, newest last, for follow-ups
    path: str = ""
    last_id: str = ""
    screen: str = ""
    screen_ends: bool = False
    open: bool = True
    touched: float = 0.0


@dataclass(frozen=True, slots=True)
class Detail:
    """A question that one sentence of a fact's passage answers, and that sentence, word for word."""

    question: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One retrievable passage. `sms` is a vetted reply of one SMS part that can be sent as it stands: it answers `questions`.

    `details` are narrower questions, each answered by one sentence of the passage instead.
    """

    id: str
    skill: str
    lang: Lang
    title: str
    body: str
    sms: str
    questions: Sequence[str]
    source: str
    reviewed: str  # ISO date
    region: str = ""
    expires: str = ""  # ISO date, or ""
    details: Sequence[Detail] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """An expected exchange, from a skill's cases.toml: `fact` must come first, or "" where we must refuse."""

    text: str
    lang: Lang
    fact: str
    must: Sequence[str] = ()  # words or numbers that the reply has to hold


@dataclass(frozen=True, slots=True)
class Skill:
    """A folder of text under skills/, loaded and checked."""

    name: str  # == folder name
    titles: Mapping[Lang, str]  # short, for menus
    route_words: Mapping[Lang, Sequence[str]]  # words that speak for this skill
    topics: Sequence[str]  # fact ids offered in the menu, in order
    prompt: Mapping[Lang, str]  # templates with $passage, $question
    replies: Mapping[Lang, Mapping[str, str]]  # fixed texts by name
    facts: Sequence[Fact]
    cases: Sequence[Case] = ()
    disclaimer: Mapping[Lang, str] = field(default_factory=dict)
    unanswered: Mapping[Lang, Sequence[str]] = field(default_factory=dict)  # messages of its topic that no fact answers


@dataclass(frozen=True, slots=True)
class Draft:
    """What a Writer wrote. `finish` is "stop", "length" or "deadline". `first_s`: until its first token, 0.0 where nobody looked."""

    text: str
    tokens: int
    seconds: float
    finish: str
    first_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Emergency:
    """Something that cannot wait for a model: recognised by its words, answered by its vetted text."""

    id: str
    words: Mapping[Lang, Sequence[str]]  # phrases; every word of one phrase has to be there, near enough; "cut/stabbed": either will do
    reply: Mapping[Lang, str]
    of_bodies: bool = False  # what happens to an animal too, for which the reply is not meant


@dataclass(frozen=True, slots=True)
class Library:
    """Everything under skills/, loaded and checked: the only text the house speaks from."""

    skills: Sequence[Skill]
    texts: Mapping[Lang, Mapping[str, str]]  # common-texts/replies.toml: text by language and name, with $placeholders
    keywords: Mapping[str, Sequence[str]]  # "stop", "start", "help", "person", "menu", "more", "thanks", "lang.en", "lang.sw" -> words
    emergencies: Sequence[Emergency]
    strays: Mapping[Lang, Sequence[str]] = field(default_factory=dict)  # messages that nothing here answers, to learn from
    off_topic: frozenset[str] = frozenset()  # those of them that are no skill's business

    def text(self, name: str, lang: Lang, **values: str) -> str:
        """The shared text `name` in `lang`, with its $placeholders filled."""
        return Template(self.texts[lang][name]).substitute(values)

    def skill(self, name: str) -> Skill | None:
        """The skill of that name."""
        return next((s for s in self.skills if s.name == name), None)

    def about(self) -> Mapping[str, str]:
        """Each stray that somebody sorted -> the skill whose topic it is of, "" for none."""
        sorted_out = {text: skill.name for skill in self.skills for texts in skill.unanswered.values() for text in texts}
        return dict.fromkeys(self.off_topic, "") | sorted_out
