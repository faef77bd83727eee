"""What alerts do to each other, worked out without a store; and that the order in which they come does not matter, with one."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.alert.cap import Alert, Area, Circle, MsgType, Reference
from bot.core.alert.lineage import reissue_of, settle
from bot.core.alert.naming import names
from bot.core.alert.over import areas_of, keys_of
from bot.core.alert.stored import Decision, State, StoredAlert
from bot.store.migrate import upgrade
from bot.store.sql import SqlStore
from tests.core.alert.received import GARISSA, HOUR, LOOSE, MANY, MET, TANA, T, alert, info, intake, kept, take, told

_families = count(1)


def stored(id: int, identifier: str = "", **values: object) -> StoredAlert:
    known: dict[str, object] = {"origin": "feed:kmd", "trusted": True, "sender": MET, "sent": T + id, "msg_type": MsgType.ALERT}
    known |= {"own": State.OPEN, "state": State.OPEN, "sound": True, "identifier": identifier or f"n{id}"}
    return StoredAlert(**known | {"id": id} | values)  # type: ignore[arg-type]


def of(*alerts: StoredAlert) -> tuple[Reference, ...]:
    return tuple(Reference(one.sender, one.identifier, one.sent) for one in alerts)


FIRST = stored(1)
UPDATE = stored(2, msg_type=MsgType.UPDATE, references=of(FIRST))
CANCEL = stored(3, msg_type=MsgType.CANCEL, references=of(FIRST), own=State.SYSTEM, over=True)


def state_of(*alerts: StoredAlert) -> State:
    """What becomes of the first one."""
    return settle(alerts)[alerts[0].id].state


def test_an_update_replaces_and_a_cancel_ends_and_the_cancel_counts_for_more() -> None:
    assert state_of(FIRST) is State.OPEN
    assert state_of(FIRST, UPDATE) is State.REPLACED
    assert state_of(FIRST, UPDATE, CANCEL) is State.ENDED
    assert settle([FIRST, UPDATE, CANCEL])[2].state is State.OPEN  # the cancel does not name it
    assert settle([FIRST, UPDATE])[1].by == 2


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        pytest.param({"sender": "x@example.org"}, State.OPEN, id="stranger"),
        pytest.param({"origin": "feed:other", "trusted": False}, State.OPEN, id="less-trusted-source"),
        pytest.param({"origin": "push:kmd"}, State.ENDED, id="as-trusted-source"),
        pytest.param({"sender": "x@example.org", "aggregates": True}, State.ENDED, id="one-collection"),
        pytest.param({"sender": "x@example.org", "aggregates": True, "origin": "feed:many"}, State.OPEN, id="another-collection"),
        pytest.param({"sound": False, "own": State.HELD, "own_reason": "exercise"}, State.OPEN, id="exercise"),
        pytest.param(
            {"sound": False, "own": State.HELD, "own_reason": "test_words", "decision": Decision.RELEASED}, State.ENDED, id="released"
        ),
        pytest.param({"decision": Decision.DISMISSED, "own": State.HELD}, State.OPEN, id="dismissed"),
        pytest.param({"own": State.QUARANTINED, "sound": False}, State.OPEN, id="quarantined"),
        pytest.param({"msg_type": MsgType.ACK}, State.OPEN, id="ack"),
        pytest.param({"msg_type": MsgType.ERROR}, State.OPEN, id="error"),
        pytest.param({"msg_type": None}, State.OPEN, id="no-type"),
    ],
)
def test_who_may_end_an_alert(changes: dict[str, object], state: State) -> None:
    assert state_of(FIRST, replace(CANCEL, **changes)) is state  # type: ignore[arg-type]


def test_a_message_that_would_change_a_strangers_alert_changes_nothing_at_all() -> None:
    other = stored(4, sender="x@example.org")
    both = replace(CANCEL, references=of(FIRST, other))
    settled = settle([FIRST, other, both])
    assert [settled[n].state for n in (1, 4, 3)] == [State.OPEN, State.OPEN, State.QUARANTINED]


def test_an_exercise_ends_an_exercise() -> None:
    drill = replace(FIRST, own=State.HELD, own_reason="exercise", sound=False)
    assert state_of(drill, replace(CANCEL, own=State.HELD, own_reason="exercise", sound=False)) is State.ENDED


def test_an_update_that_waits_for_a_person_leaves_what_a_person_released_and_replaces_what_nobody_has() -> None:
    held = {"own": State.HELD, "own_reason": "untrusted", "trusted": False}
    first, newer = replace(FIRST, **held), replace(UPDATE, **held)  # type: ignore[arg-type]
    assert state_of(first, newer) is State.REPLACED
    assert state_of(replace(first, decision=Decision.RELEASED), newer) is State.OPEN


@pytest.mark.parametrize(
    ("reference", "state"),
    [
        (Reference(MET, "n1", T + 1.9), State.ENDED),  # fractions are dropped on the way
        (Reference(MET, "n1", None), State.ENDED),
        (Reference(MET, "n1", T - 3 * HOUR), State.ENDED),  # the same name, sent before
        (Reference(MET, "n2", T + 1), State.OPEN),
        (Reference("x@example.org", "n1", T - 1), State.OPEN),  # a stranger's, as far as anybody knows
    ],
)
def test_a_name_with_another_time_means_what_was_sent_before(reference: Reference, state: State) -> None:
    assert state_of(FIRST, replace(CANCEL, references=(reference,))) is state


def test_a_name_with_another_time_never_means_what_was_sent_later() -> None:
    assert state_of(replace(FIRST, sent=T + HOUR), replace(CANCEL, references=(Reference(MET, "n1", T),))) is State.OPEN


def test_two_that_name_each_other_leave_both() -> None:
    one, other = stored(1, msg_type=MsgType.UPDATE, sent=T), stored(2, msg_type=MsgType.UPDATE, sent=T)
    one, other = replace(one, references=of(other)), replace(other, references=of(one))
    assert {alert.state for alert in settle([one, other]).values()} == {State.OPEN}


def test_an_area_is_known_by_its_outline_in_another_language_by_its_codes_or_by_its_name() -> None:
    assert set(keys_of(GARISSA)) & set(keys_of(replace(GARISSA, desc="Kaunti ya Garissa")))
    assert set(keys_of(Area("A", geocodes=(("x", "1"), ("y", "2"))))) & set(keys_of(Area("B", geocodes=(("y", "2"), ("x", "1")))))
    assert set(keys_of(Area("  garissa  "))) & set(keys_of(Area("Garissa")))
    assert not set(keys_of(GARISSA)) & set(keys_of(TANA))
    assert not set(keys_of(Area("", circles=(Circle((0.0, 1.0), 5.0),)))) & set(keys_of(Area("", circles=(Circle((0.0, 1.0), 6.0),))))
    assert keys_of(Area("")) == ()


def test_an_end_in_one_language_ends_the_same_area_in_the_other() -> None:
    swahili = replace(GARISSA, desc="Kaunti ya Garissa")
    areas = areas_of(alert(infos=(info(areas=(GARISSA, TANA)), info(language="sw", areas=(swahili,)))))
    both = replace(FIRST, areas=tuple(keys_of(area) for area in areas))
    end = replace(CANCEL, over_areas=(keys_of(GARISSA),))
    settled = settle([both, end])[1]
    assert (settled.state, settled.gone_areas) == (State.OPEN, (0, 2))


def test_a_message_stamped_anew_is_one_of_the_same_hour_that_still_stands() -> None:
    again = replace(FIRST, id=0, identifier="again", sent=T + 61)
    assert reissue_of(again, [FIRST], lambda _: 0.0) is FIRST
    assert reissue_of(replace(again, sent=T + 2 * HOUR), [FIRST], lambda _: 0.0) is None
    assert reissue_of(again, [replace(FIRST, trusted=False)], lambda _: 0.0) is None
    assert reissue_of(again, [replace(FIRST, own=State.QUARANTINED)], lambda _: 0.0) is None
    ended = replace(FIRST, state=State.ENDED, by=9)
    assert reissue_of(again, [ended], lambda _: T + 30) is None  # it comes again after its end
    assert reissue_of(again, [ended], lambda _: T + 90) is ended


def test_a_reference_is_exact_to_the_second() -> None:
    assert names(Reference(MET, "n1", T + 1.5), FIRST, UPDATE)
    assert not names(Reference(MET, "n1", T + 2.5), FIRST, UPDATE)


def test_a_sender_that_writes_its_name_in_two_ways_still_means_its_own_alert() -> None:
    """As the US tsunami centre does. Only exactly, and only its own: a stranger's stays a stranger's."""
    sloppy = of(replace(FIRST, sender="PAAQ"))
    assert state_of(FIRST, replace(CANCEL, references=sloppy)) is State.ENDED
    assert state_of(FIRST, replace(CANCEL, references=sloppy, sender="rogue@example.org")) is State.OPEN
    assert state_of(FIRST, replace(CANCEL, references=of(replace(FIRST, sender="PAAQ", sent=T + HOUR)))) is State.OPEN


def test_an_update_of_a_strangers_alert_that_has_not_come_waits_for_a_person() -> None:
    strange = replace(UPDATE, references=of(replace(FIRST, sender="PAAQ")))
    alone = settle([strange])[2]
    assert (alone.state, alone.reason) == (State.HELD, "stranger")
    assert settle([replace(strange, decision=Decision.RELEASED)])[2].state is State.OPEN
    assert settle([strange, FIRST])[2].state is State.OPEN  # it came, and is their own
    assert settle([strange, replace(FIRST, sender="PAAQ")])[2].state is State.QUARANTINED  # it came, and is not
    assert settle([replace(strange, aggregates=True)])[2].state is State.OPEN


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    url = f"sqlite:///{tmp_path_factory.mktemp('lineage') / 'ujumbe.db'}"
    upgrade(url)
    opened = SqlStore(url)
    yield opened
    opened.close()


@st.composite
def families(draw: st.DrawFn) -> list[Alert]:
    """Some alerts of one authority and of a stranger, each of which may name some of those before it, and one that has not come."""
    tag = f"{next(_families)}"
    lost = alert(f"{tag}-lost")
    made: list[Alert] = []
    for n in range(draw(st.integers(2, 6))):
        named = draw(st.lists(st.sampled_from([*made, lost]), max_size=2, unique_by=lambda one: one.identifier))
        kind = draw(st.sampled_from([MsgType.ALERT, MsgType.UPDATE, MsgType.UPDATE, MsgType.CANCEL, MsgType.ACK]))
        areas = draw(st.sampled_from([(GARISSA,), (TANA,), (GARISSA, TANA)]))
        bare = kind is MsgType.CANCEL and draw(st.booleans())
        made.append(
            alert(
                f"{tag}-{n}",
                sender=f"{tag}-{draw(st.sampled_from(['met', 'met', 'met', 'rogue']))}@example.org",
                sent=T + 60 * n,
                msg_type=kind,
                references=tuple(Reference(one.sender, one.identifier, one.sent) for one in named),
                infos=() if bare else (info(headline=f"Flood {tag} {n}", areas=areas),),
            )
        )
    return made


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(family=families(), data=st.data())
def test_any_order_of_arrival_ends_in_the_same_states_and_words(store: SqlStore, family: list[Alert], data: st.DataObject) -> None:
    """In the order in which they were sent, and in another one, under other names: what is kept and told is the same."""
    origin = data.draw(st.sampled_from([LOOSE, MANY, None]))
    house = intake(store)
    renamed = [_renamed(one) for one in family]
    ends = []
    for chain, order in ((family, family), (renamed, data.draw(st.permutations(renamed)))):
        before = set(told(house))
        for one in order:
            take(house, one, **({"origin": origin} if origin else {}))  # type: ignore[arg-type]
        found = [kept(house, one) for one in chain]
        by = {one.id: n for n, one in enumerate(found)}
        ends.append(
            (
                [(one.state, one.reason, by.get(one.by), one.gone_areas) for one in found],
                sorted(t.replace("again ", "") for t in set(told(house)) - before),
            )
        )
    assert ends[0] == ends[1]


def _renamed(one: Alert) -> Alert:
    """The same story under other names, so that one database holds both."""

    def name(text: str) -> str:
        return f"again-{text}"

    references = tuple(replace(ref, sender=name(ref.sender), identifier=name(ref.identifier)) for ref in one.references)
    infos = tuple(replace(part, headline=f"again {part.headline}") for part in one.infos)
    return replace(one, sender=name(one.sender), identifier=name(one.identifier), references=references, infos=infos)
