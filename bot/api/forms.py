"""What callers send, as types: the API's bodies, and the files of `ujumbe alerts draft`. What is not named here is refused."""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from bot.core.alert.broadcast import Mode, Stage
from bot.core.alert.cap import Certainty, ResponseType, Severity, Urgency
from bot.core.alert.stored import State
from bot.core.types import Lang

MOST_PLACES, MOST_GROUPS, LONGEST = 500, 50, 400
MOST_PAGE = 200
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_YEARS = range(2000, 2100)


def _plain(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("holds a character that no text has. Leave it out")
    return text


def _near(at: datetime) -> datetime:
    if at.year not in _YEARS:
        raise ValueError("is too far from now. Write the year in full, 2000 to 2099")
    return at


Text = Annotated[str, Field(max_length=LONGEST), AfterValidator(_plain)]
Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_plain)]
Why = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_plain)]
Time = Annotated[AwareDatetime, AfterValidator(_near)]
Id = Annotated[int, Field(ge=1, le=2**53)]


class Form(BaseModel):
    """Something that is sent. Unknown names are refused: a slip of the pen must not be a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Words(Form):
    """What the author writes in one language. What is left out comes from the template."""

    place: Text = Field(default="", description='how the places are called, several with ";" between them; empty: their own names')
    impact: Text = Field(default="", description="what it does, in a few words")
    action: Text = Field(default="", description="what to do, in place of the curated action")
    text: Text = Field(default="", description="the whole text by hand, in place of the template")


class Escalation(Form):
    """Of a roll call: whom it goes on to where too few answer."""

    after_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)]
    below_percent: Annotated[int, Field(ge=1, le=100)]
    to: Name = Field(description="a group")


class Change(Form):
    """The parts of a draft. What is left out stays as it is."""

    title: Text | None = Field(default=None, description="for staff; made of hazard and place where it is empty")
    hazard: Name | None = Field(default=None, description="an id of GET /api/v1/hazards")
    response: ResponseType | None = Field(default=None, description="what people should do")
    urgency: Urgency | None = None
    severity: Severity | None = None
    certainty: Certainty | None = None
    source: Annotated[Text, Field(max_length=40)] | None = Field(default=None, description="who warns, as people know them")
    places: Annotated[list[Name], Field(max_length=MOST_PLACES)] | None = Field(
        default=None, description="ids or names, the nearest first; with all that lies in them"
    )
    without: Annotated[list[Name], Field(max_length=MOST_PLACES)] | None = Field(default=None, description="places that are left out")
    groups: Annotated[list[Name], Field(max_length=MOST_GROUPS)] | None = None
    everyone: bool | None = None
    unplaced: bool | None = Field(default=None, description="also those whose place nobody knows")
    onset: Time | None = Field(default=None, description="when it begins, with an offset: 2027-01-31T18:00:00+03:00")
    expires: Time | None = Field(default=None, description="nothing goes out after it")
    quiet: bool | None = Field(default=None, description="it waits for the end of the night: never where life is in danger")
    roll_call: bool | None = Field(default=None, description='it asks for "1 safe, 2 need help"')
    escalation: Escalation | None = None
    two_parts: bool | None = Field(default=None, description="it may take two SMS")
    words: dict[Lang, Words] | None = Field(default=None, description="by language")


class Draft(Change):
    """A new draft. Only `mode` must be there; what else is missing is said when it is previewed or submitted."""

    mode: Mode = Field(description='"exercise" reaches nobody outside the group exercise')


class Taking(Form):
    """Why a text is taken back."""

    reason: Literal["false_alarm", "withdrawn"] = Field(default="false_alarm", description="it was never true, or it was changed")


class Approval(Form):
    """What an approver types."""

    people: Annotated[int, Field(ge=0, le=10**9)] = Field(description="the number of people that the preview shows, typed by a person")


class Reason(Form):
    """Why."""

    why: Why


class Note(Form):
    """Why, where somebody wants to say it."""

    why: Annotated[str, Field(max_length=500), AfterValidator(_plain)] = ""


class Nothing(Form):
    """An empty body, or {}."""


class PersonForm(Form):
    """A person. One who is known keeps what is known; groups are added."""

    number: Name = Field(description="a phone number, or whatsapp:+...")
    lang: Lang | None = None
    place: Text = Field(default="", description="an id or a name")
    groups: Annotated[list[Name], Field(max_length=MOST_GROUPS)] = []


class PersonChange(Form):
    """What changes of a person. What is left out stays."""

    lang: Lang | None = None
    place: Text | None = Field(default=None, description='an id or a name, "" for unknown')
    groups: Annotated[list[Name], Field(max_length=MOST_GROUPS)] | None = Field(default=None, description="exactly these")

    @model_validator(mode="after")
    def _something(self) -> "PersonChange":
        if not self.model_fields_set:
            raise ValueError("Nothing would change. Send lang, place or groups")
        return self


class NumberForm(Form):
    """A number that must not stand in an address."""

    number: Name


class Page(Form):
    """How much of a list."""

    limit: Annotated[int, Field(ge=1, le=MOST_PAGE)] = 50


class Broadcasts(Page):
    """Which broadcasts, the newest first."""

    before: Annotated[int, Field(ge=0, le=2**53)] = Field(default=0, description="`next` of the page before")
    stage: Stage | None = None


class Alerts(Page):
    """Which received alerts, the newest first."""

    offset: Annotated[int, Field(ge=0, le=1_000_000)] = Field(default=0, description="`next` of the page before")
    state: State | None = None
    in_force: bool = Field(default=False, description="only those that people who ask are told")


class People(Page):
    """Which people."""

    after: Annotated[str, Field(max_length=1000, pattern=r"^[a-p]*$")] = Field(default="", description="`next` of the page before")
    group: Annotated[str, Field(max_length=120), AfterValidator(_plain)] = ""
    place: Text = Field(default="", description="an id or a name, with all that lies in it")
    lang: Lang | None = None
    stopped: bool | None = Field(default=None, description="only who sent STOP, or only who did not")
    numbers: Literal["masked", "full"] = Field(default="masked", description="full numbers are for admins, and are noted in the audit log")


class Log(Page):
    """Which entries of the audit log, the newest first."""

    before: Annotated[int, Field(ge=0, le=2**53)] = Field(default=0, description="`next` of the page before")
    who: Text = ""
    what: Text = Field(default="", description='the beginning: "broadcast" finds "broadcast.approve"')
    about: Text = Field(default="", description='"broadcast:12"')
    since: Time | None = None
    until: Time | None = None


class Search(Form):
    """A place by what people call it."""

    q: Name
