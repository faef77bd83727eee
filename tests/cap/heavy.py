"""Documents as large as may be that read well: thousands of shapes, points, codes, names, alerts, made to be dear to place and to keep.

Those that are made to hurt a reader are in tests/cap/hostile.py."""

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from bot.cap.read import MOST_ALERTS
from bot.cap.xml import MAX_BYTES
from tests.cap.small import AREA, CAP_12, HEAD, cap, info

ELEMENTS = 19_900  # a few below the limit, for what is around them
Pair = tuple[float, float]


def documents() -> Mapping[str, Callable[[], bytes]]:
    """What makes each, by name. Those that overlap others change with the dice, which fall the same way each time."""
    return {
        **{f"circles {name}": one for name, one in _circles().items()},
        **{f"polygons {name}": one for name, one in _polygons().items()},
        **{f"ring {name}": one for name, one in _rings().items()},
        **{f"areas {name}": one for name, one in _areas().items()},
        **{f"texts {name}": one for name, one in _texts().items()},
        **{f"alerts {name}": one for name, one in _alerts().items()},
    }


def filled(start: str, parts: Iterator[str], end: str, *, most: int = ELEMENTS, size: int = MAX_BYTES - 4_096) -> str:
    """`start`, as many of `parts` as there is room for, and `end`."""
    room, kept = size - len(start) - len(end), []
    for part in islice(parts, most):
        room -= len(part)
        if room < 0:
            break
        kept.append(part)
    return start + "".join(kept) + end


def area(shapes: str, desc: str = "Garissa") -> str:
    return f"<area><areaDesc>{desc}</areaDesc>{shapes}</area>"


def whole(shapes: Iterator[str], *, most: int = ELEMENTS, desc: str = "Garissa") -> bytes:
    """A document whose one area has `shapes`, as many as there is room for."""
    return cap(info(area=filled(f"<area><areaDesc>{desc}</areaDesc>", shapes, "</area>", most=most)))


def _dice() -> random.Random:
    return random.Random(5)


def _spot(dice: random.Random) -> Pair:
    """Somewhere in Kenya, or beside it."""
    return round(dice.uniform(-4.9, 4.9), 3), round(dice.uniform(34, 41.9), 3)


def _circles() -> Mapping[str, Callable[[], bytes]]:
    def of(*radii: str, spot: Callable[[random.Random], Pair] = _spot, desc: str = "Garissa") -> Callable[[], bytes]:
        def made() -> bytes:
            dice = _dice()
            shapes = ("<circle>{},{} {}</circle>".format(*spot(dice), dice.choice(radii)) for _ in range(ELEMENTS))
            return whole(shapes, desc=desc)

        return made

    names = ",".join(["Bura"] * 300)
    return {
        "of-all-sizes": of("0", "1", "9", "80", "900"),
        "of-ten-metres": of(".01"),
        "wide": of("20000"),
        "of-no-radius": of("0"),
        "over-the-date-line": of("900", spot=lambda dice: (round(dice.uniform(-60, 60), 3), 179.9)),
        "abroad": of("9", spot=lambda dice: (round(dice.uniform(50, 60), 3), 10.5)),
        "abroad-with-many-names": of("9", spot=lambda dice: (round(dice.uniform(50, 60), 3), 10.5), desc=names),
        "a-few-hundred-wide": lambda: whole(iter(["<circle>0,38 5000</circle>", "<circle>1,39 4000</circle>"] * 140)),
        "a-few-hundred-over-the-date-line": lambda: whole(iter(["<circle>0,179.9 5000</circle>"] * 300)),
    }


def _ring(points: Sequence[Pair]) -> str:
    said = " ".join(f"{lat:g},{lon:g}" for lat, lon in (*points, points[0]))
    return f"<polygon>{said}</polygon>"


def _star(dice: random.Random, points: int, *, size: float = 1.0, centre: Pair | None = None) -> Sequence[Pair]:
    """A ring that crosses nothing, and is as jagged as can be."""
    lat, lon = centre or _spot(dice)
    turns = [(math.tau * n / points, size * dice.uniform(0.3, 1)) for n in range(points)]
    return [(round(lat + far * math.sin(turn), 3), round(lon + far * math.cos(turn), 3)) for turn, far in turns]


def _tangle(dice: random.Random, points: int) -> Sequence[Pair]:
    """A ring that crosses itself again and again."""
    return [_spot(dice) for _ in range(points)]


def _comb(points: int, *, lat: float = 0.0) -> Sequence[Pair]:
    """Teeth across the country, beside each other."""
    return [(round(lat + n * 1e-5, 5), 34 if n % 4 in {0, 3} else 42) for n in range(points)]


