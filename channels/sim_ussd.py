"""The simulated USSD phone of our own page. Webhooks take JSON: receive {"from", "text", "session"}, end {"session"}.

`text` is every input of the dial so far joined by "*", "" when it was just dialled, as operators send it. The screen comes back as
{"text": ..., "ends": true or false}.
"""

import json
from collections.abc import Mapping, Sequence

from bot.core.errors import Rejected
from bot.core.ports import Parse
from bot.core.types import Event, Reply, Request, Response, SessionEnd
from channels import _options, _ussd
from channels._form import JSON, check_key, read_json


class SimUssd:
    """Options: `path_key` (see sim), `reply_within_s` (7), `hand_over` (the channel that pushes late answers). Raises BadSetting."""

    name = "sim_ussd"

    def __init__(
        self, *, country: str, public_url: str = "", path_key: str = "", reply_within_s: float = 7.0, hand_over: str = "sim"
    ) -> None:
        self.path_key = _options.path_key("channels.sim_ussd.path_key", path_key) if path_key else ""
        self.limits = _ussd.limits(_options.amount("channels.sim_ussd.reply_within_s", reply_within_s, most=60.0))
        self.hand_over = _options.text("channels.sim_ussd.hand_over", hand_over, 'Name a channel that can push, such as "sim".')
        self.secrets: tuple[str, ...] = (self.path_key,) if path_key else ()
        self._country = country

    def routes(self) -> Mapping[str, Parse]:
        """receive, end."""
        return {"receive": self._receive, "end": self._end}

    def respond(self, reply: Reply | None) -> Response:
        """The screen as JSON; without a reply only 200, as the end of a dial wants it. Raises ValueError for a blank screen."""
        if reply is None:
            return Response()
        if not reply.text.strip():
            raise ValueError("a USSD screen needs a text")
        return Response(body=json.dumps({"text": reply.text, "ends": reply.ends}), content_type=JSON)

    def send(self, urn: str, text: str, *, key: str) -> str:
        """Always raises Rejected: a screen cannot be opened from our side."""
        raise Rejected("no push on USSD")

    def _receive(self, request: Request) -> Sequence[Event]:
        check_key(request, self.path_key)
        form = read_json(request)
        urn = form.number("from", self._country)
        return (_ussd.hop(self.name, session_id=form.word("session"), urn=urn, path=form.text("text")),)

    def _end(self, request: Request) -> Sequence[Event]:
        check_key(request, self.path_key)
        form = read_json(request)
        return (SessionEnd(channel=self.name, session_id=form.word("session")),)
