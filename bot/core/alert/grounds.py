"""Why a broadcast cannot go out, whatever it says: it lacks something, or its people are others than were counted."""

from collections.abc import Sequence

from bot.core.alert.broadcast import Broadcast
from bot.core.alert.preview import Counted
from bot.core.alert.sending import Audiences
from bot.core.refusal import Declined, Ground, ground

DRIFT = 0.05  # the audience may change by so much between submission and approval


def lacks(broadcast: Broadcast, counted: Counted, audiences: Audiences, *, now: float) -> Sequence[Ground]:
    """What it lacks at this moment for the people that were `counted` now. () for nothing."""
    found = [] if broadcast.texts else [ground("no_text")]
    found += [ground("empty_text", lang=lang) for lang, text in broadcast.texts.items() if not text.strip()]
    found += [] if broadcast.expires > now else [ground("no_time_left")]
    found += [] if counted.total else [ground("nobody")]
    if not found:
        found = [ground("too_long_for", lang=lang, channel=name) for name, lang in audiences.too_long(broadcast, counted)]
    if broadcast.escalate_after_s and not (broadcast.roll_call and broadcast.escalate_to):
        found.append(ground("escalates_nowhere"))
    return found


def drifted(broadcast: Broadcast, people: int) -> bool:
    """Whether `people` is another number than was counted. That fewer say nothing is what a roll call hopes for."""
    more = people - broadcast.people
    return (more if broadcast.audience.silent else abs(more)) > DRIFT * broadcast.people


def refuse(code: str, id: int, grounds: Sequence[Ground]) -> None:
    """Raises Declined where there are any."""
    if grounds:
        raise Declined(code, also=grounds, id=id)
