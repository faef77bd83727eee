"""The table of a channel, and the rules that every channel is held to without asking.

A channel's test file gives a `Table` to a subclass of `ChannelContract`; what is particular to it are rows of that table.
"""

import json
import logging
import re
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.errors import BadSetting, BadWebhook, Malformed, Rejected, SendError, Unreachable, Unsigned
from bot.core.ports import Channel
from bot.core.types import Event, Lang, Linked, Message, OptOut, Reply, Request, SessionEnd, StatusUpdate
from tests.providers.server import Fault, Scripted, closed_port

PUBLIC_URL = "https://bot.example.org"
NUMBER = "+254700000001"
URN = f"tel:{NUMBER}"
PATH_KEY = "test-path-key-0123456789"
PART_KEY = "17-0-abc"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
CHANNELS = Path(__file__).resolve().parents[2] / "channels"

Fields = Mapping[str, str]


@dataclass(frozen=True)
class Inbound:
    """A webhook request exactly as the provider sends it, and what it becomes: events, or an error. `body` wins over `fields`."""

    label: str
    action: str
    fields: Fields = field(default_factory=dict)
    body: bytes | None = None
    query: str = ""
    headers: Fields = field(default_factory=dict)
    events: Sequence[Event] = ()
    error: type[BadWebhook] | None = None
    says: str = ""  # words that the error has to hold


@dataclass(frozen=True)
class Outbound:
    """One part, the provider's prepared answer, the form fields that must have been sent, and what comes of it."""

    label: str
    answer: Fault
    id: str = ""
    error: SendError | None = None
    text: str = "Habari"
    options: Mapping[str, Any] = field(default_factory=dict)
    sent: Fields = field(default_factory=dict)
    absent: Sequence[str] = ()  # fields that must not be sent


@dataclass(frozen=True)
class Table:
    """Everything about a channel that its tests need to know."""

    cls: Callable[..., Any]
    options: Mapping[str, Any]  # a good configuration
    needs: Sequence[str]  # options that must be set
    wrong: Sequence[tuple[str, Any]]  # options and values that are refused
    good: Mapping[str, Fields]  # action -> a request that is taken
    required: Mapping[str, Sequence[str]]  # action -> fields that must be there
    sign: Callable[[Request], Request]  # adds the key or the signature
    urn: str = URN  # whom its sends go to
    content_type: str = FORM
    inbound: Sequence[Inbound] = ()
    outbound: Sequence[Outbound] = ()

    def make(self, **options: Any) -> Channel:
        """The channel with a good configuration, changed by `options`."""
        channel: Channel = self.cls(**{**self.options, **options}, country="KE", public_url=PUBLIC_URL)
        return channel

    @property
    def name(self) -> str:
        return self.make().name

    def encode(self, values: Fields) -> bytes:
        """`values` as this provider posts them."""
        return (json.dumps(values) if self.content_type == JSON else urlencode(values)).encode()

    def request(self, action: str, body: bytes, *, query: str = "", headers: Fields | None = None) -> Request:
        """A request without key or signature."""
        url = f"{PUBLIC_URL}/c/{self.name}/{action}{query}"
        return Request("POST", url, "", {"content-type": self.content_type, **(headers or {})}, body)

    def columns(self) -> Mapping[str, Sequence[Any]]:
        """Test parameter -> its rows."""
        actions = list(self.good)
        return {
            "inbound": [pytest.param(row, id=row.label) for row in self.inbound],
            "outbound": [pytest.param(row, id=row.label) for row in self.outbound],
            "action": actions,
            "missing": [pytest.param((action, name), id=f"{action}-{name}") for action in actions for name in self.required[action]],
            "damage": [pytest.param(damage, id=name) for name, damage in DAMAGES.items()],
            "stranger": [f"{scheme}:{NUMBER}" for scheme in ("tel", "whatsapp") if not self.urn.startswith(scheme)],
            "setting": [pytest.param(row, id=f"{row[0]}={row[1]!r}"[:40]) for row in (*((need, "") for need in self.needs), *self.wrong)],
        }


# What may happen to the body of a request, given a good one and the name of a required field.
DAMAGES: Mapping[str, Callable[[Table, Fields, str], tuple[bytes, str]]] = {
    "empty": lambda table, good, name: (b"", table.content_type),
    "garbage": lambda table, good, name: (bytes(range(256)), table.content_type),
    "truncated": lambda table, good, name: (table.encode(good)[: table.encode(good).index(name.encode())], table.content_type),
    "huge-field": lambda table, good, name: (table.encode({**good, name: "x" * 50_000}), table.content_type),
    "nul": lambda table, good, name: (table.encode({**good, name: f"{good[name]}\0"}), table.content_type),
    "many-fields": lambda table, good, name: (b"&".join(b"a=1" for _ in range(5000)), table.content_type),
    "plain-text": lambda table, good, name: (table.encode(good), "text/plain"),
    "no-content-type": lambda table, good, name: (table.encode(good), ""),
    "the-other-one": lambda table, good, name: (table.encode(good), JSON if table.content_type == FORM else FORM),
    "not-an-object": lambda table, good, name: (b'["from"]', table.content_type),
    "deep": lambda table, good, name: (b"[" * 100_000, table.content_type),
}


