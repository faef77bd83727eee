"""Why something is not done, in words: each reason has a code that never changes, and one sentence in each language (bot/core/refusals).

Pages say it in the language of who reads them; the API and the commands say it in English.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.core.errors import NotDone
from bot.core.types import Lang

FOLDER = Path(__file__).with_name("refusals")
_NAMES = {Lang.EN: "English", Lang.SW: "Kiswahili"}  # languages by their own names, as on every page


def _read() -> Mapping[Lang, Mapping[str, str]]:
    words: dict[Lang, dict[str, str]] = {lang: {} for lang in Lang}
    for file in sorted(FOLDER.glob("*.toml")):
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        for lang in Lang:
            words[lang] |= tables[lang]
    return words


SENTENCES = _read()


def family(prefix: str) -> Mapping[str, str]:
    """The English words of a family of codes, by what follows `prefix`."""
    return {code.removeprefix(prefix): text for code, text in SENTENCES[Lang.EN].items() if code.startswith(prefix)}


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason: its `code`, and what fills the {gaps} of its sentence. `about`: the language of the text that it is about."""

    code: str
    values: Mapping[str, object]
    about: Lang | None = None

    def say(self, lang: Lang) -> str:
        """In a sentence or two, with what to do."""
        filled = {name: _NAMES[value] if isinstance(value, Lang) else value for name, value in self.values.items()}
        said = SENTENCES[lang][self.code].format(**filled)
        return said if self.about is None else f"{_NAMES[self.about]}: {said}"


def ground(code: str, /, *, about: Lang | None = None, **values: object) -> Ground:
    """A reason, to be named beside others."""
    return Ground(code, values, about)


class Declined(NotDone):
    """What a person asked for is not done, for a reason that is worded in every language. `also`: the single reasons behind it."""

    def __init__(self, code: str, /, *, also: Sequence[Ground] = (), **values: object) -> None:
        self.code, self.values, self.also = code, values, tuple(also)
        super().__init__(self.say(Lang.EN))

    def say(self, lang: Lang) -> str:
        """The sentence, and behind it those of the single reasons."""
        return " ".join(one.say(lang) for one in (Ground(self.code, self.values), *self.also))
