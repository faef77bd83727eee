"""A received alert as people are told it: its authority's own words, cleaned, in one short text per language. Nothing is reworded."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from bot.core.alert.cap import Alert, Area, Info, ResponseType, Severity
from bot.core.alert.hygiene import clean
from bot.core.alert.notice import Notice
from bot.core.alert.when import told
from bot.core.alert.words import fill
from bot.core.types import Lang

LONGEST = 300  # characters: two SMS of GSM-7. A longer text is told in a shorter form
SOURCE_LONGEST = 40
_LOOKED_AT = 2_000  # characters, where the longest real one has 195: a longer headline is none, however little is left of it when clean
_NAMES = LONGEST // 3  # areas that a text has room for: the name of each, a comma and a blank
_LINK = 3  # letters of "of", "and", "the", "ya", "na"
_WORST = list(Severity)


@dataclass(frozen=True, slots=True)
class Telling:
    """What telling needs besides the alert. `until` holds a template per language, with $end."""

    until: Mapping[Lang, str]
    zone: tzinfo
    expires_after_s: float

    def expires(self, info: Info, sent: float) -> float:
        """When an info expires; where it does not say so, some time after it took effect."""
        return info.expires if info.expires is not None else (info.effective or sent) + self.expires_after_s

    def notice(
        self,
        alert: Alert,
        *,
        key: str,
        source: str,
        domains: Collection[str] = (),
        gone: Collection[int] = (),
        hazard: str = "",
        places: Sequence[str] = (),
        now: float,
    ) -> Notice | None:
        """What people who ask are told of `alert`. None where there is nothing to tell: it is over, has expired, or speaks no language
        of ours. `gone` are those of its areas, by index, that it is over in. The notice ends with its first info to expire."""
        infos = [(info, areas) for info, areas in _left(alert, gone) if self.expires(info, alert.sent) > now]
        texts: dict[Lang, str] = {}
        used: list[Info] = []
        for info, areas in infos:
            lang = language(info)
            if lang is not None and (text := self.text(info, areas, lang, alert=alert, source=source, domains=domains)):
                texts[lang] = joined(texts.get(lang, ""), text)
                used.append(info)
        if not texts:
            return None
        return Notice(
            key=key,
            hazard=hazard,
            severity=used[0].severity,
            texts=texts,
            places=tuple(places),
            since=alert.sent,
            expires=min(self.expires(info, alert.sent) for info in used),
            source=source,
        )

    def text(self, info: Info, areas: Sequence[Area], lang: Lang, *, alert: Alert, source: str, domains: Collection[str]) -> str:
        """The longest form of what an info says that is not too long, "" where even the shortest is. No word is ever cut."""
        end = fill(self.until[lang], end=told(self.expires(info, alert.sent), self.zone, lang)).rstrip(".")
        who = source or source_of(info, alert)
        start = f"{who}: " if who else ""
        forms = (f"{start}{body}. {end}." for body in _bodies(info, areas, domains))
        return next((form for form in forms if len(form) <= LONGEST), "")


def language(info: Info) -> Lang | None:
    """Which of our languages an info is in."""
    code = info.language.replace("_", "-").split("-")[0].casefold()
    return Lang(code) if code in set(Lang) else None


def source_of(info: Info, alert: Alert) -> str:
    """Who says it, where the operator gave no name: the sender's own, in whole words, and not ending in "of the"."""
    name = clean((info.sender_name or alert.sender)[:_LOOKED_AT])
    words, whole = name[: SOURCE_LONGEST + 1].split(" "), len(name) <= SOURCE_LONGEST
    if not whole:
        words.pop()  # the word that is cut, or what follows the blank after the last that is not
    while words and not whole and len(words[-1]) <= _LINK:
        words.pop()
    return " ".join(words).rstrip(".,:;-")


def joined(one: str, other: str) -> str:
    """Two texts of one language as one; the second goes where there is no room for it, or it says the same."""
    if not one or other in one:
        return one or other
    both = f"{one} {other}"
    return both if len(both) <= LONGEST else one


def _left(alert: Alert, gone: Collection[int]) -> Iterator[tuple[Info, Sequence[Area]]]:
    """The infos that still warn, the most severe first, each with the areas that it still warns."""
    at, left = 0, []
    for info in alert.infos:
        areas = [area for n, area in enumerate(info.areas, at) if n not in gone]
        at += len(info.areas)
        if ResponseType.ALL_CLEAR not in info.response_types and (areas or not info.areas):
            left.append((info, areas))
    yield from sorted(left, key=lambda one: _WORST.index(one[0].severity))


def _bodies(info: Info, areas: Sequence[Area], domains: Collection[str]) -> Iterator[str]:
    """What it says, shorter and shorter: headline and all places; the event instead; fewer places, with how many more there are; none."""
    event, headline = _plain(info.event, domains), _plain(info.headline, domains)
    descs = list(dict.fromkeys(area.desc for area in areas))
    names = list(dict.fromkeys(name for desc in descs[: _NAMES + 1] if (name := _plain(desc, domains))))
    more = len(descs[_NAMES + 1 :])  # which nobody has room for: they are only counted
    what = [text for text in (headline, event) if text]
    for text in what:
        new = [name for name in names if name.casefold() not in text.casefold()]
        if not more:
            yield f"{text}, {', '.join(new)}" if new else text
    most, all_ = len(names) if more else len(names) - 1, len(names) + more
    for text in what:
        yield from (f"{text}, {', '.join(names[:n])} +{all_ - n}" for n in range(most, 0, -1))
    yield from what


def _plain(text: str, domains: Collection[str]) -> str:
    return clean(text, domains=domains).strip(" .,;:") if len(text) <= _LOOKED_AT else ""
