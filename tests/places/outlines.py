"""Made-up outlines for the small gazetteer: boxes that share edges and overlap a little, as real ones do."""

from typing import Any

# id -> west, south, east, north
BOXES = {
    "KE-07": (39.4, -1.3, 41.5, 0.9),
    "KE-40": (38.6, -2.8, 40.3, -0.4),
    "KE-18": (37.6, -3.0, 38.62, -0.1),
    "KE-23": (37.1, -2.9, 37.6, -1.6),
}


def feature(code: str, box: tuple[float, float, float, float], **properties: str) -> dict[str, Any]:
    """A GeoJSON feature: a box, with `code` among its properties."""
    west, south, east, north = box
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Feature", "properties": {"iso_3166_2": code, **properties}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def collection() -> dict[str, Any]:
    """All of them."""
    return {"type": "FeatureCollection", "features": [feature(code, box) for code, box in BOXES.items()]}
