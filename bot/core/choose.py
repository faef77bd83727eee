"""Lets the model choose which vetted text answers a question, or none of them. It writes nothing, so it can invent nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.prompt import as_data
from bot.core.retrieve import Hit, Index
from bot.core.types import Fact, Lang

LETTERS = "ABCDEFGH"
NONE = "X"
FACTS = 4  # so many facts are offered by their sms...
DETAILED = (2, 1)  # ...and of the first and the second also so many sentences that a detail asks for


@dataclass(frozen=True, slots=True)
class Option:
    """A text that may be sent as it stands."""

    text: str
    fact: Fact
    hit: Hit


def options(question: str, hits: Sequence[Hit], index: Index, lang: Lang, *, without: int = -1) -> list[Option]:
    """What may answer `question` in `lang`: the sms of the facts found, best first, then sentences of the best ones."""
    found = [(hit, index.twin(hit.fact, lang)) for hit in hits[:FACTS]]
    texts = [Option(fact.sms, fact, hit) for hit, fact in found]
    for (hit, fact), most in zip(found, DETAILED, strict=False):
        texts += [Option(text, fact, hit) for text in index.details(question, fact, without=without)[:most]]
    return texts[: len(LETTERS)]


def prompt(question: str, texts: Sequence[str]) -> str:
    """What the model reads; it answers with a letter or NONE. The question stands before and after the texts: what a small model
    reads last it heeds most, and what it reads first tells it what to look for."""
    asked = as_data(question)
    lines = [f"{letter}: {text}" for letter, text in zip(LETTERS, texts, strict=False)]
    return "\n".join([f"Q: {asked}", *lines, f"{NONE}: -", f"Q: {asked}", "Best:"])


def answers(count: int) -> list[str]:
    """The tokens that the model chooses from, for `count` texts: each letter, then NONE."""
    return [f" {letter}" for letter in (*LETTERS[:count], NONE)]
