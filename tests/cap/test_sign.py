"""Signatures: only a pinned certificate proves something, and only of what it signed."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import defusedxml.ElementTree
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bot.cap.read import DSIG, read
from bot.cap.sign import sign, verify
from bot.cap.write import write
from bot.core.alert.reading import Signature, SignaturePolicy, passes
from bot.core.errors import BadSetting
from tests.cap.small import ENTRIES, cap, shared
from tests.cap.test_write import ALERT

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
SIGNED = Signature.VERIFIED, Signature.UNVERIFIED, Signature.BAD


class Pair(NamedTuple):
    key: bytes
    certificate: bytes


def pair(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | dsa.DSAPrivateKey) -> Pair:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Made-up Met Office")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, START, START + timedelta(days=365))
    certificate = builder.sign(key, hashes.SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Pair(pem, certificate.public_bytes(Encoding.PEM))


@pytest.fixture(scope="module", params=["elliptic-curve", "rsa"])
def ours(request: pytest.FixtureRequest) -> Pair:
    return pair(rsa.generate_private_key(65537, 2048) if request.param == "rsa" else ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture(scope="module")
def other() -> Pair:
    return pair(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture(scope="module")
def signed(ours: Pair) -> bytes:
    return sign(write(ALERT), key=ours.key, certificate=ours.certificate)


def proves(data: bytes, *pinned: Pair, now: float = NOW, at: int = 0) -> Signature:
    return verify(data, pinned=[one.certificate for one in pinned], now=now, at=at)


def test_our_own_is_verified_with_our_certificate(signed: bytes, ours: Pair, other: Pair) -> None:
    assert read(signed).alert.signed
    assert proves(signed, ours) is Signature.VERIFIED
    assert proves(signed, other, ours) is Signature.VERIFIED


def test_the_signature_stands_where_the_schema_wants_it(signed: bytes) -> None:
    assert [child.tag for child in defusedxml.ElementTree.fromstring(signed)][-1] == DSIG


def test_the_certificate_in_the_message_proves_nothing(signed: bytes, other: Pair) -> None:
    assert b"X509Certificate" in signed
    assert proves(signed) is Signature.UNVERIFIED
    assert proves(signed, other) is not Signature.VERIFIED


def test_another_key_of_the_same_kind_is_bad(other: Pair) -> None:
    forged = pair(ec.generate_private_key(ec.SECP256R1()))
    assert proves(sign(write(ALERT), key=forged.key, certificate=forged.certificate), other) is Signature.BAD


@pytest.mark.parametrize(("old", "new"), [(b"Extreme", b"Minor"), (b"KE-2", b"KE-3"), (b"Actual", b"Exercise"), (b"39.8", b"39.9")])
def test_what_was_changed_is_bad(signed: bytes, ours: Pair, old: bytes, new: bytes) -> None:
    assert old in signed
    assert proves(signed.replace(old, new), ours) is Signature.BAD


def test_a_broken_signature_is_bad(signed: bytes, ours: Pair) -> None:
    broken = re.sub(rb"(SignatureValue>)[^<]{8}", rb"\1AAAAAAAA", signed, count=1)
    assert broken != signed
    assert proves(broken, ours) is Signature.BAD


def test_none_is_unverified(ours: Pair) -> None:
    assert proves(write(ALERT), ours) is Signature.UNVERIFIED
    assert proves(b"<html>", ours) is Signature.UNVERIFIED


def test_a_certificate_out_of_its_time_proves_nothing(signed: bytes, ours: Pair) -> None:
    assert proves(signed, ours, now=START.timestamp() - 1) is Signature.UNVERIFIED
    assert proves(signed, ours, now=START.timestamp() + 366 * 86_400) is Signature.UNVERIFIED


def test_wrapped_in_atom(signed: bytes, ours: Pair) -> None:
    inner = signed.split(b"?>", 1)[1]
    other = cap(identifier="OTHER").split(b"?>", 1)[1]
    atom = (
        b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="urn:example:x"><entry>'
        + other
        + b"</entry><entry>\n"
        + inner
        + b"\n</entry></feed>"
    )
    assert proves(atom, ours, at=1) is Signature.VERIFIED
    assert proves(atom, ours, at=0) is Signature.UNVERIFIED
    assert proves(atom, ours, at=2) is Signature.UNVERIFIED


@pytest.mark.parametrize("before", [b"\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"])
def test_what_stands_before_the_document(signed: bytes, ours: Pair, before: bytes) -> None:
    assert proves(before + signed, ours) is Signature.VERIFIED


def test_alerts_in_alerts_are_counted_as_they_are_read(signed: bytes, ours: Pair) -> None:
    nest = cap().split(b"?>", 1)[1].replace(b"</alert>", cap(identifier="INNER").split(b"?>", 1)[1] + b"</alert>")
    document = b"<alerts>" + nest + signed.split(b"?>", 1)[1] + b"</alerts>"
    assert proves(document, ours, at=1) is Signature.VERIFIED


def test_what_only_one_of_two_parsers_reads_proves_nothing(signed: bytes, ours: Pair) -> None:
    odd = signed.replace(b"encoding='UTF-8'", b"encoding='cp869'")
    assert odd != signed
    assert read(odd).alert.signed
    assert proves(odd, ours) is not Signature.VERIFIED


def test_indented_after_it_was_signed(signed: bytes, ours: Pair) -> None:
    indented = signed.replace(b"><", b">\n  <").replace(b"<ds:X509Certificate>\n", b"<ds:X509Certificate>")
    assert indented.count(b"\n  <") > 20
    assert proves(indented, ours) is Signature.VERIFIED


def test_a_signed_alert_hidden_in_another_proves_nothing_of_the_other(signed: bytes, ours: Pair) -> None:
    """Signature wrapping: the genuine alert is kept in a corner with its signature, and what is read says something else."""
    genuine = signed.split(b"?>", 1)[1]
    signature = re.search(rb"<ds:Signature.*</ds:Signature>", signed, re.DOTALL)
    assert signature
    forged = write(ALERT).replace(b"Extreme", b"Minor")
    for corner in (genuine, b"<x>" + genuine + b"</x>", genuine + signature[0], signature[0] + genuine):
        assert proves(forged.replace(b"</alert>", corner + b"</alert>"), ours) is not Signature.VERIFIED
    by_id = genuine.replace(b"<alert ", b'<alert Id="a" ')
    forged_ref = signature[0].replace(b'URI=""', b'URI="#a"')
    assert proves(forged.replace(b"</alert>", by_id + forged_ref + b"</alert>"), ours) is not Signature.VERIFIED


def test_an_algorithm_that_is_broken_proves_nothing(signed: bytes, ours: Pair) -> None:
    weak = re.sub(rb"http://www.w3.org/2001/04/xmldsig-more#(rsa|ecdsa)-sha256", rb"http://www.w3.org/2000/09/xmldsig#rsa-sha1", signed)
    assert weak != signed
    assert proves(weak, ours) is Signature.UNVERIFIED


def test_many_signatures_are_not_all_tried(signed: bytes, ours: Pair) -> None:
    signature = re.search(rb"<ds:Signature.*</ds:Signature>", signed, re.DOTALL)
    assert signature
    many = signed.replace(signature[0], signature[0].replace(b"SignatureValue>", b"SignatureValue>AAAA", 1) * 300 + signature[0])
    assert proves(many, ours) is Signature.BAD


def test_a_relay_may_sign_after_the_author(ours: Pair, other: Pair) -> None:
    author = sign(write(ALERT), key=ours.key, certificate=ours.certificate)
    signature = re.search(rb"<ds:Signature.*</ds:Signature>", sign(write(ALERT), key=other.key, certificate=other.certificate), re.DOTALL)
    assert signature
    both = author.replace(b"</alert>", signature[0] + b"</alert>")
    assert proves(both, ours) is Signature.VERIFIED
    assert proves(both, other) is Signature.VERIFIED


@pytest.mark.parametrize(
    ("key", "certificate", "says"),
    [
        (b"no key", None, "PEM private key"),
        (None, b"no certificate", "PEM certificate"),
        (pair(ec.generate_private_key(ec.SECP256R1())).key, None, "another key"),
    ],
)
def test_keys_that_do_not_fit(ours: Pair, key: bytes | None, certificate: bytes | None, says: str) -> None:
    with pytest.raises(BadSetting, match=says) as caught:
        sign(write(ALERT), key=key or ours.key, certificate=certificate or ours.certificate)
    assert "PRIVATE KEY--" not in str(caught.value)


def test_a_key_of_another_kind() -> None:
    old = pair(dsa.generate_private_key(2048))
    with pytest.raises(BadSetting, match="RSA or of an elliptic curve"):
        sign(write(ALERT), key=old.key, certificate=old.certificate)


def test_a_pinned_file_that_is_no_certificate() -> None:
    with pytest.raises(BadSetting, match="pinned certificate"):
        verify(cap(), pinned=[b"secret"], now=NOW)


@pytest.mark.parametrize(
    ("policy", "let_through"),
    [
        (SignaturePolicy.REQUIRE, {Signature.VERIFIED}),
        (SignaturePolicy.VERIFY_IF_PRESENT, {Signature.VERIFIED, Signature.UNVERIFIED}),
        (SignaturePolicy.IGNORE, set(SIGNED)),
    ],
)
def test_policies(policy: SignaturePolicy, let_through: set[Signature]) -> None:
    assert {signature for signature in SIGNED if passes(signature, policy)} == let_through


GENUINE = {  # real files, with the certificate that is in them pinned; the moment lies in its time
    "wmo_sc_valid.xml": Signature.VERIFIED,
    "oc_ipaws-5e7e0fc5023f1930efcf3deb.xml": Signature.VERIFIED,
    "cpl_CanadaNaad.xml": Signature.VERIFIED,  # its author's; a relay signed after
    "wmo_sc_invalid_digest.xml": Signature.BAD,
    "wmo_sc_invalid_signature.xml": Signature.BAD,
    "wmo_bz_invalid_digest.xml": Signature.BAD,
    "wmo_bz_invalid_signature.xml": Signature.BAD,
    "wmo_tg_invalid_digest.xml": Signature.BAD,
}


def certificates(data: bytes) -> Iterator[x509.Certificate]:
    for element in defusedxml.ElementTree.fromstring(data).iter("{http://www.w3.org/2000/09/xmldsig#}X509Certificate"):
        der = "".join((element.text or "").split())
        lines = "\n".join(der[at : at + 64] for at in range(0, len(der), 64))
        yield x509.load_pem_x509_certificate(f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n".encode())


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # one authority's certificate has the number 0
def test_real_files() -> None:
    for name in GENUINE.keys() & ENTRIES.keys():
        found = set()
        for certificate in certificates(shared(name)):
            now = certificate.not_valid_after_utc.timestamp() - 60
            found.add(verify(shared(name), pinned=[certificate.public_bytes(Encoding.PEM)], now=now))
        assert GENUINE[name] in found, name
        assert (Signature.VERIFIED in found) == (GENUINE[name] is Signature.VERIFIED), name
