"""The line before the engine, by a clock that stands still unless it is moved."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf

import pytest

from models.admission import AGE_S, TURN_S, Admission, State
from tests.models.door import Door

PATIENCE_S = 10.0  # real seconds: longer than a thread ever needs to get somewhere


@contextmanager
def thread(work: Callable[[], object]) -> Iterator[threading.Thread]:
    """`work` in a thread of its own, which has to end."""
    running = threading.Thread(target=work, daemon=True)
    running.start()
    yield running
    running.join(PATIENCE_S)
    assert not running.is_alive()


def until(true: Callable[[], bool]) -> None:
    for _ in range(int(PATIENCE_S / 0.002)):
        if true():
            return
        threading.Event().wait(0.002)
    raise AssertionError("it never came to that")


class TestTheOrder:
    def test_so_many_as_there_are_slots_go_right_in(self) -> None:
        door = Door(slots=2)
        assert [door.come(name) for name in "abc"] == [State.INSIDE, State.INSIDE, State.WAITING]
        assert (door.admission.inside, door.admission.waiting) == (2, 1)
        door.leave("a")
        assert door.came["c"].state is State.INSIDE

    def test_the_earliest_deadline_goes_first_and_of_equal_ones_who_came_first(self) -> None:
        door = Door()
        for name, within_s in (("inside", 9.0), ("late", 8.0), ("same", 5.0), ("same-too", 5.0), ("soon", 2.0)):
            door.come(name, within_s)
        assert door.order() == ["inside", "soon", "same", "same-too", "late"]

    def test_who_has_one_inside_goes_behind_others_of_a_similar_deadline_and_not_behind_far_ones(self) -> None:
        door = Door()
        door.come("first", 5.0, person="amina")
        door.come("second", 5.0, person="amina")
        door.come("third", 5.0, person="amina")
        door.come("similar", 5.0 + TURN_S / 2, person="otieno")
        door.come("far", 5.0 + 2.5 * TURN_S, person="wanjiru")
        assert door.order() == ["first", "similar", "second", "third", "far"]

    def test_who_got_one_in_just_now_goes_behind_too_and_a_moment_later_no_more(self) -> None:
        for after_s, expected in ((TURN_S / 2, ["other", "again"]), (TURN_S, ["again", "other"])):
            door = Door()
            door.come("one", person="amina")
            door.leave("one")
            door.now += after_s
            door.come("busy")
            door.come("again", 5.0, person="amina")
            door.come("other", 5.5, person="otieno")
            assert door.order()[1:] == expected

    def test_nobody_known_is_nobody_twice(self) -> None:
        door = Door()
        for name, within_s in (("a", 5.0), ("b", 5.0), ("c", 5.5)):
            door.come(name, within_s)
        assert door.order() == ["a", "b", "c"]

    def test_who_has_waited_long_goes_before_any_newcomer(self) -> None:
        door = Door()
        door.come("inside")
        door.come("patient", inf, person="amina")
        door.now += AGE_S
        door.come("urgent", 0.1)
        assert door.order() == ["inside", "patient", "urgent"]


class TestWhoIsShed:
    def test_nobody_by_guesswork_before_anything_was_measured(self) -> None:
        door = Door()
        assert [door.come(str(n), 0.5) for n in range(20)] == [State.INSIDE] + [State.WAITING] * 19
        assert door.admission.expected_s() == 0.0

    def test_whose_deadline_is_over(self) -> None:
        assert Door().come("late", 0.0) is State.SHED

    @pytest.mark.parametrize(
        ("slots", "within_s", "cost", "state"),
        [
            pytest.param(1, 30.0, 1.0, State.WAITING, id="just-in-time"),
            pytest.param(1, 29.9, 1.0, State.SHED, id="a-little-late"),
            pytest.param(2, 20.0, 1.0, State.WAITING, id="two-are-faster"),
            pytest.param(2, 19.9, 1.0, State.SHED, id="and-no-faster-than-that"),
            pytest.param(1, 40.0, 2.5, State.SHED, id="a-dear-one"),
            pytest.param(1, 45.0, 2.5, State.WAITING, id="a-dear-one-with-time"),
        ],
    )
    def test_who_could_not_be_done_in_time(self, slots: int, within_s: float, cost: float, state: State) -> None:
        door = Door(slots, unit_s=10.0)
        for name in ("inside", "before"):
            door.come(name)
        assert door.come("newcomer", within_s, cost=cost) is state

    def test_what_those_inside_have_behind_them_counts(self) -> None:
        door = Door(unit_s=10.0)
        door.come("inside")
        door.now += 6.0
        assert door.admission.expected_s() == pytest.approx(14.0)
        assert [door.come("no", 13.9), door.come("yes", 14.1)] == [State.SHED, State.WAITING]

    def test_the_line_is_full(self) -> None:
        door = Door(slots=2, most=3)
        assert [door.come(str(n)) for n in range(6)] == [State.INSIDE] * 2 + [State.WAITING] * 3 + [State.SHED]

    def test_without_a_line_there_are_still_the_slots(self) -> None:
        door = Door(slots=2, most=0)
        assert [door.come(name) for name in "abc"] == [State.INSIDE, State.INSIDE, State.SHED]

    def test_a_newcomer_who_would_make_another_one_late(self) -> None:
        door = Door(unit_s=10.0)
        door.come("inside")
        assert door.come("promised", 20.0) is State.WAITING
        assert door.come("hasty", 19.0) is State.SHED, "there was no time for it anyway"
        door.leave("inside", 5.0)  # a faster one: 9 s is what one takes now, and the promised one has 15 s
        door.leave("promised", 5.0)
        door.come("next")
        door.come("waits", 19.0)
        assert door.come("in-time-itself", 18.0) is State.SHED
        assert door.came["waits"].state is State.WAITING

    def test_who_has_many_here_yields_to_who_has_none(self) -> None:
        door = Door(most=3)
        for n in range(4):
            door.come(f"amina{n}", 9.0, person="amina")
        assert door.come("otieno", 9.0, person="otieno") is State.WAITING
        assert door.standing() == {
            "amina0": State.INSIDE,
            "amina1": State.WAITING,
            "amina2": State.WAITING,
            "amina3": State.SHED,
            "otieno": State.WAITING,
        }
        assert door.come("amina4", 9.0, person="amina") is State.SHED

    def test_but_not_when_they_have_waited_long(self) -> None:
        door = Door(most=3)
        for n in range(4):
            door.come(f"amina{n}", person="amina")
        door.now += AGE_S
        assert door.come("otieno", person="otieno") is State.SHED
        assert door.admission.waiting == 3

    def test_who_waits_and_has_become_hopeless(self) -> None:
        door = Door(unit_s=1.0)
        door.come("slow")
        door.come("near", 4.0)
        door.come("far", 60.0)
        door.leave("slow", 11.0)  # near is over by now
        assert (door.came["near"].state, door.came["far"].state) == (State.SHED, State.INSIDE)
        door.come("behind", 5.0)
        door.now += 4.0  # 1 + 0.2 * (11 - 1) = 3 s is what one takes now
        door.admission.look()
        assert door.came["behind"].state is State.SHED
        assert (door.admission.shed, door.admission.served) == (2, 2)

    def test_never_by_an_engine_with_nothing_to_do(self) -> None:
        door = Door(slots=2, unit_s=1000.0)
        assert door.come("probe", 5.0) is State.INSIDE
        assert door.come("second", 5.0) is State.SHED, "one is enough to learn from"
        door.leave("probe", 1.0)
        door.come("probe", 5.0)
        door.leave("probe", 1.0)
        assert door.admission.expected_s() == pytest.approx(1000 * 0.8**2 + 0.2 * 0.8 + 0.2)

    def test_the_last_one_out_leaves_one_of_the_hopeless_to_try(self) -> None:
        door = Door()
        door.come("inside")
        for name in "ab":
            door.come(name, 50.0)
        door.leave("inside", 40.0)
        assert (door.came["a"].state, door.came["b"].state) == (State.INSIDE, State.SHED)


class TestWhatIsCounted:
    """Why one was turned away, and how those who were let in came out."""

    @staticmethod
    def shed(door: Door) -> dict[str, int]:
        return {reason: count for reason, count in door.admission.workload().shed.items() if count}

    def test_late_at_the_door_and_overdue_in_the_line(self) -> None:
        door = Door(unit_s=1.0)
        door.come("inside")
        door.come("at the door", 1.5)
        assert self.shed(door) == {"late": 1}
        door.come("in the line", 5.0)
        door.now += 4.5
        door.admission.look()
        assert self.shed(door) == {"late": 1, "overdue": 1}

    def test_a_full_line_and_who_yields_there(self) -> None:
        door = Door(most=2)
        for name in ("first", "second", "third"):
            door.come(name, person="amina")
        assert door.come("fourth", person="amina") is State.SHED
        assert self.shed(door) == {"full": 1}
        door.come("other", 5.0, person="otieno")
        assert door.came["third"].state is State.SHED
        assert self.shed(door) == {"full": 1, "yielded": 1}

    def test_who_would_make_another_late_yields(self) -> None:
        door = Door(unit_s=1.0)
        door.come("inside")
        door.come("just in time", 2.5)
        assert door.come("before it", 2.2) is State.SHED
        assert self.shed(door) == {"yielded": 1}

    def test_how_each_came_out(self) -> None:
        door = Door(slots=4)
        for name in "abcd":
            door.come(name)
        door.leave("a", 1.0)
        door.admission.leave(door.came["b"], 1.0, whole=False)
        door.admission.leave(door.came["c"])
        load = door.admission.workload()
        assert load.texts == {"served": 1, "cut": 1, "failed": 1}
        assert (load.waiting, load.under_way, load.unit_s) == (0, 1, 1.0)


class TestTheRate:
    def test_is_an_average_that_leans_to_the_newest(self) -> None:
        door = Door(unit_s=10.0)
        assert door.admission.expected_s() == 10.0
        door.come("a", cost=2.0)
        door.leave("a", 10.0)
        assert door.admission.expected_s() == pytest.approx(0.8 * 10.0 + 0.2 * 5.0)
        assert door.admission.expected_s(3.0) == pytest.approx(27.0)

    @pytest.mark.parametrize(("took_s", "expected"), [(5.0, 10.0), (20.0, 12.0)])
    def test_what_was_cut_off_shows_only_that_it_takes_longer(self, took_s: float, expected: float) -> None:
        door = Door(unit_s=10.0)
        door.come("cut")
        door.admission.leave(door.came["cut"], took_s, whole=False)
        assert door.admission.expected_s() == pytest.approx(expected)

    def test_a_newcomer_is_told_the_time_behind_all_others(self) -> None:
        door = Door(slots=2, unit_s=3.0)
        for n in range(7):
            door.come(str(n))
        assert door.admission.expected_s() == pytest.approx(12.0)


class TestThreads:
    def test_each_gets_in_and_never_too_many_at_once(self) -> None:
        admission, lock, high, done = Admission(3), threading.Lock(), [0, 0], []

        def ask(n: int) -> None:
            with admission.admitted(deadline=inf) as ok:
                with lock:
                    high[0] += 1
                    high[1] = max(high)
                threading.Event().wait(0.002)
                with lock:
                    high[0] -= 1
                    done.append((n, ok))

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(40)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(PATIENCE_S)
        assert sorted(done) == [(n, True) for n in range(40)]
        assert high[1] <= 3
        assert (admission.inside, admission.waiting, admission.served, admission.shed) == (0, 0, 40, 0)

    def test_an_error_frees_the_slot_and_teaches_nothing(self) -> None:
        door = Door(unit_s=10.0)

        def fail() -> None:
            with door.admission.admitted(deadline=inf) as ok:
                assert ok
                door.now += 500.0
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert (door.admission.inside, door.admission.served, door.admission.expected_s()) == (0, 1, 10.0)

    def test_who_is_shed_at_the_door_hears_it_at_once(self) -> None:
        door = Door(most=0)
        door.come("inside")
        with door.admission.admitted(deadline=inf) as ok:
            assert not ok
        assert (door.admission.inside, door.admission.shed) == (1, 1)

    def test_who_waits_is_shed_when_the_time_is_too_short_though_nobody_leaves(self) -> None:
        admission = Admission(1)
        admission.leave(admission.come(deadline=inf), 0.05)
        hung = admission.come(deadline=inf)
        assert hung.state is State.INSIDE
        assert admission.enter(deadline=admission.clock() + 0.2) is None

    def test_who_waits_is_let_in_by_who_leaves(self) -> None:
        door, got = Door(), list[bool]()

        def ask() -> None:
            with door.admission.admitted(deadline=inf) as ok:
                got.append(ok)

        door.come("inside")
        with thread(ask):
            until(lambda: door.admission.waiting == 1)
            door.leave("inside")
        assert got == [True]
        assert door.admission.inside == 0

    def test_who_is_interrupted_while_waiting_leaves_no_gap(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(event: threading.Event, timeout: float | None = None) -> bool:
            raise KeyboardInterrupt

        door = Door()
        door.come("inside")
        monkeypatch.setattr(threading.Event, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            door.admission.enter(deadline=inf)
        assert door.admission.waiting == 0
        door.leave("inside")
        assert door.come("next") is State.INSIDE

    def test_to_leave_twice_is_to_leave_once(self) -> None:
        door = Door()
        door.come("a")
        door.leave("a")
        door.come("b")
        door.leave("a")
        assert (door.admission.inside, door.admission.served) == (1, 1)


@pytest.mark.parametrize(("slots", "most"), [(0, 1), (-1, 1), (1, -1)])
def test_a_door_without_a_slot_is_refused(slots: int, most: int) -> None:
    with pytest.raises(ValueError, match="at least one slot"):
        Admission(slots, most=most)


@pytest.mark.parametrize("cost", [0.0, -1.0, float("nan")])
def test_a_text_that_costs_nothing_is_refused(cost: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Door().come("a", cost=cost)
