"""What the core needs from the world, as Protocols. Each has a real one and a double, held together by a contract test."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bot.core.finding import Finding
from bot.core.topic import Kin
from bot.core.types import Choice, Draft, Event, Lane, Limits, Message, Reply, Request, Response, StatusUpdate

Parse = Callable[[Request], Sequence[Event]]


class Channel(Protocol):
    """One provider's wire format. Dull: no loop, no retry, no database, no web framework."""

    name: str  # == file name
    limits: Limits
    secrets: tuple[str, ...]  # what must never reach a log
    hand_over: str  # name of the channel that pushes what its screen could not wait for; "" where it can push itself

    def routes(self) -> Mapping[str, Parse]:
        """Action -> parse and verify. Actions are the last word of the webhook's path.

        A parse raises Malformed or Unsigned, or Challenge where the provider only checks the address."""
        ...

    def respond(self, reply: Reply | None) -> Response:
        """The HTTP answer to a request that was taken; on USSD it carries the screen."""
        ...

    def send(self, urn: str, text: str, *, key: str) -> str:
        """Sends one part that already fits and returns the provider's id (a price.Sent where it tells the price at once), or raises
        SendError. `key` names the part for ever."""
        ...


class MenuChannel(Channel, Protocol):
    """A channel with native lists or buttons: `limits.choices` > 0."""

    def send_menu(self, urn: str, text: str, choices: Sequence[Choice], *, key: str) -> str:
        """As `send`, with at most `limits.choices` things to pick. A pick comes back as a Message whose text is the choice's id."""
        ...


@runtime_checkable
class Templates(Protocol):
    """A channel whose provider carries approved templates outside the service window (`limits.window_h`)."""

    templates: Mapping[str, str]  # language -> the provider's name of a template whose one placeholder takes our text; {} for none

    def send_template(self, urn: str, name: str, lang: str, parameters: Sequence[str], *, key: str) -> str:
        """As `send`, with the template's placeholders filled."""
        ...


@runtime_checkable
class Receipts(Protocol):
    """A channel that can show a person that their message was read."""

    def mark_read(self, message_id: str, *, typing: bool) -> None:
        """The person sees that message `message_id` (its external id) was read and, with `typing`, that an answer is being written.

        Raises SendError; nothing depends on it."""
        ...


@runtime_checkable
class Varies(Protocol):
    """A channel that can carry more for some people than for others."""

    def limits_for(self, message: Message) -> Limits:
        """`limits`, as they are for the answer to `message`."""
        ...


def limits_for(channel: Channel, message: Message) -> Limits:
    """What `channel` can carry in answer to `message`."""
    return channel.limits_for(message) if isinstance(channel, Varies) else channel.limits


@runtime_checkable
class Recovers(Protocol):
    """A channel whose provider keeps what people sent, and shows it to us after an outage."""

    def missed(self, *, since: float, last_id: str) -> Sequence[Message]:
        """What came at or after `since`, oldest first, the newest 1000 where there are more, each with its `sent_at`.

        Their external ids are those of the webhook, so that taking again what came by webhook changes nothing. `last_id` is the
        newest external id that we have ("" where unknown), for providers that list from an id. Raises SendError."""
        ...


@runtime_checkable
class Reports(Protocol):
    """A channel whose provider tells afterwards what became of our messages, and what they cost."""

    def told(self, *, since: float) -> Sequence[StatusUpdate]:
        """What became of the messages that we sent at or after `since`, the newest 1000 where there are more. Raises SendError."""
        ...


class Writer(Protocol):
    """Words an answer. The engine, or a scripted double."""

    name: str

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float) -> Draft:
        """Completes `prompt`. `deadline` is a time.monotonic() value. Raises ModelFailed."""
        ...


@runtime_checkable
class Adapts(Writer, Protocol):
    """A Writer that words some skills' answers with an adapter of their own."""

    def for_skill(self, name: str) -> Writer:
        """The Writer for the skill `name`: itself, where that has no adapter."""
        ...


