"""Cleans what strangers wrote before people read it: no markup, no invisible characters, no newline, no links to elsewhere."""

import html
import re
import unicodedata
from collections.abc import Collection
from dataclasses import replace

from bot.core.alert.cap import Alert, Area, Info

_ROUNDS = 6  # how often text that was escaped again and again is unescaped
_TAG = re.compile(r"<!--[^<>]*-->|<[a-zA-Z/!?][^<>]*>")
_HOST = r"(?:[a-z0-9-]{1,63}\.){1,6}"
_LINKS = (
    r"[a-z][a-z0-9+.-]{1,20}://\S+",  # of any scheme
    r"(?:mailto|tel|sms|smsto|javascript|data):\S+",
    r"www\.\S+",
    _HOST + r"[a-z]{2,24}/\S*",  # bit.ly/x
    _HOST + r"(?:com|org|net|info|biz|gov|edu|io|ly|gg|xyz|online|click|app|[a-z]{2}\.[a-z]{2})(?![\w-]|\.\w)",
)
_LINK = re.compile(rf"(?<![\w@.-])(?:{'|'.join(_LINKS)})", re.ASCII | re.IGNORECASE)
_ALLOWED = re.compile(r"(?:https?://)?([a-z0-9.-]+)(?::\d{1,5})?(?:[/?#][^\\]*)?", re.ASCII | re.IGNORECASE)
_CLOSING = ".,;:!?)]}'\"»”’"
_JOINERS = "\u200c\u200d"  # they shape Arabic and Indic letters: kept between two of them, one at a time
_SHAPED = "\u0600-\u1fff\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc"  # the scripts that they shape
_RUNS = re.compile(f"[{_JOINERS}]{{2,}}")
_IDLE = re.compile(f"(?<![{_SHAPED}])[{_JOINERS}]|[{_JOINERS}](?![{_SHAPED}])")


def clean(text: str, *, domains: Collection[str] = ()) -> str:
    """`text` as one line of plain words. Links go unless their host is one of `domains` or under one."""
    shown = _visible(_plain(text))
    while (again := _visible(_plain(shown))) != shown:  # what was invisible may have parted a tag; each round makes it shorter
        shown = again
    text = shown
    return " ".join(_LINK.sub(lambda found: _link(found[0], domains), text).split())


def cleaned(alert: Alert, *, domains: Collection[str] = ()) -> Alert:
    """The alert with every text that people read cleaned; codes, identity and shapes stay as they are."""
    return replace(
        alert,
        source=clean(alert.source, domains=domains),
        note=clean(alert.note, domains=domains),
        infos=tuple(_info(info, domains) for info in alert.infos),
    )


def _info(info: Info, domains: Collection[str]) -> Info:
    return replace(
        info,
        event=clean(info.event, domains=domains),
        sender_name=clean(info.sender_name, domains=domains),
        headline=clean(info.headline, domains=domains),
        description=clean(info.description, domains=domains),
        instruction=clean(info.instruction, domains=domains),
        web=_link(info.web.strip(), domains),
        contact=clean(info.contact, domains=domains),
        areas=tuple(_area(area, domains) for area in info.areas),
    )


def _area(area: Area, domains: Collection[str]) -> Area:
    return replace(area, desc=clean(area.desc, domains=domains))


def _plain(text: str) -> str:
    """Without HTML, however often it was escaped; a tag becomes a blank, since "<br>" parts words."""
    for _ in range(_ROUNDS):
        before, text = text, _TAG.sub(" ", html.unescape(text))
        if text == before:
            return text
    return re.sub("[<>&]", " ", text)  # escaped for ever: nobody who means well does that


def _visible(text: str) -> str:
    """Without control, format and private characters; white space of any kind becomes a blank."""
    if text.isascii() and text.isprintable():
        return text
    text = text.translate({ord(char): _instead(char) for char in set(text)})
    return _IDLE.sub("", _RUNS.sub("", text))


def _instead(char: str) -> str | None:
    """What is shown for a character: itself, a blank, or nothing."""
    category = unicodedata.category(char)
    if char.isspace() or category in {"Cc", "Zl", "Zp"}:
        return " "
    return None if category in {"Cf", "Co", "Cs", "Cn"} and char not in _JOINERS else char


def _link(link: str, domains: Collection[str]) -> str:
    """The link where its host is allowed, else only the punctuation that followed it."""
    bare = link.rstrip(_CLOSING)
    found = _ALLOWED.fullmatch(bare)
    host = found[1].casefold().removeprefix("www.") if found else ""
    if any(host == domain.casefold() or host.endswith(f".{domain.casefold()}") for domain in domains if domain and host):
        return link
    return link[len(bare) :]
