"""The house's values in the shapes that callers get."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.api import shapes
from bot.core.alert.audit import Entry
from bot.core.alert.board import BoardRow, total
from bot.core.alert.broadcast import Broadcast, Mode
from bot.core.alert.cap_out import CapOut
from bot.core.alert.draft import Drafted
from bot.core.alert.intake import Taken
from bot.core.alert.look import Look
from bot.core.alert.notice import Notice
from bot.core.alert.progress import TAKEN, Progress
from bot.core.alert.stored import REASONS, StoredAlert
from bot.core.alert.where import outermost
from bot.core.place.label import kind_word
from bot.core.place.types import Gazetteer, PlaceKind
from bot.core.price import Price
from bot.core.refusal import Ground
from bot.core.types import Lang, Status

_FIRST, _LAST = 0.0, 7_258_118_400.0  # the year 2200: what claims to be later is no time that somebody means


def time(at: float) -> datetime | None:
    """A moment, None for 0."""
    return datetime.fromtimestamp(min(max(at, _FIRST), _LAST), UTC) if at else None


def label(id: str, places: Gazetteer, lang: Lang = Lang.EN) -> str:
    """A place alone on a line: "Bura, Tana River"; "Garissa (county)". The id itself where the gazetteer does not know it any more."""
    place = places.place(id)
    if place is None or place.kind is PlaceKind.COUNTRY:
        return place.name if place else id
    around = places.place(place.parent)
    if place.kind is PlaceKind.ADM1 or around is None or around.kind is PlaceKind.COUNTRY:
        return f"{place.name} ({kind_word(place, lang)})"
    return f"{place.name}, {around.name}"


@dataclass(frozen=True, slots=True)
class Showing:
    """Shows what needs to know places and identifiers."""

    places: Gazetteer
    cap: CapOut

    def place(self, id: str) -> shapes.PlaceShape:
        """One place."""
        return shapes.PlaceShape(id=id, label=label(id, self.places))

    def broadcast(self, one: Broadcast) -> shapes.BroadcastShape:
        """A broadcast. Of its places those that lie in no other one of them."""
        audience = one.audience
        return shapes.BroadcastShape(
            id=one.id,
            mode=one.mode,
            stage=one.stage,
            type=one.msg_type,
            follows=one.follows,
            alert=one.alert_id,
            identifier=self.cap.identifier(one),
            title=one.title,
            hazard=one.hazard,
            response=one.response,
            urgency=one.urgency,
            severity=one.severity,
            certainty=one.certainty,
            source=one.source,
            slots=dict(one.slots),
            texts=dict(one.texts),
            audience=shapes.AudienceShape(
                places=[self.place(place) for place in outermost(audience.places, self.places)],
                without=[self.place(place) for place in outermost(audience.without, self.places)],
                groups=list(audience.groups),
                everyone=audience.everyone,
                unplaced=audience.unplaced,
                got=audience.got,
                rest=audience.rest,
                silent=audience.silent,
            ),
            onset=time(one.onset),
            expires=time(one.expires),
            quiet=one.quiet,
            roll_call=one.roll_call,
            escalate_after_minutes=one.escalate_after_s / 60,
            escalate_below_percent=one.escalate_below * 100,
            escalate_to=one.escalate_to,
            author=one.author,
            created=time(one.created),
            submitted=time(one.submitted),
            people=one.people,
            approver=one.approver,
            approved=time(one.approved),
            why=one.why,
            ended=time(one.ended),
        )

    def roll_call(self, one: Broadcast, rows: Sequence[BoardRow]) -> shapes.RollCallShape:
        """A roll call, where most need help first, then where most say nothing."""
        worst = sorted(rows, key=lambda row: (-row.need_help, -(row.silent + row.missed), row.place))
        return shapes.RollCallShape(
            id=one.id, exercise=one.mode is Mode.EXERCISE, total=self._row(total(rows)), places=[self._row(row) for row in worst]
        )

    def _row(self, row: BoardRow) -> shapes.RollRow:
        said = label(row.place, self.places) if row.place else ""
        return shapes.RollRow(place=row.place, label=said, safe=row.safe, need_help=row.need_help, silent=row.silent, missed=row.missed)


def preview(look: Look, cannot: Sequence[Ground]) -> shapes.PreviewShape:
    """What would happen now, and why it cannot be submitted."""
    made = look.preview
    drafted = [(lang, draft) for lang, draft in look.drafts.items() if isinstance(draft, Drafted)]
    return shapes.PreviewShape(
        people=made.people,
        lines=[
            shapes.LineShape(
                channel=line.channel,
                lang=line.lang,
                people=line.people,
                text=line.text,
                parts=list(line.parts),
                alphabet=line.alphabet,
                units=line.units,
                segments=line.segments,
                cost=_cost(line.cost) if line.cost else None,
            )
            for line in made.lines
        ],
        excluded=dict(made.excluded),
        costs=[_cost(one) for one in made.costs],
        unpriced=list(made.unpriced),
        starts=time(made.starts),
        ends=time(made.ends),
        in_time=made.in_time,
        stoppers=list(made.stoppers),
        cannot=[one.say(Lang.EN) for one in cannot],
        missing=[shapes.Missing(lang=lang, what=what.value) for lang, draft in drafted for what in draft.missing],
    )


def _cost(price: Price) -> shapes.Cost:
    return shapes.Cost(amount=f"{price.amount:f}", currency=price.currency, category=price.category)


def progress(one: Progress) -> shapes.ProgressShape:
    """How far a broadcast is."""
    said = one.statuses
    return shapes.ProgressShape(
        id=one.broadcast.id,
        stage=one.broadcast.stage,
        at=time(one.at),
        people=one.people,
        fed=one.fed,
        left=one.left,
        taken=sum(said.get(status, 0) for status in TAKEN),
        delivered=said.get(Status.DELIVERED, 0) + said.get(Status.READ, 0),
        failed=said.get(Status.FAILED, 0),
        unknown=said.get(Status.UNKNOWN, 0),
        statuses=dict(said),
        failures=[
            shapes.FailureCount(channel=channel, code=code, count=count)
            for (channel, code), count in sorted(one.failures.items(), key=lambda pair: -pair[1])
        ],
        rate_per_s=round(one.rate, 3),
        finish=time(one.finish),
        safe=one.safe,
        need_help=one.need_help,
    )


def alert(one: StoredAlert) -> shapes.AlertShape:
    """An alert that came in."""
    return shapes.AlertShape(
        id=one.id,
        origin=one.origin,
        trusted=one.trusted,
        sender=one.sender,
        identifier=one.identifier,
        sent=time(one.sent),
        status=one.status,
        type=one.msg_type,
        event=one.event,
        headline=one.headline,
        area=one.area,
        severity=one.severity,
        urgency=one.urgency,
        certainty=one.certainty,
        state=one.state,
        reason=one.reason,
        why=REASONS.get(one.reason, ""),
        by=one.by,
        expires=time(one.expires),
        hazard=one.hazard,
        places=list(one.places),
        doubt=one.doubt,
        defects=list(one.defects),
        signature=one.signature,
        received=time(one.received),
        decision=one.decision,
        decided_by=one.decided_by,
        may_be_released=one.may_be_released,
    )


def taken(found: Sequence[Taken]) -> shapes.TakenList:
    """What became of a document."""
    return shapes.TakenList(
        alerts=[shapes.TakenShape(id=one.id, state=one.state, reason=one.reason, new=one.new, changed=list(one.changed)) for one in found]
    )


def notice(one: Notice) -> shapes.NoticeShape:
    """What people who ask are told."""
    return shapes.NoticeShape(
        key=one.key,
        hazard=one.hazard,
        severity=one.severity,
        texts=dict(one.texts),
        places=list(one.places),
        source=one.source,
        since=time(one.since),
        expires=time(one.expires),
    )


def entry(one: Entry) -> shapes.EntryShape:
    """An entry of the audit log."""
    return shapes.EntryShape(
        n=one.n,
        at=time(one.at),
        who=one.who,
        what=one.what,
        about=one.about,
        detail=json.loads(one.detail),
        before=one.before,
        hash=one.hash,
    )
