"""Approved answers: finds the one whose question is the question asked, in other spelling or word order, and nothing merely like it.

An answer that goes out unseen has to be to exactly what was asked: where in doubt there is none, and the facts and the model have
their turn. So words that change a meaning have to agree one by one: numbers, negations, before and after, from and to.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from rapidfuzz.distance import OSA

from bot.core import words
from bot.core.keywords import slipped
from bot.core.language import marked
from bot.core.lexicon import ALL_FUNCTION, NEGATORS, WEAK, bag
from bot.core.ticket import Approved, TicketStore
from bot.core.types import Lang, Library

# Words that leave a question the same: articles, politeness, who asks, and the connectives of Swahili.
_FILLER = bag(
    """
    a an the of to and please kindly pls hi hello hey dear sir madam ok okay thanks thank so also do does did is are was were be am
    been i me my we us our you your
    tafadhali naomba asante habari hujambo jamani ati eti je basi ni ya wa za la cha vya na mimi sisi wangu yangu langu changu zangu vyangu
    wetu yetu letu chetu zetu vyetu
    """
)
# Words whose meaning is in what follows: they are bound to it, wherever the two stand. Numbers and negations are too.
_BINDING = bag(
    """
    from before after with between than under over above below until till since by during against into
    kutoka toka hadi mpaka kuliko kabla baada chini juu katika dhidi
    """
)
# These have to be there as often, and may stand anywhere: who asks "maize when to plant" asks when to plant maize.
_ANYWHERE = {word: word for word in bag("when where why how lini wapi vipi mbona")} | {"or": "or", "au": "or", "ama": "or"}
_SIGNS = re.compile(r"[+×÷*=<>^$€£]|[-−(](?=\s*[\d(])|(?<=\d)\)")  # 5 - 3 is not 5 + 3, and $5 is not 5
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")
_LEAST = 5  # letters of a word that may be misspelt
_CONSONANTS, _VOWELS = 7, 8  # letters of a word that may be misspelt by ear, which is how other words are made from short ones
_BY_EAR = tuple(map(frozenset, ("lr", "sz", "ck", "vw", "bv", "fv")))
_ALL_VOWELS = frozenset("aeiouy")
_TENSE = re.compile(r"^(?:ni|u|a|tu|m|wa|i|li|ya|ki|vi|zi|ku|pa)(na|li|ta|me|ki|nge|ka|mesha)(?=[a-z]{3,}$)")


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A word of a question with what is bound to it: "not before 2 weeks" is one. `stem` "": nothing followed."""

    bound: tuple[str, ...]
    word: str
    stem: str


@dataclass(frozen=True, slots=True)
class _Question:
    chunks: tuple[_Chunk, ...]
    anywhere: tuple[str, ...]
    signs: tuple[str, ...]  # those of sums and of money, where there is a number


@dataclass(frozen=True, slots=True)
class _Entry:
    approved: Approved
    question: _Question


def folded(question: str, lang: Lang) -> str:
    """What two spellings of one question share, "" where it asks nothing: only numbers, signs, or words that carry no topic."""
    if not any(words.informative(words.tokens(question))):
        return ""
    parsed = _parse(question, lang)
    bound = (part for chunk in parsed.chunks for part in (*chunk.bound, chunk.stem))
    return " ".join(filter(None, (*parsed.anywhere, *bound, *parsed.signs)))


def vocabulary(library: Library) -> frozenset[str]:
    """The words that the house knows. What stands here was meant, and is no misspelling of another word."""
    facts = [fact for skill in library.skills for fact in skill.facts]
    texts = (text for fact in facts for text in (fact.title, fact.body, *fact.questions))
    return frozenset(word for text in texts for word in words.tokens(text)) | ALL_FUNCTION | WEAK


