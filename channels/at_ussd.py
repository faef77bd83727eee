"""Africa's Talking USSD. Webhooks: receive (each hop of a dial), end (the dial is over).

The answer to a hop is the next screen, within 10 s, as text/plain that begins with "CON " or "END "; anything else ends the session.
Nothing is signed: a secret path key is all that proves who calls.
"""

from collections.abc import Mapping, Sequence

from bot.core.errors import Rejected
from bot.core.ports import Parse
from bot.core.types import Event, Reply, Request, Response, SessionEnd
from channels import _options, _ussd
from channels._form import check_key, read_form

_PATIENCE_S = 9.0  # they give up after 10 s; the rest is for the line


class AtUssd:
    """Options: `path_key`; `reply_within_s` (7; at most 9), `hand_over` (the channel that pushes late answers). Raises BadSetting."""

    name = "at_ussd"

    def __init__(
        self,
        *,
        country: str,
        public_url: str = "",
        path_key: str = "",
        reply_within_s: float = 7.0,
        hand_over: str = "at_sms",
    ) -> None:
        self.path_key = _options.path_key("channels.at_ussd.path_key", path_key)
        self.limits = _ussd.limits(_options.amount("channels.at_ussd.reply_within_s", reply_within_s, most=_PATIENCE_S))
        self.hand_over = _options.text("channels.at_ussd.hand_over", hand_over, 'Name a channel that can push, such as "at_sms".')
        self.secrets: tuple[str, ...] = (self.path_key,)
        self._country = country

    def routes(self) -> Mapping[str, Parse]:
        """receive, end."""
        return {"receive": self._receive, "end": self._end}

    def respond(self, reply: Reply | None) -> Response:
        """The screen; without a reply only 200, as the end of a dial wants it. Raises ValueError for a blank screen: it shows an error."""
        if reply is None:
            return Response()
        if not reply.text.strip():
            raise ValueError("a USSD screen needs a text")
        return Response(body=("END " if reply.ends else "CON ") + reply.text)

    def send(self, urn: str, text: str, *, key: str) -> str:
        """Always raises Rejected: a screen cannot be opened from our side."""
        raise Rejected("no push on USSD")

    def _receive(self, request: Request) -> Sequence[Event]:
        check_key(request, self.path_key)
        form = read_form(request)
        network = form.maybe("networkCode")
        message = _ussd.hop(
            self.name,
            session_id=form.word("sessionId"),
            urn=form.number("phoneNumber", self._country),
            path=form.text("text"),
            to=form.word("serviceCode"),
            meta={"networkCode": network} if network else {},
        )
        return (message,)

    def _end(self, request: Request) -> Sequence[Event]:
        check_key(request, self.path_key)
        form = read_form(request)
        urn = form.number("phoneNumber", self._country)
        return (SessionEnd(channel=self.name, session_id=form.word("sessionId"), urn=urn, reason=form.word("status")),)
