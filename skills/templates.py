"""Texts with $placeholders: which may stand where, and whether a text still fits once they are filled."""

from collections.abc import Collection, Iterator, Mapping
from string import Template

from bot.core.text import measure
from skills.room import SCREEN, SMS, TITLE, foreign

# The longest values that we promise room for.
ROOM: Mapping[str, str] = {
    "emergency_number": "999 or 112",
    "help_line": "+254 700 000 000",
    "skill": "x" * TITLE,
    "place": "x" * 24,
    "hazard": "x" * 40,
    "time": "14:05",
    "count": "99",
}


def check_template(text: str, allowed: Collection[str]) -> Iterator[tuple[str, str]]:
    """(what, remedy) for each placeholder of `text` that is broken or unknown."""
    template = Template(text)
    if not template.is_valid():
        yield "a $ with no name after it", "Write $$ for a dollar sign, or mend the placeholder."
        return
    for name in template.get_identifiers():
        if name not in allowed:
            yield f"unknown placeholder ${name}", f"Known here: {', '.join(f'${n}' for n in sorted(allowed)) or 'none'}."


def check_room(text: str) -> Iterator[tuple[str, str]]:
    """(what, remedy) where `text`, filled, is dearer than one plain SMS or longer than a USSD screen."""
    filled = Template(text).safe_substitute(ROOM)
    if strange := foreign(filled):
        yield f"characters that plain SMS lacks: {' '.join(strange)}", "Use plain quotes, hyphens and letters."
    elif (units := measure(filled, SMS).units) > SCREEN:
        yield f"{units} characters with its placeholders filled", f"Shorten it to {SCREEN}: it has to fit one SMS and one USSD screen."