class Matcher:
    """Finds among `approved` (the newest first). `known` are words that are not misspellings; those of the questions come to them."""

    def __init__(self, approved: Sequence[Approved], known: Collection[str] = ()) -> None:
        self._entries = [_Entry(one, _parse(one.question, one.lang)) for one in approved]
        own = {chunk.word for entry in self._entries for chunk in entry.question.chunks}
        self._known = frozenset(known) | own

    def find(self, text: str, lang: Lang, *, now: float) -> Approved | None:
        """The newest answer in `lang` to the very question that `text` asks, unless it has expired."""
        asked = _parse(text, lang)
        return next((e.approved for e in self._entries if self._answers(e, asked, lang, now)), None)

    def _answers(self, entry: _Entry, asked: _Question, lang: Lang, now: float) -> bool:
        one, question = entry.approved, entry.question
        in_force = one.lang is lang and (not one.expires or now < one.expires) and bool(one.folded)
        alike = (question.anywhere, question.signs) == (asked.anywhere, asked.signs)
        return in_force and alike and self._same(question.chunks, asked.chunks)

    def _same(self, ours: tuple[_Chunk, ...], theirs: tuple[_Chunk, ...]) -> bool:
        """Whether the two are alike but for one run of words that stands in another place.

        More moves would let who does what to whom change sides: "does a dog bite a cat"."""
        if len(ours) != len(theirs) or not all(any(self._alike(a, b) for a in ours) for b in theirs):
            return False
        return any(all(map(self._alike, moved, theirs)) for moved in _one_run_moved(ours))

    def _alike(self, ours: _Chunk, theirs: _Chunk) -> bool:
        return ours.bound == theirs.bound and (_one_word(ours, theirs) or self._misspelt(ours.word, theirs.word))

    def _misspelt(self, word: str, typed: str) -> bool:
        """Whether `typed` is `word` after one slip of a finger or of the ear, and no other word that we know."""
        if min(len(word), len(typed)) < _LEAST or word[0] != typed[0] or typed in self._known or words.is_number(word):
            return False
        return slipped(word, typed) or _misheard(word, typed)


class ApprovedBook:
    """The approved answers of a store, read again only when they have changed: a new one counts at once, in every process."""

    def __init__(self, store: TicketStore, known: Collection[str]) -> None:
        self._store, self._known = store, known
        self._read: tuple[str, Matcher] = ("", Matcher(()))

    def find(self, text: str, lang: Lang, *, now: float) -> Approved | None:
        """As Matcher.find, over what is in force now. Raises StoreDown."""
        version = self._store.approved_version()
        read, matcher = self._read
        if version != read:  # the version first: a change in between is read twice, never missed
            matcher = Matcher(self._store.approved(), self._known)
            self._read = (version, matcher)
        return matcher.find(text, lang, now=now)


def _parse(text: str, lang: Lang) -> _Question:
    _, text = marked(text)
    kept = [word for word in words.tokens(text) if word not in _FILLER]
    return _Question(
        chunks=tuple(_chunks([word for word in kept if word not in _ANYWHERE], lang)),
        anywhere=tuple(sorted(_ANYWHERE[word] for word in kept if word in _ANYWHERE)),
        signs=tuple(_SIGNS.findall(text)) if any(map(words.is_number, kept)) else (),
    )


def _chunks(kept: Sequence[str], lang: Lang) -> Iterator[_Chunk]:
    bound: list[str] = []
    for word in kept:
        if words.is_number(word):
            bound.append(word.replace(",", "") if _THOUSANDS.fullmatch(word) else word)
        elif word in _BINDING or word in NEGATORS:
            bound.append(word)
        else:
            turned = ("not",) if words.is_negator(word) else ()  # Swahili says it inside the verb: usipande
            yield _Chunk((*bound, *turned), word, words.stem(word, lang))
            bound = []
    if bound:
        yield _Chunk(tuple(bound), "", "")


def _one_run_moved(chunks: tuple[_Chunk, ...]) -> Iterator[tuple[_Chunk, ...]]:
    """`chunks` as they are, and with each run of them in each other place."""
    yield chunks
    for a, b, c in combinations(range(len(chunks) + 1), 3):
        yield chunks[:a] + chunks[b:c] + chunks[a:b] + chunks[c:]


def _one_word(ours: _Chunk, theirs: _Chunk) -> bool:
    """Whether two words are forms of one. Stricter than the search: hard is not hardly, nyumba not nyumbu, nilipanda not nitapanda."""
    a, b = ours.word, theirs.word
    if a == b:
        return True
    if ours.stem != theirs.stem or min(len(a), len(b)) <= 3 or a.endswith("ly") or b.endswith("ly"):
        return False
    ends = {word[-1] for word in (a, b)} & _ALL_VOWELS
    return (len(ends) < 2 or ends <= frozenset("aei")) and _tense(a) == _tense(b)


def _tense(word: str) -> str:
    found = _TENSE.match(word)
    return found[1] if found else ""


def _misheard(word: str, typed: str) -> bool:
    """Whether one letter inside a long word was written as it sounds: mahalage for maharage, armiworm for armyworm."""
    if len(word) != len(typed) or OSA.distance(word, typed, score_cutoff=1) != 1:
        return False
    at = next(n for n, (a, b) in enumerate(zip(word, typed, strict=True)) if a != b)
    pair = frozenset((word[at], typed[at]))
    inside = 0 < at < len(word) - 1
    return inside and ((len(word) >= _CONSONANTS and pair in _BY_EAR) or (len(word) >= _VOWELS and pair <= _ALL_VOWELS))
