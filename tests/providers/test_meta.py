"""The stand-in does what facts/channels.md 3 says, seen through our own channel and by plain posts."""

from typing import Any

import pytest

from bot.core.errors import BadConfig, NoWindow, SendError, Throttled, Unknown
from channels.meta_whatsapp import MetaWhatsapp
from tests.providers import meta
from tests.providers.server import Fault, Scripted

URN = "whatsapp:+254700000001"


def channel(provider: meta.MetaCloud, **options: Any) -> MetaWhatsapp:
    known = {"phone_number_id": meta.NUMBER_ID, "access_token": "meta-test-token", "app_secret": meta.APP_SECRET}
    return MetaWhatsapp(**{**known, "verify_token": "verify-me", "base_url": provider.url, "timeout_s": 5.0, **options})


def test_takes_a_message_and_gives_each_its_id() -> None:
    with meta.MetaCloud() as provider:
        ids = [channel(provider).send(URN, text, key="9-0-x") for text in ("one", "two")]
    assert [(message["to"], message["text"]["body"], wamid) for message, wamid in provider.messages] == [
        ("254700000001", "one", ids[0]),
        ("254700000001", "two", ids[1]),
    ]
    assert ids[0] != ids[1]


@pytest.mark.parametrize(
    ("fault", "error", "taken"),
    [
        pytest.param(meta.refused(131047), NoWindow, 0, id="no-window"),
        pytest.param(meta.refused(130429), Throttled, 0, id="too-fast"),
        pytest.param(Fault(500, body="{}"), Unknown, 0, id="500-before"),
        pytest.param(Fault(500, body="{}", accepted=True), Unknown, 1, id="500-after"),
        pytest.param(Fault(reset=True, accepted=True), Unknown, 1, id="cut-after"),
        pytest.param(Fault(delay_s=5), Unknown, 1, id="slow"),
    ],
)
def test_faults_come_once_and_in_order(fault: Fault, error: type[SendError], taken: int) -> None:
    with meta.MetaCloud() as provider:
        provider.fail_next(fault)
        with pytest.raises(error):
            channel(provider, timeout_s=0.3).send(URN, "one", key="k")
        channel(provider).send(URN, "two", key="k")
    assert len(provider.sent) == 2
    assert len(provider.messages) == taken + 1


@pytest.mark.parametrize(
    ("options", "code"),
    [
        pytest.param({"access_token": "another"}, "190", id="token"),
        pytest.param({"phone_number_id": "999999"}, "100", id="number"),
    ],
)
def test_knows_its_token_and_its_number(options: dict[str, str], code: str) -> None:
    with meta.MetaCloud() as provider, pytest.raises(BadConfig, match=code):
        channel(provider, **options).send(URN, "one", key="k")
    assert provider.messages == []


@pytest.mark.parametrize(
    ("text", "mistake"),
    [pytest.param("x" * 4096, "", id="longest"), pytest.param("x" * 4097, "text", id="too-long"), pytest.param("", "text", id="blank")],
)
def test_holds_texts_to_the_limit(text: str, mistake: str) -> None:
    assert meta.wrong({"messaging_product": "whatsapp", "to": "254700000001", "type": "text", "text": {"body": text}}) == mistake


def test_signs_what_it_posts() -> None:
    """Escaped as Meta does it: the signature is over those bytes."""
    with Scripted() as bot:
        bot.fail_next(Fault(body="{}"))
        body = meta.batch(messages=[meta.text("254700000001", "Ng\u2019ombe a/b", id="wamid.1")])
        meta.post(f"{bot.url}/x", body, secret="s")
    assert bot.sent[0].form == body
    assert bot.sent[0].headers["x-hub-signature-256"] == meta.sign(meta.encode(body), "s")
    assert b"\\u2019ombe a\\/b" in meta.encode(body)


def test_checks_an_address() -> None:
    with Scripted() as bot:
        bot.fail_next(Fault(body="1158201444", content_type="text/plain"))
        assert meta.check(f"{bot.url}/x", token="t").text == "1158201444"
    assert (bot.sent[0].method, dict(bot.sent[0].query)) == (
        "GET",
        {"hub.mode": "subscribe", "hub.verify_token": "t", "hub.challenge": "1158201444"},
    )
