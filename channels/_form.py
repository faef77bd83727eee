"""The fields of a webhook request, from a form or from flat JSON. What a database or a phone could not carry is Malformed.

No error of this file repeats a value: values are what people wrote, their numbers, and our keys.
"""

import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from bot.core.errors import Malformed, Unsigned
from bot.core.types import Request
from bot.core.urn import tel

_MACHINE = re.compile(r"\d{3,6}|[A-Za-z][A-Za-z0-9 ._&-]{1,10}")

MAX_FIELDS = 200
MAX_TEXT = 4096  # characters; the longest of our providers (WhatsApp). A joined SMS has at most 1600
MAX_WORD = 200  # characters of an id, a number, a status

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


class Form:
    """Named texts in wire order; a name may come twice. Has what Twilio's RequestValidator wants of a multi-dict."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._pairs = tuple(pairs)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def getall(self, name: str) -> list[str]:
        """Every value of `name`, in wire order."""
        return [value for other, value in self._pairs if other == name]

    def text(self, name: str) -> str:
        """What a person wrote: may be blank, must be there. Raises Malformed."""
        return self._value(name, MAX_TEXT)

    def word(self, name: str) -> str:
        """An id, a number or a status: must be there and not blank. Raises Malformed."""
        value = self._value(name, MAX_WORD)
        if not value.strip():
            raise Malformed(f"The field '{name}' is blank.")
        return value

    def maybe(self, name: str) -> str:
        """A field that providers may leave out, "" then. Raises Malformed where it is there and unusable."""
        return self._value(name, MAX_WORD) if name in self else ""

    def from_machine(self, name: str) -> bool:
        """Whether the sender is a short code or a name. Their messages are taken and dropped: answering machines makes loops, and
        refusing them makes the provider send them again for hours."""
        return _MACHINE.fullmatch(self.word(name)) is not None

    def number(self, name: str, country: str) -> str:
        """The URN of a person's phone. Raises Malformed for anything else."""
        try:
            return tel(self.word(name), country)
        except ValueError:
            raise Malformed(f"The field '{name}' is not the phone number of a person.") from None

    def _value(self, name: str, most: int) -> str:
        values = self.getall(name)
        if not values:
            raise Malformed(f"The field '{name}' is missing.")
        if len(values[0]) > most:
            raise Malformed(f"The field '{name}' is longer than {most} characters.")
        if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in values[0]):
            raise Malformed(f"The field '{name}' holds a character that no text has.")
        return values[0]


def read_form(request: Request) -> Form:
    """The fields of a posted form. Raises Malformed."""
    _expect(request, FORM)
    return Form(_pairs(request.body.decode("utf-8", "replace"), "utf-8"))


def read_query(request: Request, *, codecs: Mapping[str, str] | None = None) -> Form:
    """The fields behind the "?" of the address, for webhooks that come as GET. `codecs` names the encoding of each field whose bytes
    are not UTF-8. Raises Malformed."""
    raw = request.url.partition("?")[2].encode("utf-8", "replace").decode("latin-1")  # one character for each byte
    encoding = codecs or {}
    return Form([(name, value.encode("latin-1").decode(encoding.get(name, "utf-8"), "replace")) for name, value in _pairs(raw, "latin-1")])


def read_json(request: Request) -> Form:
    """The fields of a flat JSON object of texts. Raises Malformed."""
    _expect(request, JSON)
    try:
        fields = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Malformed("The body is not JSON.") from None
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        raise Malformed("The body is not a JSON object of texts.")
    return Form(tuple(fields.items()))


def check_key(request: Request, key: str) -> None:
    """Compares the secret at the end of the webhook's address, in constant time. Raises Unsigned."""
    if not hmac.compare_digest(request.path_key.encode("utf-8", "replace"), key.encode()):
        raise Unsigned("The key at the end of the address is missing or wrong. Copy the whole webhook address again.")


def is_form(request: Request) -> bool:
    """Whether the request says that it carries a form."""
    return media_type(request) == FORM


def media_type(request: Request) -> str:
    """The content type without its parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def read_time(raw: str) -> float | None:
    """Seconds since the epoch of an ISO 8601 time, UTC where it names no zone. None where it cannot be read."""
    try:
        moment = datetime.fromisoformat(raw.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        return None


def _pairs(raw: str, encoding: str) -> list[tuple[str, str]]:
    """Names and values. Bad bytes become "\ufffd": one broken letter is no reason to leave a person without an answer."""
    try:
        return parse_qsl(raw, keep_blank_values=True, max_num_fields=MAX_FIELDS, encoding=encoding)
    except ValueError:
        raise Malformed(f"The form has more than {MAX_FIELDS} fields.") from None


def _expect(request: Request, wanted: str) -> None:
    if media_type(request) != wanted:
        raise Malformed(f"The content type is not {wanted}.")
