"""The few words that are commands: STOP and its kin, as people really type them."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from rapidfuzz.distance import OSA

from bot.core.lexicon import bag
from bot.core.types import Lang


class Word(StrEnum):
    """What a keyword asks for, the strongest first: a spelling in two lists belongs to the first."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    PERSON = "person"
    PLACE = "place"
    MENU = "menu"
    MORE = "more"
    THANKS = "thanks"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Keyword:
    """A recognised command; `lang` is the language asked for by LANGUAGE, else None; `rest` is what a PERSON is asked."""

    word: Word
    lang: Lang | None = None
    rest: str = ""


_KEYS: Mapping[str, Keyword] = {word.value: Keyword(word) for word in Word if word is not Word.LANGUAGE} | {
    f"lang.{lang.value}": Keyword(Word.LANGUAGE, lang) for lang in Lang
}
BEFORE = ("here",)  # lists of words that are no command: they count only before what they are about (see `behind`)
_POLITE = bag(
    "please pls plz plse plis kindly thanks thankyou thank you now sir madam tafadhali tafadhari tafazali naomba asante sasa jamani"
)
# Real words one slip away from a word of ours. A person who sends one of them alone means it.
_ORDINARY = bag("sop stoo stor atop strop stomp aha adha achia wacha bacha toa tola tika kondoa suit")
_LEADS = 4  # words from which a call for a person may stand before what it is about, with nothing between
_LONGEST_LEAD = 10
_ABOUT = re.compile(r"\A(?:about|regarding|concerning|kuhusu|juu ya)\s+", re.IGNORECASE)
_MARKS = ":,.;-!?\u2013\u2014"
_SHORTEST = 4  # letters of a word that may be misspelt: below it, everything is one slip away from everything
_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_PHONE_KEYS = ("abc2", "def3", "ghi4", "jkl5", "mno6", "pqrs7", "tuv8", "wxyz9")


class Keywords:
    """Recognises whole messages that are a command, and a call for a person before a question.

    `table` maps "stop", "start", "help", "person", "place", "menu", "more", "thanks", "lang.en", "lang.sw" to spellings, in any case,
    with or without accents and spaces. ValueError where a key is unknown or "stop" has no words: people must always be able to stop us.
    """

    def __init__(self, table: Mapping[str, Sequence[str]]) -> None:
        unknown = set(table) - set(_KEYS) - set(BEFORE)
        if unknown:
            raise ValueError(f"keywords: unknown list {sorted(unknown)}; known are {sorted(_KEYS)}")
        if not table.get("stop"):
            raise ValueError('keywords: "stop" has no words; give it at least STOP')
        self._exact: dict[str, Keyword] = {}
        for key, keyword in _KEYS.items():
            for spelling in table.get(key, ()):
                self._exact.setdefault("".join(_tokens(spelling)), keyword)
        self._exact.pop("", None)
        self._leads = {"".join(words): len(words) for words in map(_tokens, table.get("person", ()))}
        self._stops = [word for word, keyword in self._exact.items() if keyword.word is Word.STOP]

    def recognise(self, text: str) -> Keyword | None:
        """The command that the whole of `text` is, or None: a command within other words is not a command.

        Case, accents, punctuation, spaces between letters ("S.T.O.P"), repetition ("STOP STOP", "stoooop") and a polite word
        at either end do not matter. STOP alone is also recognised misspelt by one slip: see `slipped`.
        """
        tokens = _tokens(text)
        found = self._exactly(tokens) or self._exactly(_bare(tokens))
        if found:
            return found
        return Keyword(Word.STOP) if self._nearly_stop(_bare(tokens)) else self._before_a_question(text)

    def _before_a_question(self, text: str) -> Keyword | None:
        """A call for a person with what it is about: "talk to a person about my goat", "MTU: mbuzi wangu", "PERSON my goat".

        The only command that may have more behind it. A short one ("mtu", "agent") begins many a question, so it has to be set apart.
        """
        for head, apart, rest in behind(text, self._leads):
            if apart or self._leads[head] >= _LEADS:
                return Keyword(Word.PERSON, rest=_ABOUT.sub("", rest))
        return None

    def _exactly(self, tokens: Sequence[str]) -> Keyword | None:
        once = tokens[:1] if len(set(tokens)) == 1 else tokens
        return self._exact.get("".join(once))

    def _nearly_stop(self, tokens: Sequence[str]) -> bool:
        if len(set(tokens)) != 1 or tokens[0] in _ORDINARY:
            return False
        typed = tokens[0]
        return any(slipped(word, typed) or _drawn_out(word, typed) for word in self._stops if len(word) >= _SHORTEST)


