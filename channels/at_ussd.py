"""Africa's Talking USSD. Webhooks: receive (each hop of a dial), end (the dial is over).

The answer to a hop is the next screen, within 10 s, as text/plain that begins with "CON " or "END "; anything else ends the session.
Nothing is signed: a secret path key is all that proves who calls.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.errors import BadSetting, Rejected
from bot.core.ports import Parse
from bot.core.types import Event, Limits, Message, Reply, Request, Response, SessionEnd
from channels import _options, _ussd
from channels._form import check_key, read_form

_PATIENCE_S = 9.0  # they give up after 10 s; the rest is for the line
_LEAST, _MOST = 60, 186  # characters of a screen: menus need so many, and GSM 04.80 carries no more (182 and the prefix)

# Characters of a screen by networkCode. Where no source says more, and for networks that nobody has named: _ussd.SAFE.
SCREENS: Mapping[str, int] = {
    "63902": 160,  # Safaricom
    "63903": 184,  # Airtel Kenya
}


class AtUssd:
    """Options: `path_key`; `reply_within_s` (7; at most 9), `hand_over` (the channel that pushes late answers), `screens` (characters of a
    screen by networkCode, over ours: {63903 = 160}). Raises BadSetting."""

    name = "at_ussd"

    def __init__(
        self,
        *,
        country: str,
        public_url: str = "",
        path_key: str = "",
        reply_within_s: float = 7.0,
        hand_over: str = "at_sms",
        screens: Mapping[str, Any] | None = None,
    ) -> None:
        self.path_key = _options.path_key("channels.at_ussd.path_key", path_key)
        self.limits = _ussd.limits(_options.amount("channels.at_ussd.reply_within_s", reply_within_s, most=_PATIENCE_S))
        self.hand_over = _options.text("channels.at_ussd.hand_over", hand_over, 'Name a channel that can push, such as "at_sms".')
        self.secrets: tuple[str, ...] = (self.path_key,)
        self._country = country
        self._screens = {**SCREENS, **_screens({} if screens is None else screens)}

    def limits_for(self, message: Message) -> Limits:
        """The screen of the network that the person dials from; the safe one where it is not known."""
        characters = self._screens.get(message.meta.get("networkCode", ""))
        return self.limits if characters is None else _ussd.sized(self.limits, characters)

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


def _screens(table: object) -> Mapping[str, int]:
    """The operator's own table. Raises BadSetting."""
    option = "channels.at_ussd.screens"
    if not isinstance(table, Mapping):
        raise BadSetting(f"{option} is not a table. Write it as in screens = {{63903 = 184}}.")
    for code, characters in table.items():
        if not re.fullmatch(r"[0-9]{5,6}", str(code)):
            raise BadSetting(f"{option}: {code!r} is no networkCode. Take the 5 or 6 digits that Africa's Talking posts, such as 63902.")
        if not re.fullmatch(r"[0-9]{2,3}", str(characters)) or not _LEAST <= int(characters) <= _MOST:
            raise BadSetting(f"{option}.{code} is {characters!r}. Set the characters of a screen, from {_LEAST} to {_MOST}.")
    return {str(code): int(characters) for code, characters in table.items()}
