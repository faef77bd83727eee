"""A broadcast looked at before it goes: whom it is for in words, the exact texts, people, cost and finish time."""

from collections.abc import Sequence

from bot.app import App
from bot.console.visit import Ask
from bot.console.where import where
from bot.core.alert.broadcast import Broadcast
from bot.core.alert.look import Look, Looker
from bot.core.alert.where import outermost

NAMED = 12  # places that are named; more are counted


def look(app: App, broadcast: Broadcast) -> Look:
    """What would happen if it went out now. Reads only."""
    return Looker(app.drafting, app.alert_audiences, app.previewer, app.places).look(broadcast, now=app.clock())


def whom(ask: Ask, broadcast: Broadcast) -> Sequence[str]:
    """Whom it is for, in sentences."""
    audience, label = broadcast.audience, where(ask).label
    lines = [ask.say("whom_silent" if audience.silent else "whom_got", id=audience.got)] if audience.got else []
    if audience.got and not audience.rest:
        return lines
    if audience.everyone:
        lines.append(ask.say("whom_everyone"))
    tops = outermost(audience.places, ask.app.places)
    if tops and not audience.everyone:
        lines.append(ask.say("whom_places", places=_named([label(one) for one in tops])))
    if audience.groups:
        lines.append(ask.say("whom_groups", groups=", ".join(audience.groups)))
    if audience.unplaced and not audience.everyone:
        lines.append(ask.say("whom_unplaced"))
    if spared := outermost(audience.without, ask.app.places):
        lines.append(ask.say("whom_without", places=_named([label(one) for one in spared])))
    return lines or [ask.say("whom_nobody")]


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" +{len(names) - NAMED}" if len(names) > NAMED else "")
