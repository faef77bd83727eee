"""The script of a chaos run: the same for the same seed, and hard enough to prove something."""

from collections import Counter
from dataclasses import dataclass, field

from bench.chaos.callers import Try
from bench.chaos.calm import Calm
from bench.chaos.killer import GAP_S, Killer, deck, moments
from bench.chaos.script import FIXED, WIRES, Dealer, write
from bench.wires import WIRES as KNOWN
from bench.wires import Kind

WEIGHTS = {"gateway": 5, "sends": 6, "beat": 1, "everything": 1}


def test_the_same_seed_writes_the_same_lines() -> None:
    assert write(200, over_s=60, seed=4) == write(200, over_s=60, seed=4)
    assert write(200, over_s=60, seed=4) != write(200, over_s=60, seed=5)


def test_a_script_has_all_that_a_run_should_meet() -> None:
    lines = write(3000, over_s=300, seed=1)
    people = Counter((line.wire, line.number) for line in lines)
    assert {line.wire for line in lines} == set(WIRES)
    assert len({line.id for line in lines}) == 3000
    assert 0.05 < sum(times > 1 for times in people.values()) / len(people) < 0.15
    assert 0.10 < sum(bool(line.repeats) for line in lines) / 3000 < 0.20
    assert 0.10 < sum(line.text in FIXED for line in lines) / 3000 < 0.30
    per_minute = Counter(int(line.at // 60) for line in lines if line.at < 300)
    assert max(per_minute.values()) < 1.2 * min(per_minute.values())  # a steady pace


def test_a_person_never_writes_the_same_words_twice() -> None:
    lines = write(3000, over_s=300, seed=2)
    assert len({(line.wire, line.number, line.text) for line in lines}) == 3000  # the judge finds messages by their words


def test_every_fault_is_dealt() -> None:
    dealer = Dealer(1)
    wire = KNOWN["at_sms"]
    met = Counter(dealer.fault(wire.faults)[0] for _ in range(5000))
    assert set(met) == {None, *Kind} - {Kind.REFUSED}
    assert sum(dealer.refuses(f"+254700{n:06d}") for n in range(5000)) > 0


def test_the_deck_kills_each_in_proportion_and_nobody_is_spared() -> None:
    cards = deck(WEIGHTS, 130, seed=1)
    assert Counter(cards) == {"gateway": 50, "sends": 60, "beat": 10, "everything": 10}
    assert set(deck(WEIGHTS, 4, seed=1)) == set(WEIGHTS)


def test_kills_fall_into_their_time() -> None:
    when = moments(50, start_s=3.0, end_s=20.0, seed=1)
    assert list(when) == sorted(when)
    assert when[0] >= 3.0
    assert when[-1] <= 20.0


@dataclass
class Pretended:
    """A stack in which only `up` works; `gone` looks up and is not there any more."""

    up: dict[str, float]
    gone: frozenset[str] = frozenset()
    killed: list[str] = field(default_factory=list)

    def up_s(self, victim: str) -> float:
        return self.up.get(victim, 0.0)

    def kill(self, victim: str) -> bool:
        self.killed.append(victim)
        return victim not in self.gone


def tick(killer: Killer) -> bool:
    killer.last -= 2 * GAP_S  # the pause is over
    return killer.tick()


def test_only_who_works_is_killed() -> None:
    stack = Pretended({"gateway": 0.2, "sends": 30.0})
    killer = Killer(stack, ["gateway", "sends", "beat"], [0.0] * 3, began=0.0)
    assert tick(killer)
    assert (stack.killed, killer.hits) == (["sends"], Counter(sends=1))
    assert not tick(killer)  # the gateway has just begun and the beat is down
    assert killer.left == 2


def test_a_miss_is_no_kill_and_comes_again() -> None:
    killer = Killer(Pretended({"beat": 9.0}, gone=frozenset({"beat"})), ["beat"], [0.0], began=0.0)
    assert tick(killer)
    assert (killer.hits.total(), killer.misses, killer.left) == (0, 1, 1)


def test_two_kills_are_never_at_once() -> None:
    killer = Killer(Pretended({"beat": 9.0, "sends": 9.0}), ["beat", "sends"], [0.0, 0.0], began=0.0)
    assert tick(killer)
    assert not killer.tick()


def test_only_acknowledgements_of_calm_times_are_timed() -> None:
    calm = Calm()
    calm.look(True, 10.0)
    calm.look(False, 20.0)
    calm.look(True, 30.0)
    calm.end(40.0)
    tries = [Try(10.5, 5.0, 200), Try(12.0, 6.0, 200), Try(12.0, 9.0, 503), Try(19.999, 7.0, 200), Try(25.0, 8.0, 200), Try(35.0, 4.0, 200)]
    assert calm.acknowledged(tries) == [6.0, 4.0]
