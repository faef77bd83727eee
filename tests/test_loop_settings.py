"""The settings of stale questions and loops reach what they are for: over the whole app, on the in-memory store."""

from bot.app import App, build
from bot.chat import HintList
from bot.config import load
from bot.core.types import Message, Status
from bot.store.memory import MemoryStore
from tests.core.small import Scripted

PERSON = "tel:+254700000011"
NOW = 1_800_000_000.0
QUESTIONS = ("how do i store maize", "when do i plant beans", "worms are eating my maize leaves")


class Town:
    """The service in this process, one phone, and a clock that stands still."""

    def __init__(self, **settings: object) -> None:
        self.now, self.queue, self.store, self.model = NOW, HintList(), MemoryStore(), Scripted("Plant maize.")
        own = load(channels={"sim": {}}, embedder="none", **settings)
        self.app: App = build(own, store=self.store, queue=self.queue, writer=self.model, clock=lambda: self.now)

    def sms(self, text: str, *, answered_after_s: float = 0.0) -> list[str]:
        """What the phone gets for a text."""
        before = len(self._out())
        message = Message(channel="sim", external_id=f"m{len(self.store.conversation(PERSON, limit=999))}", urn=PERSON, text=text)
        with self.store.begin() as tx:
            taken = self.app.inbox.take(tx, message, now=self.now)
        self.now += answered_after_s
        for hint in taken.hints:
            self.queue.hint(*hint)
        self.queue.drain(self.app)
        return self._out()[before:]

    def _out(self) -> list[str]:
        lines = self.store.conversation(PERSON, limit=999)
        return [line.text for line in lines if not line.inbound and line.status != Status.FAILED]


def text(town: Town, name: str) -> str:
    return town.app.library.text(name, town.app.settings.lang)


def test_how_often_the_same_text_goes_out() -> None:
    town = Town(same_text_most=2, same_text_within_s=60)
    assert [len(town.sms("HELP")) for _ in range(4)] == [1, 1, 0, 0]
    town.now += 61
    assert len(town.sms("HELP")) == 1


def test_how_many_messages_of_a_person_are_answered() -> None:
    town = Town(person_most=2, person_within_s=60)
    answers = [town.sms(question) for question in QUESTIONS]
    assert [len(got) for got in answers] == [1, 1, 1]
    assert answers[2] == [text(town, "too_many")]
    town.now += 61
    assert town.sms(QUESTIONS[0]) != [text(town, "too_many")]


def test_how_long_a_question_may_wait_and_what_it_gets_then() -> None:
    town = Town(stale_after_s=60)
    assert town.sms(QUESTIONS[0], answered_after_s=61) == [text(town, "stale")]
    assert town.sms(QUESTIONS[1], answered_after_s=59) != [text(town, "stale")]
    silent = Town(stale_after_s=60, stale_reply=False)
    assert silent.sms(QUESTIONS[0], answered_after_s=61) == []
    assert silent.model.prompts == []
