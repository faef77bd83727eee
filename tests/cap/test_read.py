"""Reading CAP: what is taken, what is noted, what is never guessed."""

import pytest

from bot.cap.read import read, read_all, read_document
from bot.core.alert.cap import AlertStatus, Category, Certainty, Circle, MsgType, Reference, ResponseType, Scope, Severity, Urgency
from bot.core.alert.reading import DefectKind, Unreadable, Why
from tests.cap.small import CAP_12, HEAD, SQUARE, cap, info, with_area

SENT = 1795154400.0  # 2026-11-20T06:00:00Z

WHOLE = """<source>Met office</source><note>n</note><code>c1</code><code>c2</code>
<references>met@example.org,KE-0,2026-11-19T09:00:00+03:00</references>
<info><language>sw</language><category>Met</category><event>Flood</event>
<responseType>Evacuate</responseType><responseType>Avoid</responseType>
<urgency>Immediate</urgency><severity>Severe</severity><certainty>Likely</certainty>
<eventCode><valueName>SAME</valueName><value>FFW</value></eventCode>
<effective>2026-11-20T09:00:00+03:00</effective><onset>2026-11-20T12:00:00+03:00</onset><expires>2026-11-21T18:00:00+03:00</expires>
<senderName>Met Office</senderName><headline>Flood in Garissa</headline><description>d</description><instruction>i</instruction>
<web>https://example.org/</web><contact>desk</contact>
<parameter><valueName>level</valueName><value>red</value></parameter>
<area><areaDesc>Bura</areaDesc><circle>-1.1,39.9 12.5</circle>
<geocode><valueName>ISO 3166-2</valueName><value>KE-40</value></geocode></area>
<area><areaDesc>Garissa</areaDesc><polygon>-0.4,39.5 -0.4,39.8 -0.6,39.8 -0.6,39.5 -0.4,39.5</polygon></area>
</info>"""


def kinds(data: bytes) -> list[DefectKind]:
    return [defect.kind for defect in read(data).defects]


def test_a_whole_message() -> None:
    found = read(cap(WHOLE, msgType="Update"))
    alert = found.alert
    assert found.defects == ()
    assert (alert.identifier, alert.sender, alert.sent) == ("KE-1", "met@example.org", SENT)
    assert (alert.status, alert.msg_type, alert.scope) == (AlertStatus.ACTUAL, MsgType.UPDATE, Scope.PUBLIC)
    assert (alert.source, alert.note, alert.codes) == ("Met office", "n", ("c1", "c2"))
    assert alert.references == (Reference("met@example.org", "KE-0", SENT - 86_400),)
    [one] = alert.infos
    assert (one.language, one.event, one.categories) == ("sw", "Flood", (Category.MET,))
    assert one.response_types == (ResponseType.EVACUATE, ResponseType.AVOID)
    assert (one.urgency, one.severity, one.certainty) == (Urgency.IMMEDIATE, Severity.SEVERE, Certainty.LIKELY)
    assert (one.event_codes, one.parameters) == ((("SAME", "FFW"),), (("level", "red"),))
    assert (one.effective, one.onset, one.expires) == (SENT, SENT + 3 * 3600, SENT + 33 * 3600)
    assert (one.sender_name, one.headline, one.description, one.instruction) == ("Met Office", "Flood in Garissa", "d", "i")
    assert (one.web, one.contact) == ("https://example.org/", "desk")
    assert [area.desc for area in one.areas] == ["Bura", "Garissa"]
    assert one.areas[0].circles == (Circle((-1.1, 39.9), 12.5),)
    assert one.areas[0].geocodes == (("ISO 3166-2", "KE-40"),)
    assert one.areas[1].polygons[0][0] == one.areas[1].polygons[0][-1] == (-0.4, 39.5)


@pytest.mark.parametrize(
    ("field", "attribute", "kind"),
    [
        ("status", "status", DefectKind.STATUS),
        ("msgType", "msg_type", DefectKind.MSG_TYPE),
        ("scope", "scope", DefectKind.SCOPE),
    ],
)
@pytest.mark.parametrize("word", ["", "actual", "ALERT", "public", "Real", "Actual Exercise", "<b/>"])
def test_what_decides_who_hears_is_never_guessed(field: str, attribute: str, kind: DefectKind, word: str) -> None:
    found = read(cap(**{field: word}))
    assert getattr(found.alert, attribute) is None
    assert [defect.kind for defect in found.defects] == [kind]


