"""The people who work here: who may draft, who may approve, who looks after the box."""

from collections.abc import Collection, Set
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a member of staff may do. A member may have several; nobody approves what they wrote."""

    AUTHOR = "author"  # drafts alerts and broadcasts, answers tickets, sees contacts
    APPROVER = "approver"  # approves, rejects, pauses, resumes and stops broadcasts
    ADMIN = "admin"  # staff, keys, settings, contacts' import, export and erasure; sends nothing by that


@dataclass(frozen=True, slots=True)
class Member:
    """One member of staff, by the name they sign in with. `roles` is empty for who left: names stay in the audit log."""

    name: str
    roles: Collection[Role]
    lang: str = "en"

    def may(self, role: Role) -> bool:
        """Whether they have that role."""
        return role in self.roles


APPROVERS: Set[Role] = frozenset({Role.APPROVER})
