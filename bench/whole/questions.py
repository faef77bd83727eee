"""The questions that the service puts to its model, found with the service's own code, and what it puts them to it as."""

import json
import random
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.app import App, build
from bot.chat import HintList
from bot.config import Settings
from bot.core.language import detect
from bot.core.types import Draft, Lane, Lang, Message
from bot.store.memory import MemoryStore

_PERSON = "tel:+254700000000"
_APART_S = 60.0  # two questions of one person: nothing keeps them back for asking too often


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the model. `among`: what it chooses from; else it writes, `max_tokens` at most, up to `stop`."""

    prompt: str
    among: tuple[str, ...] = ()
    max_tokens: int = 0
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody writes, and the call that it leads to."""

    text: str
    call: Call


def read(file: Path) -> list[Question]:
    """What `write` wrote."""
    return [_question(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def _question(made: dict[str, Any]) -> Question:
    call = made["call"]
    return Question(made["text"], Call(call["prompt"], tuple(call["among"]), call["max_tokens"], tuple(call["stop"])))


def write(file: Path, questions: Sequence[Question]) -> None:
    """A line of JSON for each."""
    file.write_text("".join(f"{json.dumps(asdict(one))}\n" for one in questions), encoding="utf-8")


class Recorder:
    """A model that notes what it is asked and never gets to it."""

    name = "recorder"

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def choose(self, prompt: str, among: Sequence[str], *, deadline: float) -> Sequence[float] | None:
        self.calls.append(Call(prompt, tuple(among)))
        return None

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float) -> Draft:
        self.calls.append(Call(prompt, max_tokens=max_tokens, stop=tuple(stop)))
        return Draft("", 0, 0.0, "deadline")


def find(settings: Settings, *, chooses: bool, channel: str, count: int, seed: int) -> list[Question]:
    """The first `count` questions, by chance as `seed` has it, that come to the model by `channel`: each has another text, and one
    language whoever asks it. Raises RuntimeError where there are fewer."""
    recorder, now = Recorder(), time.time()
    app = build(settings, store=MemoryStore(), queue=HintList(), clock=lambda: now)
    app.load_engine = lambda _: (None, recorder) if chooses else (recorder, None)
    found: dict[Call, Question] = {}
    for n, text in enumerate(_shuffled(app, seed)):
        now += _APART_S
        recorder.calls.clear()
        _ask(app, Message(channel=channel, external_id=f"q{n}", urn=_PERSON, text=text), now)
        if len(recorder.calls) == 1:
            found.setdefault(recorder.calls[0], Question(text, recorder.calls[0]))
        if len(found) == count:
            return list(found.values())
    raise RuntimeError(f"Only {len(found)} of the skills' cases and strays come to the model, not {count}. Ask for fewer answers.")


def _shuffled(app: App, seed: int) -> Sequence[str]:
    """Cases come first: the search knows strays by heart, as it does no real question, and has less work with them."""
    cases = (case.text for skill in app.library.skills for case in skill.cases)
    strays = (text for texts in app.library.strays.values() for text in texts)
    dice, found = random.Random(seed), list[str]()
    for kind in (cases, strays):
        texts = [text for text in dict.fromkeys(kind) if _same_for_all(text)]
        dice.shuffle(texts)
        found += texts
    return found


def _same_for_all(text: str) -> bool:
    """Whether it is told by the text alone which language it is in: else its prompt would hang on what its asker wrote before."""
    return detect(text, default=Lang.EN) is detect(text, default=Lang.SW)


def _ask(app: App, message: Message, now: float) -> None:
    """As the gateway and the ANSWERS lane do it."""
    with app.store.begin() as tx:
        taken = app.inbox.take(tx, message, now=now)
    for lane, row in taken.hints:
        if lane is Lane.ANSWERS:
            app.answer(row, hold=lambda _: nullcontext())
