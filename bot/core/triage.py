"""Recognises what cannot wait: a person in danger now. Runs before any model, and answers with vetted text.

When in doubt it is an emergency: the text is safe advice for anyone. Only what is plainly none (bot.core.calm) passes by.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import lru_cache
from itertools import combinations

from rapidfuzz.distance import OSA

from bot.core import calm, words
from bot.core.lexicon import bag
from bot.core.types import Emergency, Lang, Library

# A word may be one letter off from 5 letters on, two from 10 on (Swahili, whose words share long beginnings and ends, from 12 on):
# "bleding", "unconcius". Sooner, kutudhuru would be kujidhuru and kusajiliwa (to be registered) kunajisiwa.
_ONE_OFF, _TWO_OFF = 5, {Lang.EN: 10, Lang.SW: 12}
# Letters from which a Swahili phrase may give a verb's root alone ("jiua" for kujiua, najiua, amejiua), and how many may follow it.
_ROOT, _TAIL = 4, 3
_EXACT = "="  # a phrase's word that begins so has no other forms and is never misspelt: "=kufa" is not kufanya

# A Swahili verb that says "if he is bitten" (akiumwa) or "one who is bitten" (aliyeumwa), and not that he is.
_SUPPOSED = re.compile(
    r"(?:ni|u|a|tu|m|wa|i|li|ya|ki|vi|zi)ki[a-z]{4,}|(?:a|wa|i|u|li|zi|ya|ki|vi)(?:li|na|taka)(?:ye|yo|lo|cho|zo|vyo)[a-z]{3,}"
)
# Everyday words with the stem of an emergency's word and another meaning: to remain, blight, to help each other, whole or grown up
# (mtu mzima is an adult, and not amezimia), cause, cure, noon, to know, a lid, a wedding, a tool.
_OTHERS = bag(
    """
    baki nibaki abaki tubaki wabaki libaki ubaki kubaki ibaki zibaki yabaki bakajani kufaana
    mzima wazima mizima kizima vizima nzima zima lizima mazima uzima sababu matibabu mchana kufahamu nafahamu nifahamu
    mfuniko mifuniko kifuniko vifuniko harusi arusi maharusi kifaa vifaa
    """
)
# The same, in many forms: what is switched off or goes out (line imezima), what no person did (benki imenidhulumu), English verbs in
# Sheng that are not kunaswa (wanaswap), to stop (kusitisha, and not kutishia).
_OTHER_FORMS = re.compile(
    r"""
    (?:i|li|zi|ki|vi|u|ya)(?:me|na|li|ta|ka)zim(?:a|ika|wa)
    | (?:i|li|zi|ya)(?:me|na|li)(?:ni|tu|wa|m)dhulumu
    | [a-z]{0,2}(?:na|me|li|ta|ka)sw(?:ap|eat|ell|im|itch|eep)[a-z]{0,3}
    | [a-z]{0,5}sitish[a-z]{1,3}""",
    re.VERBOSE,
)
# Everyday words one letter from an emergency's word (drunk, night, kisimani, anazama, najisi, amekula): spelt right, they are no slip.
_SPELT = bag("trunk trunks eight eighth kisiwa kisiwani anazaa amezaa wanazaa nahisi anahisi kuhisi amekuwa wamekuwa nimekuwa")

_THINGS = re.compile(r"zi(?:na|li|ta|me|ka|ki)[a-z]{3,}")  # what many things do (zinaungua)
_SOMEBODY = re.compile(r"(?:ni|a|tu|wa)(?:na|li|ta|me|ka)[a-z]{3,}")  # what a person does (ameungua)

_Entry = tuple[str, Lang]  # a word of a phrase, in its language
_Phrase = Sequence[frozenset[_Entry]]  # its places, and the words that will do in each


class Triage:
    """Recognises emergencies by their phrases: every word of one phrase is in the message, near enough, in any order.

    `known` are words spelt right in vetted texts: such a word is never a misspelling of another ("sweet" is not "swept")."""

    def __init__(self, emergencies: Sequence[Emergency], known: Set[str] = frozenset()) -> None:
        self._known = known
        self._phrases = [
            (emergency, lang, _places(phrase, lang))
            for emergency in emergencies
            for lang, phrases in emergency.words.items()
            for phrase in phrases
        ]
        self._starts = _starts([phrase for _, _, phrase in self._phrases])
        self._vocabulary = _Vocabulary(entry for _, _, phrase in self._phrases for place in phrase for entry in place)
        # This runs on every message before it is acknowledged, and people use the same words over and over.
        self._says = lru_cache(maxsize=20_000)(self._meant_by)

    def recognise(self, text: str) -> tuple[Emergency, Lang] | None:
        """The emergency that `text` reports and the language it does so in, or None. The longest matching phrase wins."""
        typed = calm.without_asides(words.tokens(text))
        said = frozenset[_Entry]().union(*(self._says(word) for word in typed))
        near = (self._phrases[n] for n in sorted({n for entry in said for n in self._starts.get(entry, ())}))
        found = [(len(phrase), emergency, lang) for emergency, lang, phrase in near if _holds(said, phrase)]
        if found and calm.is_of_animals(typed):
            found = [hit for hit in found if not hit[1].of_bodies]
        if not found or calm.is_saying(typed) or calm.is_knowledge(typed):
            return None
        _, emergency, lang = max(found, key=lambda hit: hit[0])
        return emergency, lang

    def _meant_by(self, typed: str) -> Set[_Entry]:
        """The words of our phrases that `typed` is, in another form or misspelt."""
        near = self._vocabulary.forms(typed)
        return near if typed in self._known or typed in _SPELT else near | self._vocabulary.slips(typed)


class _Vocabulary:
    """All words of the phrases, so ordered that what is typed meets only those that it may be."""

    def __init__(self, entries: Iterable[_Entry]) -> None:
        self._words, self._stems, self._roots = (defaultdict[str, list[_Entry]](list) for _ in range(3))
        self._lengths = defaultdict[int, list[_Entry]](list)
        for word, lang in set(entries):
            self._words[word.removeprefix(_EXACT)].append((word, lang))
            if word.startswith(_EXACT):
                continue
            self._lengths[len(word)].append((word, lang))
            if len(word) > 3:
                self._stems[words.stem(word, lang)].append((word, lang))
            if lang is Lang.SW and len(word) >= _ROOT:
                self._roots[word].append((word, lang))

    def forms(self, typed: str) -> Set[_Entry]:
        """The words that `typed` is, in this or another form."""
        same = frozenset(self._words.get(typed, ()))
        if _is_other(typed):
            return same
        stems = {(e, lang) for lang in Lang for e, of in self._stems.get(words.stem(typed, lang), ()) if of is lang}
        inside = (typed[i:j] for i, j in combinations(range(len(typed) + 1), 2) if j - i >= _ROOT and len(typed) - j <= _TAIL)
        roots = {entry for part in inside for entry in self._roots.get(part, ())}
        return same | {(word, lang) for word, lang in stems | roots if lang is Lang.EN or _same_turn(word, typed)}

    def slips(self, typed: str) -> Set[_Entry]:
        """The words that `typed` may be a misspelling of."""
        if len(typed) < _ONE_OFF - 1 or _is_other(typed):
            return frozenset()
        lengths = range(max(_ONE_OFF, len(typed) - 2), len(typed) + 3)
        return frozenset((word, lang) for n in lengths for word, lang in self._lengths.get(n, ()) if _misspelt(word, typed, lang))


def _places(phrase: str, lang: Lang) -> _Phrase:
    """ "cut/stabbed badly" has two places. A single word of several ("cannot") is a place for each of them."""
    places: list[frozenset[_Entry]] = []
    for place in phrase.split():
        choices = [[word] if word.startswith(_EXACT) else words.tokens(word) for word in place.split("/")]
        if len(choices) == 1:
            places += [frozenset(((word, lang),)) for word in choices[0]]
        else:
            places.append(frozenset((word, lang) for choice in choices for word in choice))
    return list(dict.fromkeys(places))


def _starts(phrases: Sequence[_Phrase]) -> Mapping[_Entry, Sequence[int]]:
    """Which phrases to look at for a word: those whose rarest place it fills."""
    found = defaultdict[_Entry, list[int]](list)
    for n, phrase in enumerate(phrases):
        for entry in min(phrase, key=len, default=frozenset[_Entry]()):
            found[entry].append(n)
    return found


def _holds(said: Set[_Entry], phrase: _Phrase) -> bool:
    return not any(place.isdisjoint(said) for place in phrase)


def vetted_words(library: Library) -> Set[str]:
    """The words of the facts' titles, sms and passages. Not of their questions: those are misspelt on purpose."""
    facts = (fact for skill in library.skills for fact in skill.facts)
    return frozenset(word for fact in facts for text in (fact.title, fact.sms, fact.body) for word in words.split(text))


def _is_other(typed: str) -> bool:
    return typed in _OTHERS or bool(_OTHER_FORMS.fullmatch(typed))


def _same_turn(word: str, typed: str) -> bool:
    """Whether both say that it is, or both that it is not: isianguke (that it may not fall) is no form of imeanguka (it fell).
    What is only supposed (akianguka) is a form of what is supposed, and what things do is none of what a person does."""
    if _THINGS.fullmatch(typed) and _SOMEBODY.fullmatch(word):
        return False
    return words.is_negator(typed) is words.is_negator(word) and bool(_SUPPOSED.fullmatch(typed)) is bool(_SUPPOSED.fullmatch(word))


def _misspelt(word: str, typed: str, lang: Lang) -> bool:
    allowed = 1 if len(word) < _TWO_OFF[lang] else 2
    near = abs(len(word) - len(typed)) <= allowed and OSA.distance(word, typed, score_cutoff=allowed) <= allowed
    return near and (lang is Lang.EN or _same_turn(word, typed))
