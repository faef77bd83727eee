"""A broadcast looked at before it goes: with all its places, its exact texts, its people, cost and finish time. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.core.alert.broadcast import Broadcast
from bot.core.alert.draft import Drafting, Drafts
from bot.core.alert.preview import AudienceStore, Counted, Preview, Previewer
from bot.core.place.types import Gazetteer


@dataclass(frozen=True, slots=True)
class Look:
    """What would happen now. `broadcast` has its texts."""

    broadcast: Broadcast
    drafts: Drafts
    counted: Counted
    preview: Preview


@dataclass(frozen=True, slots=True)
class Looker:
    """Looks."""

    drafting: Drafting
    audiences: AudienceStore
    previewer: Previewer
    places: Gazetteer

    def look(self, broadcast: Broadcast, *, now: float) -> Look:
        """What would happen if it went out at `now`."""
        audience = broadcast.audience
        whole = replace(broadcast, audience=replace(audience, places=self._whole(audience.places), without=self._whole(audience.without)))
        drafts = self.drafting.drafts(whole)
        counted = self.audiences.counted(whole.audience, whole.mode)
        return Look(self.drafting.written(whole), drafts, counted, self.previewer.preview(whole, drafts, counted, now=now))

    def _whole(self, ids: Sequence[str]) -> Sequence[str]:
        """With all that lies in them, as the desk stores them."""
        return tuple(dict.fromkeys(one for place in ids for one in (place, *(inner.id for inner in self.places.within([place])))))
