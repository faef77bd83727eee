"""The largest documents that anybody can send: what becomes of each by the door, and that nothing of one is left out without a word."""

from collections.abc import Iterator

import pytest

from bot.cap import sign
from bot.cap.door import Door
from bot.cap.read import MOST_ALERTS, read_document
from bot.cap.sign import Signed
from bot.cap.xml import MAX_BYTES, MOST_ELEMENTS
from bot.core.alert.cap import Area, Circle
from bot.core.alert.intake import Intake
from bot.core.alert.lineage import CHANGES, near_to
from bot.core.alert.over import keys_of
from bot.core.alert.reading import Signature, SignaturePolicy, Unreadable, Why
from bot.core.alert.shapes import MAX_POINTS
from bot.core.types import Lang
from bot.store.migrate import upgrade
from bot.store.sql import SqlStore
from tests.cap.heavy import documents, long_lists
from tests.cap.small import cap
from tests.core.alert.received import KMD, T, alert, cancel, info, intake, take, update
from tests.places.grid import grid


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return {name: make() for name, make in documents().items()}


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Intake]:
    url = f"sqlite:///{tmp_path_factory.mktemp('heavy') / 'ujumbe.db'}"
    upgrade(url)
    store = SqlStore(url)
    yield intake(store)
    store.close()


def test_each_is_as_large_as_may_be_and_no_larger(made: dict[str, bytes]) -> None:
    assert [name for name, data in made.items() if len(data) > MAX_BYTES] == []
    assert max(map(len, made.values())) > 0.99 * MAX_BYTES


@pytest.mark.parametrize("name", sorted(documents()))
def test_it_is_read_within_the_limits(made: dict[str, bytes], name: str) -> None:
    document = read_document(made[name])
    assert len(document.reads) + len(document.unreadable) <= MOST_ALERTS
    rings = [ring for read in document.reads for one in read.alert.infos for area in one.areas for ring in area.polygons]
    assert sum(map(len, rings)) <= MAX_POINTS


@pytest.mark.parametrize("name", sorted(long_lists()))
def test_of_a_long_list_a_portion_is_read(name: str) -> None:
    data = long_lists()[name]()
    assert len(data) <= MAX_BYTES
    document = read_document(data, known=lambda _: ())
    assert len(document.reads) + len(document.unreadable) == len(document.keys) == MOST_ALERTS
    assert document.left >= 8 * MOST_ALERTS
    later = read_document(data, known=lambda _: document.keys.values())
    assert later.left == document.left - MOST_ALERTS
    assert not set(later.keys) & set(document.keys)


@pytest.mark.parametrize("outlined", [True, False])
@pytest.mark.parametrize("name", ["circles of-all-sizes", "polygons triangles", "ring a-tangle-of-130,000", "areas of-names"])
def test_what_was_not_looked_at_closely_is_marked(made: dict[str, bytes], name: str, *, outlined: bool) -> None:
    [read] = read_document(made[name]).reads
    found = grid(outlines=outlined).covered([area for one in read.alert.infos for area in one.areas])
    assert found.degraded
    assert found.places


def test_more_elements_than_any_alert_has_are_refused() -> None:
    with pytest.raises(Unreadable) as refused:
        read_document(cap("<note/>" * MOST_ELEMENTS))
    assert refused.value.why is Why.TOO_MANY


def test_a_list_of_more_alerts_than_may_be_is_refused() -> None:
    one = cap().partition(b"\n")[2]
    assert len(read_document(b"<list>" + one * MOST_ALERTS + b"</list>").reads) == MOST_ALERTS
    with pytest.raises(Unreadable) as refused:
        read_document(b"<list>" + one * (MOST_ALERTS + 1) + b"</list>")
    assert refused.value.why is Why.TOO_MANY_ALERTS
    assert all(f" {MOST_ALERTS}" in refused.value.say(lang) for lang in Lang)


def test_a_list_of_signed_alerts_is_parsed_once_for_all_of_them(made: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[int] = []
    alerts = sign._alerts
    monkeypatch.setattr(sign, "_alerts", lambda data, parser: parsed.append(len(data)) or alerts(data, parser))
    signed = Signed(made["alerts that-are-signed"], pinned=[], now=T)
    reads = read_document(made["alerts that-are-signed"]).reads
    assert {signed.proves(read.alert, read.at) for read in reads} == {Signature.UNVERIFIED}
    assert len(parsed) == 2  # with the blanks between elements, and without


def test_the_same_document_again_is_known_by_its_bytes(house: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door(house, lambda: T, lambda _: (SignaturePolicy.IGNORE, ()))
    door.take(cap(), KMD)
    monkeypatch.setattr("bot.core.alert.intake.to_body", lambda _: pytest.fail("the bytes are the same"))
    assert [one.new for one in door.take(cap(), KMD)] == [False]


def test_what_comes_first_is_told_without_being_read_back(house: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.alerts.from_body", lambda _: pytest.fail("the caller has it"))
    take(house, alert("a"))


def test_what_is_near_is_what_the_store_says(house: Intake) -> None:
    first, second = alert("a"), alert("b", infos=(info(headline="Rain"),))
    chain = [
        first,
        second,
        update("c", first),
        update("d", first, second),
        cancel("e", second),
        update("f", alert("d")),
        alert("g", sent=T + 9),
    ]
    numbers = [one.id for one in take(house, *chain)]
    with house.store.begin() as tx:
        for number in numbers:
            everyone = tx.kin([number], steps=2 * CHANGES)
            assert near_to({number}, everyone) == {one.id for one in tx.kin([number], steps=CHANGES)}


def test_the_keys_of_an_outline_stay_what_they_were() -> None:
    """They are stored: an end that comes tomorrow is compared with them."""
    rings = (((1.0, 2.0), (3.5, 4.0), (5.0, 6.25), (1.0, 2.0)), ((0.1, 2.0), (3.0, 4.0), (5.0, 6.0), (0.1, 2.0)))
    area = Area("Garissa", rings, (Circle((2.0, 3.0), 9.0), Circle((1.0, 3.0), 0.5)), (("a", "b"),))
    assert keys_of(area) == ("d0fc37bce588a63de", "g64d9f06a25e4292a", "sc65eecc52ce8f498")
