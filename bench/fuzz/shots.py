"""Requests that nobody should send, made from good ones; and what may come of each."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl, quote

from hypothesis import strategies as st

from bench.fuzz.doors import Door
from bench.fuzz.target import Answer
from bot.core.types import Request
from tests.channels.runner import FORM, JSON, PUBLIC_URL, changed, forged

_Some = TypeVar("_Some")
_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
_METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "post", "BREW")
_TYPES = (FORM, JSON, f"{FORM}; charset=utf-8", f"{JSON}; charset=utf-16", "multipart/form-data; boundary=x", "text/plain", "", "\u00ff/;;")
_PROOFS = ("x-twilio-signature", "x-hub-signature-256", "x-signature", "x-timestamp", "x-ujumbe-signature", "authorization")
_HEADERS = (
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-for",
    "forwarded",
    "accept",
    "cookie",
    "content-encoding",
    "expect",
    *_PROOFS,
)
_VALUES = ("", "https", "sha256=", "sha256=" + "0" * 64, "0", "-1", "9" * 30, "gzip", "deflate", "br", "identity", "100-continue", "\u00e9")


class Proof(StrEnum):
    """What a request has to show for itself."""

    RIGHT = "right"  # signed, or the path key
    NONE = "none"
    FORGED = "forged"  # of the right form and with the wrong content
    STALE = "stale"  # of another body: what a thief of one request would try


@dataclass(frozen=True)
class Shot:
    """One request as bytes, with what it was made of."""

    raw: bytes
    proof: Proof
    body: bytes
    signed: bytes  # the body that the proof is of
    note: str

    def __repr__(self) -> str:
        return f"Shot({self.note}, {self.raw[:1500]!r})"


def problems(door: Door, shot: Shot, answer: Answer) -> Sequence[str]:
    """What must not have happened."""
    found = [f"answered {answer.status}"] if answer.status >= 500 else []
    found += [f"an error in the log: {line}" for line in answer.errors]
    found += ["something private in the log"] if answer.leaks else []
    if answer.events and not _may_be_taken(door, shot):
        found.append(f"taken with {shot.proof} proof: {[type(event).__name__ for event in answer.events]}")
    return found


def _may_be_taken(door: Door, shot: Shot) -> bool:
    if shot.proof is Proof.STALE and door.signs_the_body:
        return shot.body == shot.signed
    if shot.proof is Proof.STALE and door.table.name.startswith("twilio"):
        return _pairs(shot.body) == _pairs(shot.signed)
    return shot.proof in (Proof.RIGHT, Proof.STALE)


def _pairs(body: bytes) -> set[tuple[str, str]]:
    """What Twilio signs of a form: every name and value, once each."""
    return set(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def good(door: Door) -> Shot:
    """The good request as it is."""
    seed = door.good
    request = door.table.sign(door.table.request(door.action, seed.body, query=seed.query, headers=seed.headers))
    return Shot(encoded(request, request.method), Proof.RIGHT, seed.body, seed.body, "good")


@st.composite
def shots(draw: st.DrawFn, door: Door) -> Shot:
    """Any request to `door`."""
    seed = draw(st.sampled_from(door.seeds))
    body = draw(_bodies(door, seed.body))
    proof = draw(st.sampled_from((*Proof, Proof.RIGHT, Proof.RIGHT, Proof.RIGHT)))  # what gets through goes deepest
    query = draw(_mostly(seed.query) | _queries(seed.query))
    kind = draw(_mostly(None) | st.sampled_from(_TYPES))
    headers = {**(seed.headers or {}), **({} if kind is None else {"content-type": kind})}
    first = door.table.request(door.action, seed.body, query=query, headers=headers)
    request = proven(door, door.table.request(door.action, body, query=query, headers=headers), first, proof)
    extra = draw(st.just({}) | st.dictionaries(st.sampled_from(_HEADERS), st.sampled_from(_VALUES), max_size=3))
    odd = {name: value for name, value in extra.items() if name not in request.headers}
    method = draw(_mostly(request.method) | st.sampled_from(_METHODS))
    framing = draw(st.sampled_from(("length", "length", "chunked", "gzip")))
    raw = encoded(replace(request, headers={**request.headers, **odd}), method, framing=framing)
    return Shot(raw, proof, body, seed.body, f"{door.name} {method} {proof} {framing}")


def _mostly(usual: _Some) -> st.SearchStrategy[_Some]:
    """To be joined with what is odd: the usual four times of five."""
    return st.just(usual) | st.just(usual) | st.just(usual) | st.just(usual)


def proven(door: Door, request: Request, first: Request, proof: Proof) -> Request:
    match proof:
        case Proof.RIGHT:
            return door.table.sign(request)
        case Proof.FORGED:
            return forged(request, door.table)
        case Proof.STALE:
            stolen = door.table.sign(first)
            return replace(stolen, body=request.body, url=request.url)
        case Proof.NONE:
            return request


def _bodies(door: Door, seed: bytes) -> st.SearchStrategy[bytes]:
    fields = st.builds(door.table.encode, changed(door.table.good[door.action]))
    tree = st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=20), lambda some: st.lists(some) | _objects(some))
    nested = st.builds(lambda value: json.dumps(value).encode(), tree)
    return st.just(seed) | st.builds(_mutated, st.just(seed), st.lists(_EDITS, min_size=1, max_size=4)) | fields | nested | st.binary()


def _objects(some: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    names = st.sampled_from(("object", "entry", "changes", "value", "field", "messages", "from", "id", "text", "type", "event", "payload"))
    return st.dictionaries(names | st.text(max_size=5), some, max_size=4)


_EDITS = st.tuples(
    st.sampled_from(("cut", "drop", "put", "swap", "double")),
    st.floats(0, 1),
    st.binary(min_size=1, max_size=6)
    | st.sampled_from((b"%00", b"%", b"%ED%A0%BD", b"\\ud83d", b"&", b"=", b"\xff", b"{", b"]", b"*", b"+")),
)


def _mutated(body: bytes, edits: Sequence[tuple[str, float, bytes]]) -> bytes:
    for kind, place, some in edits:
        at = int(place * len(body))
        match kind:
            case "cut":
                body = body[:at]
            case "drop":
                body = body[:at] + body[at + len(some) :]
            case "put":
                body = body[:at] + some + body[at:]
            case "swap":
                body = body[:at] + some + body[at + len(some) :]
            case _:
                body = body[:at] + body[at : at + 300] + body[at:]
    return body


def _queries(query: str) -> st.SearchStrategy[str]:
    """Another query, without what would end a request line."""
    odd = st.text(max_size=40) | st.sampled_from(
        (f"{query[1:]}&{query[1:]}", "bodySHA256=0", "key=%00", "&" * 300, "%", "hub.mode=subscribe")
    )
    return st.builds(lambda text: f"?{quote(text, safe=_VISIBLE)}", odd)


def encoded(request: Request, method: str, *, framing: str = "length") -> bytes:
    """The bytes on the line. The path key goes where the gateway looks for it."""
    path, mark, query = request.url.removeprefix(PUBLIC_URL).partition("?")
    target = quote(f"{path}/{request.path_key}" if request.path_key else path, safe=_VISIBLE) + mark + quote(query, safe=_VISIBLE)
    body, headers = request.body, {name: value for name, value in request.headers.items() if value or name != "content-type"}
    if framing == "gzip":
        body, headers = gzip.compress(body), {**headers, "content-encoding": "gzip"}
    headers |= {"host": "127.0.0.1", "connection": "close"}
    if framing == "chunked":
        headers["transfer-encoding"] = "chunked"
        pieces = [some for some in (body[: len(body) // 2], body[len(body) // 2 :]) if some]
        body = b"".join(b"%x\r\n%s\r\n" % (len(some), some) for some in (*pieces, b""))
    else:
        headers["content-length"] = str(len(body))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "replace") + body
