"""Lets a reply of the model pass only where the passage says every word of it and it answers what was asked. DESIGN.md, decision 4.

A reply that is refused costs nothing: the fact's own vetted text goes out instead. So each check errs towards refusing.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from bot.core import quote, words
from bot.core.lexicon import WEAK, bag
from bot.core.prompt import MARKER
from bot.core.text import measure
from bot.core.types import Lang, Limits

NOINFO = "NOINFO"  # what the prompts ask the model to write where the passage does not answer

_ENDS = (".", "!", "?", "…")
# A question for an amount is answered by an amount.
_HOW_MUCH = re.compile(r"\bhow (?:much|many|long|far|deep|often|wide|big|old)\b|\bngapi\b|\bkipimo\b|\b(?:kiasi|muda|umbali|kina) gani\b")
# And one for a time by a time.
_WHEN = re.compile(
    r"^when\b|\bwhen (?:do|should|can|must|to|is|shall)\b|\bwhat time\b|\blini\b|\bsaa ngapi\b|\bwakati gani\b|\bmwezi gani\b"
)
_TIMES = bag(
    """
    morning evening dusk dawn noon night day days week weeks month months season seasons year hour hours minute minutes rain rains before
    after when until early late once now immediately soon sunset sunrise daily weekly
    asubuhi jioni mchana usiku alfajiri siku wiki mwezi miezi msimu mwaka saa dakika mvua kabla baada wakati mapema mwanzo mara sasa
    haraka
    """
)
_QUANTITY = re.compile(r"([$€£<>≤≥±~+°]?)\s?(\d+(?:[.,/]\d+)*)")
_BREAK = re.compile(r"\s*[.,;:!?]")
_UNITS = bag(
    """
    % percent asilimia g gram grams gramu kg kgs kilo kilos kilogram kilograms mg ml l litre litres liter liters lita mm cm sm m km
    metre metres meter meters mita km kilomita inch inches foot feet ft futi acre acres ekari hectare hectares hekta ha day days
    siku week weeks wiki month months mwezi miezi year years mwaka miaka hour hours saa masaa minute minutes dakika second seconds
    sekunde time times mara ksh kes sh shs shilling shillings shilingi usd tsh ush bag bags gunia magunia mfuko mifuko spoon spoons
    teaspoon teaspoons tablespoon tablespoons kijiko vijiko cup cups kikombe vikombe glass glasses glasi bucket buckets ndoo drop
    drops tone matone degree degrees c digrii hatua steps step litas bottle bottles chupa
    """
)
_MAX_REPEATS = 2  # the same three words in a row, oftener than this and than in the passage, are a loop


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a reply may go out. If not, `reason` is empty, noinfo, echo, long, loop, cut, numbers, words, meaning or relevance."""

    ok: bool
    reason: str = ""


def check(reply: str, *, passage: str, question: str, limits: Limits) -> Verdict:
    """Judges `reply` to `question`, written from `passage`, for a channel with `limits`."""
    lang = words.language(words.split(passage))
    reason = next(_faults(reply.strip(), passage, question, limits, lang), "")
    return Verdict(not reason, reason)


def _faults(reply: str, passage: str, question: str, limits: Limits, lang: Lang) -> Iterator[str]:
    """What is wrong with `reply`, cheapest check first."""
    if not words.split(reply):
        yield "empty"
    if is_noinfo(reply):
        yield "noinfo"
    if _echoes(reply, passage, question):
        yield "echo"
    if measure(reply, limits).parts > 1:
        yield "long"
    if _loops(reply, passage):
        yield "loop"
    known = quote.sentences(passage)
    if not _whole(reply, known):
        yield "cut"
    if not set(_quantities(reply)) <= set(_quantities(passage)):
        yield "numbers"
    if not _words_known(reply, passage, lang):
        yield "words"
    sources = [quote.source(s, known, lang) for s in quote.sentences(reply)]
    if not all(sources):
        yield "meaning"
    if not _relevant(reply, question, known, frozenset().union(*sources), lang):
        yield "relevance"


def is_noinfo(reply: str) -> bool:
    """Whether the model says that the passage does not answer."""
    return NOINFO in re.sub(r"[^A-Za-z]", "", reply).upper()


