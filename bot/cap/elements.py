"""One CAP element after another: values taken from a tree, with what is wrong with them noted on the way."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TypeVar
from xml.etree.ElementTree import Element

from bot.cap.xml import local, namespace
from bot.core.alert.instant import instant
from bot.core.alert.reading import Defect, DefectKind

MAX_DEFECTS = 100
Word = TypeVar("Word", bound=StrEnum)


class Defects:
    """Notes defects, MAX_DEFECTS at most: a file made of nothing else must not fill the store."""

    def __init__(self) -> None:
        self.noted: list[Defect] = []

    def note(self, kind: DefectKind, where: str, says: str) -> None:
        """`says` is plain words and holds nothing of the message."""
        if len(self.noted) < MAX_DEFECTS:
            self.noted.append(Defect(kind, where, says))
        elif len(self.noted) == MAX_DEFECTS:
            self.noted.append(Defect(DefectKind.MORE, "", "there are more defects than these"))


class Block:
    """An <alert>, <info> or <area>, read child by child. `where` names it in defects."""

    def __init__(self, element: Element, where: str, defects: Defects) -> None:
        self.element, self.where, self.defects = element, where, defects
        self._children: dict[str, list[Element]] = {}
        for child in element:
            if namespace(child) in {namespace(element), ""}:  # what other vocabularies add is not CAP's
                self._children.setdefault(local(child), []).append(child)

    def note(self, kind: DefectKind, says: str) -> None:
        """Notes a defect of this block."""
        self.defects.note(kind, self.where, says)

    def count(self, name: str) -> int:
        """How many children of that name there are."""
        return len(self._children.get(name, ()))

    def blocks(self, name: str) -> "Iterator[Block]":
        """The blocks of that name in this one."""
        for n, child in enumerate(self._children.get(name, ()), start=1):
            yield Block(child, f"{self.where}, {name} {n}".removeprefix(", "), self.defects)

    def texts(self, name: str) -> Sequence[str]:
        """What the children of that name say, without the white space around it."""
        return [said(child) for child in self._children.get(name, ())]

    def text(self, name: str) -> str:
        """What the child of that name says, "" where there is none. The first one counts."""
        texts = self.texts(name)
        if len(set(texts)) > 1:
            self.note(DefectKind.ELEMENT_TWICE, f"<{name}> is there several times and differs; the first one counts")
        return texts[0] if texts else ""

    def sole(self, name: str) -> str:
        """What the child of that name says, "" where there is none or there are several that differ: nobody knows which one is meant."""
        found = self.text(name)
        return found if len(set(self.texts(name))) == 1 else ""

    def needed(self, name: str) -> str:
        """As `text`, where the standard requires the child."""
        found = self.text(name)
        if not found:
            self.note(DefectKind.MISSING, f"<{name}> is missing")
        return found

    def words(self, name: str, of: type[Word]) -> Sequence[Word]:
        """The children of that name as words of the standard; others are left out and noted."""
        known = {word.value: word for word in of}
        texts = self.texts(name)
        if any(text not in known for text in texts):
            self.note(DefectKind.UNKNOWN_WORD, f"<{name}> is not a word of the standard")
        return tuple(dict.fromkeys(known[text] for text in texts if text in known))

    def word(self, name: str, of: type[Word], unknown: Word) -> Word:
        """The child of that name as a word of the standard, `unknown` where it is missing or something else."""
        found = self.needed(name)
        known = {word.value: word for word in of}
        if found and found not in known:
            self.note(DefectKind.UNKNOWN_WORD, f"<{name}> is not a word of the standard")
        return known.get(found, unknown)

    def time(self, name: str) -> float | None:
        """The child of that name as a time, None where it is missing or no time with a zone."""
        text = self.text(name)
        if not text:
            return None
        found = instant(text)
        if found.naive:
            self.note(DefectKind.TIME_NAIVE, f"<{name}> has no time zone; it is taken as missing")
        elif found.at is None:
            self.note(DefectKind.TIME, f"<{name}> is not a time; it is taken as missing")
        elif not found.strict:
            self.note(DefectKind.TIME_FORM, f"<{name}> is not written as the standard wants it")
        return found.at

    def pairs(self, name: str) -> Sequence[tuple[str, str]]:
        """The children of that name, each with a valueName and a value; CAP 1.0 wrote "name=value"."""
        found = []
        for child in self._children.get(name, ()):
            parts = {local(part): said(part) for part in child}
            if "valueName" in parts or "value" in parts:
                found.append((parts.get("valueName", ""), parts.get("value", "")))
            elif not parts and "=" in said(child):
                key, _, value = said(child).partition("=")
                found.append((key.strip(), value.strip()))
        return tuple(found)


def said(element: Element) -> str:
    """The text in an element, without the white space around it."""
    return "".join(element.itertext()).strip()
