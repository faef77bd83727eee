"""A broadcast whose sweeps are killed again and again, while people come, move and send STOP: each eligible person once, nobody else."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from bot.core.alert.broadcast import VOLUNTEERS, Audience, Stage
from bot.core.urn import address
from bot.store import feeding
from bot.store.alert_tables import BROADCAST, MEMBERSHIP
from bot.store.tables import CONTACT, DELIVERY, PART
from tests.store.sending import Hall, hall, tel, wa

IN, NEAR, OUT = "KE-39", "KE:test:hola", "KE-18"
AREA = Audience(places=(IN, NEAR))
URNS = [*map(tel, range(9)), *map(wa, range(6, 12))]

acts = st.one_of(
    st.tuples(st.just("kill"), st.integers(0, 3)),
    st.tuples(st.just("feed"), st.just(0)),
    st.tuples(st.sampled_from(["in", "out", "away", "stop", "come", "volunteer"]), st.integers(0, len(URNS) - 1)),
)


@pytest.fixture(scope="module")
def room(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    path = shutil.copy(empty_file, tmp_path_factory.mktemp("kills") / "ujumbe.db")
    with hall(f"sqlite:///{path}", rate_per_s=0.1) as made:
        yield made


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.core.alert.feeder.PAGE", 2)
    monkeypatch.setattr("bot.core.alert.feeder.LEAST", 3)


class Killed(BaseException):
    """The process is gone."""


@given(
    at_first=st.lists(st.sampled_from(["in", "out", "away", "stopped", "absent"]), min_size=len(URNS), max_size=len(URNS)),
    acts=st.lists(acts, max_size=14),
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_eligible_person_once_and_nobody_else(room: Hall, at_first: list[str], acts: list[tuple[str, int]]) -> None:
    empty(room)
    people = {urn: state for urn, state in zip(URNS, at_first, strict=True) if state != "absent"}
    people[tel(50)] = "in"  # somebody has to get it
    for urn, state in people.items():
        room.people(urn, place=place_of(state), opted_out=state == "stopped")
    sent = room.send(AREA)
    ever, always = (set(filter(lambda urn: may(people, urn), people)) for _ in range(2))
    for act, n in acts:
        if not room.store.to_feed():
            break  # who comes behind the last one asks, and is told
        do(room, people, act, n)
        now = {urn for urn in people if may(people, urn)}
        ever |= now
        always &= now
    finish(room)
    got = room.got(sent)
    assert room.desk.show(sent).stage is Stage.SENT
    assert [number for number, count in Counter(map(address, got)).items() if count > 1] == []
    assert set(got) <= ever
    in_the_end = {urn for urn in people if may(people, urn)}
    assert {address(urn) for urn in in_the_end | always} <= set(map(address, got))


def may(people: dict[str, str], urn: str) -> bool:
    """Whether they are in the area, and nobody with their number sent STOP."""
    return people[urn] in ("in", "away") and not any(
        state == "stopped" for other, state in people.items() if address(other) == address(urn)
    )


def place_of(state: str) -> str:
    return {"in": IN, "away": NEAR}.get(state, OUT)


def do(room: Hall, people: dict[str, str], act: str, n: int) -> None:
    urn = URNS[n]
    if act == "feed":
        room.feeder.run()
        room.settle()
    elif act == "kill":
        killed_sweep(room, n)
    elif act == "come" and urn not in people:
        room.people(urn, place=IN)
        people[urn] = "in"
    elif act == "volunteer" and urn in people:
        room.people(urn, groups=[VOLUNTEERS])
    elif act in ("in", "out", "away") and people.get(urn, "stopped") != "stopped":
        room.move(urn, place_of(act))
        people[urn] = act
    elif act == "stop" and urn in people:
        with room.store._db.write() as connection:
            connection.execute(update(CONTACT).where(CONTACT.c.urn == urn).values(opted_out=True))
        people[urn] = "stopped"


def killed_sweep(room: Hall, after: int) -> None:
    """A sweep that dies in its transaction number `after`, when all of it is written and nothing is committed."""
    pages = iter(range(after + 1))
    real = feeding._add

    def add(*given: object) -> object:
        ids = real(*given)  # type: ignore[arg-type]
        if next(pages) == after:
            raise Killed
        return ids

    feeding._add = add  # type: ignore[assignment]
    try:
        room.feeder.run()
    except Killed:
        pass
    finally:
        feeding._add = real
    room.settle()


def finish(room: Hall) -> None:
    """Sweeps until everybody is fed."""
    for _ in range(60):
        room.feeder.run()
        room.settle()
        if not room.store.to_feed():
            return
    raise AssertionError("it never comes to an end")


def empty(room: Hall) -> None:
    room.hints.clear()
    with room.store._db.write() as connection:
        for table in (PART, DELIVERY, MEMBERSHIP, CONTACT, BROADCAST):
            connection.execute(delete(table))