def silent(text: str, channel: Channel) -> None:
    """No secret and no phone number stands in `text`."""
    for secret in (*channel.secrets, NUMBER[4:]):
        assert secret not in text, "a secret or a phone number leaks"


@contextmanager
def refusing(channel: Channel, *kinds: type[BadWebhook], says: str = "") -> Iterator[None]:
    """The block refuses a request with one of `kinds`, quietly."""
    with pytest.raises(kinds, match=re.escape(says) or None) as caught:
        yield
    assert str(caught.value), "a refusal has a reason"
    silent("".join(traceback.format_exception(caught.value)) + repr(caught.value), channel)


def forged(request: Request, table: Table) -> Request:
    """`request` with a signature of the right form and the wrong content."""
    signed = table.sign(request)
    headers = {name: value if request.headers.get(name) == value else value[::-1] for name, value in signed.headers.items()}
    return replace(signed, headers=headers, path_key=signed.path_key[::-1])


def sound(event: Event, channel: Channel) -> None:
    """An event that the store can keep: ours, with texts that are texts."""
    assert isinstance(event, Message | StatusUpdate | SessionEnd | OptOut | Linked)
    assert event.channel == channel.name
    for one in fields(event):
        value = getattr(event, one.name)
        if isinstance(value, str):
            assert "\0" not in value
            value.encode()


class ChannelContract:
    """The rules. A subclass has a `table`."""

    table: ClassVar[Table]

    # What it is.

    def test_is_named_after_its_file(self) -> None:
        channel = self.table.make()
        assert type(channel).__module__ == f"channels.{channel.name}"
        assert (CHANNELS / f"{channel.name}.py").is_file()

    def test_limits_are_sane(self) -> None:
        channel = self.table.make()
        limits = channel.limits
        assert 0 < limits.ucs2_joined <= limits.ucs2_units <= limits.units
        assert 0 < limits.units_joined <= limits.units
        assert limits.max_parts >= 1
        assert limits.rate_per_s > 0
        assert limits.max_age_s > 0
        if limits.reply_within_s is None:
            assert limits.can_push
            assert channel.hand_over == ""
        else:
            assert 0 < limits.reply_within_s < 10
            assert not limits.can_push
            assert channel.hand_over

    def test_shows_no_secret(self) -> None:
        channel = self.table.make()
        assert channel.secrets
        silent(repr(channel) + str(channel), channel)

    def test_refuses_a_missing_or_wrong_option(self, setting: tuple[str, Any]) -> None:
        option, value = setting
        with pytest.raises(BadSetting, match=rf"^channels\.{self.table.name}") as caught:
            self.table.make(**{option: value})
        assert option in str(caught.value)
        silent(str(caught.value), self.table.make())

    # What comes in.

    def test_inbound(self, inbound: Inbound) -> None:
        table, channel = self.table, self.table.make()
        body = table.encode(inbound.fields) if inbound.body is None else inbound.body
        request = table.sign(table.request(inbound.action, body, query=inbound.query, headers=inbound.headers))
        parse = channel.routes()[inbound.action]
        if inbound.error is None:
            assert list(parse(request)) == list(inbound.events)
            return
        with refusing(channel, inbound.error, says=inbound.says):
            parse(request)

    def test_every_action_has_a_good_request(self) -> None:
        assert set(self.table.make().routes()) == set(self.table.good) == set(self.table.required)

    def test_takes_the_good_request_twice_alike(self, action: str) -> None:
        channel = self.table.make()
        request = self.table.sign(self.table.request(action, self.table.encode(self.table.good[action])))
        first, again = channel.routes()[action](request), channel.routes()[action](request)
        assert first
        assert first == again
        for event in first:
            sound(event, channel)

    def test_refuses_without_signature(self, action: str) -> None:
        channel = self.table.make()
        request = self.table.request(action, self.table.encode(self.table.good[action]))
        with refusing(channel, Unsigned):
            channel.routes()[action](request)

    def test_refuses_a_forged_signature(self, action: str) -> None:
        channel = self.table.make()
        request = self.table.request(action, self.table.encode(self.table.good[action]))
        with refusing(channel, Unsigned):
            channel.routes()[action](forged(request, self.table))

    def test_refuses_a_missing_field(self, missing: tuple[str, str]) -> None:
        channel, (action, name) = self.table.make(), missing
        body = self.table.encode({other: value for other, value in self.table.good[action].items() if other != name})
        with refusing(channel, Malformed):
            channel.routes()[action](self.table.sign(self.table.request(action, body)))

    def test_refuses_a_damaged_request(self, action: str, damage: Callable[..., tuple[bytes, str]]) -> None:
        table, channel = self.table, self.table.make()
        body, content_type = damage(table, table.good[action], table.required[action][-1])
        request = table.sign(table.request(action, body, headers={"content-type": content_type}))
        with refusing(channel, Malformed, Unsigned):
            channel.routes()[action](request)

    def test_never_fails_otherwise(self, action: str) -> None:
        """Whatever comes, signed or not: events that can be stored, or a refusal."""
        table, channel = self.table, self.table.make()
        parse, good = channel.routes()[action], table.good[action]

        @settings(max_examples=150, deadline=None)
        @given(st.one_of(st.binary(), st.builds(table.encode, changed(good))), st.sampled_from([table.content_type, FORM, JSON, ""]))
        def check(body: bytes, content_type: str) -> None:
            request = table.request(action, body, headers={"content-type": content_type})
            for one in (request, table.sign(request)):
                try:
                    events = parse(one)
                except BadWebhook as error:
                    silent(str(error), channel)
                else:
                    assert one is not request, "unsigned and taken"
                    for event in events:
                        sound(event, channel)

        check()

    def test_answers_every_request_that_it_takes(self) -> None:
        channel = self.table.make()
        assert channel.respond(None).status == 200
        assert channel.respond(Reply("Karibu", Lang.SW, "menu")).status == 200

    def test_says_so_where_it_cannot_push(self) -> None:
        channel = self.table.make()
        if not channel.limits.can_push:
            assert isinstance(sending(channel, "Habari"), Rejected)