class Meaning(Protocol):
    """Compares texts by what they mean, in any language. An embedding model, or a double."""

    def learn(self, lines: Sequence[str], passages: Sequence[str]) -> None:
        """Takes in the question lines and the passages that `compare` will hold questions against. May take long the first time."""
        ...

    def compare(self, question: str) -> tuple[Sequence[float], Sequence[float]]:
        """The cosine of `question` with every line and with every passage, in their order."""
        ...

    def near(self, question: str, lines: Sequence[int]) -> Sequence[float]:
        """The cosine of `question` with those of the lines, by their places. Costs little just after `compare`."""
        ...

    def says(self, question: str, passages: Sequence[int]) -> Sequence[float]:
        """The same with those of the passages."""
        ...


@runtime_checkable
class Sorts(Meaning, Protocol):
    """A Meaning that can also tell which topic a question is of, where no line answers it."""

    def sort(self, topics: Sequence[str | None], *, strays: int) -> None:
        """Learns what belongs to which topic, from the lines that were taken in: the topic of each, None where nobody says. The last
        `strays` of them are what nothing answers."""
        ...

    def topics(self, question: str) -> Mapping[str, Kin]:
        """How far `question` looks like each topic; nothing before `sort`. Costs little just after `compare`."""
        ...


class Chooser(Protocol):
    """Chooses among texts. The engine with an adapter that was trained for it, or a scripted double."""

    def choose(self, prompt: str, among: Sequence[str], *, deadline: float) -> Sequence[float] | None:
        """How likely each of `among` goes on from `prompt`; they add up to 1. None: the deadline (time.monotonic()) came first.

        Raises ModelFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """What an endpoint said, and how many tokens it counted for that (0 where it does not tell)."""

    text: str
    tokens: int


class Endpoint(Protocol):
    """A model on another machine, behind a chat API. One that is configured, or a scripted double."""

    def complete(self, system: str, user: str, *, max_tokens: int, within_s: float) -> Said:
        """What it says to two messages. Never takes longer than `within_s`. Raises EndpointFailed."""
        ...


class Queue(Protocol):
    """Hints to workers. Losing one costs time, never a message: the sweep finds the row."""

    def hint(self, lane: Lane, *ids: int) -> None:
        """Says that rows `ids` wait in `lane`: one worker takes them all, one after the other. Never raises, never blocks for long."""
        ...


@runtime_checkable
class Reachable(Protocol):
    """A Queue that can be asked whether it is there."""

    def answers(self) -> bool:
        """Whether a hint would arrive now. May take some seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one inbound event (bot.core.inbox.Inbox.take), for the gateway to act on once it is committed.

    `reply` rides on the HTTP response (USSD screens); None elsewhere. `hints` go to the queue. `wait_for` > 0 is the id of a
    question whose answer a USSD screen waits for until `wait_until`; `late` is what it shows when the time is up, and
    `Inbox.answered` makes the screen of an answer that came in time.
    """

    reply: Reply | None = None
    hints: Sequence[tuple[Lane, int]] = ()
    wait_for: int = 0
    wait_until: float = 0.0
    late: Reply | None = None
    duplicate: bool = False


class Clock(Protocol):
    """Seconds since the epoch."""

    def __call__(self) -> float: ...


@dataclass(frozen=True, slots=True)
class SelfCall:
    """A webhook call that we make ourselves, to see what becomes of it. `request.url` begins with the public address."""

    request: Request
    signed: bool  # it must be taken (200) and leave nothing behind; else it must be refused (403)


@dataclass(frozen=True, slots=True)
class Probe:
    """What a provider said of itself and of us. `ahead_s`: how far our clock is ahead of its, None where it did not say."""

    findings: Sequence[Finding]
    ahead_s: float | None = None


class Checks(Protocol):
    """What `ujumbe doctor channels` can do for one channel. Changes nothing, with us or with the provider."""

    nearby: bool  # the provider may stand in the same house, and then needs no public address of ours

    def self_calls(self, *, now: float) -> Sequence[SelfCall]:
        """Calls as the provider makes them, with and without what proves who calls. `now`: seconds since the epoch, for the signature."""
        ...

    def probe(self) -> Probe:
        """Asks the provider what may be asked at no cost: is it there, does it know us, does it know our address. Never raises."""
        ...
