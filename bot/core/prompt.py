"""Builds what the model reads: the skill's own template around one passage and one question.

The question is data. It comes from a stranger, so it may hold anything: it is put on one line, cut, and stripped of whatever could
pass for the template's own structure.
"""

import re
import unicodedata
from string import Template

from bot.core.types import Fact, Library, Skill

MAX_QUESTION = 200  # characters: longer than any honest question, short enough to leave the passage most of the prompt

# What opens a part in templates and chats, besides what the skill's own template uses.
_MARKERS = ("passage", "question", "answer", "sms", "system", "user", "assistant", "maelezo", "swali", "jibu")
MARKER = re.compile(rf"({'|'.join(_MARKERS)})\s*[:：]", re.IGNORECASE)
_TEMPLATE_MARKER = re.compile(r"^\s*([^\W\d][^\n:$]{0,24}):", re.MULTILINE)
_TOKENS = re.compile(r"<\|?/?[\w ]{1,40}\|?>|\[/?INST\]|<<|>>|#{2,}|`{3,}|-{3,}|={3,}")  # chat templates' special tokens, fences, rules


def build(skill: Skill, fact: Fact, question: str) -> str:
    """The prompt for `question` over `fact`, in the fact's language."""
    template = skill.prompt[fact.lang]
    return Template(template).substitute(passage=fact.body, question=as_data(question, template))


def as_data(question: str, template: str = "") -> str:
    """`question` on one line of at most MAX_QUESTION characters, with nothing in it that reads like structure."""
    visible = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in unicodedata.normalize("NFKC", question))
    line = " ".join(_TOKENS.sub(" ", visible).split())
    while (calm := " ".join(_TOKENS.sub(" ", _markers(template).sub(r"\1 ", line)).split())) != line:
        line = calm  # removing one may have joined another
    return line if len(line) <= MAX_QUESTION else line[:MAX_QUESTION].rsplit(" ", 1)[0]


def words_of(library: Library) -> list[str]:
    """All that a model can have to write about: the facts and the prompts around them."""
    facts = (text for skill in library.skills for fact in skill.facts for text in (fact.title, fact.body, fact.sms))
    return [*facts, *(template for skill in library.skills for template in skill.prompt.values())]


def _markers(template: str) -> re.Pattern[str]:
    """A marker word with its colon, wherever it stands."""
    own = (m.strip().casefold() for m in _TEMPLATE_MARKER.findall(template))
    names = "|".join(sorted({re.escape(n) for n in (*_MARKERS, *own)}, key=len, reverse=True))
    return re.compile(rf"({names})\s*[:：]", re.IGNORECASE)


def passage(fact: Fact, question: str) -> str:
    """The short prompt of an adapter that was trained on it: it needs no examples."""
    return f"Passage: {fact.body}\nQuestion: {as_data(question)}\nSMS:"
