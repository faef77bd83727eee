"""Anything else that speaks HTTP and JSON: docs/channels/http.md is its contract. Webhooks, both POST: receive, status.

Whoever calls proves it with a signature over the body (`secret`), with the key at the end of the address (`path_key`), or with both.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from hashlib import sha256

import requests

from bot.core.errors import BadSetting, Malformed, Unknown, Unsigned
from bot.core.ports import Parse
from bot.core.price import Sent, read_price
from bot.core.types import Event, Limits, Message, Reply, Request, Response, Status, StatusUpdate
from channels import _http, _options
from channels._form import JSON, MAX_WORD, Form, check_key, read_json, read_time

_STATUSES = {status.value: status for status in (Status.SENT, Status.DELIVERED, Status.READ, Status.FAILED)}
_SIGNATURE = "X-Ujumbe-Signature"


class Http:
    """Options: `send_url`, and `secret` or `path_key` or both; `keeps_key` (true where the gateway drops repeats of an
    Idempotency-Key: then what is unclear is sent again), `rate_per_s`, `timeout_s`. Raises BadSetting."""

    name = "http"
    hand_over = ""

    def __init__(
        self,
        *,
        country: str,
        public_url: str = "",
        send_url: str = "",
        secret: str = "",
        path_key: str = "",
        keeps_key: bool = False,
        rate_per_s: float = 10.0,
        timeout_s: float = _http.ANSWER_S,
    ) -> None:
        if not secret and not path_key:
            raise BadSetting("channels.http has neither secret nor path_key: anybody could call. Set one of them, or both.")
        self.path_key = _options.path_key("channels.http.path_key", path_key) if path_key else ""
        self._secret = _options.path_key("channels.http.secret", secret) if secret else ""
        self.secrets: tuple[str, ...] = tuple(filter(None, (self._secret, self.path_key)))
        rate = _options.amount("channels.http.rate_per_s", rate_per_s, most=1000.0)
        self.limits = Limits(rate_per_s=rate, keeps_key=_options.flag("channels.http.keeps_key", keeps_key))
        self._country = country
        self._url = _options.address("channels.http.send_url", send_url, lan=True)
        self._timeout_s = _options.amount("channels.http.timeout_s", timeout_s, most=120.0)

    def routes(self) -> Mapping[str, Parse]:
        """receive, status."""
        return {"receive": self._receive, "status": self._status}

    def respond(self, reply: Reply | None) -> Response:
        """200 is all there is to say: the reply is posted to `send_url`."""
        return Response(body="{}", content_type=JSON)

    def send(self, urn: str, text: str, *, key: str) -> str:
        """Posts one part, signed like the webhooks."""
        body = json.dumps({"key": key, "to": _http.recipient(urn), "text": text}).encode()
        headers = {"Content-Type": JSON, "Idempotency-Key": key}
        if self._secret:
            headers[_SIGNATURE] = sign(body, self._secret)
        return _id(_http.post(self._url, data=body, headers=headers, timeout_s=self._timeout_s))

    def _receive(self, request: Request) -> Sequence[Event]:
        form = self._verified(request)
        if form.from_machine("from"):
            return ()
        message = Message(
            channel=self.name,
            external_id=form.word("id"),
            urn=form.number("from", self._country),
            text=form.text("text"),
            to=form.maybe("to"),
            sent_at=read_time(form.maybe("sent_at")),
        )
        return (message,)

    def _status(self, request: Request) -> Sequence[Event]:
        form = self._verified(request)
        external_id, key, word = form.maybe("id"), form.maybe("key"), form.word("status")
        if not external_id.strip() and not key.strip():
            raise Malformed("The fields 'id' and 'key' are both missing. One of them has to name the message.")
        if word not in _STATUSES:
            raise Malformed(f"The field 'status' is none of {', '.join(_STATUSES)}.")
        update = StatusUpdate(
            channel=self.name,
            external_id=external_id,
            key=key,
            status=_STATUSES[word],
            code=form.maybe("code") or word,
            price=read_price(form.maybe("cost")),
        )
        return (update,)

    def _verified(self, request: Request) -> Form:
        check_key(request, self.path_key)
        given = request.headers.get(_SIGNATURE.lower(), "").encode("utf-8", "replace")
        if self._secret and not hmac.compare_digest(sign(request.body, self._secret).encode(), given):
            raise Unsigned(f"The header {_SIGNATURE} is missing or wrong. See docs/channels/http.md.")
        return read_json(request)


def sign(body: bytes, secret: str) -> str:
    """What stands in X-Ujumbe-Signature: "sha256=" and the lower-case hex of the HMAC-SHA256 over the raw body."""
    return f"sha256={hmac.new(secret.encode(), body, sha256).hexdigest()}"


def _id(answer: requests.Response) -> str:
    """The gateway's id of the message, with its price where the answer has one. A 2xx without an id proves nothing: hotspots answer 200
    to everything. Raises SendError."""
    if not _http.is_success(answer):
        raise _http.refusal(answer.status_code, answer.headers)
    said = _http.read_object(answer)
    taken, price = said.get("id"), read_price(str(said.get("cost", "")))
    if not isinstance(taken, str) or not taken.strip() or len(taken) > MAX_WORD:
        raise Unknown("unreadable answer")
    return Sent(taken, price) if price else taken
