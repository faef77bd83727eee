"""Ways to word an answer out of a fact, for `python -m bench.writer`: each takes the fact and the question, and gives the reply."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from string import Template
from time import monotonic

from bench.scoring import Scorer
from bot.core import prompt, words
from bot.core.answer import _tidy
from bot.core.by_words import coverage
from bot.core.quote import sentences
from bot.core.retrieve import Index
from bot.core.spelling import stemmed
from bot.core.text import measure
from bot.core.types import Draft, Fact, Lang, Library, Limits

SMS = Limits()
EXAMPLES = 6
_WORDS = {Lang.EN: ("Passage", "Question"), Lang.SW: ("Maelezo", "Swali")}
_ORDER = {
    Lang.EN: "Answer the question with one short SMS, using only the passage.\n\n",
    Lang.SW: "Jibu swali kwa SMS moja fupi, ukitumia maelezo tu.\n\n",
}
# (passage, question in the askers' register, the passage's own sentence)
_COPIED: Mapping[Lang, Sequence[tuple[str, str, str]]] = {
    Lang.EN: (
        (
            "Goats need clean water every day. Trim their hooves when they grow long. Keep the pen dry and sweep it.",
            "wen do i cut the hooves",
            "Trim their hooves when they grow long.",
        ),
        (
            "Place beehives near flowers and water. Smear new hives with beeswax so that bees come in.",
            "wat makes bees enter a new hive",
            "Smear new hives with beeswax so that bees come in.",
        ),
    ),
    Lang.SW: (
        (
            "Mbuzi wanahitaji maji safi kila siku. Kata kwato zikirefuka. Weka banda kavu na ulifagie.",
            "kwato za mbuzi zikatwe lini",
            "Kata kwato zikirefuka.",
        ),
        (
            "Weka mizinga karibu na maua na maji. Paka nta ndani ya mzinga mpya ili nyuki waingie.",
            "nyuki wataingia vipi kwa mzinga mpya",
            "Paka nta ndani ya mzinga mpya ili nyuki waingie.",
        ),
    ),
}


class Bench:
    """The library, its index and the engine on one thread."""

    def __init__(self, library: Library, model: Path) -> None:
        self.library = library
        self.index = Index(f for s in library.skills for f in s.facts)
        self.engine = Scorer(model)


Say = Callable[[Bench, Fact, str], str]
Score = Callable[[Bench, Fact, str], list[float]]  # one for each of _options


def own(bench: Bench, fact: Fact, question: str) -> str:
    """(d) The fact's own SMS."""
    return fact.sms


def _overlap(bench: Bench, fact: Fact, question: str) -> list[float]:
    """(e) No model: what shares most of the question's weight (rarity in the index), over the root of its length."""
    terms = bench.index._by_words.terms(question)

    def shared(text: str) -> float:
        return coverage(terms, frozenset(stemmed(text, fact.lang))) / math.sqrt(len(words.split(text))) if terms else 0.0

    return [shared(option) for option in _options(fact)]


def shipped(bench: Bench, fact: Fact, question: str) -> str:
    """(a) The skill's prompt, with its NOINFO example."""
    skill = bench.library.skill(fact.skill)
    assert skill is not None
    return _write(bench, prompt.build(skill, fact, question))


def no_noinfo(bench: Bench, fact: Fact, question: str) -> str:
    """(a) The skill's prompt without NOINFO."""
    skill = bench.library.skill(fact.skill)
    assert skill is not None
    text = re.sub(r"\n\n[^\n]*\n[^\n]*\n[^\n]*NOINFO(?=\n)", "", skill.prompt[fact.lang])
    text = re.sub(r"(?<=\.)[^.\n]*NOINFO\.", "", text)
    return _write(bench, Template(text).substitute(passage=fact.body, question=prompt.as_data(question, text)))


def one_copied(bench: Bench, fact: Fact, question: str) -> str:
    """(a) One example, whose answer is the passage's sentence."""
    return _write(bench, _copying(fact, question, 1))


