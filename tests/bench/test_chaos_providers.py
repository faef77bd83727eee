"""The stand-ins of a chaos run: what they took is known, a repeat of a key is dropped and counted, and they can vanish."""

from collections.abc import Iterator, Mapping

import pytest
import requests

from bench.chaos.history import Took
from bench.chaos.providers import Providers
from bench.chaos.script import Dealer
from bench.wires import Kind, Taken, Wire
from tests.providers import capcom6
from tests.providers.server import Fault

NUMBER = "+254701000001"


class Dealt(Dealer):
    """Deals nothing bad but what `next` says."""

    next: Kind | None = None

    def refuses(self, number: str) -> bool:
        return False

    def fault(self, own: Mapping[Kind, Fault]) -> tuple[Kind | None, Fault]:
        return self.next, Fault(reset=True, accepted=True) if self.next else Fault()


@pytest.fixture
def dealer() -> Dealt:
    return Dealt(1)


@pytest.fixture
def providers(dealer: Dealt) -> Iterator[Providers]:
    made = Providers(dealer)
    made.start()
    yield made
    made.stop()


def send(providers: Providers, key: str) -> int:
    body = {"id": key, "textMessage": {"text": "Panda."}, "phoneNumbers": [NUMBER]}
    url = f"{providers.wires['android_gateway'].server.url}/messages"
    return requests.post(url, json=body, auth=(capcom6.USER, capcom6.PASSWORD), timeout=5).status_code


def test_a_repeated_key_is_dropped_and_counted(providers: Providers) -> None:
    heard: list[tuple[str, str]] = []

    def told(wire: Wire, taken: Taken) -> None:
        heard.append((wire.name, taken.id))

    providers.told = told
    assert [send(providers, "1-0-a"), send(providers, "1-0-a"), send(providers, "2-0-b")] == [202, 409, 202]
    person = ("android_gateway", NUMBER)
    assert providers.took == [Took(person, "Panda.", "1-0-a"), Took(person, "Panda.", "2-0-b")]
    assert providers.repeats == 1
    assert heard == [("android_gateway", "1-0-a"), ("android_gateway", "2-0-b")]


def test_who_was_left_without_an_answer_is_known(providers: Providers, dealer: Dealt) -> None:
    dealer.next = Kind.CUT_AFTER
    with pytest.raises(requests.ConnectionError):
        send(providers, "1-0-a")
    assert [took.id for took in providers.took] == ["1-0-a"]
    assert providers.unclear == {("android_gateway", NUMBER)}


def test_while_they_are_gone_connections_are_refused_and_then_taken_at_the_same_address(providers: Providers) -> None:
    address = providers.wires["android_gateway"].server.url
    providers.vanish()
    with pytest.raises(requests.ConnectionError, match="refused"):
        send(providers, "1-0-a")
    providers.come_back()
    assert providers.wires["android_gateway"].server.url == address
    assert send(providers, "1-0-a") == 202
