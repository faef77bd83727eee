"""What an alert says, as one short text: the same for a message that was only stamped anew."""

import hashlib
import json
from typing import Any

from bot.core.alert.body import to_body
from bot.core.alert.cap import Alert

_ALERT_STAMPS = ("identifier", "sent", "references", "signed")
_INFO_STAMPS = ("effective",)
_SHAPES = frozenset({"polygons", "circles"})  # numbers only, and maybe a hundred thousand


def fingerprint(alert: Alert) -> str:
    """64 hexadecimal digits over the content, without identifier, sent, effective, references and signature.

    The sender counts: what another authority says is another message. White space does not."""
    body = to_body(alert)
    for stamp in _ALERT_STAMPS:
        body.pop(stamp, None)
    for info in body["infos"]:
        for stamp in _INFO_STAMPS:
            info.pop(stamp, None)
    plain = json.dumps(_spaced(body), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def _spaced(value: Any) -> Any:
    """The same with single blanks in its texts."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, dict):
        return {key: part if key in _SHAPES else _spaced(part) for key, part in value.items()}
    return [_spaced(part) for part in value] if isinstance(value, list) else value
