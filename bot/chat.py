"""A terminal phone: one person, one channel, everything in this process. What it records is a golden test (tests/chats)."""

import itertools
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from io import StringIO
from typing import TextIO

from bot.app import App
from bot.core.storage import Claim, Line
from bot.core.types import Lane, Message, SessionEvent

PERSON = "tel:+254700000001"  # nobody's number
CHANNELS = {"sms": "sim", "ussd": "sim_ussd", "whatsapp": "sim_whatsapp"}
SHOWN = 200  # lines of a conversation read back at a time


class HintList:
    """A queue that a single process works off by itself."""

    def __init__(self) -> None:
        self._hints: list[tuple[Lane, int]] = []

    def hint(self, lane: Lane, *ids: int) -> None:
        """Keeps the hints for `drain`."""
        self._hints += [(lane, row) for row in ids]

    def drain(self, app: App) -> None:
        """Does all the work that waits, and the work that follows from it."""
        while self._hints:
            lane, row = self._hints.pop(0)
            if lane is Lane.ANSWERS:
                app.answer(row, hold=_keep)
            else:
                app.send(row)


def _keep(claim: Claim) -> AbstractContextManager[None]:
    """One process, one person: nobody else could take the claim."""
    return nullcontext()


class Phone:
    """One person's phone on one channel ("sms", "ussd" or "whatsapp")."""

    def __init__(self, app: App, queue: HintList, kind: str) -> None:
        self._app, self._queue, self._channel = app, queue, CHANNELS[kind]
        self._ids = itertools.count(1)
        self._seen: set[str] = set()
        self._dial, self._path = "", ""

    @property
    def is_screen(self) -> bool:
        """Whether this phone shows screens (USSD) rather than messages."""
        return self._app.channels[self._channel].limits.reply_within_s is not None

    def send(self, text: str) -> list[str]:
        """Sends one message, or one input on a screen, and returns what the phone shows then."""
        return self._input(text) if self.is_screen else self._message(text)

    def _message(self, text: str) -> list[str]:
        self._take(Message(channel=self._channel, external_id=f"chat-{next(self._ids)}", urn=PERSON, text=text))
        return self._new_lines()

    def _input(self, text: str) -> list[str]:
        event = SessionEvent.RESUME if self._dial else SessionEvent.NEW
        if event is SessionEvent.NEW:
            self._dial, self._path, text = f"dial-{next(self._ids)}", "", ""
        else:
            self._path = f"{self._path}*{text}" if self._path else text
        hop = f"{self._dial}:{next(self._ids)}"
        message = Message(
            channel=self._channel, external_id=hop, urn=PERSON, text=text, session_id=self._dial, session_event=event, path=self._path
        )
        return [*self._take(message), *self._new_lines()]

    def _take(self, message: Message) -> list[str]:
        app = self._app
        with app.store.begin() as tx:
            taken = app.inbox.take(tx, message, now=app.clock())
        for lane, row in taken.hints:
            self._queue.hint(lane, row)
        if taken.wait_for:
            app.answer(taken.wait_for, hold=_keep)
            answer = app.store.claim_screen(taken.wait_for, now=app.clock())
            if answer is not None:
                with app.store.begin() as tx:
                    screen = app.inbox.answered(tx, message, answer, now=app.clock())
                self._new_lines()  # seen: it came on the screen
                return self._show(screen.text, ends=screen.ends)
        self._queue.drain(app)
        reply = taken.reply or taken.late
        return [] if reply is None else self._show(reply.text, ends=reply.ends)

    def _show(self, screen: str, *, ends: bool) -> list[str]:
        if ends:
            self._dial = ""
        return [screen + ("\n[closed]" if ends else "")]

    def _new_lines(self) -> list[str]:
        return [_shown(line) for line in self._outbound() if not self._known(line)]

    def _outbound(self) -> Iterator[Line]:
        lines = self._app.store.conversation(PERSON, limit=SHOWN)
        return (line for line in lines if not line.inbound)

    def _known(self, line: Line) -> bool:
        known = line.id in self._seen
        self._seen.add(line.id)
        return known


def _shown(line: Line) -> str:
    """A line with what can be picked under it: a terminal has no buttons."""
    return "\n".join([line.text, *(f"{choice.id} {choice.label}" for choice in line.choices)])


def run(phone: Phone, source: TextIO, out: TextIO, *, record: TextIO | None = None) -> None:
    """Talks until the input ends or says /quit. `out` gets what the phone shows; `record` what was typed, too, as `replay` reads it."""

    def show(lines: list[str]) -> None:
        for row in itertools.chain.from_iterable(line.split("\n") for line in lines):
            _write(f"< {row}", out, record)

    if phone.is_screen:
        show(phone.send(""))
    for typed in source:
        text = typed.rstrip("\n")
        if text == "/quit":
            return
        _write(f"> {text}", record)
        show(phone.send(text))


def replay(phone: Phone, recorded: Iterable[str]) -> list[str]:
    """The lines of a recorded chat as they come out today: a golden test compares the two."""
    typed = "".join(f"{line[2:]}\n" for line in recorded if line.startswith("> "))
    record = StringIO()
    run(phone, StringIO(typed), StringIO(), record=record)
    return record.getvalue().splitlines()


def _write(line: str, *files: TextIO | None) -> None:
    for file in files:
        if file is not None:
            print(line, file=file, flush=True)
