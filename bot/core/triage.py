"""Recognises what cannot wait: a person in danger now. Runs before any model, and answers with vetted text.

When in doubt it is an emergency: the text is safe advice for anyone. Only a message that plainly asks for knowledge ("how do I
prevent snake bite"), or a saying ("my heart bleeds for money"), passes by.
"""

from collections.abc import Sequence, Set
from functools import lru_cache

from rapidfuzz.distance import OSA

from bot.core import words
from bot.core.lexicon import bag
from bot.core.types import Emergency, Lang, Library

# A word may be one letter off from 5 letters on, two from 10 on (Swahili, whose words share long beginnings and ends, from 12 on):
# "bleding", "unconcius". Sooner, kutudhuru would be kujidhuru and kusajiliwa (to be registered) kunajisiwa.
_ONE_OFF, _TWO_OFF = 5, {Lang.EN: 10, Lang.SW: 12}
_ROOT = 4  # letters from which a Swahili phrase may give a verb's root alone: "jiua" for kujiua, najiua, amejiua

# All words of one of these: the message asks about the danger, before or apart from it.
_KNOWLEDGE = tuple(
    frozenset(line.split())
    for line in """prevent
prevention
avoid
what is first aid
first aid training
learn first aid
protect from
how to stop getting
keep away
kuzuia
nizuie
tuzuie
kuepuka
niepuke
kuepukana
kujikinga
nijikinge
huduma ya kwanza ni
nini maana
kinga dhidi""".splitlines()
)
# But these say that it is happening to somebody: then it is an emergency however it is asked.
_NOW = bag(
    """
    my me im he she hes shes him her his we us child baby son daughter wife husband mother father brother sister friend neighbour
    neighbor now urgent emergency dying unconscious been was got bitten just
    wangu yangu mtoto mke mume mama baba kaka dada rafiki jirani sasa haraka dharura amekufa anakufa nimeumwa ameumwa ametafunwa nisaidie
    tusaidie amezirai amezimia
    """
)
_SW_NOW_STARTS = ("nime", "ame", "wame", "tume", "ana", "nina", "wana")

# Sayings that hold an emergency's words and none of its danger: their words, next to each other but for function words.
_SAYINGS = tuple(
    tuple(line.split())
    for line in """heart bleeding
heart bleeds
bleeding money
bleeding cash
business bleeding
pocket bleeding
drowning debt
drowning loans
drowning work
snake tomato
snake gourd
snake plant
burning question
burning desire
dying laugh
dying laughing
dying know
prices killing
price killing
amenidhulumu pesa
collector abuses
moyo unavuja
mfuko unavuja
nazama madeni
kuzama madeni
nakufa kicheko
nyoka nyanya
bei zinaniua
bei zinatuua""".splitlines()
)


# Everyday words with the stem of an emergency's word and another meaning: to remain, blight, to help each other.
_OTHERS = bag("baki nibaki abaki tubaki wabaki libaki ubaki kubaki ibaki zibaki yabaki bakajani kufaana")

_Entry = tuple[str, Lang]  # a word of a phrase, in its language


class Triage:
    """Recognises emergencies by their phrases: every word of one phrase is in the message, near enough, in any order.

    `known` are words spelt right in vetted texts: such a word is never a misspelling of another ("sweet" is not "swept")."""

    def __init__(self, emergencies: Sequence[Emergency], known: Set[str] = frozenset()) -> None:
        self._known = known
        self._phrases = [
            (emergency, lang, frozenset((word, lang) for word in words.tokens(phrase)))
            for emergency in emergencies
            for lang, phrases in emergency.words.items()
            for phrase in phrases
        ]
        vocabulary = {entry for _, _, phrase in self._phrases for entry in phrase}
        self._vocabulary = [(word, lang, words.stem(word, lang)) for word, lang in vocabulary]
        # This runs on every message before it is acknowledged, and people use the same words over and over.
        self._says = lru_cache(maxsize=20_000)(self._meant_by)

    def recognise(self, text: str) -> tuple[Emergency, Lang] | None:
        """The emergency that `text` reports and the language it does so in, or None. The longest matching phrase wins."""
        typed = words.tokens(text)
        said = frozenset[_Entry]().union(*(self._says(word) for word in typed))
        found = [(len(phrase), emergency, lang) for emergency, lang, phrase in self._phrases if phrase and phrase <= said]
        if not found or _is_saying(typed) or _is_knowledge(typed):
            return None
        _, emergency, lang = max(found, key=lambda hit: hit[0])
        return emergency, lang

    def _meant_by(self, typed: str) -> Set[_Entry]:
        """The words of our phrases that `typed` is, in another form or misspelt."""
        stems = {lang: words.stem(typed, lang) for lang in Lang}
        near = frozenset((word, lang) for word, lang, stem in self._vocabulary if _is(word, stem, typed, stems[lang], lang))
        if typed in self._known:
            return near
        return near | frozenset((word, lang) for word, lang, _ in self._vocabulary if _misspelt(word, typed, lang))


def vetted_words(library: Library) -> Set[str]:
    """The words of the facts' titles, sms and passages. Not of their questions: those are misspelt on purpose."""
    facts = (fact for skill in library.skills for fact in skill.facts)
    return frozenset(word for fact in facts for text in (fact.title, fact.sms, fact.body) for word in words.split(text))


def _is(word: str, stem: str, typed: str, typed_stem: str, lang: Lang) -> bool:
    """Whether `typed` is `word` in this or another form."""
    if word == typed:
        return True
    if typed in _OTHERS:
        return False
    return (len(word) > 3 and stem == typed_stem) or (lang is Lang.SW and len(word) >= _ROOT and word in typed)


def _misspelt(word: str, typed: str, lang: Lang) -> bool:
    allowed = 0 if len(word) < _ONE_OFF else 1 if len(word) < _TWO_OFF[lang] else 2
    return (
        bool(allowed) and len(typed) >= _ONE_OFF - 1 and typed not in _OTHERS and OSA.distance(word, typed, score_cutoff=allowed) <= allowed
    )


def _is_saying(typed: Sequence[str]) -> bool:
    """Whether a saying stands in the message. "bleeding, no money" is none: "no" stands between."""
    said = [words.stems(w) for w in typed if not words.is_function(w)]
    return any(
        all(words.stems(w) & said[start + n] for n, w in enumerate(saying))
        for saying in _SAYINGS
        for start in range(len(said) - len(saying) + 1)
    )


def _is_knowledge(typed: Sequence[str]) -> bool:
    said: Set[str] = frozenset(typed)
    happening = said & _NOW or any(w.startswith(_SW_NOW_STARTS) for w in typed)
    return not happening and any(asking <= said for asking in _KNOWLEDGE)