def joined(spelling: str) -> str:
    """`spelling` as it is compared: folded, without spaces and signs."""
    return "".join(_tokens(spelling))


def behind(text: str, leads: Collection[str]) -> Iterator[tuple[str, bool, str]]:
    """What stands behind each of `leads` (as `joined` makes them) at the beginning of `text`, the longest first: the lead, whether a
    sign or capitals set it apart, and the rest as it was typed."""
    typed = list(re.finditer(r"\S+", text))[: _LONGEST_LEAD + 1]
    for last, following in reversed(list(pairwise(typed))):
        head, rest = text[: last.end()], text[following.start() :]
        lead = "".join(_bare(_tokens(head)))
        if lead in leads:
            yield lead, _set_apart(head, text[last.end() : following.start()], rest), rest


def slipped(word: str, typed: str) -> bool:
    """Whether `typed` is `word` after one slip of a finger.

    Two letters swapped (sotp); one doubled, or a neighbouring key hit along with it (stopp, stiop); a neighbouring key, or
    another letter of the same key of a phone, hit in its place (stol, stnp); one left out, but not the first (stp). Other
    changes of one letter make other words (shop, step, cancer for cancel), so they do not count.
    """
    if OSA.distance(word, typed, score_cutoff=1) != 1:
        return False
    at = next((n for n, (a, b) in enumerate(zip(word, typed, strict=False)) if a != b), min(len(word), len(typed)))
    if len(typed) < len(word):
        return at > 0
    if len(typed) > len(word):
        return any(_near(typed[at], key) for key in word[max(0, at - 1) : at + 1])
    return word[at : at + 2] == typed[at : at + 2][::-1] or _near(word[at], typed[at])


def _drawn_out(word: str, typed: str) -> bool:
    """Whether `typed` is `word` with a letter held down: stoooop."""
    return bool(re.fullmatch("".join(f"{re.escape(char)}+" for char in word), typed))


def _set_apart(head: str, between: str, rest: str) -> bool:
    """Whether a sign, a new line, or capitals before small letters part the two: "MTU ananiomba PIN" is rare, "mtu ananiomba" is not."""
    return head[-1] in _MARKS or "\n" in between or (head.isupper() and rest != rest.upper())


def _near(a: str, b: str) -> bool:
    """Whether two characters are the same, neighbours on a keyboard, or on one key of a phone."""
    return a == b or b in _NEIGHBOURS.get(a, "")


def _neighbours() -> dict[str, str]:
    near = {char: key for key in _PHONE_KEYS for char in key}
    for y, row in enumerate(_ROWS):
        for x, char in enumerate(row):
            beside = row[max(0, x - 1) : x + 2]
            above = _ROWS[y - 1][x : x + 2] if y else ""
            below = _ROWS[y + 1][max(0, x - 1) : x + 1] if y + 1 < len(_ROWS) else ""
            near[char] = near.get(char, "") + beside + above + below
    return near


_NEIGHBOURS = _neighbours()


def _tokens(text: str) -> list[str]:
    """The words of `text`: NFKC, case folded, without Latin accents; everything but letters and digits parts words."""
    text = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    text = unicodedata.normalize("NFC", re.sub("[\u0300-\u036f\ufe00-\ufe0f'’ʼ]", "", text))
    return "".join(c if c.isalnum() or unicodedata.category(c) in ("Mn", "Mc") else " " for c in text).split()


def _bare(tokens: Sequence[str]) -> Sequence[str]:
    """Without the polite words at both ends, unless nothing else is there."""
    kept = [n for n, token in enumerate(tokens) if token not in _POLITE]
    return tokens[kept[0] : kept[-1] + 1] if kept else tokens
