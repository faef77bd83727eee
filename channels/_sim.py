"""What the simulated message phones have in common. Webhooks take JSON: receive {"from", "text", "id"}, status {"id", "status"}.

Nothing leaves the machine: what we "send" is read back by our own page from the store's conversation.
"""

from collections.abc import Mapping, Sequence

from bot.core.errors import Malformed
from bot.core.ports import Parse
from bot.core.types import Event, Limits, Message, Reply, Request, Response, Status, StatusUpdate
from channels import _options
from channels._form import JSON, Form, check_key, read_json

_STATUSES = {status.value: status for status in (Status.SENT, Status.DELIVERED, Status.READ, Status.FAILED)}


class SimPhone:
    """Options: `path_key`. The app makes one per data directory; without one, anybody who reaches us is taken. Raises BadSetting."""

    name: str
    limits: Limits
    hand_over = ""

    def __init__(self, *, country: str, public_url: str = "", path_key: str = "") -> None:
        self.path_key = _options.path_key(f"channels.{self.name}.path_key", path_key) if path_key else ""
        self.secrets: tuple[str, ...] = (self.path_key,) if path_key else ()
        self._country = country

    def routes(self) -> Mapping[str, Parse]:
        """receive, status."""
        return {"receive": self._receive, "status": self._status}

    def respond(self, reply: Reply | None) -> Response:
        """Taken; the page looks for the answer itself."""
        return Response(body="{}", content_type=JSON)

    def send(self, urn: str, text: str, *, key: str) -> str:
        """Sends nothing: the page reads the conversation from the store. The same key gives the same id."""
        return f"sim-{key}"

    def _receive(self, request: Request) -> Sequence[Event]:
        check_key(request, self.path_key)
        form = read_json(request)
        return (Message(channel=self.name, external_id=form.word("id"), urn=self._urn(form), text=form.text("text")),)

    def _status(self, request: Request) -> Sequence[Event]:
        check_key(request, self.path_key)
        form = read_json(request)
        external_id, word = form.word("id"), form.word("status")
        if word not in _STATUSES:
            raise Malformed(f"The field 'status' is none of {', '.join(_STATUSES)}.")
        return (StatusUpdate(channel=self.name, external_id=external_id, status=_STATUSES[word], code=word),)

    def _urn(self, form: Form) -> str:
        return form.number("from", self._country)
