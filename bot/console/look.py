"""A broadcast looked at before it goes: whom it is for in words, the exact texts, people, cost and finish time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.app import App
from bot.console.visit import Ask
from bot.console.where import where
from bot.core.alert.broadcast import Broadcast
from bot.core.alert.draft import Drafted, Drafts, Unsendable
from bot.core.alert.preview import Counted, Preview
from bot.core.alert.where import outermost
from bot.core.types import Lang

NAMED = 12  # places that are named; more are counted


@dataclass(frozen=True, slots=True)
class Look:
    """What would happen now."""

    broadcast: Broadcast  # with its texts
    drafts: Drafts
    counted: Counted
    preview: Preview

    @property
    def texts(self) -> Mapping[Lang, str]:
        """The exact words, by language."""
        return {lang: draft.text for lang, draft in self.drafts.items() if isinstance(draft, Drafted)}

    @property
    def unsendable(self) -> Sequence[Unsendable]:
        """Languages that have no text."""
        return [draft for draft in self.drafts.values() if isinstance(draft, Unsendable)]

    @property
    def warnings(self) -> Sequence[tuple[Lang, str]]:
        """What the words lack or should not say: shown, never a refusal."""
        return [(lang, what.value) for lang, draft in self.drafts.items() if isinstance(draft, Drafted) for what in draft.missing]


def look(app: App, broadcast: Broadcast) -> Look:
    """What would happen if it went out now. Reads only."""
    whole = replace(
        broadcast,
        audience=replace(
            broadcast.audience, places=_whole(app, broadcast.audience.places), without=_whole(app, broadcast.audience.without)
        ),
    )
    drafts = app.drafting.drafts(whole)
    counted = app.alert_audiences.counted(whole.audience, whole.mode)
    preview = app.previewer.preview(whole, drafts, counted, now=app.clock())
    return Look(app.drafting.written(whole), drafts, counted, preview)


def _whole(app: App, ids: Sequence[str]) -> Sequence[str]:
    """With all that lies in them, as the desk stores them."""
    return tuple(dict.fromkeys(one for place in ids for one in (place, *(inner.id for inner in app.places.within([place])))))


def whom(ask: Ask, broadcast: Broadcast) -> Sequence[str]:
    """Whom it is for, in sentences."""
    audience, label = broadcast.audience, where(ask).label
    lines = [ask.say("whom_got", id=audience.got)] if audience.got else []
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
