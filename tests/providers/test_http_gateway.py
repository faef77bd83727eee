"""The stand-in does what docs/channels/http.md says, seen through our own channel."""

from pathlib import Path

import pytest

from bot.core.errors import BadConfig, SendError, Throttled, Unknown
from channels.http import Http, sign
from tests.providers import http_gateway
from tests.providers.server import Fault, Scripted

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "channels" / "http.md"
NUMBER = "+254700000001"


def channel(provider: http_gateway.HttpGateway, *, secret: str = http_gateway.SECRET, timeout_s: float = 5.0) -> Http:
    return Http(country="KE", send_url=f"{provider.url}/send", secret=secret, keeps_key=True, timeout_s=timeout_s)


def test_takes_a_message_and_gives_each_its_id() -> None:
    with http_gateway.HttpGateway() as provider:
        ids = [channel(provider).send(f"tel:{NUMBER}", text, key=text) for text in ("one", "two")]
    assert provider.messages == {"one": (NUMBER, "one", ids[0]), "two": (NUMBER, "two", ids[1])}
    assert ids[0] != ids[1]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param(Fault(429, {"Retry-After": "2"}, "{}"), Throttled, id="too-fast"),
        pytest.param(Fault(500, body="{}"), Unknown, id="500-before"),
        pytest.param(Fault(500, body="{}", accepted=True), Unknown, id="500-after"),
        pytest.param(Fault(reset=True, accepted=True), Unknown, id="cut-after"),
        pytest.param(Fault(delay_s=5), Unknown, id="slow"),
    ],
)
def test_whatever_went_wrong_a_second_try_sends_it_once(fault: Fault, error: type[SendError]) -> None:
    with http_gateway.HttpGateway() as provider:
        provider.fail_next(fault)
        with pytest.raises(error):
            channel(provider, timeout_s=0.3).send(f"tel:{NUMBER}", "one", key="k")
        assert channel(provider).send(f"tel:{NUMBER}", "one", key="k") == "gw-1"
    assert provider.messages == {"k": (NUMBER, "one", "gw-1")}


def test_knows_our_signature() -> None:
    with http_gateway.HttpGateway() as provider, pytest.raises(BadConfig):
        channel(provider, secret="another-secret-of-0123456789").send(f"tel:{NUMBER}", "one", key="k")
    assert provider.messages == {}


def test_signs_as_the_document_says() -> None:
    """The example of docs/channels/http.md, read from there."""
    lines = [line.strip() for line in DOCUMENT.read_text().splitlines()]
    body, signed = lines[lines.index("is signed with") - 2], lines[lines.index("is signed with") + 2]
    assert http_gateway.signature(body.encode(), "example-secret-0123456789") == signed == sign(body.encode(), "example-secret-0123456789")


def test_signs_what_it_posts() -> None:
    with Scripted() as bot:
        bot.fail_next(Fault(body="{}"))
        http_gateway.post(bot.url, http_gateway.incoming(NUMBER, "Habari", id="m1"))
    assert bot.sent[0].headers["x-ujumbe-signature"] == http_gateway.signature(bot.sent[0].body, http_gateway.SECRET)
