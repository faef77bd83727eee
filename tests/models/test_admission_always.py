"""What holds in the line before the engine whoever comes, in whatever order."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil, inf

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.admission import AGE_S, Entry, State
from tests.models.door import Door


@given(
    slots=st.integers(1, 4),
    takes_s=st.floats(0.1, 5.0),
    pauses=st.lists(st.floats(0.0, 2.0), min_size=40, max_size=200),
    urgent_s=st.floats(0.5, 15.0),
)
@settings(max_examples=60)
def test_nobody_waits_for_ever_while_others_keep_coming(slots: int, takes_s: float, pauses: list[float], urgent_s: float) -> None:
    """One with all the time of the world, and others with little, who are always more than the engine can serve."""
    door = Door(slots, most=8)
    for n in range(slots):
        door.come(f"first{n}")
    door.come("patient", inf, person="amina")
    started = door.now
    for n, pause_s in enumerate(pauses):
        door.now += pause_s
        for name, entry in list(door.came.items()):
            if entry.state is State.INSIDE and name != "patient" and door.now - entry.began >= takes_s:
                door.leave(name)
        for more in range(slots):
            door.come(f"{n}-{more}", urgent_s)
        if door.came["patient"].state is not State.WAITING:
            break
    assert door.came["patient"].state is not State.SHED
    # Who was in the line when it had waited its time goes before it, and nobody else. Each is seen to be done at most 2 s late.
    assert door.now - started <= AGE_S + (ceil(8 / slots) + 1) * (takes_s + 2.0)


class Comings(RuleBasedStateMachine):
    """Everybody does what they like in any order, and the rules hold."""

    @initialize(slots=st.integers(1, 3), most=st.integers(0, 5))
    def open(self, slots: int, most: int) -> None:
        self.door = Door(slots, most=most, age_s=5.0)
        self.admission, self.came, self.left = self.door.admission, list[Entry](), 0
        self.overtaken: list[tuple[Entry, Entry]] = []

    def _waiting(self) -> list[Entry]:
        return [entry for entry in self.came if entry.state is State.WAITING]

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Notes who gets in past somebody who had waited for long when they came."""
        before = self._waiting()
        yield
        let_in = [entry for entry in before if entry.state is State.INSIDE]
        if self.came and self.came[-1] not in before and self.came[-1].state is State.INSIDE:
            let_in.append(self.came[-1])
        patient = self._waiting()
        self.overtaken += [(old, new) for old in patient for new in let_in if new.since >= old.since + 5.0]

    @rule(
        crowd=st.lists(
            st.tuples(st.sampled_from([inf, 1.0, 4.0, 9.0, 0.0]), st.sampled_from([0.1, 1.0]), st.sampled_from(["", "a", "b"])),
            min_size=1,
            max_size=8,
        )
    )
    def come(self, crowd: list[tuple[float, float, str]]) -> None:
        for within_s, cost, person in crowd:
            with self._watched():
                self.came.append(self.admission.come(deadline=self.door.now + within_s, cost=cost, person=person))

    @rule(seconds=st.sampled_from([6.0, 2.5, 0.3]))
    def time_passes(self, seconds: float) -> None:
        self.door.now += seconds
        with self._watched():
            self.admission.look()

    @precondition(lambda self: self.admission.inside > 0)
    @rule(data=st.data(), after_s=st.sampled_from([0.0, 0.5, 3.0]), learns=st.booleans(), whole=st.booleans())
    def leave(self, data: st.DataObject, after_s: float, learns: bool, whole: bool) -> None:
        self.door.now += after_s
        entry = data.draw(st.sampled_from([entry for entry in self.came if entry.state is State.INSIDE]))
        with self._watched():
            self.admission.leave(entry, self.door.now - entry.began if learns else None, whole=whole)
        self.left += 1

    @precondition(lambda self: self.admission.waiting > 0)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        with self._watched():
            self.admission.leave(data.draw(st.sampled_from(self._waiting())))
        self.left += 1

    @invariant()
    def never_more_inside_than_slots_and_never_more_in_line_than_fit(self) -> None:
        assert self.admission.inside == sum(entry.state is State.INSIDE for entry in self.came) <= self.admission.slots
        assert self.admission.waiting == len(self._waiting()) <= self.admission.most
        assert not self.admission.waiting or self.admission.inside == self.admission.slots, "a slot is free and somebody waits"

    @invariant()
    def who_has_waited_long_is_overtaken_by_nobody_new(self) -> None:
        assert self.overtaken == []

    @invariant()
    def everybody_is_told_and_counted(self) -> None:
        assert all(entry.decided.is_set() for entry in self.came if entry.state in (State.INSIDE, State.SHED))
        assert self.admission.shed == sum(entry.state is State.SHED for entry in self.came)
        assert len(self.came) == self.admission.shed + self.left + self.admission.inside + self.admission.waiting

    def teardown(self) -> None:
        """Everybody leaves."""
        for _ in range(len(getattr(self, "came", ()))):
            for entry in [entry for entry in self.came if entry.state is State.INSIDE]:
                self.admission.leave(entry, 1.0)
        if hasattr(self, "admission"):
            assert (self.admission.inside, self.admission.waiting) == (0, 0)


Comings.TestCase.settings = settings(max_examples=200, stateful_step_count=40)
TestComings = Comings.TestCase
