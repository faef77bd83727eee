"""A long list of alerts, a portion at a time: each is known by what it says, and those that nobody took yet come first, the newest of them.

The newest first, since what ends an alert is newer than that: so no portion tells people what a later one takes back.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from xml.etree.ElementTree import Element

from bot.cap.elements import said
from bot.cap.xml import local
from bot.core.alert.instant import instant

Known = Callable[[Sequence[str]], Collection[str]]  # those of the keys whose alerts need not be read again


@dataclass(frozen=True, slots=True)
class Chosen:
    """The alerts of a document that are read now, by their number in it. `keys` is what a portion of a long list is remembered by."""

    alerts: Mapping[int, Element]
    keys: Mapping[int, str] = field(default_factory=dict)
    left: int = 0  # alerts that nobody took yet and that are not among these


def choose(alerts: Sequence[Element], known: Known, *, most: int) -> Chosen:
    """At most `most` of `alerts`: all where they are no more, else the newest of those that are not `known`."""
    if len(alerts) <= most:
        return Chosen(dict(enumerate(alerts)))
    keys = {at: key(alert) for at, alert in enumerate(alerts)}
    old = frozenset(known(list(dict.fromkeys(keys.values()))))
    first = {name: at for at, name in reversed(keys.items()) if name not in old}  # what is there twice is read once
    new = sorted(first.values(), key=lambda at: (-_sent(alerts[at]), at))
    now = sorted(new[:most])
    return Chosen({at: alerts[at] for at in now}, {at: keys[at] for at in now}, len(new) - len(now))


def key(alert: Element) -> str:
    """What an alert is known by: all that it says. One that says anything else has another."""
    found = sha256()
    for part in alert.iter():
        behind = "" if part is alert else part.tail or ""
        words = (part.tag, f"{len(part)}", *(f"{name}={word}" for name, word in sorted(part.attrib.items())), part.text or "", behind)
        found.update("\0".join(word.strip() for word in (*words, "")).encode("utf-8", "surrogatepass"))
    return found.hexdigest()[:32]


def _sent(alert: Element) -> float:
    """When it was sent, 0.0 where it does not say."""
    written = next((said(child) for child in alert if local(child) == "sent"), "")
    return instant(written).at or 0.0