def _polygons() -> Mapping[str, Callable[[], bytes]]:
    def of(made: Callable[[random.Random], Sequence[Pair]], *, most: int = ELEMENTS) -> Callable[[], bytes]:
        def document() -> bytes:
            dice = _dice()
            return whole((_ring(made(dice)) for _ in range(most)), most=most)

        return document

    return {
        "triangles": of(lambda dice: _tangle(dice, 3)),
        "small-triangles": of(lambda dice: _star(dice, 3, size=0.05)),
        "that-cross-themselves": of(lambda dice: _tangle(dice, 4)),
        "of-ten-points": of(lambda dice: _star(dice, 10)),
        "of-fifty-points": of(lambda dice: _star(dice, 50)),
        "300-of-five-hundred-points": of(lambda dice: _star(dice, 500), most=300),
        "300-tangles-of-150": of(lambda dice: _tangle(dice, 149), most=300),
        "200-jagged-of-a-thousand": of(lambda dice: _star(dice, 1_000, size=3), most=200),
        "200-tangles-of-a-thousand": of(lambda dice: _tangle(dice, 1_000), most=200),
        "three-hundred-over-the-date-line": of(lambda dice: _star(dice, 100, size=5, centre=(0, 179.9)), most=300),
        "open": lambda: whole(iter(["<polygon>1,38 2,38 2,39</polygon>"] * ELEMENTS)),
        "that-cannot-be-read": lambda: whole(iter(["<polygon>1,38 2,x</polygon>"] * ELEMENTS)),
        "empty": lambda: whole(iter(["<polygon/>"] * ELEMENTS)),
        "the-wrong-way-round": lambda: whole(iter(["<polygon>100,1 101,1 101,2 100,1</polygon>"] * ELEMENTS)),
        "abroad": lambda: whole(iter(["<polygon>38,1 39,1 39,2 38,1</polygon>"] * ELEMENTS)),
    }


def _rings() -> Mapping[str, Callable[[], bytes]]:
    def of(points: Callable[[random.Random], Sequence[Pair]]) -> Callable[[], bytes]:
        return lambda: whole(iter([_ring(points(_dice()))]))

    def fitting(points: int, *, form: str = "{:g},{:g}") -> str:
        dice = _dice()
        return " ".join(form.format(*_spot(dice)) for _ in range(points))

    return {
        "a-tangle-of-130,000": of(lambda dice: _tangle(dice, 130_000)),
        "a-tangle-of-500": of(lambda dice: _tangle(dice, 499)),
        "a-star-of-130,000": of(lambda dice: _star(dice, 130_000, size=4)),
        "a-comb-of-100,000": of(lambda _: _comb(100_000)),
        "of-as-many-points-as-are-read": lambda: whole(iter([f"<polygon>{'1,38 2,38 2,39 1,39 ' * 37_000}1,38</polygon>"])),
        "of-more-points-than-are-read": lambda: whole(iter([f"<polygon>{'1,38 ' * 400_000}</polygon>"])),
        "with-blanks-for-commas": lambda: whole(iter([f"<polygon>{fitting(140_000, form='{:g} {:g}')}</polygon>"])),
        "of-seventeen-digits": lambda: whole(iter([f"<polygon>{fitting(50_000, form='{:.15f},{:.15f}')}</polygon>"])),
        "many-in-one-element": lambda: whole(iter([f"<polygon>{'((1 38,2 38,2 39,1 38))' * 40_000}</polygon>"])),
    }


def _areas() -> Mapping[str, Callable[[], bytes]]:
    def code(value: str, name: str = "ISO3166-2") -> str:
        return f"<geocode><valueName>{name}</valueName><value>{value}</value></geocode>"

    def many(parts: Iterator[str], *, most: int = 4_999) -> bytes:
        return cap(info(area=filled("", parts, "", most=most)))

    names = ",".join(f"Bura {n}" for n in range(130))
    every = " ".join(f"KE-{n:02d}" for n in range(1, 48))
    return {
        "with-many-codes": lambda: whole(iter([code(f"KE-{n % 47 + 1:02d}") for n in range(6_600)])),
        "with-codes-in-one-value": lambda: whole(iter([code("KE-07 " * 300_000)])),
        "with-unknown-codes-in-one-value": lambda: whole(iter([code(" ".join(map(str, range(290_000))))])),
        "with-codes-of-all": lambda: many(iter([area(code(every))] * 3_900)),
        "with-a-country": lambda: many(iter([area(code("KE", "ISO3166-1"))] * 3_900)),
        "of-a-shape-each": lambda: many(area(f"<polygon>{lat},38 {lat + 1},38 {lat},39 {lat},38</polygon>") for lat in [1, 2] * 2_500),
        "of-ten-circles-each": lambda: many(area("<circle>1,38 9</circle>" * 7, f"area {n}") for n in range(2_200)),
        "that-differ": lambda: many(area("", f"area {n} " + "x" * 380) for n in range(5_000)),
        "of-names": lambda: many(area("", f"{n} {names}") for n in range(5_000)),
        "of-names-abroad": lambda: many(area("<circle>50,9 1</circle>", f"{n},{names}") for n in range(5_000)),
        "of-one-long-description": lambda: many(iter([area("", "Bura," * 400_000)])),
        "of-places": lambda: many(area("", f"Kitui and {n}") for n in range(5_000)),
    }