def _echoes(reply: str, passage: str, question: str) -> bool:
    """The prompt's own structure, or the question handed back."""
    structure = MARKER.search(reply) and not MARKER.search(passage)
    return bool(structure) or words.split(reply) == words.split(question)


def _loops(reply: str, passage: str) -> bool:
    """Says itself again: a sentence twice, a word three times running, or three words oftener than the passage does."""
    triples, there = _triples(reply), _triples(passage)
    said = Counter(tuple(words.split(s)) for s in quote.sentences(reply))
    stutter = any(a == b == c for a, b, c in triples)
    return stutter or any(n > max(_MAX_REPEATS, there[t]) for t, n in triples.items()) or max(said.values(), default=0) > 1


def _triples(text: str) -> Counter[tuple[str, str, str]]:
    spoken = words.split(text)
    return Counter(zip(spoken, spoken[1:], spoken[2:], strict=False))


def _whole(reply: str, known: Sequence[str]) -> bool:
    """Ends like a sentence, or as a sentence of the passage does."""
    last = quote.sentences(reply)[-1]
    if not last.rstrip("\"'”’)").endswith(_ENDS):
        return words.split(last) in [words.split(s) for s in known]
    return words.split(last)[-1:] != [] and last[-3:] != "..."


def _quantities(text: str) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Every number in `text` with the sign before it and the units beside it, on either side."""
    folded = words.plain(text)
    for found in _QUANTITY.finditer(folded):
        before, after = words.split(folded[: found.start()])[-1:], words.split(folded[found.end() :])[:1]
        near = [*(before if _joins(folded[: found.start()]) else ()), *(after if not _BREAK.match(folded[found.end() :]) else ())]
        yield found[1].strip(), quote.key(found[2], Lang.EN), frozenset(quote.key(w, Lang.EN) for w in near if w in _UNITS)


def _joins(before: str) -> bool:
    """Whether the text before a number belongs to the same part of the sentence."""
    return not re.search(r"[.,;:!?]\s*$", before)


def _words_known(reply: str, passage: str, lang: Lang) -> bool:
    stand = {quote.key(w, lang) for w in words.split(passage)}
    return all(quote.harmless(w, lang) or quote.key(w, lang) in stand for w in words.split(reply))


def _relevant(reply: str, question: str, known: Sequence[str], sources: frozenset[int], lang: Lang) -> bool:
    """Whether the reply is about what was asked, as far as the passage's own sentences can tell.

    A word of the question that stands in every sentence tells little: each counts one over the root of how many sentences hold it.
    """
    if not _right_kind(words.split(reply), " ".join(words.tokens(question))):
        return False
    asked = [w for w in words.informative(words.tokens(question)) if w not in WEAK]
    held = [[w for w in asked if _holds(s, w, lang)] for s in known]
    often = Counter(w for hit in held for w in hit)
    scores = [sum(1 / math.sqrt(often[w]) for w in hit) for hit in held]
    best = max(scores, default=0.0)
    return best > 0 and max((scores[n] for n in sources), default=0.0) >= best / 2 and _touches(reply, asked, lang, scores, sources)


def _right_kind(spoken: Sequence[str], question: str) -> bool:
    """An amount where an amount was asked for, a time where a time was."""
    amount = any(map(words.is_number, spoken)) or not _HOW_MUCH.search(question)
    return amount and (not _TIMES.isdisjoint(spoken) or not _WHEN.search(question))


def _touches(reply: str, asked: Sequence[str], lang: Lang, scores: Sequence[float], sources: frozenset[int]) -> bool:
    """The reply kept a word that was asked about, or comes from the sentence that fits the question best."""
    return any(_holds(reply, w, lang) for w in asked) or any(scores[n] == max(scores) for n in sources)


def _holds(text: str, asked: str, lang: Lang) -> bool:
    """Whether `text` has the word `asked`, in any form, one letter off at most where it is long."""
    stem = words.stem(asked, lang)
    return any(words.stem(w, lang) == stem or (len(asked) >= 5 and OSA.distance(w, asked, score_cutoff=1) <= 1) for w in words.split(text))
