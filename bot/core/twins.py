"""The same fact in two languages: what one says where the other says this."""

import re

from bot.core.quote import sentences
from bot.core.types import Fact

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def said_by(twin: Fact, text: str, fact: Fact) -> str:
    """What `twin` sends where `fact` sends `text`, its sms or one of its sentences.

    A sentence's twin is the one at its place, where both passages have as many sentences, both hold the same numbers, and a detail of
    `twin` leads to it, so that it may be sent alone. Where there is none, the sms stands for it."""
    if twin is fact:
        return text
    ours, theirs = sentences(fact.body), sentences(twin.body)
    if text not in ours or len(ours) != len(theirs):
        return twin.sms
    same = theirs[ours.index(text)]
    alone = any(detail.sentence == same for detail in twin.details)
    return same if alone and _numbers(same) == _numbers(text) else twin.sms


def _numbers(text: str) -> list[str]:
    return sorted(_NUMBER.findall(text))
