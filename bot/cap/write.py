"""Writes an alert as CAP 1.2: elements in the schema's order, times with a numeric offset (never "Z"), UTF-8."""

import re
from collections.abc import Iterable
from datetime import UTC, tzinfo
from xml.etree.ElementTree import Element, SubElement, tostring

from bot.cap.read import CAP_12
from bot.core.alert.cap import Alert, Area, Info, Point, Reference, Scope
from bot.core.alert.instant import written
from bot.core.errors import NotDone

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 has no way to write these
_FORBIDDEN = re.compile(r"[\s,<&]")  # in an identifier or a sender


def write(alert: Alert, *, zone: tzinfo = UTC) -> bytes:
    """The alert as a CAP 1.2 document, its times in `zone`. Raises NotDone where it lacks what CAP requires, naming it."""
    _check(alert)
    root = Element(f"{{{CAP_12}}}alert")
    for name, text in (("identifier", alert.identifier), ("sender", alert.sender), ("sent", written(alert.sent, zone))):
        _add(root, name, text)
    for name, word in (("status", alert.status), ("msgType", alert.msg_type)):
        _add(root, name, word or "")
    _add(root, "source", alert.source)
    _add(root, "scope", alert.scope or "")
    for code in alert.codes:
        _add(root, "code", code)
    _add(root, "note", alert.note)
    _add(root, "references", " ".join(_reference(reference, zone) for reference in alert.references))
    for info in alert.infos:
        _add_info(root, info, zone)
    return bytes(tostring(root, encoding="UTF-8", xml_declaration=True, default_namespace=CAP_12))


def _check(alert: Alert) -> None:
    if alert.status is None or alert.msg_type is None or alert.scope is None:
        raise NotDone("A CAP message needs a status, a msgType and a scope. Nothing was written; set all three.")
    if alert.scope is not Scope.PUBLIC:
        raise NotDone(f"A {alert.scope} CAP message needs to say for whom, which we do not keep. Nothing was written; make it Public.")
    for name, text in (("identifier", alert.identifier), ("sender", alert.sender)):
        if not text or _FORBIDDEN.search(text):
            raise NotDone(f"A CAP message's {name} must not be empty, nor have a blank, a comma, < or &. Nothing was written; change it.")
    for n, info in enumerate(alert.infos, start=1):
        if not info.categories or not info.event.strip():
            raise NotDone(f"Info {n} of the CAP message needs a category and an event. Nothing was written; add them.")
        if not all(area.desc.strip() for area in info.areas):
            raise NotDone(f"An area of info {n} of the CAP message has no description. Nothing was written; add one.")


def _add_info(root: Element, info: Info, zone: tzinfo) -> None:
    block = _sub(root, "info")
    _add(block, "language", info.language)
    _add_each(block, "category", info.categories)
    _add(block, "event", info.event)
    _add_each(block, "responseType", info.response_types)
    for name, word in (("urgency", info.urgency), ("severity", info.severity), ("certainty", info.certainty)):
        _add(block, name, word)
    _add_pairs(block, "eventCode", info.event_codes)
    for name, at in (("effective", info.effective), ("onset", info.onset), ("expires", info.expires)):
        _add(block, name, "" if at is None else written(at, zone))
    for name, text in (
        ("senderName", info.sender_name),
        ("headline", info.headline),
        ("description", info.description),
        ("instruction", info.instruction),
        ("web", info.web),
        ("contact", info.contact),
    ):
        _add(block, name, text)
    _add_pairs(block, "parameter", info.parameters)
    for area in info.areas:
        _add_area(block, area)


def _add_area(block: Element, area: Area) -> None:
    part = _sub(block, "area")
    _add(part, "areaDesc", area.desc)
    _add_each(part, "polygon", (" ".join(map(_point, ring)) for ring in area.polygons))
    _add_each(part, "circle", (f"{_point(circle.centre)} {_number(circle.radius_km)}" for circle in area.circles))
    _add_pairs(part, "geocode", area.geocodes)


def _add(parent: Element, name: str, text: str) -> None:
    """Adds a child, unless it would be empty: that is how CAP says that there is nothing."""
    text = _ILLEGAL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    if text.strip():
        _sub(parent, name).text = text


def _add_each(parent: Element, name: str, texts: Iterable[str]) -> None:
    for text in texts:
        _add(parent, name, text)


def _add_pairs(parent: Element, name: str, pairs: Iterable[tuple[str, str]]) -> None:
    for key, value in pairs:
        pair = _sub(parent, name)
        for part, text in (("valueName", key), ("value", value)):
            _sub(pair, part).text = _ILLEGAL.sub("", text)


def _sub(parent: Element, name: str) -> Element:
    return SubElement(parent, f"{{{CAP_12}}}{name}")


def _reference(reference: Reference, zone: tzinfo) -> str:
    if reference.sent is None:
        raise NotDone("A CAP message that is referenced has no time that could be read. Nothing was written; leave that reference out.")
    return f"{reference.sender},{reference.identifier},{written(reference.sent, zone)}"


def _point(point: Point) -> str:
    return ",".join(map(_number, point))


def _number(number: float) -> str:
    """As exact as it is, without an exponent, which not every reader takes."""
    plain = repr(number)
    return f"{number:.12f}".rstrip("0").rstrip(".") if "e" in plain else plain.removesuffix(".0")
