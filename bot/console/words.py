"""The pages' words, by language: one file of bot/console/words/ for each area, and those of what is refused (bot.core.refusal)."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from bot.core.errors import BadText
from bot.core.refusal import FOLDER as REFUSALS
from bot.core.types import Lang

FOLDER = Path(__file__).with_name("words")

Words = Mapping[str, str]


def load_words(*folders: Path) -> Mapping[Lang, Words]:
    """Every language with the same names, those of all files together; of `folders`, or of all that pages use. Raises BadText."""
    words: dict[Lang, dict[str, str]] = {lang: {} for lang in Lang}
    for file in (file for folder in folders or (FOLDER, REFUSALS) for file in sorted(folder.glob("*.toml"))):
        for lang, table in _read(file).items():
            if twice := sorted(words[lang].keys() & table.keys()):
                raise BadText(file.name, 0, f"another file has {', '.join(twice)}, too", "Give them names of their own")
            words[lang] |= table
    return words


def _read(file: Path) -> Mapping[Lang, Words]:
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadText(file.name, 0, str(error), "Mend that line") from None
    words = {lang: tables.get(lang.value, {}) for lang in Lang}
    names = set().union(*words.values())
    for lang, table in words.items():
        if missing := sorted(names - table.keys()):
            raise BadText(file.name, 0, f"[{lang}] lacks {', '.join(missing)}", "Add them, or take them out of the other languages")
    return words


def pick(request: web.Request, default: Lang) -> Lang:
    """The language in ?lang=, else the first that the browser prefers and we speak, else `default`."""
    asked = [request.query.get("lang", ""), *request.headers.get("Accept-Language", "").split(",")]
    for tag in asked:
        code = tag.split(";")[0].strip().lower().split("-")[0]
        if code in set(Lang):
            return Lang(code)
    return default
