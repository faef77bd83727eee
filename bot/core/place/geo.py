"""Distances on the globe, near enough for warnings: the Earth is a ball here (an error below 0.6%)."""

from math import asin, cos, radians, sin, sqrt

from bot.core.alert.cap import Point

EARTH_KM = 6371.0


def distance_km(one: Point, other: Point) -> float:
    """Along the ground, in kilometres. The shorter way round: 179.9 E and 179.9 W are neighbours."""
    lat1, lat2 = radians(one[0]), radians(other[0])
    across = radians(other[1] - one[1])
    h = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin(across / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, h)))


def is_point(point: Point) -> bool:
    """Whether it is a latitude and a longitude. What is not (also NaN) is nowhere."""
    return -90 <= point[0] <= 90 and -180 <= point[1] <= 180


def middle(points: "list[Point]") -> Point | None:
    """Where the points are on average, None without any. Correct across the antimeridian for what is less than half a globe wide."""
    if not points:
        return None
    first = points[0][1]
    lat = sum(lat for lat, _ in points) / len(points)
    lon = first + sum((lon - first + 180) % 360 - 180 for _, lon in points) / len(points)
    return lat, (lon + 180) % 360 - 180
