"""WhatsApp by Meta's Cloud API. One webhook, receive: GET is Meta's check of the address, POST its signed batches of messages and
status reports (see channels/_meta.py).

Free text may be sent within 24 hours of a person's last message; later only a template that Meta has approved, at a price. Write one for
each language whose body is a sentence around one placeholder, such as "News from Ujumbe: {{1}} Reply STOP to end.", and name them:

    [channels.meta_whatsapp.templates]
    en = "ujumbe_news"
    sw = "ujumbe_habari"

Without one, nothing is sent outside the window. Meta knows no idempotency key, but gives ours back in every status report.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from bot.core.errors import BadConfig, BadSetting, NoWindow, OptedOut, Rejected, SendError, Throttled, ThrottledOne, Unknown, Unreachable
from bot.core.ports import Parse
from bot.core.text.cut import starts_cluster
from bot.core.types import Choice, Event, Limits, Reply, Request, Response
from bot.core.urn import address, whatsapp_user
from channels import _http, _meta, _options
from channels._json import children

_API = "https://graph.facebook.com"
_TEXT = 4096  # characters of a text, and of a list's body
_ROWS, _ROW_TITLE, _ROW_MORE = 10, 24, 72
_BUTTONS, _BUTTON_TITLE, _BUTTON_TEXT = 3, 20, 1024

# Meta's error codes that mean more than their HTTP status. One person, country or template that is refused is no reason to stop
# the channel.
_CODES: Mapping[int, type[SendError]] = {
    **dict.fromkeys(range(200, 300), BadConfig),  # permissions
    **dict.fromkeys((4, 80007, 130429, 131048, 133016), Throttled),
    131056: ThrottledOne,
    **dict.fromkeys((131057, 2494100), Unreachable),  # the account is being maintained
    **dict.fromkeys((0, 3, 10, 190, 368, 131005, 131031, 131037, 131042, 131044, 131045, 131064, 133010), BadConfig),
    **dict.fromkeys((130472, 130497, 131008, 131009, 131021, 131026, 131030, 131049, 131051, 131062, 131063), Rejected),
    **dict.fromkeys((132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016), Rejected),
    131047: NoWindow,
    131050: OptedOut,
}
_TRANSIENT = frozenset({1, 2, 131000, 131016})  # Meta's own trouble: not taken, where a 4xx says it
_PAUSE_S: Mapping[int, float] = {131056: 4.0, 131048: 900.0}  # one person's pace; too many people blocked us
_NO_SUCH_OBJECT = (100, 33)  # code and subcode of a wrong phone_number_id, or of a token for another account


class MetaWhatsapp:
    """Options: `phone_number_id`, `access_token`, `app_secret`, `verify_token`; `menu_word` ("Menu": the button that opens a list),
    `templates` (language -> name), `read_receipts` (true: people see that we read them), `rate_per_s` (80), `timeout_s`,
    `version` ("v25.0"), `base_url` (instead of https://graph.facebook.com). Raises BadSetting."""

    name = "meta_whatsapp"
    hand_over = ""

    def __init__(
        self,
        *,
        country: str = "",
        public_url: str = "",
        phone_number_id: str = "",
        access_token: str = "",
        app_secret: str = "",
        verify_token: str = "",
        menu_word: str = "Menu",
        templates: Mapping[str, str] | None = None,
        read_receipts: bool = True,
        rate_per_s: float = 80.0,
        timeout_s: float = _http.ANSWER_S,
        version: str = "v25.0",
        base_url: str = "",
    ) -> None:
        token = _text("access_token", access_token, "Make a lasting one for a system user in Meta's business settings.")
        self._app_secret = _text("app_secret", app_secret, "Copy it from the app's basic settings.", ascii_only=False)
        self._verify_token = _text("verify_token", verify_token, "Choose a long word, and enter the same where Meta asks for it.")
        self._number_id = _matching("phone_number_id", phone_number_id, r"[0-9]{5,20}", "Copy the phone number ID, not the number.")
        self._menu_word = _matching("menu_word", menu_word, r".{1,20}", "Choose a word of at most 20 characters.")
        self.templates = _options.templates("channels.meta_whatsapp.templates", templates or {}, name=r"[a-z0-9_]{1,512}")
        self._shows_read = _options.flag("channels.meta_whatsapp.read_receipts", read_receipts)
        self.limits = Limits(
            max_body=3 * 2**20,  # batches of up to 1000 events
            gsm7=False,
            scheme="whatsapp",
            units=_TEXT,
            units_joined=_TEXT,
            max_parts=1,
            pair_s=6.0,  # to one person, of which 45 may be borrowed: beyond that it is error 131056
            pair_burst=45,
            rate_per_s=_options.amount("channels.meta_whatsapp.rate_per_s", rate_per_s, most=1000.0),
            window_h=24.0,
            choices=_ROWS,
        )
        self.secrets: tuple[str, ...] = (token, self._app_secret, self._verify_token)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._timeout_s = _options.amount("channels.meta_whatsapp.timeout_s", timeout_s, most=120.0)
        api = _options.address("channels.meta_whatsapp.base_url", base_url) if base_url else _API
        release = _matching("version", version, r"v[0-9]{1,3}\.[0-9]", 'Leave it out, or write it as in "v25.0".')
        self._url = f"{api}/{release}/{self._number_id}/messages"

    def routes(self) -> Mapping[str, Parse]:
        """receive: messages and status reports come to one address."""
        return {"receive": self._receive}

    def respond(self, reply: Reply | None) -> Response:
        """200 is all they ask for."""
        return Response()

    def send(self, urn: str, text: str, *, key: str) -> str:
        """Sends one text."""
        return self._send(urn, {"type": "text", "text": {"body": text, "preview_url": False}}, key)

    def send_menu(self, urn: str, text: str, choices: Sequence[Choice], *, key: str) -> str:
        """Sends a text with 1 to 10 choices: as buttons where all of them fit on buttons, else as a list. ValueError for more."""
        if not 0 < len(choices) <= _ROWS:
            raise ValueError(f"a WhatsApp menu has 1 to {_ROWS} choices, not {len(choices)}")
        menu = _buttons(choices) if _fits_buttons(text, choices) else _list(choices, self._menu_word)
        return self._send(urn, {"type": "interactive", "interactive": {"body": {"text": text}, **menu}}, key)

    def send_template(self, urn: str, name: str, lang: str, parameters: Sequence[str], *, key: str) -> str:
        """Sends the approved template `name` in `lang` ("en", "sw") with its body's placeholders filled: at any time, at a price.

        Meta refuses line ends and wide gaps in what fills a placeholder, so each is one line there."""
        values = [{"type": "text", "text": " ".join(value.split())} for value in parameters]
        template = {
            "name": name,
            "language": {"policy": "deterministic", "code": lang},
            "components": [{"type": "body", "parameters": values}] if values else [],
        }
        return self._send(urn, {"type": "template", "template": template}, key)

    def mark_read(self, message_id: str, *, typing: bool) -> None:
        """Shows the person two blue ticks on their message, and with `typing` that we write, for 25 s or until we answer.

        Raises SendError."""
        if self._shows_read:
            writes = {"typing_indicator": {"type": "text"}} if typing else {}
            self._call({"status": "read", "message_id": message_id, **writes})

    def _receive(self, request: Request) -> Sequence[Event]:
        if request.method == "GET":
            raise _meta.challenge(request, self._verify_token)
        _meta.check_signature(request, self._app_secret)
        return _meta.read(request, channel=self.name, number_id=self._number_id)

    def _send(self, urn: str, content: Mapping[str, Any], key: str) -> str:
        answer = self._call({"recipient_type": "individual", **_recipient(urn), **content, "biz_opaque_callback_data": key})
        external_id = next(iter(children(answer, "messages")), {}).get("id")
        if not isinstance(external_id, str) or not external_id:
            raise Unknown("unreadable answer")
        return external_id

    def _call(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        data = json.dumps({"messaging_product": "whatsapp", **body}).encode()
        answer = _http.post(self._url, data=data, headers=self._headers, timeout_s=self._timeout_s)
        if not _http.is_success(answer):
            raise _refusal(answer)
        return _http.read_object(answer)


def _recipient(urn: str) -> Mapping[str, str]:
    """Who gets it: a number, or the user id of a person who shows none. Raises Rejected for anybody else."""
    if not urn.startswith("whatsapp:"):
        raise Rejected("not a WhatsApp user")
    try:
        return {"recipient": address(whatsapp_user(urn))}
    except ValueError:
        return {"to": _http.recipient(urn, scheme="whatsapp").removeprefix("+")}


def _fits_buttons(text: str, choices: Sequence[Choice]) -> bool:
    labels = [choice.label for choice in choices]
    short = all(len(label) <= _BUTTON_TITLE for label in labels)
    return len(labels) <= _BUTTONS and short and len(set(labels)) == len(labels) and len(text) <= _BUTTON_TEXT


def _buttons(choices: Sequence[Choice]) -> Mapping[str, Any]:
    replies = [{"type": "reply", "reply": {"id": choice.id, "title": choice.label}} for choice in choices]
    return {"type": "button", "action": {"buttons": replies}}


def _list(choices: Sequence[Choice], word: str) -> Mapping[str, Any]:
    return {"type": "list", "action": {"button": word, "sections": [{"rows": [_row(choice) for choice in choices]}]}}


def _row(choice: Choice) -> Mapping[str, str]:
    """A label that is too long for its row stands in full below it."""
    row = {"id": choice.id, "title": _clip(choice.label, _ROW_TITLE)}
    return row if row["title"] == choice.label else {**row, "description": _clip(choice.label, _ROW_MORE)}


def _clip(label: str, most: int) -> str:
    if len(label) <= most:
        return label
    at = next(at for at in range(most - 1, -1, -1) if starts_cluster(label, at))
    return f"{label[:at].rstrip()}\u2026"


def _refusal(answer: requests.Response) -> SendError:
    """By Meta's code where we know it, else by the HTTP status. Its message may name the number, so that it goes no further."""
    general, error = _http.refusal(answer.status_code, answer.headers), _http.read_object(answer).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if not isinstance(error, dict) or not isinstance(code, int):
        return general
    kind = _CODES.get(code, type(general))
    if (code, error.get("error_subcode")) == _NO_SUCH_OBJECT:
        kind = BadConfig
    elif code in _TRANSIENT and kind is Rejected:
        kind = Unreachable
    return kind(str(code), after_s=_PAUSE_S.get(code, general.after_s))


def _text(option: str, value: str, remedy: str, *, ascii_only: bool = True) -> str:
    return _options.text(f"channels.meta_whatsapp.{option}", value, remedy, ascii_only=ascii_only)


def _matching(option: str, value: str, pattern: str, remedy: str) -> str:
    word = _text(option, value, remedy, ascii_only=False)
    if not re.fullmatch(pattern, word):
        raise BadSetting(f"channels.meta_whatsapp.{option} is not as it must be. {remedy}")
    return word
