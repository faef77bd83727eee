"""An Android phone as the gateway: capcom6 "SMS Gateway for Android". Webhook: receive, one address for all events of the app.

Needs no internet: the phone's local server takes our sends over the LAN, and the phone posts its webhooks back over the LAN (to an
https address; to a plain http one only from the app's "insecure" build, or over `adb reverse` to 127.0.0.1). Retries go on for about
two days and survive a phone that was off, so that messages may come very late: `sent_at` says how late.

In the app, set Messages > Processing order to FIFO: it ships as LIFO, which turns the parts of an answer around. Set a long signing
key under Webhooks, and turn RCS off: chat messages never reach the app. The phone's clock has to be right, or nothing verifies.
"""

import hmac
import json
import re
import time
from collections.abc import Mapping, Sequence
from hashlib import sha256

import requests

from bot.core.errors import BadSetting, Throttled, Unsigned
from bot.core.ports import Parse
from bot.core.types import Event, Limits, Message, Reply, Request, Response, Status, StatusUpdate
from channels import _http, _options
from channels._form import JSON, Form, read_time
from channels._json import child, fields, read_tree

_STATUSES: Mapping[str, Status] = {
    "sms:sent": Status.SENT,
    "sms:delivered": Status.DELIVERED,
    "sms:failed": Status.FAILED,
    "sms:cancelled": Status.FAILED,
}
_KEY_CHARS = 8  # as many as the key that the app makes for itself
_STAMP = re.compile(r"[0-9]{1,12}")
_REASON = re.compile(r"[A-Z][A-Z_]{4,60}")  # Android's name of an error: the words around it may hold a number


class AndroidGateway:
    """Options: `base_url` (http://<phone>:8080, or https://<server>/3rdparty/v1), `username`, `password`, `signing_key`;
    `sim_number` (1 or 2; the app's choice where left out), `priority` (100 and more overtakes the app's own delays), `rate_per_s`
    (0.05: carriers block SIM cards that send more than 30 to 200 an hour), `tolerance_s` (300) of the two clocks, `timeout_s`.
    Raises BadSetting."""

    name = "android_gateway"
    hand_over = ""

    def __init__(
        self,
        *,
        country: str,
        public_url: str = "",
        base_url: str = "",
        username: str = "",
        password: str = "",
        signing_key: str = "",
        sim_number: int | None = None,
        priority: int | None = None,
        rate_per_s: float = 0.05,
        tolerance_s: float = 300.0,
        timeout_s: float = _http.ANSWER_S,
    ) -> None:
        home = "Find it on the app's home screen."
        self._auth = (_text("username", username, home), _text("password", password, home))
        self._key = _text("signing_key", signing_key, "Find it in the app under Settings, Webhooks.")
        if len(self._key) < _KEY_CHARS:
            raise BadSetting("channels.android_gateway.signing_key is too short to prove who calls. Set 20 characters or more in the app.")
        self.secrets: tuple[str, ...] = (self._auth[1], self._key)
        self.limits = Limits(rate_per_s=_amount("rate_per_s", rate_per_s, 100), keeps_key=True)
        self._country = country
        self._url = _options.address("channels.android_gateway.base_url", base_url, lan=True) + "/messages"
        chosen = {"simNumber": ("sim_number", sim_number, 8), "priority": ("priority", priority, 127)}
        self._extras = {field: int(_amount(option, value, most)) for field, (option, value, most) in chosen.items() if value is not None}
        self._tolerance_s = _amount("tolerance_s", tolerance_s, 86400)
        self._timeout_s = _amount("timeout_s", timeout_s, 120)

    def routes(self) -> Mapping[str, Parse]:
        """receive."""
        return {"receive": self._receive}

    def respond(self, reply: Reply | None) -> Response:
        """Any 2xx will do."""
        return Response(body="{}", content_type=JSON)

    def send(self, urn: str, text: str, *, key: str) -> str:
        """Hands one part to the phone, under our key: the phone refuses to take a key twice, so that trying again is safe."""
        part = {"id": key, "textMessage": {"text": text}, "phoneNumbers": [_http.recipient(urn)], "withDeliveryReport": True}
        body = json.dumps(part | {"ttl": int(self.limits.max_age_s)} | self._extras).encode()
        answer = _http.post(self._url, data=body, headers={"Content-Type": JSON}, auth=self._auth, timeout_s=self._timeout_s)
        return _id(answer, key)

    def _receive(self, request: Request) -> Sequence[Event]:
        check_signature(request, self._key, now=time.time(), tolerance_s=self._tolerance_s)
        tree = read_tree(request)
        event = fields(tree).word("event")
        if event == "sms:received":
            return self._message(fields(child(tree, "payload")))
        if event in _STATUSES:
            return (self._update(event, fields(child(tree, "payload"))),)
        return ()  # pings, pictures, data messages, and what they will add

    def _message(self, payload: Form) -> Sequence[Event]:
        sender = "sender" if "sender" in payload else "phoneNumber"  # its name until 2026
        if payload.from_machine(sender):
            return ()
        message = Message(
            channel=self.name,
            external_id=_identity(payload, sender),
            urn=payload.number(sender, self._country),
            text=payload.text("message"),
            to=payload.maybe("recipient"),
            sent_at=read_time(payload.word("receivedAt")),
            meta={name: value for name in ("simNumber",) if (value := payload.maybe(name))},
        )
        return (message,)

    def _update(self, event: str, payload: Form) -> StatusUpdate:
        """The app reports by message id, and the id is our key."""
        key = payload.word("messageId")
        reason = _REASON.search(payload.text("reason")) if "reason" in payload else None
        return StatusUpdate(channel=self.name, external_id=key, key=key, status=_STATUSES[event], code=reason.group() if reason else event)


