"""How far places reach that have no outline: a circle around each middle, found quickly among many thousands."""

from collections.abc import Container, Iterable, Sequence

from shapely import STRtree, box, prepare
from shapely.geometry.base import BaseGeometry

from bot.core.alert.cap import Point
from bot.core.place.types import PlaceKind
from bot.places import shapes
from bot.places.known import Known


class Reaches:
    """The circles of those of `rows` whose middle is known. Countries have none: no circle says where one is."""

    def __init__(self, rows: Iterable[Known]) -> None:
        self._rows = [(row.place.id, row.place.centre, row.reach_km) for row in rows if row.place.kind is not PlaceKind.COUNTRY]
        self._rows = [row for row in self._rows if row[1] is not None]
        self._tree: STRtree | None = None  # built when the first alert asks: most processes never do

    def touched(self, shape: BaseGeometry, already: Container[str] = ()) -> Sequence[str]:
        """The ids of the places whose circle has a point with `shape` in common; for those of `already` the box around it is enough."""
        if self._tree is None:
            self._tree = STRtree([_box(centre, reach) for _, centre, reach in self._rows if centre])
        prepare(shape)
        near = (self._rows[n] for n in sorted(self._tree.query(shape, predicate="intersects")))
        return [one for one, centre, reach in near if one in already or (centre and shape.intersects(shapes.disc(centre, reach)))]


def _box(centre: Point, reach_km: float) -> BaseGeometry:
    lat, lon = centre
    up = (reach_km + 0.1) / shapes.KM_PER_DEGREE
    side = up / shapes.narrow(lat)
    if abs(lon) + side > 180:  # on both sides of the antimeridian
        return box(-180, lat - up, 180, lat + up)
    return box(lon - side, lat - up, lon + side, lat + up)
