"""The menus: one tree for every channel, as a pure function from a position and an input to the next position.

A position is a Session's `state` and `skill`. Digits choose, 0 goes back, 9 turns the page, anything else is a question. A channel with
native lists or buttons shows the choices as such and sends back the same digits; `in_lines` writes them out for every other channel.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.core.types import Choice, Fact, Lang, Library, Reply, Session, Skill

TOP, SKILL, LANGUAGE, READING = "top", "skill", "language", "reading"
BACK, MORE = "0", "9"
_CHOICE = re.compile(r"\d{1,2}")


@dataclass(frozen=True, slots=True)
class Step:
    """Where an input leads: a screen to show (`reply`), or a `question` to answer. `lang` is set when a language was picked,
    `placing` when the person wants to tell their place: that is asked elsewhere (bot.core.place.mine)."""

    session: Session
    lang: Lang
    reply: Reply | None = None
    question: str = ""
    lang_chosen: bool = False
    placing: bool = False


class Menu:
    """The tree over one library: a branch for each skill, the languages, the person's place where places are known (`placed`), the last
    answer."""

    def __init__(self, library: Library, *, placed: Callable[[], bool] = bool) -> None:
        self._library = library
        self._placed = placed
        self._facts = {(fact.id, fact.lang): fact for skill in library.skills for fact in skill.facts}

    def is_choice(self, text: str) -> bool:
        """Whether `text` picks something rather than asks something."""
        return _CHOICE.fullmatch(text) is not None

    def top(self, session: Session, lang: Lang, *, note: str = "", last: str = "") -> Step:
        """The first screen. `note` is a line above it; `last` the person's last answer, where there is one."""
        text = self._library.text
        labels = [skill.titles[lang] for skill in self._library.skills] + [text("language_item", lang)]
        if self._placed():
            labels.append(text("place_item", lang))
        if last:
            labels.append(text("last_answer_item", lang))
        top = replace(session, state=TOP, skill="", more="")
        return self._screen(top, lang, note or text("menu_title", lang), _numbered(labels), text("ask_any", lang))

    def languages(self, session: Session, lang: Lang) -> Step:
        """Asks for the language."""
        names = self._library.text("language_menu", lang).split("\n")
        choices = [Choice(*line.split(" ", 1)) for line in (*names, self._library.text("back_key", lang))]
        title = self._library.text("language_title", lang)
        return self._screen(replace(session, state=LANGUAGE, more=""), lang, title, choices)

    def step(self, session: Session, text: str, lang: Lang, *, last: str = "") -> Step:
        """One input. Turning pages (9) is the caller's: only it knows how much fits."""
        choice = text.strip()
        if not self.is_choice(choice):
            return Step(replace(session, state=READING), lang, question=choice)
        if choice == BACK:
            return self._back(session, lang, last)
        match session.state:
            case "top":
                return self._pick_top(session, int(choice), lang, last)
            case "skill":
                return self._pick_topic(session, int(choice), lang)
            case "language":
                return self._pick_language(session, int(choice), lang, last)
            case _:
                return self.top(session, lang, note=self._library.text("unknown_choice", lang), last=last)

    def _back(self, session: Session, lang: Lang, last: str) -> Step:
        skill = self._library.skill(session.skill)
        if session.state == READING and skill is not None:
            return self._skill(session, skill, lang)
        return self.top(session, lang, last=last)

    def _pick_top(self, session: Session, choice: int, lang: Lang, last: str) -> Step:
        skills = self._library.skills
        if 1 <= choice <= len(skills):
            return self._skill(session, skills[choice - 1], lang)
        if choice == len(skills) + 1:
            return self.languages(session, lang)
        if choice == len(skills) + 2 and self._placed():
            return Step(session, lang, placing=True)
        if choice == len(skills) + 2 + self._placed() and last:
            return self._screen(replace(session, state=READING, skill=""), lang, last, [self._back_choice(lang)])
        return self.top(session, lang, note=self._library.text("unknown_choice", lang), last=last)

    def _pick_topic(self, session: Session, choice: int, lang: Lang) -> Step:
        skill = self._library.skill(session.skill)
        if skill is None:
            return self.top(session, lang)
        topics = self._topics(skill, lang)
        if not 1 <= choice <= len(topics):
            return self._skill(session, skill, lang, note=self._library.text("unknown_choice", lang))
        return self._read(session, topics[choice - 1], lang)

    def show(self, session: Session, fact_id: str, lang: Lang) -> Step | None:
        """The fact as if it had been picked from its skill's topics. None where it is no longer there."""
        fact = self._facts.get((fact_id, lang))
        return None if fact is None else self._read(replace(session, skill=fact.skill), fact, lang)

    def _read(self, session: Session, fact: Fact, lang: Lang) -> Step:
        reply = Reply(fact.sms, lang, "fact", fact.skill, (fact.id,), ends=False, choices=(self._back_choice(lang),))
        return Step(replace(session, state=READING, more=""), lang, reply)

    def _pick_language(self, session: Session, choice: int, lang: Lang, last: str) -> Step:
        languages = list(Lang)
        if not 1 <= choice <= len(languages):
            return self.languages(session, lang)
        picked = languages[choice - 1]
        step = self.top(session, picked, note=self._library.text("language_set", picked), last=last)
        return replace(step, lang_chosen=True)

    def _skill(self, session: Session, skill: Skill, lang: Lang, *, note: str = "") -> Step:
        text = self._library.text
        topics = _numbered([fact.title for fact in self._topics(skill, lang)])
        title = "\n".join([*([note] if note else []), text("ask", lang, skill=skill.titles[lang])])
        inside = replace(session, state=SKILL, skill=skill.name, more="")
        return self._screen(inside, lang, title, [*topics, self._back_choice(lang)])

    def _topics(self, skill: Skill, lang: Lang) -> list[Fact]:
        return [self._facts[topic, lang] for topic in skill.topics]

    def _back_choice(self, lang: Lang) -> Choice:
        return Choice(*self._library.text("back_key", lang).split(" ", 1))

    def _screen(self, session: Session, lang: Lang, title: str, choices: Sequence[Choice], footer: str = "") -> Step:
        return Step(session, lang, Reply(title, lang, "menu", session.skill, ends=False, choices=tuple(choices), footer=footer))


def rendered(reply: Reply, most: int) -> Reply:
    """The same reply for a channel that has native choices for up to `most` of them (0: none)."""
    return native(reply) if 0 < len(reply.choices) <= most else in_lines(reply)


def in_lines(reply: Reply) -> Reply:
    """The same reply with its choices written out as "1 label" lines, for a channel that has no native ones."""
    lines = [reply.text, *(f"{choice.id} {choice.label}" for choice in reply.choices), *([reply.footer] if reply.footer else [])]
    return replace(reply, text="\n".join(lines), choices=(), footer="")


def native(reply: Reply) -> Reply:
    """The same reply for a channel with native choices: the footer joins the text above them."""
    return replace(reply, text="\n".join([reply.text, *([reply.footer] if reply.footer else [])]), footer="")


def _numbered(labels: Sequence[str]) -> list[Choice]:
    return [Choice(str(n), label) for n, label in enumerate(labels, 1)]