def test_two_statuses_that_differ_are_no_status() -> None:
    found = read(cap("<status>Test</status>" + info()))
    assert found.alert.status is None
    assert DefectKind.STATUS in [defect.kind for defect in found.defects]


def test_the_same_status_twice_is_one() -> None:
    assert read(cap("<status> Actual </status>" + info())).alert.status is AlertStatus.ACTUAL


def test_a_status_of_another_vocabulary_is_not_caps() -> None:
    found = read(cap('<x:status xmlns:x="urn:example:other">Actual</x:status>' + info(), status=""))
    assert found.alert.status is None


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"identifier": ""}, Why.NO_ALERT),  # without one it may be any XML's <alert>
        ({"identifier": " "}, Why.NO_IDENTITY),
        ({"identifier": "x" * 1001}, Why.NO_IDENTITY),
        ({"sender": ""}, Why.NO_IDENTITY),
        ({"sender": "é" * 501}, Why.NO_IDENTITY),
        ({"sent": ""}, Why.NO_SENT),
        ({"sent": "yesterday"}, Why.NO_SENT),
        ({"sent": "2026-11-20T09:00:00"}, Why.NO_SENT),
        ({"sent": "2026-02-31T09:00:00Z"}, Why.NO_SENT),
    ],
)
def test_without_identity_or_time_it_cannot_be_read(fields: dict[str, str], why: Why) -> None:
    with pytest.raises(Unreadable) as caught:
        read(cap(**fields))
    assert caught.value.why is why


@pytest.mark.parametrize("field", ["identifier", "sender", "sent"])
def test_two_identities_are_none(field: str) -> None:
    second = {"identifier": "KE-2", "sender": "other@example.org", "sent": "2026-11-20T10:00:00+03:00"}[field]
    with pytest.raises(Unreadable):
        read(cap(f"<{field}>{second}</{field}>" + info()))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", Why.EMPTY),
        (b" \r\n", Why.EMPTY),
        (b"\xef\xbb\xbf\n", Why.EMPTY),
        (b'{"error": "not found"}', Why.NOT_XML),
        (b"\x1f\x8b\x08\x00", Why.NOT_XML),
        (b"<alert><identifier>secret-1</identifier>", Why.NOT_XML),
        (b'<?xml version="1.0" encoding="klingon"?><alert/>', Why.NOT_XML),
        (b'<?xml version="1.0" encoding="big5"?><alert/>', Why.NOT_XML),
        (b"<alert>\xff</alert>", Why.NOT_XML),
        (b"<!DOCTYPE html><html><body>secret-1<br></body></html>", Why.HTML),
        (b"<html><head/><body>502 Bad Gateway<hr></html>", Why.HTML),
        (b'<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>', Why.HTML),
        (b'<!DOCTYPE alert SYSTEM "http://example.org/x.dtd"><alert/>', Why.DTD),
        (b"<rss><channel><item><title>secret-1</title></item></channel></rss>", Why.NO_ALERT),
        (b'<schema><element name="alert"/></schema>', Why.NO_ALERT),
    ],
)
def test_what_is_no_alert_says_why_and_nothing_of_itself(data: bytes, why: Why) -> None:
    with pytest.raises(Unreadable) as caught:
        read(data)
    assert caught.value.why is why
    assert "secret-1" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None  # a traceback in a log shows nothing of it, either


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + cap(),
        b"\n\n" + cap(),
        b"\xef\xbb\xbf\r\n" + cap(),
        cap().split(b"?>\n")[1],
        cap().decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        cap().decode().replace("UTF-8", "ISO-8859-1").encode("latin-1"),
    ],
    ids=["bom", "newlines", "bom-and-newline", "no-prolog", "utf-16", "latin-1"],
)
def test_encodings_and_what_stands_before(data: bytes) -> None:
    assert read(data).alert == read(cap()).alert


