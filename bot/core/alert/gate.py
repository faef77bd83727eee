"""The public gate: what may be told to the public, what only a person may decide, and what "it is over" means."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.core.alert import suspicious
from bot.core.alert.cap import Alert, AlertStatus, Area, MsgType, ResponseType, Scope, Urgency
from bot.core.refusal import family


class Outcome(StrEnum):
    """Where an alert goes."""

    OPEN = "open"  # Actual, Public, Alert or Update: it may become a notice
    HELD = "held"  # a person must look: it is not meant for the public, looks like a test, or is not clear
    QUARANTINED = "quarantined"  # it does not say what it is
    SYSTEM = "system"  # between machines: Ack, Error, status System; and a Cancel, which ends others and says nothing itself


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is a key of REASONS, "" for OPEN. `over`: the whole message says that it is over (see `over_infos` for a part of it)."""

    outcome: Outcome
    reason: str = ""
    over: bool = False
    over_infos: Collection[int] = frozenset()  # the infos, by index, that say so of their areas

    @property
    def tells(self) -> bool:
        """Whether the public may be told of it as a danger in force."""
        return self.outcome is Outcome.OPEN and not self.over

    @property
    def ends(self) -> bool:
        """Whether it may end what it references, or a part of that, without a person. Whose alert it may end is looked at elsewhere."""
        acts = self.outcome is Outcome.OPEN or self.reason == "cancel"
        return acts and (self.over or bool(self.over_infos))


REASONS: Mapping[str, str] = family("alert_why_")  # why an alert is where it is, in English: what is said here and after the gate
_UNFIT = {
    AlertStatus.EXERCISE: "exercise",
    AlertStatus.TEST: "test",
    AlertStatus.DRAFT: "draft",
    Scope.RESTRICTED: "restricted",
    Scope.PRIVATE: "private",
}


def judge(alert: Alert) -> Verdict:
    """What becomes of `alert`. The time plays no part: expiry is asked when it is used, after the lineage is known."""
    over_infos = _over_infos(alert)
    over = alert.msg_type is MsgType.CANCEL or 0 < len(alert.infos) == len(over_infos)
    outcome, reason = _outcome(alert, over=bool(over_infos) or over)
    if outcome is Outcome.OPEN and _mixed(alert, over_infos):
        outcome, reason = Outcome.HELD, "mixed_clear"
    return Verdict(outcome, reason, over, over_infos)


def over_areas(alert: Alert, verdict: Verdict) -> Collection[Area]:
    """The areas that `alert` says it is over for. (): for all that it references, where `verdict.over`; for none, where not."""
    return tuple(area for n, info in enumerate(alert.infos) if n in verdict.over_infos for area in info.areas)


def _outcome(alert: Alert, *, over: bool) -> tuple[Outcome, str]:
    unclear = _unclear(alert)
    if unclear:
        return Outcome.QUARANTINED, unclear
    machines = _between_machines(alert)
    if machines:
        return Outcome.SYSTEM, machines
    held = _held(alert) or ("over_words" if not over and suspicious.over_words(alert) else "")
    if held:
        return Outcome.HELD, held
    if alert.msg_type is MsgType.CANCEL:
        return Outcome.SYSTEM, "cancel"
    return (Outcome.OPEN, "") if alert.infos else (Outcome.HELD, "no_info")


def _unclear(alert: Alert) -> str:
    if alert.status is None:
        return "no_status"
    if alert.msg_type is None:
        return "no_msg_type"
    return "no_scope" if alert.scope is None else ""


def _between_machines(alert: Alert) -> str:
    if alert.msg_type in {MsgType.ACK, MsgType.ERROR}:
        return alert.msg_type.value.lower()
    return "system" if alert.status is AlertStatus.SYSTEM else ""


def _held(alert: Alert) -> str:
    """Why a person must look at an alert, "" where nobody need."""
    for said in (alert.status, alert.scope):
        if said in _UNFIT:
            return _UNFIT[said]
    if suspicious.test_code(alert):
        return "test_code"
    if suspicious.blocked_channel(alert):
        return "blocked_channel"
    return "test_words" if suspicious.test_words(alert) else ""


def _over_infos(alert: Alert) -> frozenset[int]:
    """The infos that say that it is over: each AllClear; all of them where the message follows up an earlier one and every info's urgency
    is Past, or is an Update that had expired when it was sent. Past alone says nothing: USGS and GDACS report new earthquakes as Past."""
    follows = bool(earlier(alert))
    past = all(info.urgency is Urgency.PAST for info in alert.infos)
    expired = all(info.expires is not None and info.expires <= alert.sent for info in alert.infos)
    if follows and (past or (expired and alert.msg_type is MsgType.UPDATE)):
        return frozenset(range(len(alert.infos)))
    return frozenset(n for n, info in enumerate(alert.infos) if ResponseType.ALL_CLEAR in info.response_types)


def _mixed(alert: Alert, over_infos: Collection[int]) -> bool:
    """Whether one language says more often than another that it is over: one of them forgot it, and nobody here knows which."""
    clear = dict.fromkeys((info.language for info in alert.infos), 0)
    for n in over_infos:
        clear[alert.infos[n].language] += 1
    return len(set(clear.values())) > 1


def earlier(alert: Alert) -> Collection[tuple[str, str]]:
    """Which (sender, identifier) it references, but for itself: Alertswiss references its own identifier with another `sent`."""
    own = (alert.sender, alert.identifier)
    return tuple(dict.fromkeys((ref.sender, ref.identifier) for ref in alert.references if (ref.sender, ref.identifier) != own))