def _texts() -> Mapping[str, Callable[[], bytes]]:
    def field(name: str, part: str) -> Callable[[], bytes]:
        return lambda: cap(
            info(f"<{name}>" + part * (2_080_000 // len(part.encode())) + f"</{name}>", headline="" if name == "headline" else "Flood")
        )

    def many(**fields: str) -> Callable[[], bytes]:
        def made() -> bytes:
            one = info(**fields)
            return cap(one * min(99, 2_080_000 // len(one.encode())))

        return made

    return {
        **{
            f"a-long-{name}": field(name, "Maji yanajaa, tafadhali. ")
            for name in ("event", "headline", "description", "instruction", "senderName")
        },
        "of-accents": field("headline", "\u00e9\u0301"),
        "of-many-characters": field("headline", "".join(map(chr, range(0x4E00, 0x9E00)))),
        "of-control-characters": field("description", "\u200b\u2028\u00a0"),
        "of-open-tags": field("headline", "&lt;a "),
        "of-tags": field("headline", "&amp;lt;b&amp;gt;"),
        "of-links": field("description", "a.example.org/x "),
        "of-hosts": field("headline", "a-a.a-a."),
        "of-words-of-tests": field("headline", "this is a "),
        "of-many-infos": many(headline="Flood " * 3_300),
        "of-many-small-infos": many(),
        "of-many-infos-with-areas": many(area=AREA * 40),
        "of-parameters": lambda: cap(info("<parameter><valueName>a</valueName><value>b</value></parameter>" * 6_600)),
        "of-event-codes": lambda: cap(info("<eventCode><valueName>a</valueName><value>tTtTtT</value></eventCode>" * 6_600)),
        "of-categories": lambda: cap(info("<category>Met</category>" * 19_800)),
        "of-codes": lambda: cap("<code>a</code>" * 19_800 + info()),
        "of-references": lambda: cap(f"<references>{'s,i,2026-01-01T00:00:00Z ' * 80_000}</references>{info()}"),
        "of-references-that-differ": lambda: cap(
            f"<references>{' '.join(f's,{n},2026-01-01T00:00:00Z' for n in range(60_000))}</references>{info()}", msgType="Update"
        ),
    }


def long_lists() -> Mapping[str, Callable[[], bytes]]:
    """Lists of more alerts than are taken at a time, by name: only a feed may be one."""
    circles = "".join(f"<circle>{n % 5},38 9</circle>" for n in range(30))
    return {
        "long list of-small-ones": _listed(_one, most=2_000),
        "long list with-infos": _listed(lambda n: _one(n, info(headline=f"Flood {n}")), most=900),
        "long list with-shapes": _listed(lambda n: _one(n, info(headline=f"Flood {n}", area=area(circles))), most=400),
        "long list that-cancels-one": _listed(lambda n: _one(n, f"<references>{_named(1)}</references>", msgType="Cancel"), most=1_500),
        "long list that-cannot-be-read": _listed(lambda n: _one(n, sent="yesterday"), most=2_000),
    }


def _one(n: int, inside: str = "", **fields: str) -> str:
    known = HEAD | {"identifier": f"KE-{n}", "sent": f"2026-11-20T09:{n // 60 % 60:02d}:{n % 60:02d}+03:00"} | fields
    head = "".join(f"<{name}>{text}</{name}>" for name, text in known.items())
    return f'<alert xmlns="{CAP_12}">{head}{inside}</alert>'


def _listed(each: Callable[[int], str], *, most: int = MOST_ALERTS) -> Callable[[], bytes]:
    return lambda: filled("<list>", map(each, range(most)), "</list>").encode()


def _named(n: int) -> str:
    return f"met@example.org,KE-{n},2026-11-20T09:{n // 60:02d}:{n % 60:02d}+03:00"


def _alerts() -> Mapping[str, Callable[[], bytes]]:
    def named(n: int) -> str:
        return f"<references>{' '.join(map(_named, range(max(0, n - 20), n)))}</references>"

    signature = '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo/></Signature>'
    circles = "".join(f"<circle>{n % 5},38 9</circle>" for n in range(30))
    return {
        "small": _listed(_one),
        "with-infos": _listed(lambda n: _one(n, info(headline=f"Flood {n}"))),
        "with-shapes": _listed(lambda n: _one(n, info(headline=f"Flood {n}", area=area(circles)))),
        "that-reference": _listed(lambda n: _one(n, named(n) + info(headline=f"Flood {n}"), msgType="Update")),
        "that-cancel-one": _listed(lambda n: _one(n, named(1), msgType="Cancel")),
        "of-one-identifier": _listed(lambda n: _one(n, named(9) + info(headline=f"Flood {n}"), identifier="KE-8", msgType="Update")),
        "that-are-signed": _listed(lambda n: _one(n, info() + signature)),
        "that-cannot-be-read": _listed(lambda n: _one(n, sent="yesterday")),
        "of-the-same-words": _listed(lambda n: _one(n, info())),
    }
