"""A broadcast looked at before it goes: with all its places, its exact texts, its people, cost and finish time. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.core.alert.broadcast import Broadcast
from bot.core.alert.draft import Drafted, Drafting, Drafts, Unsendable
from bot.core.alert.preview import AudienceStore, Counted, Preview, Previewer
from bot.core.alert.where import whole
from bot.core.place.types import Gazetteer
from bot.core.types import Lang


@dataclass(frozen=True, slots=True)
class Look:
    """What would happen now. `broadcast` has its texts."""

    broadcast: Broadcast
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


@dataclass(frozen=True, slots=True)
class Looker:
    """Looks."""

    drafting: Drafting
    audiences: AudienceStore
    previewer: Previewer
    places: Gazetteer

    def look(self, broadcast: Broadcast, *, now: float) -> Look:
        """What would happen if it went out at `now`."""
        named = broadcast.audience
        audience = replace(named, places=whole(named.places, self.places), without=whole(named.without, self.places))
        stored = replace(broadcast, audience=audience)  # as the desk stores it
        drafts, counted = self.drafting.drafts(stored), self.audiences.counted(audience, stored.mode)
        return Look(self.drafting.written(stored), drafts, counted, self.previewer.preview(stored, drafts, counted, now=now))
