"""What a received message tells people to do, where it says so in one plain sentence. Rather none than a wrong one."""

import re

from bot.core.alert.words import AlertWords
from bot.core.text import fold, is_gsm7, measure
from bot.core.types import Lang, Limits

SHORTEST, LONGEST = 15, 60  # septets
_LOOKED_AT = 500  # characters: what strangers send has no end
_END = re.compile(r"(?<=[.!])\s+|\n")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_STRANGE = re.compile(r"https?:|www\.|@|\[|…|\.\.\.|\d{5,}|following|below|http|link|website|tovuti", re.IGNORECASE)


def instruction(said: str, words: AlertWords, lang: Lang, *, over: bool) -> str:
    """The first sentence of an instruction in `lang`, "" where it does not plainly tell people what to do: it has to start with an
    imperative, be a whole sentence of one SMS slot, and hold no link and no number to call. `over`: it may say that the danger is over."""
    sentence = _END.split(fold(said[:_LOOKED_AT]).strip(), maxsplit=1)[0].strip()
    if not sentence.endswith((".", "!")):
        return ""
    first = _WORD.match(sentence)
    if first is None or first[0].casefold() not in words.phrases[lang].imperatives:
        return ""
    if not is_gsm7(sentence) or not SHORTEST <= measure(sentence, Limits()).units <= LONGEST:
        return ""
    if _STRANGE.search(sentence) or words.speaks_of_tests(sentence) or (words.all_clear(sentence) and not over):
        return ""
    return sentence.capitalize() if sentence.isupper() else sentence