def two_copied(bench: Bench, fact: Fact, question: str) -> str:
    """(a) Two of them."""
    return _write(bench, _copying(fact, question, 2))


def copy(bench: Bench, fact: Fact, question: str) -> str:
    """(b) Token by token, but only spans of the passage."""
    return bench.engine.copy(fact.body, after=_copying(fact, question, 2))


def _sentence(bench: Bench, fact: Fact, question: str) -> list[float]:
    """(c) The likeliest sentence a token, less how likely it is without the question."""
    options = [f" {option}" for option in _options(fact)]
    asked = [bench.engine.likelihood(option, after=_copying(fact, question, 2)) for option in options]
    plain = [bench.engine.likelihood(option, after=_copying(fact, "", 2)) for option in options]
    return [(likely - alone) / count for (likely, count), (alone, _) in zip(asked, plain, strict=True)]


def _question(bench: Bench, fact: Fact, question: str) -> list[float]:
    """(c) Turned round: the sentence after which the question is likeliest. The examples are the skill's other facts."""
    skill, asks = bench.library.skill(fact.skill), _WORDS[fact.lang][1]
    assert skill is not None
    others = [f for f in skill.facts if f.lang is fact.lang and f.id != fact.id][:EXAMPLES]
    shots = "".join(f"SMS: {f.title}: {sentences(f.body)[0]}\n{asks}: {f.questions[0]}\n\n" for f in others)
    heads = [f"{shots}SMS: {fact.title}: {option}\n{asks}:" for option in _options(fact)]
    return [bench.engine.likelihood(f" {prompt.as_data(question)}\n", after=head)[0] for head in heads]


def _select(scores: Score, *, sms: bool) -> Say:
    """The option of the best score, the SMS among them or not."""

    def say(bench: Bench, fact: Fact, question: str) -> str:
        found = scores(bench, fact, question)
        return _best(fact, found if sms else [*found[:-1], -math.inf])

    return say


METHODS: Mapping[str, Say] = {
    "own-sms": own,
    "overlap": _select(_overlap, sms=True),
    "overlap-body": _select(_overlap, sms=False),
    "question": _select(_question, sms=True),
    "question-body": _select(_question, sms=False),
    "sentence": _select(_sentence, sms=True),
    "sentence-body": _select(_sentence, sms=False),
    "copy": copy,
    "prompt-shipped": shipped,
    "prompt-no-noinfo": no_noinfo,
    "prompt-one-copied": one_copied,
    "prompt-two-copied": two_copied,
}


def _options(fact: Fact) -> list[str]:
    """What can be chosen: the body's sentences that fit one part, and last the SMS."""
    return [*(s for s in sentences(fact.body) if measure(s, SMS).parts == 1), fact.sms]


def _best(fact: Fact, scores: Sequence[float]) -> str:
    """The best option; a sentence of the body takes its better neighbour with it where both fit one part."""
    options = _options(fact)
    best = max(range(len(options)), key=lambda n: scores[n])
    if best == len(options) - 1:
        return fact.sms
    beside = sorted((n for n in (best - 1, best + 1) if 0 <= n < len(options) - 1), key=lambda n: -scores[n])
    pairs = (" ".join(options[min(n, best) : max(n, best) + 1]) for n in beside)
    return next((pair for pair in pairs if pair in fact.body and measure(pair, SMS).parts == 1), options[best])


def _copying(fact: Fact, question: str, examples: int) -> str:
    passage, asks = _WORDS[fact.lang]
    shots = "".join(f"{passage}: {p}\n{asks}: {q}\nSMS: {a}\n\n" for p, q, a in _COPIED[fact.lang][:examples])
    return f"{_ORDER[fact.lang]}{shots}{passage}: {fact.body}\n{asks}: {prompt.as_data(question)}\nSMS:"


def _write(bench: Bench, text: str) -> str:
    draft: Draft = bench.engine.write(text, max_tokens=64, stop=("\n",), deadline=monotonic() + 60)
    return _tidy(draft, SMS)
