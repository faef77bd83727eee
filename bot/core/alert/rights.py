"""Who may take a step of a broadcast: its own author, an author, or an approver who did not write it."""

from bot.core.alert.broadcast import Broadcast, Stage
from bot.core.alert.staff import Member, Role
from bot.core.refusal import Declined


def check_role(by: Member, role: Role) -> None:
    """Raises Declined where `by` has not that role: AUTHOR or APPROVER."""
    if not by.may(role):
        raise Declined("author_needed" if role is Role.AUTHOR else "approver_needed")


def check_own(broadcast: Broadcast, by: Member) -> None:
    """Raises Declined where `by` is not its author, or is an author no more."""
    check_role(by, Role.AUTHOR)
    if broadcast.author != by.name:
        raise Declined("not_yours", id=broadcast.id, author=broadcast.author)


def check_second(broadcast: Broadcast, by: Member) -> None:
    """Raises Declined where `by` cannot be the second person whom it waits for, or where it waits for none."""
    check_role(by, Role.APPROVER)
    if _same(by.name, broadcast.author):
        raise Declined("own_broadcast", id=broadcast.id)
    if broadcast.stage is not Stage.WAITING:
        raise Declined("not_waiting", id=broadcast.id)


def _same(one: str, other: str) -> bool:
    """Names differ by more than capitals and spaces."""
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())
