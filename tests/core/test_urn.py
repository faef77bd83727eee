"""Numbers as providers write them, and how little of them a log sees. Every number here is made up."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.urn import address, mask, tel, whatsapp, whatsapp_user


@pytest.mark.parametrize(
    ("raw", "country", "urn"),
    [
        pytest.param("+254700000001", "KE", "tel:+254700000001", id="e164"),
        pytest.param(" 254700000001", "KE", "tel:+254700000001", id="plus-decoded-to-a-space"),
        pytest.param("254700000001", "KE", "tel:+254700000001", id="no-plus"),
        pytest.param("00254700000001", "KE", "tel:+254700000001", id="00-prefix"),
        pytest.param("0700000001", "KE", "tel:+254700000001", id="local"),
        pytest.param(" 0700000001", "KE", "tel:+254700000001", id="local-behind-a-space"),
        pytest.param("700000001", "KE", "tel:+254700000001", id="local-without-zero"),
        pytest.param("0110000001", "KE", "tel:+254110000001", id="new-range"),
        pytest.param("+254 700 000-001", "KE", "tel:+254700000001", id="spaced"),
        pytest.param("(0700) 000001", "KE", "tel:+254700000001", id="brackets"),
        pytest.param("0700000001", "UG", "tel:+256700000001", id="local-elsewhere"),
        pytest.param("+255700000001", "KE", "tel:+255700000001", id="abroad"),
        pytest.param("255700000001", "KE", "tel:+255700000001", id="abroad-without-plus"),
        pytest.param("254700000001", "NG", "tel:+254700000001", id="abroad-without-plus-though-a-local-number-may-be-as-long"),
        pytest.param("15005550006", "KE", "tel:+15005550006", id="a-provider's-test-number"),
        pytest.param("tel:+254700000001", "KE", "tel:+254700000001", id="its-own-result"),
        pytest.param("\u0660\u0667\u0660\u0660\u0660\u0660\u0660\u0660\u0660\u0661", "KE", "tel:+254700000001", id="arabic-digits"),
    ],
)
def test_a_number_becomes_its_urn(raw: str, country: str, urn: str) -> None:
    assert tel(raw, country) == urn


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        pytest.param("22384", "short code", id="short-code"),
        pytest.param("Safaricom", "sender's name", id="alphanumeric-sender"),
        pytest.param("0800FLOWER", "sender's name", id="letters-for-digits"),
        pytest.param("*384*1#", "digits, spaces", id="ussd-code"),
        pytest.param("+254700000001;ext=5", "digits, spaces", id="extension"),
        pytest.param("", "digits, spaces", id="empty"),
        pytest.param("+", "digits, spaces", id="only-a-plus"),
        pytest.param("  ", "no phone number", id="spaces"),
        pytest.param("+2547", "too short", id="too-short"),
        pytest.param("+25470000000112345", "wrong length", id="too-long"),
        pytest.param("0" * 300, "too long", id="much-too-long"),
        pytest.param("+999700000001", "no such country code", id="no-such-country"),
    ],
)
def test_garbage_is_refused_with_a_reason_that_keeps_it_secret(raw: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        tel(raw, "KE")
    digits = re.sub(r"\D", "", raw)
    assert not digits or digits not in str(caught.value)
    assert caught.value.__cause__ is None  # the library's own error could repeat it


def test_a_local_number_needs_a_country() -> None:
    with pytest.raises(ValueError, match="no country to read a local number by"):
        tel("0700000001", "XX")


@given(st.integers(700_000_000, 729_999_999))
def test_every_way_of_writing_one_number_names_one_person(subscriber: int) -> None:
    written = (
        f"+254{subscriber}",
        f" 254{subscriber}",
        f"254{subscriber}",
        f"00254{subscriber}",
        f"0{subscriber}",
        f"tel:+254{subscriber}",
    )
    assert {tel(raw, "KE") for raw in written} == {f"tel:+254{subscriber}"}


@given(st.text(max_size=40))
def test_any_text_is_a_urn_or_a_value_error(raw: str) -> None:
    try:
        urn = tel(raw, "KE")
    except ValueError:
        return
    assert re.fullmatch(r"tel:\+[1-9][0-9]{4,14}", urn)
    assert tel(urn, "KE") == urn


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("whatsapp:+254700000001", id="twilio"),
        pytest.param("254700000001", id="meta"),
        pytest.param("+254700000001", id="e164"),
        pytest.param("whatsapp: 254700000001", id="plus-decoded-to-a-space"),
    ],
)
def test_a_whatsapp_id_becomes_its_urn(raw: str) -> None:
    assert whatsapp(raw) == "whatsapp:+254700000001"


def test_a_whatsapp_id_is_not_rewritten() -> None:
    assert whatsapp("5215500000001") == "whatsapp:+5215500000001"  # the 1 is gone from Mexican numbers, but not from their ids


@pytest.mark.parametrize(
    "raw", ["", "whatsapp:", "whatsapp:KE.12345678", "0700000001", "12345", "1" * 16, "+254 700 000 001", "\u0661" * 9]
)
def test_what_is_no_whatsapp_id_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match="not a WhatsApp number"):
        whatsapp(raw)


@pytest.mark.parametrize("raw", ["KE.13491208655302741918", "whatsapp:KE.13491208655302741918", "US.ENT.118aB", "KE." + "1" * 128])
def test_a_whatsapp_user_without_a_number_has_a_urn(raw: str) -> None:
    urn = whatsapp_user(raw)
    assert urn == f"whatsapp:{raw.removeprefix('whatsapp:')}"
    assert whatsapp_user(urn) == urn


@pytest.mark.parametrize("raw", ["", "KE.", "ke.123", "KEN.123", "254700000001", "+254700000001", "KE.1 2", "KE.1\n2", "KE.\u0661", "K1.2"])
def test_what_is_no_whatsapp_user_id_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match="not a WhatsApp user id"):
        whatsapp_user(raw)


def test_the_address_is_what_providers_know() -> None:
    assert address("tel:+254700000001") == "+254700000001"
    assert address("whatsapp:+254700000001") == "+254700000001"


@pytest.mark.parametrize("urn", ["+254700000001", "tel:", ":x", ""])
def test_an_address_needs_a_scheme(urn: str) -> None:
    with pytest.raises(ValueError, match="not a URN"):
        address(urn)


@pytest.mark.parametrize(
    ("urn", "masked"),
    [
        pytest.param("tel:+254700000001", "tel:+2547***001", id="phone"),
        pytest.param("whatsapp:+254700000001", "whatsapp:+2547***001", id="whatsapp"),
        pytest.param("whatsapp:KE.13491208655302741918", "whatsapp:KE.13***918", id="whatsapp-user"),
        pytest.param("tel:+44700000001", "tel:+44***001", id="shorter"),
        pytest.param("tel:+2901234", "tel:***34", id="short"),
        pytest.param("sim:anna", "sim:***", id="a-name"),
        pytest.param("254700000001", "254***001", id="not-a-urn"),
        pytest.param("254700000001:1", "25470***1:1", id="scheme-and-number-swapped"),
        pytest.param("", "***", id="empty"),
    ],
)
def test_a_masked_urn(urn: str, masked: str) -> None:
    assert mask(urn) == masked


@given(st.from_regex(r"[a-z]{0,3}:?\+?[0-9:\n]{0,20}", fullmatch=True))
def test_a_mask_hides_at_least_five_characters_or_all(urn: str) -> None:
    match = re.fullmatch(r"([a-z]+:)?(.*)", urn, re.DOTALL)
    assert match
    shown = mask(urn).removeprefix(match[1] or "").replace("***", "", 1)
    assert len(shown) <= max(0, len(match[2]) - 5)
