"""Sending what was decided: part by part, each part's id kept before the next one goes.

Exactly once where the provider lets us: a part is committed as SENDING before the call and as WIRED after it. What stands in
SENDING when a claim is taken over may have gone out: it is sent again only on a channel that drops repeats of its key, and
becomes UNKNOWN elsewhere, which is counted and shown and never resent by itself. Whatever comes later, a refusal or the last try:
what may have gone out once is never called FAILED.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from typing import cast

from bot.core.alert.broadcast import refusal, waits
from bot.core.errors import OptedOut, SendError, Throttled, Unknown
from bot.core.pace import Lines, Pace, traffic_of
from bot.core.ports import Channel, Clock, MenuChannel, Templates
from bot.core.price import price_of
from bot.core.quiet import quiet_until
from bot.core.retry import next_try
from bot.core.storage import Claim, ClaimedDelivery, Part, Store
from bot.core.types import Lane, Lang, Status

LEASE_S = 60.0  # longer than any provider call
REST_S = 0.1  # between two looks for who waits, where nobody did
PAUSED_S = 300.0  # who resumes a broadcast makes its deliveries due: this is only the longest that one is looked at late
_OUT = frozenset({Status.WIRED, Status.SENT, Status.DELIVERED, Status.READ, Status.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Sends deliveries by their ids. Any number of workers may share the store."""

    store: Store
    channels: Mapping[str, Channel]
    clock: Clock
    zone: tzinfo = UTC  # where the quiet hours are
    sleep: Callable[[float], None] = time.sleep
    lines: Lines = field(default_factory=Lines)
    nobody: dict[tuple[str, Lane], float] = field(default_factory=dict)  # when nobody waited on a channel and lane

    @property
    def _pace(self) -> Pace:
        return Pace(self.store, self.clock, self.sleep, self.lines)

    def send(self, delivery_id: int, then: Callable[[Lane, int], None] | None = None) -> Status | None:
        """Sends what is left of a delivery. None: it is not due, or somebody else has it. `then` hears who may go next on its channel."""
        delivery = self.store.claim_delivery(delivery_id, now=self.clock(), lease_s=LEASE_S)
        if delivery is None:
            return None
        refusal = self._refusal(delivery)
        if refusal:
            return self._fail(delivery.claim, refusal)
        if delivery.clearance is not None and waits(delivery.clearance):
            return self._postpone(delivery.claim, self.clock() + PAUSED_S)
        channel = self.channels[delivery.channel]
        morning = quiet_until(channel.limits.quiet, self.zone, self.clock()) if delivery.unsolicited else 0.0
        if morning:
            return self._postpone(delivery.claim, morning)
        call = self._way(channel, delivery)
        status = self._fail(delivery.claim, "no_window") if call is None else self._send_parts(channel, delivery, call)
        if then is not None and status is not Status.QUEUED:  # it had its turn, so there may be another one
            self._pull(delivery, then)
        return status

    def _send_parts(self, channel: Channel, delivery: ClaimedDelivery, call: "_Call") -> Status:
        """Sends what has not gone out, part by part, and returns the delivery's status."""
        for part in delivery.parts:
            if part.status in _OUT:
                continue
            if part.status is Status.FAILED:
                return self._fail(delivery.claim, "part_failed")
            stopped = self._send_part(channel, delivery, part, call)
            if stopped is not None:
                return stopped
        return self.store.finish_delivery(delivery.claim, now=self.clock())

    def _pull(self, delivery: ClaimedDelivery, then: Callable[[Lane, int], None]) -> None:
        """Who has sent lets the next one come that waits on this channel. So what an outage left goes as fast as the channel takes it,
        and not as fast as the sweep looks. Where nobody waited a moment ago nobody is looked for: beside a broadcast each send would look
        in vain. Who comes in that moment is found by the next send, or by the sweep."""
        now, place = self.clock(), (delivery.channel, delivery.lane)
        if 0.0 <= now - self.nobody.get(place, 0.0) < REST_S:
            return
        following = self.store.next_due(*place, now=now)
        if following is None:
            self.nobody[place] = now
        else:
            then(delivery.lane, following)

    def _refusal(self, delivery: ClaimedDelivery) -> str:
        """Why this may not go out, checked at the last moment; "" where it may."""
        if delivery.opted_out and not delivery.despite_stop:
            return "opted_out"
        if delivery.not_after and self.clock() > delivery.not_after:
            return "expired"
        if delivery.clearance is not None and (why := refusal(delivery.clearance, now=self.clock())):
            return why
        return "" if delivery.channel in self.channels else "no_channel"

    def _way(self, channel: Channel, delivery: ClaimedDelivery) -> "_Call | None":
        """How its parts go to the provider. None where they may not: the person wrote too long ago, and no template is set up."""
        window_h = channel.limits.window_h
        if window_h is None or self.store.heard(delivery.channel, delivery.urn, since=self.clock() - 3600.0 * window_h):
            return _call
        return _call_template if isinstance(channel, Templates) and channel.templates else None

    def _send_part(self, channel: Channel, delivery: ClaimedDelivery, part: Part, call: "_Call") -> Status | None:
        """Sends one part. None: go on with the next one; else the delivery's status, and this try is over."""
        claim = delivery.claim
        if part.status is Status.SENDING and not channel.limits.keeps_key:
            self.store.part_unknown(claim, part.n, "interrupted", now=self.clock())
            return None
        pace = self._pace
        turn = pace.turn(channel, delivery.urn, traffic_of(delivery))
        if turn.later:
            return self._postpone(claim, turn.later)
        if not self.store.part_sending(claim, part.n, now=self.clock(), lease_s=LEASE_S, may_be_lost=channel.limits.keeps_key):
            return Status.SENDING  # our lease ran out and somebody else goes on
        try:
            external_id = call(channel, delivery, part)
        except SendError as error:
            status = self._not_taken(channel, delivery, part, error)
            pace.heard(channel, turn, error)
            return status
        pace.heard(channel, turn, None)
        last = part.n == delivery.parts[-1].n
        return self.store.part_wired(claim, part.n, external_id, now=self.clock(), price=price_of(external_id), last=last)

    def _not_taken(self, channel: Channel, delivery: ClaimedDelivery, part: Part, error: SendError) -> Status | None:
        """As `_send_part`, after an error: an unclear part is left behind, everything else ends this try."""
        now, unclear = self.clock(), isinstance(error, Unknown)
        after_s = next_try(error, delivery, now=now, jitter=random.random())
        if unclear and (not channel.limits.keeps_key or after_s is None):  # not FAILED: any of the tries may have got through
            self.store.part_unknown(delivery.claim, part.n, error.code, now=now)
            return None
        if isinstance(error, OptedOut):
            self._opt_out(delivery.urn)
        untaken = None if unclear or part.status is Status.SENDING else part.n  # SENDING: an earlier try may have got through
        if after_s is None:
            return self._fail(delivery.claim, error.code, untaken)
        failed = not isinstance(error, Throttled)
        self.store.retry_delivery(
            delivery.claim, now=now, after_s=after_s, code=error.code, untaken=untaken, failed=failed, unclear=unclear
        )
        return Status.ERRORED

    def _opt_out(self, urn: str) -> None:
        """The provider knows of a STOP that we did not see: from now on it is ours too."""
        now = self.clock()
        with self.store.begin() as tx:
            person = tx.person(urn)
            tx.save_contact(replace(tx.contact(person, now=now, lang=Lang.EN), opted_out=True))
            tx.expire_replies(person)

    def _postpone(self, claim: Claim, until: float) -> Status:
        self.store.postpone_delivery(claim, now=self.clock(), until=until)
        return Status.QUEUED

    def _fail(self, claim: Claim, reason: str, untaken: int | None = None) -> Status:
        return self.store.fail_delivery(claim, now=self.clock(), reason=reason, untaken=untaken)


_Call = Callable[[Channel, ClaimedDelivery, Part], str]


def _call(channel: Channel, delivery: ClaimedDelivery, part: Part) -> str:
    """One part to the provider; what can be picked goes with the last one."""
    if delivery.choices and part.n == delivery.parts[-1].n and channel.limits.choices:
        return cast(MenuChannel, channel).send_menu(delivery.urn, part.text, delivery.choices, key=part.key)
    return channel.send(delivery.urn, part.text, key=part.key)


def _call_template(channel: Channel, delivery: ClaimedDelivery, part: Part) -> str:
    """One part inside a template, in the person's language where there is one: the text is theirs in any case."""
    templates = cast(Templates, channel).templates
    theirs = (lang for lang in templates if lang.partition("_")[0] == delivery.lang)  # "en_GB" is English
    lang = next(theirs, next(iter(templates)))
    return cast(Templates, channel).send_template(delivery.urn, templates[lang], lang, (part.text,), key=part.key)
