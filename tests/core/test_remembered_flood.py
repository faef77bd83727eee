"""A flood on the whole lane: from stored questions to stored answers, on the in-memory store."""

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest

from bot.core.answer import Answerer
from bot.core.answering import Answering
from bot.core.approved import ApprovedBook
from bot.core.remembered import Memory, Remembered
from bot.core.types import Limits, Message
from bot.store.memory import MemoryStore
from tests.core.test_inbox import Plain
from tests.small import EN, small_library


class Counted:
    """A Chooser that takes the first text, and is slow enough for others to come meanwhile."""

    def __init__(self) -> None:
        self.calls = 0

    def choose(self, prompt: str, among: Sequence[str], *, deadline: float) -> Sequence[float] | None:
        self.calls += 1
        threading.Event().wait(0.05)
        return [0.99, *[0.01 / (len(among) - 1)] * (len(among) - 1)]


@pytest.fixture
def unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that is never sure: then the model is asked."""
    monkeypatch.setattr("bot.core.trust.CONFIDENT", 1.01)


@pytest.mark.usefixtures("unsure")
def test_a_thousand_people_ask_the_same_and_the_model_is_asked_once() -> None:
    people, store, chooser, now = 1000, MemoryStore(), Counted(), 1_800_000_000.0
    original = Answerer(small_library(), chooser=chooser, model_s=30)
    plain = original.without_model()
    answering = Answering(
        store=store,
        channels={"sms": Plain("sms", Limits())},  # type: ignore[dict-item]
        library=small_library(),
        people=ApprovedBook(store, ()),
        answers=Remembered(original, plain, Memory()),
        plain=plain,
        clock=lambda: now,
        model_s=30.0,
    )
    questions = []
    with store.begin() as tx:
        for n in range(people):
            urn = f"tel:+2547{n:08}"
            stored = tx.insert_message(Message(channel="sms", external_id=f"m{n}", urn=urn, text="plant maize how far"), now=now)
            assert stored is not None
            tx.contact(urn, now=now, lang=EN)
            tx.queue_question(stored, skill="", turns=(), screen_until=0.0, now=now)
            questions.append(stored)
    with ThreadPoolExecutor(8) as pool:
        hints = list(pool.map(lambda row: answering.answer(row, hold=lambda claim: nullcontext()), questions))
    assert chooser.calls == 1
    texts = Counter(part.text for hint in hints if hint is not None for part in store.parts(hint[1]))
    [text] = texts
    assert text.startswith("Plant maize 75 cm between rows.")
    assert texts[text] == people
