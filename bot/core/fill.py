"""How much goes out: the text that most likely answers, and others that may be what was meant, as far as they fit.

Room that is paid for anyway is filled: a second sentence in the same SMS, or the whole sms behind a sentence where both fit. Another part
costs money, so it is taken only where the first text is in doubt and another likely enough, be it of the same fact or of another
that may as well be meant. The numbers were chosen by `python -m bench.pick`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.core import quote, words
from bot.core.text import fit, fits_one
from bot.core.types import Fact, Lang, Limits

ENOUGH = 0.8  # so likely the right text is among those taken: then no part more is paid for
DEAR = 0.15  # at least so likely a text must be to be worth a part
FREE = 0.05  # and to be worth reading where it costs nothing
_SAME = 0.8  # a text of whose words so many were said already, every number and every "not" among them, says nothing new
_SMS = 160  # units: what was asked on a wider screen may be pushed as an SMS


@dataclass(frozen=True, slots=True)
class Likely:
    """A vetted text of a fact. `share`: how likely it is the one that answers, 0 to 1. `whole`: the fact's sms. `other`: the fact that it
    is of, where that is another one than the first text's."""

    text: str
    share: float
    whole: bool = False
    other: Fact | None = None


def certain(text: str, fact: Fact) -> Sequence[Likely]:
    """`text` of `fact` beyond doubt; its sms may still stand behind it where there is room."""
    whole = Likely(fact.sms, float(text == fact.sms), whole=True)
    return (whole,) if text == fact.sms else (Likely(text, 1.0), whole)


def beside(texts: Sequence[Likely], share: float, other: Likely) -> Sequence[Likely]:
    """`texts`, which are of a fact that is meant with this `share`, and the `other`, of another fact: the first stays first."""
    first, *rest = (replace(one, share=share * one.share) for one in texts)
    return first, *sorted([*rest, other], key=lambda one: -one.share)


def taken(texts: Sequence[Likely], lang: Lang, limits: Limits) -> Sequence[Likely]:
    """The first of `texts`, which come the likeliest first, and those of the others that are worth their room."""
    limits = replace(limits, units=min(limits.units, _SMS)) if limits.gsm7 else limits
    found = [texts[0]]
    for other in texts[1:]:
        if not _told(other, found, lang) and _worth(other, found, limits):
            found = _with(other, found, lang, limits)
    return found


def _with(other: Likely, taken: Sequence[Likely], lang: Lang, limits: Limits) -> list[Likely]:
    """What is taken and the `other`; that alone where it says all of it, and both would need a part more."""
    both = [*taken, other]
    if not fits_one(joined(both, limits), limits) and all(_told(one, [other], lang) for one in taken):
        return [replace(other, share=sum(one.share for one in both))]
    return both


def _worth(other: Likely, taken: Sequence[Likely], limits: Limits) -> bool:
    text = joined([*taken, other], limits)
    if fits_one(text, limits):
        return other.whole or other.share >= FREE
    doubted = sum(one.share for one in taken) < ENOUGH
    return doubted and other.share >= DEAR and limits.max_parts > 1 and not fit(text, limits).rest


def _told(other: Likely, taken: Sequence[Likely], lang: Lang) -> bool:
    """Whether what is taken says nearly all of it."""
    told = {token.key for one in taken for token in quote.tokens(one.text, lang)}
    said = quote.tokens(other.text, lang)
    new = [token for token in said if token.key not in told]
    weighty = any(words.is_number(token.word) or words.is_negator(token.word) for token in new)
    return bool(said) and not weighty and len(new) <= (1 - _SAME) * len(said)


def joined(taken: Sequence[Likely], limits: Limits) -> str:
    """What is taken as one text: a line each where a message is an SMS, else a paragraph each."""
    return ("\n" if limits.gsm7 else "\n\n").join(one.text for one in taken)
