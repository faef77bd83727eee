"""What the core needs from the world, as Protocols. Each has a real one and a double, held together by a contract test."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bot.core.finding import Finding
from bot.core.types import Choice, Draft, Event, Lane, Limits, Message, Reply, Request, Response

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
        """Sends one part that already fits and returns the provider's id, or raises SendError. `key` names the part for ever."""
        ...


class MenuChannel(Channel, Protocol):
    """A channel with native lists or buttons: `limits.choices` > 0."""

    def send_menu(self, urn: str, text: str, choices: Sequence[Choice], *, key: str) -> str:
        """As `send`, with at most `limits.choices` things to pick. A pick comes back as a Message whose text is the choice's id."""
        ...


@runtime_checkable
class Recovers(Protocol):
    """A channel whose provider keeps what people sent, and shows it to us after an outage."""

    def missed(self, *, since: float, last_id: str) -> Sequence[Message]:
        """What came at or after `since`, oldest first, the newest 1000 where there are more, each with its `sent_at`.

        Their external ids are those of the webhook, so that taking again what came by webhook changes nothing. `last_id` is the
        newest external id that we have ("" where unknown), for providers that list from an id. Raises SendError."""
        ...


class Writer(Protocol):
    """Words an answer. The engine, or a scripted double."""

    name: str

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float) -> Draft:
        """Completes `prompt`. `deadline` is a time.monotonic() value. Raises ModelFailed."""
        ...


class Queue(Protocol):
    """Hints to workers. Losing one costs time, never a message: the sweep finds the row."""

    def hint(self, lane: Lane, id: int) -> None:
        """Says that row `id` waits in `lane`. Never raises, never blocks for long."""
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
