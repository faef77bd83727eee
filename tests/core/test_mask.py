"""What leaves the house: a question without what could name or harm its sender, and still the same question."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.mask import masked
from bot.core.near import near_address, near_host


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param("call me 0712345678 pls", "call me [number] pls", id="phone"),
        pytest.param("nipigie 0712 345 678 jioni", "nipigie [number] jioni", id="phone-in-groups"),
        pytest.param("+254 (0)712-345-678", "[number]", id="phone-with-brackets"),
        pytest.param("pin yangu ni 1234", "pin yangu ni [number]", id="pin"),
        pytest.param("pin 1 2 3 4", "pin [number]", id="pin-one-by-one"),
        pytest.param("pin moja mbili tatu Nne", "pin [number]", id="pin-in-words"),
        pytest.param("my id 23456789 lost", "my id [number] lost", id="id"),
        pytest.param("QGH7X1Y2Z3 Confirmed", "[code] Confirmed", id="transaction"),
        pytest.param("write jane.doe+x@mail.co.ke", "write [address]", id="mail"),
        pytest.param("see https://x.example/?t=abc&u=1 ok", "see [link] ok", id="link"),
        pytest.param("０７１２３４５６７８", "[number]", id="wide-digits"),
        pytest.param("٠٧١٢٣٤٥٦٧٨", "[number]", id="arabic-digits"),
        pytest.param("0712\u200b345\u200b678", "[number]", id="hidden-joiners"),
    ],
)
def test_masks(text: str, left: str) -> None:
    assert masked(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "NPK 17-17-17 na 23-23-0, 50 kg",
        "75 by 25 cm",
        "loan 15% a month, 5,000 in all",
        "H614 or SC403 maize?",
        "one two three bags",
        "b4 planting 2morrow",
        "nipande 17/3 au 20/4",
    ],
)
def test_leaves_what_is_asked(text: str) -> None:
    assert masked(text) == text


@given(st.text(max_size=300))
def test_no_long_number_ever_stays(text: str) -> None:
    assert not re.search(r"\d{4}", masked(text))
    assert masked(masked(text)) == masked(text)


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("192.168.1.9", True),
        ("100.64.0.7", True),
        ("::1", True),
        ("fe80::1%eth0", True),
        ("8.8.8.8", False),
        ("::ffff:8.8.8.8", False),
        ("2001:4860:4860::8888", False),
        ("gpu", False),
    ],
)
def test_near_addresses(address: str, near: bool) -> None:
    assert near_address(address) is near


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("localhost", True),
        ("gpu", True),
        ("box.lan", True),
        ("Box.Local.", True),
        ("192.168.1.9", True),
        ("example.org", False),
        ("local.example.org", False),
        ("8.8.8.8", False),
        ("134744072", False),  # 8.8.8.8 as one number
        ("", False),
    ],
)
def test_near_hosts(host: str, near: bool) -> None:
    assert near_host(host) is near
