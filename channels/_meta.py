"""What Meta posts for WhatsApp: its check of our address, its signature, and its batches as events.

A batch holds up to 1,000 updates, and a refused one comes again for 7 days. So what cannot be read in it is left out and told to the
log, and costs nothing of the rest.
"""

import hmac
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from urllib.parse import parse_qsl

from bot.core.errors import Challenge, Malformed, Unsigned
from bot.core.price import Price
from bot.core.types import Event, Linked, Message, OptOut, Request, Status, StatusUpdate
from bot.core.urn import whatsapp, whatsapp_user
from channels._form import MAX_FIELDS, MAX_TEXT, Form
from channels._json import Node, child, children, fields, read_tree

_STATUSES: Mapping[str, Status] = {
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    "failed": Status.FAILED,
}
_STOPPED = "131050"  # the person stopped our messages in WhatsApp itself
_NO_LETTER = re.compile(r"[\0\ud800-\udfff]")
_BOTH = (("contacts", "wa_id", "user_id"), ("messages", "from", "from_user_id"), ("statuses", "recipient_id", "recipient_user_id"))
_CATEGORY = re.compile(r"[a-z_]{1,40}")
_AXES = (("latitude", 90), ("longitude", 180))

log = logging.getLogger(__name__)


def challenge(request: Request, token: str) -> Challenge:
    """The answer to a check of our address. Raises Unsigned where it does not know `token`, or Malformed."""
    try:
        query = Form(parse_qsl(request.url.partition("?")[2], keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        raise Malformed(f"The address has more than {MAX_FIELDS} parameters.") from None
    if query.maybe("hub.mode") != "subscribe" or not _same(query.maybe("hub.verify_token"), token):
        raise Unsigned("The verify token is missing or wrong. Enter the same word as in verify_token.")
    return Challenge(query.word("hub.challenge"))


def check_signature(request: Request, secret: str) -> None:
    """Compares X-Hub-Signature-256 with ours over the body's very bytes, in constant time. Raises Unsigned."""
    digest = hmac.new(secret.encode(), request.body, sha256).hexdigest()
    if not _same(request.headers.get("x-hub-signature-256", ""), f"sha256={digest}"):
        raise Unsigned("The signature is missing or wrong. Check app_secret: it is the secret of the app that sends these webhooks.")


def read(request: Request, *, channel: str, number_id: str) -> Sequence[Event]:
    """Every event of a batch that is for our number. Raises Malformed where it is no batch of WhatsApp's at all."""
    tree = read_tree(request)
    if fields(tree).word("object") != "whatsapp_business_account":
        raise Malformed("The field 'object' is not 'whatsapp_business_account'. Subscribe this address to WhatsApp only.")
    if not isinstance(tree.get("entry"), list):
        raise Malformed("The field 'entry' is not a list.")
    changes = [change for entry in children(tree, "entry") for change in children(entry, "changes")]
    return tuple(_each("change", changes, lambda change: _change(change, channel, number_id)))


def _each(what: str, nodes: Iterable[Node], parse: Callable[[Node], Sequence[Event]]) -> Iterator[Event]:
    """The events of every node that can be read."""
    for node in nodes:
        try:
            yield from parse(node)
        except Malformed as error:
            log.warning("meta_whatsapp: left one %s out of a batch: %s", what, error)


def _change(change: Node, channel: str, number_id: str) -> Sequence[Event]:
    """The messages and reports of one change; none where it is news of another kind, or of another number of the account."""
    if change.get("field") != "messages":
        return ()
    value = child(change, "value")
    ours = fields(child(value, "metadata"))
    if ours.word("phone_number_id") != number_id:
        return ()
    to = ours.maybe("display_phone_number")
    messages = _each("message", children(value, "messages"), lambda node: _message(node, channel, to))
    reports = _each("status", children(value, "statuses"), lambda node: _status(node, channel))
    return (*_links(value, channel), *messages, *reports)


def _links(value: Node, channel: str) -> Sequence[Event]:
    """Who shows both a number and a user id: those who hide the number later on will be known by the id. They come first, so that a
    message which names its sender by the id alone finds the person."""
    forms = [(fields(node), number, user_id) for where, number, user_id in _BOTH for node in children(value, where)]
    return tuple(dict.fromkeys(link for form, number, user_id in forms for link in _link(form, number, user_id, channel)))


def _link(form: Form, number: str, user_id: str, channel: str) -> Sequence[Event]:
    """Nothing where one of the two is missing, or is no such thing."""
    try:
        return (Linked(channel=channel, urn=whatsapp(form.maybe(number)), other=whatsapp_user(form.maybe(user_id))),)
    except (ValueError, Malformed):
        return ()


def _message(node: Node, channel: str, to: str) -> Sequence[Event]:
    """What a person sent. What a group says is not for us, and a "system" message is WhatsApp's own note."""
    form = fields(node)
    kind = form.word("type")
    if node.get("group_id") or kind == "system":
        return ()
    text, meta = _said(node, kind)
    message = Message(
        channel=channel,
        external_id=form.word("id"),
        urn=_person(form, "from", "from_user_id"),
        text=text,
        to=to,
        sent_at=_moment(form.maybe("timestamp")),
        meta=meta,
    )
    return (message,)


def _said(node: Node, kind: str) -> tuple[str, Mapping[str, str]]:
    """The words of a message, and what a reply may need besides them."""
    meta = {"type": kind}
    match kind:
        case "text":
            return _plain(child(node, kind).get("body")), {}
        case "button":  # of a template. The person's word: a "Stop" has to be one, whatever payload stands behind it
            return _plain(child(node, kind).get("text")), meta
        case "interactive":
            return _picked(child(node, kind)), meta
        case "location":
            return "", {**meta, **_place(child(node, kind))}
    media = node.get(kind)
    caption = media.get("caption") if isinstance(media, dict) else None
    return (_plain(caption) if caption else ""), meta


def _plain(words: object) -> str:
    """Words that can be stored. Longer than any question: cut, because nobody would be answered otherwise."""
    if not isinstance(words, str):
        raise Malformed("The words of a message are not a text.")
    return _NO_LETTER.sub("\ufffd", words[:MAX_TEXT])


def _picked(interactive: Node) -> str:
    """The id of the button or row that was tapped; "" for forms and the like."""
    for name in ("button_reply", "list_reply"):
        if name in interactive:
            return fields(child(interactive, name)).word("id")
    return ""


def _place(location: Node) -> Mapping[str, str]:
    """Degrees as texts. Raises Malformed for what is nowhere on Earth."""
    place: dict[str, str] = {}
    for axis, most in _AXES:
        degrees = location.get(axis)
        if not isinstance(degrees, int | float) or not -most <= degrees <= most:
            raise Malformed(f"The field '{axis}' is not a number of degrees.")
        place[axis] = str(degrees)
    return place


def _status(node: Node, channel: str) -> Sequence[Event]:
    """What became of a message of ours; nothing for words that do not move it, such as "deleted"."""
    form = fields(node)
    word = form.word("status")
    if word not in _STATUSES:
        return ()
    codes = [code for error in children(node, "errors") if (code := fields(error).maybe("code"))]
    update = StatusUpdate(
        channel=channel,
        external_id=form.word("id"),
        status=_STATUSES[word],
        code=codes[0] if codes else word,
        key=form.maybe("biz_opaque_callback_data"),
        price=_price(node),
    )
    if _STOPPED not in codes:
        return (update,)
    return (update, OptOut(channel=channel, urn=_person(form, "recipient_id", "recipient_user_id")))


def _price(status: Node) -> Price | None:
    """Meta names what it charges by, "utility" or "service", and whether it charges at all; how much stands in its price list."""
    pricing = status.get("pricing")
    category = pricing.get("category") if isinstance(pricing, dict) else None
    if not isinstance(pricing, dict) or not isinstance(category, str) or not _CATEGORY.fullmatch(category):
        return None
    return Price(category=f"{category}, free" if pricing.get("billable") is False else category)


def _person(form: Form, number: str, user_id: str) -> str:
    """The URN by the number, or by the user id where the person shows none. Raises Malformed."""
    try:
        return whatsapp(form.word(number)) if form.maybe(number) else whatsapp_user(form.word(user_id))
    except ValueError:
        raise Malformed(f"Neither '{number}' nor '{user_id}' names a WhatsApp user.") from None


def _moment(raw: str) -> float | None:
    """Seconds since the epoch; Meta writes seconds, and milliseconds at times."""
    if not re.fullmatch(r"[0-9]{1,15}", raw):
        return None
    number = float(raw)
    return number / 1000 if number >= 1e11 else number


def _same(given: str, ours: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), ours.encode())
