"""One address of the API: everything about it in one place, from which the server, its checks and /api/openapi.json are made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.api.compose import Composing
from bot.api.forms import Form
from bot.api.shapes import Shape
from bot.api.shown import Showing
from bot.api.trouble import Trouble
from bot.app import App
from bot.core.alert.once import Once, once
from bot.core.alert.staff import Member, Role

JSON, CAP = "application/json", "application/cap+xml"
FORM_BYTES, CAP_BYTES = 256 * 1024, 2 * 1024 * 1024
EVERYBODY = frozenset(Role)
AUTHORS, APPROVERS, ADMINS = frozenset({Role.AUTHOR}), frozenset({Role.APPROVER}), frozenset({Role.ADMIN})
WRITERS = AUTHORS | APPROVERS
KEEPERS = AUTHORS | ADMINS


@dataclass
class Call:
    """One request of a member's program, read and checked. `form` and `asked` are of the types that the route names."""

    app: App
    member: Member
    route: "Route"
    parts: Mapping[str, str]  # of the address
    form: Any = None
    asked: Any = None
    body: bytes = b""  # of a CAP document
    key: str = ""  # Idempotency-Key
    status: int = field(default=0)  # 0: as the route says

    @property
    def id(self) -> int:
        """The number in the address."""
        return int(self.parts["id"])

    @property
    def now(self) -> float:
        """This moment."""
        return self.app.clock()

    @property
    def composing(self) -> Composing:
        """What makes broadcasts of forms."""
        return Composing(self.app.alert_words, self.app.places, self.app.settings.alerts)

    @property
    def showing(self) -> Showing:
        """What shows broadcasts."""
        return Showing(self.app.places, self.app.cap_out)

    @property
    def once(self) -> Once | None:
        """What is made once, where the caller said so."""
        if not self.key:
            return None
        sent = {"route": self.route.name, "parts": dict(self.parts), "form": self.form.model_dump(mode="json", exclude_unset=True)}
        return once(self.member.name, self.key, sent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one address. Its `name` never changes: programs are generated from it. `roles`: any one of them is enough."""

    method: str
    path: str  # below /api/v1, with {id}, {ref} or {name}
    name: str
    about: str  # a group of addresses
    says: str
    roles: frozenset[Role]
    does: Callable[[Call], Shape]
    gives: type[Shape]
    takes: type[Form] | None = None
    asks: type[Form] | None = None
    cap: bool = False  # it takes a CAP document
    made: bool = False  # 201 where something new was made
    once: bool = False  # it knows Idempotency-Key
    fails: frozenset[int] = frozenset()  # statuses beside those that every address has

    def check(self, member: Member) -> None:
        """Raises Trouble where none of their roles is enough."""
        if not any(member.may(role) for role in self.roles):
            raise Trouble(403, "not_your_role", f"That needs the role {' or '.join(sorted(self.roles))}.", "An admin can give it.")

    @property
    def most(self) -> int:
        """Bytes of a body."""
        return CAP_BYTES if self.cap else FORM_BYTES