def check_signature(request: Request, key: str, *, now: float, tolerance_s: float) -> None:
    """The HMAC over the raw body and the timestamp right behind it; each try of the app is signed anew. Raises Unsigned.

    Nothing separates the two, but no digit can change sides: a body without its last "}" and a body with digits behind it are no JSON.
    """
    stamp, signature = request.headers.get("x-timestamp", ""), request.headers.get("x-signature", "")
    right = hmac.new(key.encode(), request.body + stamp.encode("utf-8", "replace"), sha256).hexdigest()
    if not hmac.compare_digest(right.encode(), signature.encode("utf-8", "replace")) or not _STAMP.fullmatch(stamp):
        raise Unsigned("The signature is missing or wrong. Copy signing_key from the app again.")
    if abs(now - int(stamp)) > tolerance_s:
        raise Unsigned(f"The signature is older or newer than {tolerance_s:g} s. Set the clocks of the phone and of this machine.")


def _identity(payload: Form, sender: str) -> str:
    """One id for one SMS. The event's own id is stable over retries, but each webhook registration has one of its own, and so has each
    mode of the app (even `deviceId` differs between them); `messageId` is a 32-bit hash of the text. Nobody sends one text twice
    within the one second that the network's time stamp tells apart, and where the network itself doubles an SMS, one is right."""
    at = payload.word("receivedAt")
    same = [payload.word(sender), read_time(at) or at, payload.text("message")]
    return sha256(json.dumps(same).encode()).hexdigest()[:32]


def _id(answer: requests.Response, key: str) -> str:
    """The id of the message on the phone. Raises SendError where the phone did not take it."""
    if answer.status_code == requests.codes.conflict:  # it has this key already: an earlier try got through
        return key
    if answer.status_code == requests.codes.service_unavailable:  # its queue is full
        raise Throttled("HTTP 503", after_s=_http.refusal(answer.status_code, answer.headers).after_s)
    if not _http.is_success(answer):
        raise _http.refusal(answer.status_code, answer.headers)
    taken = _http.read_object(answer).get("id")
    return taken if isinstance(taken, str) and taken else key


def _text(option: str, value: str, remedy: str) -> str:
    return _options.text(f"channels.android_gateway.{option}", value, remedy)


def _amount(option: str, value: float, most: float) -> float:
    return _options.amount(f"channels.android_gateway.{option}", value, most=most)
