"""An alert as JSON, for the store: plain dicts and lists, no class names."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from bot.core.alert.cap import (
    Alert,
    AlertStatus,
    Area,
    Category,
    Certainty,
    Circle,
    Info,
    MsgType,
    Point,
    Reference,
    ResponseType,
    Scope,
    Severity,
    Urgency,
)

_INFO_TEXTS = ("language", "event", "sender_name", "headline", "description", "instruction", "web", "contact")
_INFO_TIMES = ("effective", "onset", "expires")
_INFO_PAIRS = ("event_codes", "parameters")
Word = TypeVar("Word", bound=StrEnum)


def to_body(alert: Alert) -> dict[str, Any]:
    """The alert as what json.dumps takes. from_body(to_body(alert)) == alert, with tuples for sequences."""
    return {
        "identifier": alert.identifier,
        "sender": alert.sender,
        "sent": alert.sent,
        "status": alert.status and alert.status.value,
        "msg_type": alert.msg_type and alert.msg_type.value,
        "scope": alert.scope and alert.scope.value,
        "source": alert.source,
        "note": alert.note,
        "codes": list(alert.codes),
        "references": [[ref.sender, ref.identifier, ref.sent] for ref in alert.references],
        "infos": [_from_info(info) for info in alert.infos],
        "signed": alert.signed,
    }


def from_body(body: Mapping[str, Any]) -> Alert:
    """The alert of a body. Raises ValueError where it is none of ours."""
    try:
        return Alert(
            identifier=body["identifier"],
            sender=body["sender"],
            sent=float(body["sent"]),
            status=AlertStatus(body["status"]) if body["status"] is not None else None,
            msg_type=MsgType(body["msg_type"]) if body["msg_type"] is not None else None,
            scope=Scope(body["scope"]) if body["scope"] is not None else None,
            source=body["source"],
            note=body["note"],
            codes=tuple(body["codes"]),
            references=tuple(Reference(sender, identifier, _time(sent)) for sender, identifier, sent in body["references"]),
            infos=tuple(_to_info(info) for info in body["infos"]),
            signed=bool(body["signed"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("this is not the body of a stored alert") from error


def _from_info(info: Info) -> dict[str, Any]:
    return {
        **{name: getattr(info, name) for name in (*_INFO_TEXTS, *_INFO_TIMES)},
        **{name: [list(pair) for pair in getattr(info, name)] for name in _INFO_PAIRS},
        "categories": [word.value for word in info.categories],
        "response_types": [word.value for word in info.response_types],
        "urgency": info.urgency.value,
        "severity": info.severity.value,
        "certainty": info.certainty.value,
        "areas": [_from_area(area) for area in info.areas],
    }


def _to_info(body: Mapping[str, Any]) -> Info:
    texts: dict[str, Any] = {name: body[name] for name in _INFO_TEXTS}
    times: dict[str, Any] = {name: _time(body[name]) for name in _INFO_TIMES}
    pairs: dict[str, Any] = {name: _pairs(body[name]) for name in _INFO_PAIRS}
    return Info(
        categories=_words(body["categories"], Category),
        response_types=_words(body["response_types"], ResponseType),
        urgency=Urgency(body["urgency"]),
        severity=Severity(body["severity"]),
        certainty=Certainty(body["certainty"]),
        areas=tuple(_to_area(area) for area in body["areas"]),
        **texts,
        **times,
        **pairs,
    )


def _from_area(area: Area) -> dict[str, Any]:
    return {
        "desc": area.desc,
        "polygons": [tuple(ring) for ring in area.polygons],  # as they are: there may be a hundred thousand points
        "circles": [[*circle.centre, circle.radius_km] for circle in area.circles],
        "geocodes": [list(pair) for pair in area.geocodes],
    }


def _to_area(body: Mapping[str, Any]) -> Area:
    return Area(
        body["desc"],
        polygons=tuple(_ring(ring) for ring in body["polygons"]),
        circles=tuple(Circle(_point(circle[:2]), float(circle[2])) for circle in body["circles"]),
        geocodes=_pairs(body["geocodes"]),
    )


def _ring(body: Sequence[Sequence[Any]]) -> Sequence[Point]:
    return tuple((float(lat), float(lon)) for lat, lon in body)


def _point(body: Sequence[Any]) -> Point:
    lat, lon = body
    return float(lat), float(lon)


def _pairs(body: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in body)


def _time(body: Any) -> float | None:
    return None if body is None else float(body)


def _words(body: Sequence[str], of: type[Word]) -> tuple[Word, ...]:
    return tuple(of(word) for word in body)
