"""What a child tells of itself, what that says of its health, and how long to wait for what.

Pure: who uses it gives the time (time.monotonic()) and locks."""

from dataclasses import dataclass, field

HANG_S = 20.0
START_S = 300.0  # a large model from a slow card
CRASHED, HUNG, MEMORY, GARBLED, FAILING, UNLOADABLE = REASONS = ("crashed", "hung", "memory", "garbled", "failing", "unloadable")
WORDS = {  # for who asks meanwhile, and for the log; {}: how the process ended
    CRASHED: "The engine's process ended ({}).",
    HUNG: "The engine hung.",
    MEMORY: "The engine took more memory than it may.",
    GARBLED: "The engine wrote garbage again and again.",
    FAILING: "The engine failed again and again.",
    UNLOADABLE: "The engine cannot be opened.",
}
AT_ONCE = 1.25  # times the budget: then nobody is waited for
_LATE_S = 5.0  # so long after the last look we were asleep ourselves (a frozen machine): nothing is the child's fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the keeper waits, in seconds."""

    hang_s: float = HANG_S  # for a sign of work
    start_s: float = START_S  # for the engine to open
    grace_s: float = 0.25  # after a deadline, for what was written until then
    look_s: float = 0.25  # between two looks at the child
    waits: tuple[float, float] = (0.5, 60.0)  # before a restart: the first, doubling, and the longest
    healthy_s: float = 300.0  # a child that lived so long starts again after the first wait


PATIENCE = Patience()


@dataclass(slots=True)
class Pulse:
    """The life of one child that began at `now`. `budget`: bytes of memory it may have, 0 for any.

    It hangs where for `hang_s` no beat comes; or no decode step is finished while somebody waits; or a question stays without an answer
    so long after its deadline; or where it is not ready within `start_s`.
    """

    now: float
    hang_s: float = HANG_S
    start_s: float = START_S
    budget: int = 0
    ready: bool = False
    steps: int | None = None
    rss: int = 0  # bytes
    waiting: dict[int, float] = field(default_factory=dict)  # questions without an answer, by id: their deadline
    _beat: float | None = None
    _moved: float = 0.0
    _since: float = 0.0  # no fault is older
    _looked: float = 0.0

    def __post_init__(self) -> None:
        self._moved = self._since = self._looked = self.now

    def beat(self, steps: int | None, rss: int, now: float) -> None:
        """It lives. An engine that does not count its steps is not held to them."""
        if steps is None or steps != self.steps:
            self._moved = now
        self._beat, self.steps, self.rss = now, steps, rss

    def asked(self, number: int, deadline: float, now: float) -> None:
        """A question goes to it."""
        if not self.waiting:
            self._moved = now  # until now there was nothing to do
        self.waiting[number] = deadline

    def answered(self, number: int, now: float, *, worked: bool) -> None:
        """A question has its answer. `worked`: the engine had a part in it; a question whose time was up says nothing of it."""
        self.waiting.pop(number, None)
        if worked:
            self._moved = now

    @property
    def swollen(self) -> bool:
        """Whether it has more memory than it may, so that it should take no new questions."""
        return 0 < self.budget < self.rss

    def verdict(self, now: float) -> str:
        """Why it must be ended now, HUNG or MEMORY; "" where it need not be. To be asked every second or so."""
        if now - self._looked > _LATE_S:
            self._since = now
        self._looked = now
        if self._hangs(now):
            return HUNG
        if self.swollen and (not self.waiting or self.rss > self.budget * AT_ONCE):
            return MEMORY
        return ""

    def _hangs(self, now: float) -> bool:
        if not self.ready and now - self.now > self.start_s:
            return True
        silent = self._beat is not None and self._quiet(self._beat, now)
        idle = bool(self.waiting) and self._quiet(self._moved, now)
        return silent or idle or any(self._quiet(deadline, now) for deadline in self.waiting.values())

    def _quiet(self, since: float, now: float) -> bool:
        return now - max(since, self._since) > self.hang_s
