"""What is known around one message. Looked up only where a decision asks for it: most messages need none of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.core.alert.cap import Point
from bot.core.alert.notice import Notice, RollCall


def _no_notices() -> Sequence[Notice]:
    return ()


def _no_roll_call() -> RollCall | None:
    return None


def _no_roll_call_of(broadcast_id: int) -> RollCall | None:
    return None


def _not_silent() -> bool:
    return False


def _never(since: float) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Around:
    """`notices` are those in force, `roll_call` the newest one that the person was sent and that this message can be an answer to,
    `roll_call_of` that of a broadcast whose words a screen shows them, `offered` whether we offered something to pick since then,
    `silent` whether a source of warnings was not heard for too long. `point` is where the person is, where the message is a shared
    location."""

    notices: Callable[[], Sequence[Notice]] = _no_notices
    roll_call: Callable[[], RollCall | None] = _no_roll_call
    roll_call_of: Callable[[int], RollCall | None] = _no_roll_call_of
    offered: Callable[[float], bool] = _never
    silent: Callable[[], bool] = _not_silent
    point: Point | None = None


NOTHING = Around()
