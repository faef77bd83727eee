"""Reads skills/common-texts/: the texts that all skills share, the words we obey, and the emergencies."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from bot.core.types import Emergency, Lang
from skills.fact_rules import folded, to_date
from skills.problems import Problems
from skills.templates import check_room, check_template
from skills.toml_file import Key, TomlFile

FOLDER = "common-texts"

# Every shared text and the placeholders that it may use: those that the core always fills, and $help_line where it is sure to be set.
TEXTS: Mapping[str, Collection[str]] = {
    **dict.fromkeys(("welcome", "stopped", "started", "language_set", "empty", "goodbye"), ()),
    **dict.fromkeys(("menu_title", "ask_any", "language_menu", "language_title", "language_item", "unknown_choice"), ()),
    **dict.fromkeys(("last_answer_item", "back_key", "more_key", "more_hint", "nothing_more"), ()),
    **dict.fromkeys(("wait_sms", "wait_screen", "working", "no_answer", "off_topic", "offer", "offer_else", "stale", "too_many"), ()),
    **dict.fromkeys(("wait_long", "wait_unknown"), ()),
    "wait_minutes": ("minutes",),
    **dict.fromkeys(("person_added", "person_which", "person_stopped", "person_none", "person_offer"), ()),
    **dict.fromkeys(("place_off", "place_none", "place_unknown", "place_which", "place_list", "place_type", "place_choose"), ()),
    **dict.fromkeys(("place_item", "place_smaller", "menu_key", "read_item", "alert_some", "alerts_other"), ()),
    **dict.fromkeys(("roll_ask", "roll_title", "roll_safe_item", "roll_help_item", "roll_thanks"), ()),
    **dict.fromkeys(("place_set", "place_kept", "place_yours", "place_now"), ("place",)),
    "alert_title": ("hazard",),
    "alerts_more": ("count",),
    **dict.fromkeys(("alerts_none", "alerts_silent"), ("place", "time", "emergency_number")),
    **dict.fromkeys(("alerts_none_anywhere", "alerts_silent_anywhere"), ("time", "emergency_number")),
    **dict.fromkeys(("help_wanted", "help_added"), ("emergency_number",)),
    "person_opened": ("emergency_number",),
    "ask": ("skill",),
    "help": ("emergency_number",),
    "person": ("help_line",),
}

WORDS = ("stop", "start", "help", "person", "place", "here", "menu", "more", "thanks")
EMERGENCY = ("id", "source", "reviewed", "of_bodies", "words", "reply")


def read_texts(root: Path, problems: Problems) -> Mapping[Lang, Mapping[str, str]]:
    """The shared texts by language and name."""
    return read_replies(root / FOLDER / "replies.toml", TEXTS, problems)


def read_replies(path: Path, names: Mapping[str, Collection[str]], problems: Problems) -> Mapping[Lang, Mapping[str, str]]:
    """A replies.toml: a table per language, and in it exactly the texts `names`, each with its placeholders."""
    file = TomlFile(path, problems)
    file.only((), list(Lang))
    texts: dict[Lang, Mapping[str, str]] = {}
    for lang in Lang:
        file.only((lang.value,), names)
        texts[lang] = {name: _text(file, (lang.value, name), allowed) for name, allowed in names.items()}
    return texts


def read_keywords(root: Path, problems: Problems) -> Mapping[str, Sequence[str]]:
    """The words we obey, by what they mean: "stop", ..., "lang.en", "lang.sw". No word may mean two things."""
    file = TomlFile(root / FOLDER / "keywords.toml", problems)
    file.only((), (*WORDS, "lang"))
    file.only(("lang",), list(Lang))
    keys: dict[str, Key] = {word: (word,) for word in WORDS} | {f"lang.{lang}": ("lang", lang.value) for lang in Lang}
    keywords = {name: file.words(key) for name, key in keys.items()}
    meanings: dict[str, str] = {}
    for name, words in keywords.items():
        for word in words:
            other = meanings.setdefault(folded(word), name)
            if other != name:
                file.bad_word(keys[name], word, f"{word!r} means {other} already", "Keep it in one list.")
    return keywords


def read_emergencies(root: Path, problems: Problems) -> Sequence[Emergency]:
    """The emergencies, in the order in which they are looked for."""
    file = TomlFile(root / FOLDER / "emergencies.toml", problems)
    file.only((), ("emergency", "groups"))
    file.only(("groups",), list(Lang))
    found = [_emergency(file, key) for key in file.tables("emergency", EMERGENCY)]
    seen: set[str] = set()
    for number, emergency in enumerate(found):
        if emergency.id in seen:
            file.bad(("emergency", number, "id"), f"a second emergency {emergency.id!r}", "Give it another id, or merge the two.")
        seen.add(emergency.id)
    return found


def read_strays(path: Path, problems: Problems) -> Mapping[Lang, Sequence[str]]:
    """Messages that nothing answers, by language: of no topic of ours (off-topic.toml), of one skill's (its unanswered.toml), or not
    sorted yet (strays.toml). An installation may do without the file."""
    if not path.exists():
        return {}
    file = TomlFile(path, problems)
    file.only((), list(Lang))
    return {lang: file.words((lang.value,)) for lang in Lang}


def _emergency(file: TomlFile, key: Key) -> Emergency:
    file.text((*key, "source"))
    if to_date(reviewed := file.text((*key, "reviewed"))) is None and reviewed:
        file.bad((*key, "reviewed"), f"reviewed {reviewed!r} is not a date", "Write year-month-day, as in 2026-01-31.")
    if not isinstance(bodies := file.get((*key, "of_bodies")) or False, bool):
        file.bad((*key, "of_bodies"), f"of_bodies {bodies!r} is neither true nor false", "Write true, or leave it out.")
    file.only((*key, "words"), list(Lang))
    file.only((*key, "reply"), list(Lang))
    return Emergency(
        id=file.text((*key, "id")),
        words={lang: _phrases(file, (*key, "words", lang.value), lang) for lang in Lang},
        reply={lang: _text(file, (*key, "reply", lang.value), ("emergency_number",)) for lang in Lang},
        of_bodies=bodies is True,
    )


def _phrases(file: TomlFile, key: Key, lang: Lang) -> Sequence[str]:
    """The phrases, with the words of a group in the place of its @name."""

    def choice(phrase: str, part: str) -> str:
        if not part.startswith("@"):
            return part
        if file.get(group := ("groups", lang.value, part[1:])) is None:
            file.bad_word(key, phrase, f"there is no group {part!r} in {lang}", f"Write it under [groups.{lang}], or the words themselves.")
            return part
        return "/".join(file.words(group))

    phrases = file.words(key)
    return [" ".join("/".join(choice(phrase, part) for part in place.split("/")) for place in phrase.split()) for phrase in phrases]


def _text(file: TomlFile, key: Key, allowed: Collection[str]) -> str:
    text = file.text(key)
    for what, remedy in (*check_template(text, allowed), *check_room(text)):
        file.bad(key, f"{key[-1]}: {what}", remedy)
    return text
