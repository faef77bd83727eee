"""Made-up CAP documents, and the shared ones where they are there."""

import json
from pathlib import Path
from typing import Any

CAP_12 = "urn:oasis:names:tc:emergency:cap:1.2"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "cap"
INDEX: list[dict[str, Any]] = json.loads((SHARED / "index.json").read_text()) if (SHARED / "index.json").is_file() else []
ENTRIES = {entry["file"]: entry for entry in INDEX if (SHARED / entry["file"]).is_file()}

HEAD = {
    "identifier": "KE-1",
    "sender": "met@example.org",
    "sent": "2026-11-20T09:00:00+03:00",
    "status": "Actual",
    "msgType": "Alert",
    "scope": "Public",
}
SQUARE = "-0.4,39.5 -0.4,39.8 -0.6,39.8 -0.6,39.5 -0.4,39.5"
AREA = f"<area><areaDesc>Garissa</areaDesc><polygon>{SQUARE}</polygon></area>"


def _tags(words: dict[str, str]) -> str:
    return "".join(f"<{name}>{word}</{name}>" for name, word in words.items() if word)


def info(inside: str = "", *, area: str = AREA, **fields: str) -> str:
    """An <info>. A field of "" is left out."""
    words = {
        "language": "en",
        "category": "Met",
        "event": "Flood",
        "urgency": "Immediate",
        "severity": "Severe",
        "certainty": "Likely",
        "expires": "2026-11-21T18:00:00+03:00",
        "headline": "Flood in Garissa",
        **fields,
    }
    return f"<info>{_tags(words)}{inside}{area}</info>"


def cap(inside: str | None = None, *, namespace: str = CAP_12, **fields: str) -> bytes:
    """A CAP document. `inside` follows the head, an info where it is not given; a field of "" is left out."""
    body = _tags(HEAD | fields) + (info() if inside is None else inside)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<alert xmlns="{namespace}">{body}</alert>'.encode()


def with_area(shape: str) -> bytes:
    """A CAP document whose one area has `shape` in it."""
    return cap(info(area=f"<area><areaDesc>Garissa</areaDesc>{shape}</area>"))


MADE_UP: dict[str, tuple[bytes, dict[str, Any]]] = {  # as the index would have them; there where nothing is shared, too
    "made-up.xml": (
        cap(),
        {
            **HEAD,
            "kind": "made-up",
            "parse": "ok",
            "notes": "",
            "references": False,
            "signed": False,
            "n_info": 1,
            "events": ["Flood"],
            "areas": 1,
            "polygons": 1,
            "circles": 0,
            "geocodes": [],
        },
    ),
    "made-up-cut.xml": (cap()[:-9], {"kind": "made-up", "parse": "ERROR", "notes": ""}),
}
ENTRIES |= {name: entry for name, (_, entry) in MADE_UP.items()}


def shared(name: str) -> bytes:
    return MADE_UP[name][0] if name in MADE_UP else (SHARED / name).read_bytes()
