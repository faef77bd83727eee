"""How a step of a broadcast is kept: from one stage to the next unless somebody was quicker, and in the log, in one transaction."""

from collections.abc import Sequence
from dataclasses import replace

from bot.core.alert.broadcast import NEXT, Broadcast, Stage
from bot.core.alert.sending import AlertTx
from bot.core.alert.staff import Member
from bot.core.alert.where import whole
from bot.core.place.types import Gazetteer
from bot.core.refusal import Declined

_NOT = {"withdraw": "not_withdrawn", "reject": "not_rejected", "pause": "not_paused", "resume": "not_resumed", "stop": "not_stopped"}


def there(id: int, broadcast: Broadcast | None) -> Broadcast:
    """The broadcast that was looked for by `id`. Raises Declined where there is none."""
    if broadcast is None:
        raise missing(id)
    return broadcast


def missing(id: int) -> Declined:
    """There is no such broadcast."""
    return Declined("no_broadcast", id=id)


def overtaken(id: int) -> Declined:
    """Another person was quicker."""
    return Declined("overtaken", id=id)


def reason(why: str) -> str:
    """`why` as it is kept, at most 500 characters. Raises Declined where it says nothing."""
    if not why.strip():
        raise Declined("say_why")
    return " ".join(why.split())[:500]


def clean(broadcast: Broadcast, gazetteer: Gazetteer) -> Broadcast:
    """Without what only a step may set, and with every place by its own id: people are in the smallest one that they named."""
    audience = broadcast.audience
    if audience.got and audience.got != broadcast.follows:
        raise Declined("got_follows", id=audience.got)
    named = replace(audience, places=whole(audience.places, gazetteer), without=whole(audience.without, gazetteer))
    return replace(
        broadcast,
        id=0,
        stage=Stage.DRAFT,
        audience=named,
        escalated=0.0,
        submitted=0.0,
        people=0,
        approver="",
        approved=0.0,
        why="",
        ended=0.0,
    )


def save(tx: AlertTx, broadcast: Broadcast, *, was: Stage) -> None:
    """Stores it where it still stands in the stage `was`, else raises Declined."""
    if not tx.save_broadcast(broadcast, was=was):
        raise overtaken(broadcast.id)


def move(tx: AlertTx, broadcast: Broadcast, to: Stage, by: Member, step: str, *, now: float, since: Sequence[Stage] = ()) -> None:
    """From the stage where it stands to the next one, by the step of that name. Raises Declined where that is no way on, or where it does
    not stand in one of `since`."""
    if to not in NEXT[broadcast.stage] or (since and broadcast.stage not in since):
        raise Declined(_NOT[step], id=broadcast.id)
    save(tx, replace(broadcast, stage=to), was=broadcast.stage)
    audit(tx, by, step, broadcast.id, now=now, **({"why": broadcast.why} if step in ("reject", "stop") else {}))


def audit(tx: AlertTx, by: Member, step: str, id: int, *, now: float, **detail: object) -> None:
    """Writes into the log that `by` took that step."""
    tx.audit(by.name, f"broadcast.{step}", f"broadcast:{id}", detail, now=now)


def said(broadcast: Broadcast) -> dict[str, object]:
    """What the log keeps of a version: its words, and whom it is for."""
    audience = broadcast.audience
    whom = {name: value for name in ("groups", "unplaced", "everyone", "got", "rest", "silent") if (value := getattr(audience, name))}
    texts = {lang.value: text for lang, text in broadcast.texts.items()}
    return {"mode": broadcast.mode.value, "texts": texts, "audience": {**whom, "places": len(audience.places)}}
