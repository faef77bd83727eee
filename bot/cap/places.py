"""The <area> elements of an <info>: what they say, and their outlines."""

from collections.abc import Sequence

from bot.cap.elements import Block
from bot.core.alert.cap import Area, Circle, Point
from bot.core.alert.reading import DefectKind
from bot.core.alert.shapes import Shape, circle, polygon

SAYS = {
    DefectKind.POLYGON: "cannot be read and was left out",
    DefectKind.POLYGON_EMPTY: "is empty",
    DefectKind.POLYGON_OPEN: "does not end where it begins; it was closed",
    DefectKind.POLYGON_FORM: "is not written as the standard wants it",
    DefectKind.COORDINATES: "has a latitude or a longitude out of range",
    DefectKind.SWAPPED: "has longitude before latitude and was left out",
    DefectKind.CIRCLE: "cannot be read and was left out",
}


def areas(info: Block, room: list[int]) -> Sequence[Area]:
    """The areas of an info. `room` holds how many points the document may still have; it is counted down."""
    return tuple(_area(block, room) for block in info.blocks("area"))


def _area(block: Block, room: list[int]) -> Area:
    area = Area(
        desc=block.needed("areaDesc"),
        polygons=_polygons(block, room),
        circles=_circles(block),
        geocodes=block.pairs("geocode"),
    )
    if not (area.polygons or area.circles or area.geocodes):
        block.note(DefectKind.NO_SHAPE, "it has no outline and no code: only its description says where it is")
    return area


def _polygons(block: Block, room: list[int]) -> Sequence[Sequence[Point]]:
    rings: list[Sequence[Point]] = []
    for n, text in enumerate(block.texts("polygon"), start=1):
        shape = polygon(text, room=room[0])
        room[0] -= sum(map(len, shape.rings))
        rings += shape.rings
        _note(block, f"polygon {n}", shape)
    return tuple(rings)


def _circles(block: Block) -> Sequence[Circle]:
    circles: list[Circle] = []
    for n, text in enumerate(block.texts("circle"), start=1):
        shape = circle(text)
        circles += [shape.circle] if shape.circle else []
        _note(block, f"circle {n}", shape)
    return tuple(circles)


def _note(block: Block, what: str, shape: Shape) -> None:
    for kind in dict.fromkeys(shape.kinds):
        block.defects.note(kind, f"{block.where}, {what}", f"it {SAYS[kind]}")
