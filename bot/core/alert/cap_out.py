"""Every broadcast as a CAP 1.2 message of our own, so that other systems (a cell broadcast centre, a radio, an aggregator) can take it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.alert.broadcast import Broadcast, Mode
from bot.core.alert.cap import Alert, AlertStatus, Area, Category, Info, MsgType, Reference, ResponseType, Scope
from bot.core.alert.where import outermost
from bot.core.alert.words import AlertWords
from bot.core.place.types import Gazetteer
from bot.core.types import Lang

PLACE_CODE = "ujumbe:place"  # geocodes: our place ids; ISO 3166-2 codes also under their own name
ISO_CODE = "ISO3166-2"
_HEADLINE = 160  # characters that CAP asks headlines to keep to
_NOTE: Mapping[Mode, str] = {Mode.LIVE: "", Mode.EXERCISE: "This is an exercise. Nothing of it is meant."}


@dataclass(frozen=True)
class CapOut:
    """Makes the messages. `sender` is ours, as in "alerts.example.org": no spaces, commas, "<" or "&"."""

    words: AlertWords
    sender: str
    places: Gazetteer

    def identifier(self, broadcast: Broadcast) -> str:
        """The id of the message of a stored broadcast: the same whenever it is asked."""
        return broadcast.identifier or f"{self.sender}-{broadcast.id}"

    def alert(self, broadcast: Broadcast, *, earlier: Sequence[Broadcast] = ()) -> Alert:
        """The message of an approved broadcast. `earlier` are those that it follows, the oldest first."""
        return Alert(
            identifier=self.identifier(broadcast),
            sender=self.sender,
            sent=self._sent(broadcast),
            status=AlertStatus.EXERCISE if broadcast.mode is Mode.EXERCISE else AlertStatus.ACTUAL,
            msg_type=broadcast.msg_type,
            scope=Scope.PUBLIC,
            source=broadcast.source,
            note=_NOTE[broadcast.mode],
            references=[Reference(self.sender, self.identifier(old), self._sent(old)) for old in earlier],
            infos=[self._info(broadcast, lang, self._areas(broadcast, lang, earlier)) for lang in sorted(broadcast.texts)],
        )

    def _sent(self, broadcast: Broadcast) -> float:
        """CAP knows whole seconds only."""
        return float(int(broadcast.approved or broadcast.submitted or broadcast.created))

    def _info(self, broadcast: Broadcast, lang: Lang, areas: Sequence[Area]) -> Info:
        hazard, text = self.words.hazard(broadcast.hazard), broadcast.texts[lang]
        return Info(
            language=lang.value,
            categories=[hazard.category if hazard else Category.OTHER],
            event=hazard.names[lang] if hazard else broadcast.title or "alert",
            response_types=[broadcast.response],
            urgency=broadcast.urgency,
            severity=broadcast.severity,
            certainty=broadcast.certainty,
            event_codes=[("ujumbe:hazard", hazard.id)] if hazard else (),
            effective=self._sent(broadcast),
            onset=broadcast.onset or None,
            expires=broadcast.expires or None,
            sender_name=broadcast.source,
            headline=text if len(text) <= _HEADLINE else "",
            description=text,
            instruction=self._instruction(broadcast, lang),
            areas=areas,
        )

    def _areas(self, broadcast: Broadcast, lang: Lang, earlier: Sequence[Broadcast]) -> Sequence[Area]:
        """One area for each place that lies in no other one. A correction is for those who got the old text: its places are those of the
        old one. Without any, what the text calls it."""
        ids = next((old.audience.places for old in (broadcast, *reversed(earlier)) if old.audience.places), ())
        if ids:
            found = [(one, self.places.place(one)) for one in outermost(ids, self.places)]
            return [Area(place.name if place else one, geocodes=_codes(one)) for one, place in found]
        said = ", ".join(part.strip() for part in broadcast.slots.get(f"place.{lang}", "").split(";") if part.strip())
        return [Area(said)] if said else ()

    def _instruction(self, broadcast: Broadcast, lang: Lang) -> str:
        if broadcast.msg_type is MsgType.CANCEL and broadcast.response is not ResponseType.ALL_CLEAR:
            return ""
        action = self.words.action(broadcast.hazard, broadcast.response)
        return broadcast.slots.get(f"action.{lang}", "").strip() or (action.texts[lang] if action else "")


def _codes(place: str) -> Sequence[tuple[str, str]]:
    return ((PLACE_CODE, place),) if ":" in place else ((ISO_CODE, place), (PLACE_CODE, place))
