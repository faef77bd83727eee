"""Every webhook route under fire, in short (bench.fuzz has the long run): whatever comes over the line, no 5xx, no error in the log,
nothing private in it, and nothing taken from who proves nothing."""

import socket
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from bench.fuzz.doors import DOORS, TABLES, Door, channels
from bench.fuzz.shots import Proof, Shot, encoded, good, problems, shots
from bench.fuzz.target import Target
from bot.app.channels import CHANNELS
from bot.core.types import Event, Request
from tests.channels.runner import forged

EXAMPLES = 50  # of each route


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with Target(tmp_path_factory.mktemp("fuzz"), channels()) as target:
        yield target


def test_every_route_of_every_channel_is_a_door() -> None:
    assert {*TABLES} == {*CHANNELS}
    assert {*DOORS} == {f"{name}/{action}" for name, channel in channels().items() for action in channel.routes()}


@pytest.mark.parametrize("name", DOORS)
def test_the_good_request_is_taken(target: Target, name: str) -> None:
    """Or nothing that is refused below would prove anything."""
    answer = target.shoot(good(DOORS[name]).raw)
    assert answer.status == 200
    assert answer.events
    assert not problems(DOORS[name], good(DOORS[name]), answer)


@pytest.mark.parametrize("name", DOORS)
def test_whatever_comes(target: Target, name: str) -> None:
    door = DOORS[name]

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(shots(door))
    def one(shot: Shot) -> None:
        assert problems(door, shot, target.shoot(shot.raw)) == []

    one()


@pytest.mark.parametrize("name", DOORS)
def test_a_line_that_breaks_off_anywhere(target: Target, name: str) -> None:
    """Half a request and a closed line: nothing is taken and nothing is said of it."""
    whole = good(DOORS[name]).raw
    for end in range(0, len(whole) - 1, max(1, len(whole) // 12)):
        with socket.create_connection(target.address, timeout=5) as line:
            line.sendall(whole[:end])
    answer = target.shoot(b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (answer.status, answer.events, answer.errors) == (404, (), ())


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # somebody speaks TLS
        b"GET http://[::1/ HTTP/1.1\r\n\r\n",
        b"POST /c/at_sms/receive HTTP/9.9\r\nHost: x\r\n\r\n",
        b"POST /c/at_sms/receive HTTP/1.1\r\nContent-Length: -5\r\nHost: x\r\n\r\n",
        b"POST /c/at_sms/receive HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\nHost: x\r\n\r\nabcdef",
        b"POST /c/at_sms/receive HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\nHost: x\r\n\r\nzz\r\n",
        b"POST /c/%00/%ff%fe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /c/../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /c/meta_whatsapp/receive HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
    ],
    ids=lambda raw: repr(raw[:40]),
)
def test_what_is_no_http(target: Target, raw: bytes) -> None:
    answer = target.shoot(raw, patience_s=0.3)
    assert answer.status < 500
    assert (answer.events, answer.errors) == ((), ())


# The watch itself: it must see what it is there for.


@pytest.mark.parametrize(
    ("wrong", "seen"),
    [
        pytest.param("raises", ["answered 503", "an error in the log"], id="an-exception"),
        pytest.param("takes", ["taken with none proof"], id="no-check-of-the-signature"),
    ],
)
def test_the_watch_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, seen: Sequence[str]) -> None:
    door = DOORS["at_sms/receive"]
    if wrong == "raises":

        def parse(self: object, request: Request) -> Sequence[Event]:
            raise ValueError("not thought of")

        monkeypatch.setattr("channels.at_sms.AtSms._receive", parse)
    else:
        monkeypatch.setattr("channels.at_sms.check_key", lambda request, key: None)
    with Target(tmp_path, channels()) as target:
        found = problems(door, unproven(door), target.shoot(unproven(door).raw))
    assert len(found) == len(seen)
    assert all(one.startswith(words) for one, words in zip(found, seen, strict=True))


def unproven(door: Door) -> Shot:
    """The good request without proof."""
    request = door.table.request(door.action, door.good.body)
    return Shot(encoded(request, request.method), Proof.NONE, request.body, request.body, "unproven")


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("proof", [Proof.NONE, Proof.FORGED])
def test_the_good_request_without_its_proof_is_refused(target: Target, name: str, proof: Proof) -> None:
    door = DOORS[name]
    request = door.table.request(door.action, door.good.body)
    request = forged(request, door.table) if proof is Proof.FORGED else request
    answer = target.shoot(encoded(request, request.method))
    assert (answer.status, answer.events) == (403, ())


@pytest.mark.parametrize("name", [name for name, door in DOORS.items() if door.signs_the_body])
def test_a_signature_is_of_one_body_only(target: Target, name: str) -> None:
    door = DOORS[name]
    signed = door.table.sign(door.table.request(door.action, door.good.body))
    answer = target.shoot(encoded(replace(signed, body=signed.body + b" "), signed.method))
    assert (answer.status, answer.events) == (403, ())
