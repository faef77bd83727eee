"""Enveloped XML signatures of alerts: verified against pinned certificates only, since one that comes with the message proves nothing."""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree  # type: ignore[import-untyped]
from signxml.algorithms import SignatureMethod
from signxml.exceptions import InvalidDigest, InvalidSignature
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from bot.cap.read import DSIG, read, read_document
from bot.cap.xml import bare
from bot.core.alert.cap import Alert
from bot.core.alert.reading import Signature, Unreadable
from bot.core.errors import BadSetting

MOST_SIGNATURES = 4  # a Canadian alert has two: its author's and its relay's
"""Signatures of one alert that are looked at."""


def verify(data: bytes, *, pinned: Sequence[bytes], now: float, at: int = 0) -> Signature:
    """What the signature of the `at`-th alert of a document proves at the time `now`. `pinned`: PEM certificates.

    Never raises for what `data` holds; raises BadSetting for a certificate that is none."""
    try:
        alert = next((found.alert for found in read_document(data).reads if found.at == at), None)  # within its limits: lxml has fewer
    except Unreadable:
        alert = None
    signed = Signed(data, pinned=pinned, now=now)  # also where there is no alert: a certificate that is none is told
    return Signature.UNVERIFIED if alert is None else signed.proves(alert, at)


class Signed:
    """The signatures of a document that was read, each looked at as `verify` does. The document is parsed once, however many it has."""

    def __init__(self, data: bytes, *, pinned: Sequence[bytes], now: float) -> None:
        certificates, moment = [_certificate(pem) for pem in pinned], datetime.fromtimestamp(now, UTC)
        self._data, self._moment = data, moment
        self._certificates = [cert for cert in certificates if cert.not_valid_before_utc <= moment <= cert.not_valid_after_utc]
        self._parsed: dict[bool, Sequence[etree._Element]] = {}

    def proves(self, alert: Alert, at: int) -> Signature:
        """What the signature of `alert` proves, which is the `at`-th one of the document. Never raises for what that holds."""
        worst = Signature.UNVERIFIED
        if not alert.signed:
            return worst
        for form in self._forms(at):
            found = {_proves(form, certificate, alert, self._moment) for certificate in self._certificates}
            if Signature.VERIFIED in found:
                return Signature.VERIFIED
            worst = Signature.BAD if Signature.BAD in found else worst
        return worst

    def _forms(self, at: int) -> Iterator[etree._Element]:
        """The alert as it may have been when it was signed, the likeliest form first.

        Publishers indent what they signed, wrap it in Atom with more namespaces, and sign what another one signed before."""
        for blanks in (False, True):
            alerts = self._alerts(remove_blank_text=blanks)
            if at >= len(alerts):  # what expat reads and libxml2 does not, or reads otherwise
                return
            alert = etree.fromstring(etree.tostring(alerts[at], with_tail=False), _parser())
            yield alert
            count = min(len(alert.findall(DSIG)), MOST_SIGNATURES)
            yield from (_with_one(alert, n) for n in range(count if count > 1 else 0))
            if alerts[at].getparent() is not None:
                etree.cleanup_namespaces(alert)
                yield alert

    def _alerts(self, *, remove_blank_text: bool) -> Sequence[etree._Element]:
        if remove_blank_text not in self._parsed:
            self._parsed[remove_blank_text] = _alerts(bare(self._data), _parser(remove_blank_text=remove_blank_text))
        return self._parsed[remove_blank_text]


def sign(data: bytes, *, key: bytes, certificate: bytes) -> bytes:
    """The CAP document `data` with our signature in it. `key` and `certificate` are PEM. Raises BadSetting where they do not fit."""
    cert = _certificate(certificate)
    try:
        private = load_pem_private_key(key, password=None)
    except (ValueError, TypeError) as error:
        raise BadSetting("The key that signs our alerts is no PEM private key without a password. Make a new one.") from error
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise BadSetting("The key that signs our alerts must be RSA or of an elliptic curve. Make a new one.")
    if private.public_key() != cert.public_key():
        raise BadSetting("The certificate that signs our alerts belongs to another key. Set the two that belong together.")
    method = SignatureMethod.RSA_SHA256 if isinstance(private, rsa.RSAPrivateKey) else SignatureMethod.ECDSA_SHA256
    root = etree.fromstring(data, _parser())
    signed = XMLSigner(signature_algorithm=method).sign(root, key=private, cert=[cert])
    return bytes(etree.tostring(signed, encoding="UTF-8", xml_declaration=True))


def _proves(element: etree._Element, certificate: x509.Certificate, alert: Alert, moment: datetime) -> Signature:
    """What one signature proves. What counts is the alert that was signed: it must say what we read."""
    config = SignatureConfiguration(location="./", verification_time=moment)
    try:
        # Without the schema: Canada's relay has a blank in an Id. Nothing of it is trusted but what was signed.
        result = XMLVerifier().verify(element, x509_cert=certificate, expect_config=config, validate_schema=False)
        assert not isinstance(result, list)  # there is one reference
        seen = read(result.signed_data).alert
    except (InvalidDigest, InvalidSignature):
        return Signature.BAD
    except Exception:  # an algorithm that we do not take, a form that we do not know: signxml raises what it likes, and nothing is proven
        return Signature.UNVERIFIED
    return Signature.VERIFIED if replace(seen, signed=True) == alert and _canonical(result.signature_xml) else Signature.BAD


def _canonical(signature: etree._Element) -> bool:
    """Whether its Base64 is the only one for its bytes: the last letter may hold bits that decoding drops."""
    texts = ["".join((value.text or "").split()) for name in ("SignatureValue", "DigestValue") for value in signature.iter(f"{{*}}{name}")]
    return all(b64encode(b64decode(text)).decode() == text for text in texts)


def _alerts(data: bytes, parser: etree.XMLParser) -> Sequence[etree._Element]:
    """The alerts of a document, none where libxml2 cannot read it."""
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, LookupError):
        return ()
    return [element for element in root.iter("{*}alert") if _counts(element) and not any(map(_counts, element.iterancestors()))]


def _counts(element: etree._Element) -> bool:
    """Whether it is an alert, as bot.cap.read.alerts counts them."""
    return etree.QName(element).localname == "alert" and element.find("{*}identifier") is not None


def _with_one(alert: etree._Element, n: int) -> etree._Element:
    """The alert with its `n`-th signature only."""
    alone = deepcopy(alert)
    for m, signature in enumerate(alone.findall(DSIG)):
        if m != n:
            alone.remove(signature)
    return alone


def _parser(*, remove_blank_text: bool = False) -> etree.XMLParser:
    return etree.XMLParser(remove_blank_text=remove_blank_text, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _certificate(pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise BadSetting("A pinned certificate is not a PEM certificate. Ask the authority for its own, and set its file.") from error