def test_prefixes() -> None:
    body = "".join(f"<cap:{name}>{word}</cap:{name}>" for name, word in HEAD.items())
    alert = read(f'<cap:alert xmlns:cap="{CAP_12}">{body}</cap:alert>'.encode()).alert
    assert (alert.identifier, alert.status) == ("KE-1", AlertStatus.ACTUAL)


def test_older_versions_are_read_and_named() -> None:
    older = read(
        cap(namespace="http://www.incident.com/cap/1.0", inside=info("<parameter>HSAS=ORANGE</parameter>", certainty="Very Likely"))
    )
    assert older.alert.infos[0].parameters == (("HSAS", "ORANGE"),)
    assert older.alert.infos[0].certainty is Certainty.LIKELY
    assert [str(defect) for defect in older.defects] == ["it is written in CAP 1.0"]
    assert kinds(cap(namespace="urn:oasis:names:tc:emergency:cap:1.1")) == [DefectKind.NAMESPACE]
    assert kinds(cap(namespace="urn:example:my-own-cap")) == [DefectKind.NAMESPACE]


def test_alerts_in_atom_and_in_a_list() -> None:
    one, two = (cap(identifier=name).split(b"?>\n")[1] for name in ("A", "B"))
    atom = b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><content>' + one + b"</content></entry><entry>" + two + b"</entry></feed>"
    reads = read_all(b"\n" + atom)
    assert [(found.alert.identifier, found.at) for found in reads] == [("A", 0), ("B", 1)]


def test_one_that_cannot_be_read_does_not_hide_the_others() -> None:
    one, two = cap(sent="").split(b"?>\n")[1], cap(identifier="B").split(b"?>\n")[1]
    document = read_document(b"<alerts>" + one + two + b"</alerts>")
    assert [(found.alert.identifier, found.at) for found in document.reads] == [("B", 1)]
    assert document.unreadable == {0: Why.NO_SENT}


def test_an_alert_inside_an_alert_is_none() -> None:
    inner = cap(identifier="INNER").split(b"?>\n")[1].decode()
    assert [found.alert.identifier for found in read_all(cap(info() + inner))] == ["KE-1"]


def test_signed_is_noted_and_not_believed() -> None:
    assert read(cap(info() + '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>')).alert.signed
    assert not read(cap(info() + "<Signature/>")).alert.signed


@pytest.mark.parametrize(
    ("inside", "kind", "where"),
    [
        (info(event=""), DefectKind.MISSING, "info 1"),
        (info(urgency="Soon"), DefectKind.UNKNOWN_WORD, "info 1"),
        (info(severity=""), DefectKind.MISSING, "info 1"),
        (info(category="Weather"), DefectKind.UNKNOWN_WORD, "info 1"),
        (info("<responseType>Flee</responseType>"), DefectKind.UNKNOWN_WORD, "info 1"),
        (info(language="in a word"), DefectKind.UNKNOWN_WORD, "info 1"),
        (info() + info(expires="2026-11-21T18:00:00"), DefectKind.TIME_NAIVE, "info 2"),
        (info(expires="soon"), DefectKind.TIME, "info 1"),
        (info(expires="2026-11-21T18:00:00Z"), DefectKind.TIME_FORM, "info 1"),
        (info(expires="2026-11-19T18:00:00+03:00"), DefectKind.EXPIRES_EARLY, "info 1"),
        (info("<headline>another</headline>"), DefectKind.ELEMENT_TWICE, "info 1"),
        (info(area="<area/>"), DefectKind.MISSING, "info 1, area 1"),
        (info(area="<area><areaDesc>Bura</areaDesc></area>"), DefectKind.NO_SHAPE, "info 1, area 1"),
        ("", DefectKind.NO_INFO, ""),
        ("<references>a,b</references>" + info(), DefectKind.REFERENCE, ""),
    ],
)
def test_defects_are_named_with_their_place(inside: str, kind: DefectKind, where: str) -> None:
    assert (kind, where) in [(defect.kind, defect.where) for defect in read(cap(inside)).defects]