class SendingContract(ChannelContract):
    """More rules, for a channel that calls a provider. It has a `base_url` option."""

    def test_outbound(self, outbound: Outbound, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        with Scripted() as provider:
            channel = self.table.make(base_url=provider.url, **outbound.options)
            provider.fail_next(outbound.answer)
            result = sending(channel, outbound.text, self.table.urn)
        assert provider.unused == 0, "a prepared answer was not used"
        assert len(provider.sent) == 1, "one part is one call"
        form = {**provider.sent[0].query, **provider.sent[0].form}
        assert {name: form.get(name) for name in outbound.sent} == dict(outbound.sent)
        assert not set(outbound.absent) & set(form)
        if outbound.error is None:
            assert result == outbound.id
        else:
            assert isinstance(result, SendError)
            assert (type(result), result.code, result.after_s) == (type(outbound.error), outbound.error.code, outbound.error.after_s)
        silent(caplog.text, channel)

    def test_knows_when_nothing_was_taken(self) -> None:
        """Nobody listens: surely not taken, so it may be tried again."""
        result = sending(self.table.make(base_url=closed_port()), "Habari", self.table.urn)
        assert isinstance(result, Unreachable)
        assert result.retry

    @pytest.mark.parametrize("urn", ["tel:nonsense", "tel:20880", "whatsapp:nobody", NUMBER, ""])
    def test_calls_nobody_for_what_is_no_phone(self, urn: str) -> None:
        self._calls_nobody(urn)

    def test_calls_nobody_of_another_kind(self, stranger: str) -> None:
        self._calls_nobody(stranger)

    def _calls_nobody(self, urn: str) -> None:
        with Scripted() as provider, pytest.raises(Rejected):
            self.table.make(base_url=provider.url).send(urn, "Habari", key=PART_KEY)
        assert provider.sent == []


def sending(channel: Channel, text: str, urn: str = URN) -> str | SendError:
    """What comes of sending `text`, with nothing private in an error."""
    try:
        return channel.send(urn, text, key=PART_KEY)
    except SendError as error:
        shown = "".join(traceback.format_exception(error)) + repr(error)
        silent(shown, channel)
        return error


def changed(good: Fields) -> st.SearchStrategy[dict[str, str]]:
    """`good` with some values replaced, some fields gone, and some that nobody asked for."""
    odd = st.text() | st.sampled_from(["", " ", "+", "*", "0", "\0", "\u202e", "999999999999999999999", "1*2*3", "x" * 5000])
    values = st.fixed_dictionaries({}, optional={name: st.just(value) | odd for name, value in good.items()})
    extra = st.dictionaries(st.text(max_size=5), odd, max_size=3)
    return st.builds(lambda some, more: {**more, **some}, values, extra)
