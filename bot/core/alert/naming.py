"""Which alerts a message means by its references: exactly, or as well as its sender managed to say."""

from collections.abc import Collection, Sequence

from bot.core.alert.cap import Reference
from bot.core.alert.stored import StoredAlert

SAME_S = 1.0  # two times that differ by less are one instant: some senders drop fractions


def names(reference: Reference, alert: StoredAlert, by: StoredAlert) -> bool:
    """Whether a reference of `by` means exactly that alert. Times are compared as instants: they come in any zone. The sender may be
    written in another way (the US tsunami centre writes "PAAQ") where the alert is one of the same sender all the same."""
    ours = alert.sender in {reference.sender, by.sender} and reference.identifier == alert.identifier
    return ours and reference.sent is not None and abs(reference.sent - alert.sent) < SAME_S


class Known:
    """The alerts that references are looked up in. Quick also where thousands of references name one identifier."""

    def __init__(self, alerts: Collection[StoredAlert]) -> None:
        self._sent: dict[tuple[str, int], list[StoredAlert]] = {}
        self._named: dict[tuple[str, str], list[StoredAlert]] = {}
        for alert in alerts:
            self._sent.setdefault((alert.identifier, int(alert.sent)), []).append(alert)
            self._named.setdefault((alert.sender, alert.identifier), []).append(alert)

    def meant(self, alert: StoredAlert) -> Sequence[tuple[Reference, StoredAlert]]:
        """What `alert` means, by which reference: the very one, or, where nothing that is known is that, what its sender sent under that
        name before. Some senders name themselves: that is no reference, unless it is to the very message of an earlier time."""
        found: list[tuple[Reference, StoredAlert]] = []
        seen = {(alert.sender, alert.identifier)}
        for reference in alert.references:
            exact = self._exactly(reference, alert)
            found += [(reference, one) for one in exact if one.id != alert.id and not _back(one, alert)]
            name = (reference.sender, reference.identifier)
            if not exact and name not in seen:
                seen.add(name)
                found += [(reference, one) for one in self._named.get(name, ()) if one.sent <= alert.sent]
        return found

    def loosely(self, alert: StoredAlert) -> bool:
        """Whether it names an alert by another time of sending, or another sender, than that has."""
        return any(not names(ref, one, alert) or ref.sender != one.sender for ref, one in self.meant(alert))

    def _exactly(self, reference: Reference, by: StoredAlert) -> Sequence[StoredAlert]:
        if reference.sent is None:
            return ()
        near = (int(reference.sent) + step for step in (-1, 0, 1))
        found = (one for second in near for one in self._sent.get((reference.identifier, second), ()))
        return [one for one in found if names(reference, one, by)]


def _back(one: StoredAlert, alert: StoredAlert) -> bool:
    """Whether an alert that was not sent before `alert` names it in turn: then neither is the later one."""
    return one.sent > alert.sent - SAME_S and any(names(reference, alert, one) for reference in one.references)
