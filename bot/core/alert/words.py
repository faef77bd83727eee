"""The words of alerts (skills/alert-templates/ as values): hazards and how people name them, what to do in each, the phrases around.

Also the two questions that these words answer: which hazard a received message is about, and which one a person asks about.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from string import Template

from bot.core.alert.cap import Category, Info, ResponseType, Severity
from bot.core.types import Lang

_WORD = re.compile(r"[^\W_]+")
_LONGEST, _MANY = 2000, 50  # characters of a text, codes of a message: what strangers send has no end


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazard:
    """One danger. `names` are lower-case, as they stand in a sentence; `asks` also hold words with typing mistakes."""

    id: str
    category: Category
    names: Mapping[Lang, str]
    asks: Mapping[Lang, Sequence[str]]
    events: Sequence[str] = ()  # words of a CAP event or headline, in any language
    codes: Sequence[str] = ()  # "SAME:FLW": a name and a value of a CAP eventCode or parameter
    usual: ResponseType  # what people should do where a message does not say
    kin: str = ""  # the id of the hazard that it is a kind of


@dataclass(frozen=True, slots=True)
class Action:
    """What to do in one hazard, in a sentence. `source` is whose guidance it follows, `reviewed` an ISO date."""

    hazard: str
    response: ResponseType
    texts: Mapping[Lang, str]
    source: str
    reviewed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The words around the slots, in one language. What has a $name is a template."""

    exercise: str  # starts every text of an exercise, and no other
    update: str  # starts an update
    levels: Mapping[Severity, str]  # $hazard
    ended: str  # $hazard: only of an all-clear
    false_alarm: str  # $hazard, $sent
    false_alarm_at: str  # $hazard, $place, $sent
    withdrawn: str  # $hazard, $sent
    withdrawn_at: str  # $hazard, $place, $sent
    until: str  # $end
    between: str  # $start, $end
    since: str  # $start
    more: str  # $n: so many areas are not named
    more_one: str  # the same, where it is one
    join: str  # between the last two of several places
    roll_call: str
    tests: Sequence[str]  # words that say of a text that it is an exercise
    all_clear: Sequence[str]  # words that say of a text that the danger is over
    imperatives: Sequence[str]  # words that an instruction to people starts with


@dataclass(frozen=True)
class AlertWords:
    """Everything under skills/alert-templates/, loaded and checked."""

    hazards: Sequence[Hazard]
    actions: Sequence[Action]
    phrases: Mapping[Lang, Phrases]

    @cached_property
    def _by_id(self) -> Mapping[str, Hazard]:
        return {hazard.id: hazard for hazard in self.hazards}

    @cached_property
    def _actions(self) -> Mapping[tuple[str, ResponseType], Action]:
        return {(action.hazard, action.response): action for action in self.actions}

    @cached_property
    def _codes(self) -> Mapping[str, Hazard]:
        return {code.casefold(): hazard for hazard in self.hazards for code in hazard.codes}

    @cached_property
    def _events(self) -> "_Finder":
        own = ((phrase, hazard) for hazard in self.hazards for phrase in (*hazard.events, *hazard.names.values()))
        return _Finder(own)

    @cached_property
    def _asks(self) -> Mapping[Lang, "_Finder"]:
        return {lang: _Finder((w, h) for h in self.hazards for w in (*h.asks[lang], h.names[lang])) for lang in Lang}

    def hazard(self, id: str) -> Hazard | None:
        """The hazard of that id."""
        return self._by_id.get(id)

    def action(self, hazard: str, response: ResponseType) -> Action | None:
        """What to do. Nothing is made up: None where nobody wrote it."""
        return self._actions.get((hazard, response))

    def responses(self, hazard: str) -> Sequence[ResponseType]:
        """The responses that there is an action for, in CAP's order."""
        return tuple(response for response in ResponseType if (hazard, response) in self._actions)

    def kinds(self, hazard: str) -> Collection[str]:
        """The hazard and those that are a kind of it: who asks about floods means flash floods, too."""
        return {hazard, *(other.id for other in self.hazards if other.kin == hazard)}

    def asked(self, text: str) -> Collection[str]:
        """The hazards that somebody asks about, with their kinds; empty where none is named. In either language."""
        found = [hazard for lang in Lang for hazard in self._asks[lang].all(text)]
        return {kind for hazard in found for kind in self.kinds(hazard.id)}

    def classify(self, info: Info) -> Hazard | None:
        """What a received message is about: by its codes, else by the words of its event, else of its headline."""
        codes = info.event_codes[:_MANY]
        for name, value in (*codes, *info.parameters[:_MANY]):
            found = self._codes.get(f"{name}:{value}".casefold()) or self._codes.get(f"{name}:{value.partition(';')[0].strip()}".casefold())
            if found is not None:
                return found
        texts = (info.event, *(value for _, value in codes), info.headline)
        return next((hazard for text in texts if (hazard := self._events.longest(text)) is not None), None)

    def starts_as_test(self, text: str) -> bool:
        """Whether `text` gives itself out for an exercise: by a prefix anywhere, or by its first word."""
        words = _split(text)
        prefixes = [_split(phrases.exercise) for phrases in self.phrases.values()]
        if any(_holds(words, prefix) for prefix in prefixes):
            return True
        return bool(words) and any(words[0] in phrases.tests for phrases in self.phrases.values())

    def speaks_of_tests(self, text: str) -> bool:
        """Whether a word of `text` is one that exercises are called by."""
        words = _split(text)
        return any(word in phrases.tests for phrases in self.phrases.values() for word in words)

    def names_hazard(self, text: str, hazard: str, lang: Lang) -> bool:
        """Whether `text` names the hazard in `lang`, by its name or another word for it, or the hazard that it is a kind of."""
        own = self.hazard(hazard)
        meant = {hazard, own.kin} if own else {hazard}
        return any(found.id in meant for found in self._asks[lang].all(text))

    def all_clear(self, text: str) -> bool:
        """Whether `text` says, in either language, that a danger is over."""
        words = _split(text)
        return any(_holds(words, _split(phrase)) for phrases in self.phrases.values() for phrase in phrases.all_clear)


def fill(template: str, **values: str) -> str:
    """`template` with its $names filled."""
    return Template(template).substitute(values)


class _Finder:
    """Finds phrases in texts, whole words only, whatever the case."""

    def __init__(self, phrases: "Iterator[tuple[str, Hazard]]") -> None:
        self._phrases: dict[tuple[str, ...], Hazard] = {}
        for phrase, hazard in phrases:
            self._phrases.setdefault(_split(phrase), hazard)
        self._longest = max(map(len, self._phrases), default=0)

    def all(self, text: str) -> Iterator[Hazard]:
        """What is named, the longest phrase at each place."""
        words = _split(text)
        at = 0
        while at < len(words):
            found = next((n for n in range(self._longest, 0, -1) if words[at : at + n] in self._phrases and at + n <= len(words)), 0)
            if found:
                yield self._phrases[words[at : at + found]]
            at += found or 1

    def longest(self, text: str) -> Hazard | None:
        """What the longest phrase of `text` names, the first of several."""
        words = _split(text)
        for n in range(min(self._longest, len(words)), 0, -1):
            for at in range(len(words) - n + 1):
                if (hazard := self._phrases.get(words[at : at + n])) is not None:
                    return hazard
        return None


def _split(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text[:_LONGEST].casefold()))


def _holds(words: Sequence[str], phrase: Sequence[str]) -> bool:
    n = len(phrase)
    return n > 0 and any(tuple(words[at : at + n]) == tuple(phrase) for at in range(len(words) - n + 1))
