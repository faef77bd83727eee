"""An admission for tests, whose clock stands still unless it is moved."""

from math import inf

from models.admission import AGE_S, Admission, Entry, State


class Door:
    """An admission whose clock is moved by hand, and those who came to it, by name."""

    def __init__(self, slots: int = 1, *, most: int = 64, age_s: float = AGE_S, unit_s: float = 0.0) -> None:
        self.now = 1000.0
        self.admission = Admission(slots, most=most, age_s=age_s, clock=lambda: self.now)
        self.came: dict[str, Entry] = {}
        if unit_s:
            self.admission.leave(self.admission.come(deadline=inf), unit_s)

    def come(self, name: str, within_s: float = inf, *, cost: float = 1.0, person: str = "") -> State:
        self.came[name] = self.admission.come(deadline=self.now + within_s, cost=cost, person=person)
        return self.came[name].state

    def leave(self, name: str, after_s: float = 0.0) -> None:
        self.now += after_s
        self.admission.leave(self.came[name], self.now - self.came[name].began)

    def order(self) -> list[str]:
        """Lets one after the other in and out, all at this moment; their names in that order."""
        seen = []
        while inside := [name for name, entry in self.came.items() if entry.state is State.INSIDE]:
            seen += inside
            for name in inside:
                self.admission.leave(self.came[name])
        return seen

    def standing(self) -> dict[str, State]:
        return {name: entry.state for name, entry in self.came.items()}