def test_what_is_unknown_is_left_unknown() -> None:
    [one] = read(cap(info(urgency="Soon", severity="", certainty="Sure", category="Weather", expires="2026-11-21T18:00:00"))).alert.infos
    assert (one.urgency, one.severity, one.certainty) == (Urgency.UNKNOWN, Severity.UNKNOWN, Certainty.UNKNOWN)
    assert (one.categories, one.expires) == ((), None)


def test_the_language_that_is_not_said() -> None:
    assert read(cap(info(language=""))).alert.infos[0].language == "en-US"
    assert read(cap(info(language="x" * 40))).alert.infos[0].language == "und"


def test_an_update_and_a_cancel_must_say_of_what() -> None:
    for msg_type in ("Update", "Cancel"):
        assert DefectKind.NO_REFERENCE in kinds(cap("<references> </references>" + info(), msgType=msg_type))
    assert kinds(cap("", msgType="Ack")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b,2026-11-20T09:00:00+03:00", [("a", "b", SENT)]),
        (" a,b,2026-11-20T09:00:00+03:00\n\tc,d,2026-11-20T06:00:00Z ", [("a", "b", SENT), ("c", "d", SENT)]),
        ("a,b,2026-11-20T09:00:00", [("a", "b", None)]),
        ("a,b", [("a", "b", None)]),
        ("Met Office,b,2026-11-20T09:00:00+03:00 c,d,2026-11-20T09:00:00+03:00", [("Met Office", "b", SENT), ("c", "d", SENT)]),
        ("a,b,c,2026-11-20T09:00:00+03:00", [("a", "b,c", SENT)]),
        ("nothing", []),
        ("a,b,2026-11-20T09:00:00+03:00 a,b,2026-11-20T09:00:00+03:00", [("a", "b", SENT)]),
    ],
)
def test_references(text: str, expected: list[tuple[str, str, float | None]]) -> None:
    found = read(cap(f"<references>{text}</references>" + info(), msgType="Update")).alert
    assert [(ref.sender, ref.identifier, ref.sent) for ref in found.references] == expected


@pytest.mark.parametrize("text", ["a,b,2026-11-20T09:00:00+03:00 " * 501, "a,b,2026-11-20T09:00:00+03:00 " + "x" * 100_000])
def test_references_without_end(text: str) -> None:
    found = read(cap(f"<references>{text}</references>" + info(), msgType="Update"))
    assert [(ref.sender, ref.identifier, ref.sent) for ref in found.alert.references] == [("a", "b", SENT)]
    assert "the first ones count" in " ".join(map(str, found.defects))


@pytest.mark.parametrize(
    ("shape", "rings", "expected"),
    [
        (f"<polygon>{SQUARE}</polygon>", 1, set()),
        ("<polygon/>", 0, {DefectKind.POLYGON_EMPTY, DefectKind.NO_SHAPE}),
        ("<polygon>39.5,-0.4 95.8,-0.4 95.8,-0.6 39.5,-0.4</polygon>", 0, {DefectKind.SWAPPED, DefectKind.NO_SHAPE}),
        ("<polygon>-0.4,39.5 -0.4,39.8 -0.6,39.8</polygon>", 1, {DefectKind.POLYGON_OPEN}),
        ("<polygon>-0.4,39.5 -0.4,39.8</polygon>", 0, {DefectKind.POLYGON, DefectKind.POLYGON_OPEN, DefectKind.NO_SHAPE}),
        ("<circle>here 5</circle>", 0, {DefectKind.CIRCLE, DefectKind.NO_SHAPE}),
    ],
)
def test_shapes_in_an_area(shape: str, rings: int, expected: set[DefectKind]) -> None:
    found = read(with_area(shape))
    assert len(found.alert.infos[0].areas[0].polygons) == rings
    assert {defect.kind for defect in found.defects} == expected


def test_defects_hold_nothing_of_the_message_and_are_not_endless() -> None:
    found = read(cap("".join(info(urgency="secret-1", area="<area><areaDesc>x</areaDesc></area>") for _ in range(100))))
    assert len(found.defects) == 101
    assert found.defects[-1].kind is DefectKind.MORE
    assert not any("secret-1" in str(defect) for defect in found.defects)
