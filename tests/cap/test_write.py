"""Writing CAP 1.2: what we write is read back as it was, in the order and the form that the standard wants."""

import re
from dataclasses import replace
from zoneinfo import ZoneInfo

import defusedxml.ElementTree
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cap.read import read
from bot.cap.write import write
from bot.core.alert.cap import (
    Alert,
    AlertStatus,
    Area,
    Category,
    Certainty,
    Circle,
    Info,
    MsgType,
    Reference,
    ResponseType,
    Scope,
    Severity,
    Urgency,
)
from bot.core.alert.reading import DefectKind
from bot.core.errors import NotDone

SENT = 1795154400.0
RING = ((-0.4, 39.5), (-0.4, 39.8), (-0.6, 39.8), (-0.4, 39.5))
AREA = Area("Garissa", polygons=(RING,), circles=(Circle((-1.0, 39.0), 0.0),), geocodes=(("ISO 3166-2", "KE-07"),))
INFO = Info(
    language="sw",
    categories=(Category.MET,),
    event="Mafuriko",
    response_types=(ResponseType.EVACUATE,),
    urgency=Urgency.IMMEDIATE,
    severity=Severity.EXTREME,
    certainty=Certainty.OBSERVED,
    event_codes=(("SAME", "FFW"),),
    effective=SENT,
    onset=SENT,
    expires=SENT + 3600,
    sender_name="Red Cross",
    headline="Mafuriko <Garissa> & Tana",
    description="d",
    instruction="i",
    web="https://example.org/?a=1&b=2",
    contact="c",
    parameters=(("p", "v"),),
    areas=(AREA,),
)
ALERT = Alert(
    identifier="KE-2",
    sender="redcross@example.org",
    sent=SENT,
    status=AlertStatus.ACTUAL,
    msg_type=MsgType.UPDATE,
    scope=Scope.PUBLIC,
    source="desk",
    note="n",
    codes=("c1", "c2"),
    references=(Reference("redcross@example.org", "KE-1", SENT - 60),),
    infos=(INFO,),
)
ORDER = {
    "alert": "identifier sender sent status msgType source scope code code note references info",
    "info": """language category event responseType urgency severity certainty eventCode effective onset expires
        senderName headline description instruction web contact parameter area""",
    "area": "areaDesc polygon circle geocode",
}


def test_what_is_written_is_read_back() -> None:
    found = read(write(ALERT))
    assert found.alert == ALERT
    assert found.defects == ()


@pytest.mark.parametrize("block", sorted(ORDER))
def test_the_order_of_the_schema(block: str) -> None:
    root = defusedxml.ElementTree.fromstring(write(ALERT), forbid_dtd=True)
    names = {element.tag.rpartition("}")[2]: [child.tag.rpartition("}")[2] for child in element] for element in root.iter()}
    assert names[block] == ORDER[block].split()


def test_times_have_a_numeric_offset() -> None:
    assert b"<sent>2026-11-20T06:00:00-00:00</sent>" in write(ALERT)
    assert b"<sent>2026-11-20T09:00:00+03:00</sent>" in write(ALERT, zone=ZoneInfo("Africa/Nairobi"))
    assert b"<sent>2026-11-20T02:30:00-03:30</sent>" in write(ALERT, zone=ZoneInfo("America/St_Johns"))
    assert re.findall(rb"\d\dZ<", write(ALERT)) == []


def test_the_document_names_its_encoding_and_namespace() -> None:
    written = write(replace(ALERT, source="Ñandú"))
    assert written.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    assert b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">' in written
    assert "Ñandú".encode() in written


def test_nothing_is_written_where_there_is_nothing() -> None:
    bare = Alert(identifier="a", sender="b", sent=SENT, status=AlertStatus.ACTUAL, msg_type=MsgType.CANCEL, scope=Scope.PUBLIC)
    written = write(bare)
    assert read(written).alert == bare
    assert [defect.kind for defect in read(written).defects] == [DefectKind.NO_REFERENCE]
    assert b"<note" not in written


def test_characters_that_xml_cannot_say_are_left_out() -> None:
    assert read(write(replace(ALERT, note="a\x00\x1b\ufffe\ud800b"))).alert.note == "ab"


@pytest.mark.parametrize(
    ("alert", "names"),
    [
        (replace(ALERT, status=None), "status"),
        (replace(ALERT, msg_type=None), "msgType"),
        (replace(ALERT, scope=None), "scope"),
        (replace(ALERT, scope=Scope.PRIVATE), "Private"),
        (replace(ALERT, identifier="a b"), "identifier"),
        (replace(ALERT, identifier=""), "identifier"),
        (replace(ALERT, sender="a,b"), "sender"),
        (replace(ALERT, infos=(replace(INFO, event=" "),)), "event"),
        (replace(ALERT, infos=(INFO, replace(INFO, categories=()))), "Info 2"),
        (replace(ALERT, infos=(replace(INFO, areas=(Area(""),)),)), "description"),
        (replace(ALERT, references=(Reference("a", "b", None),)), "reference"),
    ],
)
def test_what_the_standard_forbids_is_not_written(alert: Alert, names: str) -> None:
    with pytest.raises(NotDone, match=names):
        write(alert)


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=30).map(
    str.strip
)
texts = words.filter(lambda text: all(ord(char) & 0xFFFE != 0xFFFE for char in text))
said = texts.filter(bool)
tokens = st.text("abcXYZ019.:-_@/", min_size=1, max_size=30)
times = st.integers(86_400, 4_000_000_000).map(float)
pairs = st.lists(st.tuples(texts, texts), max_size=2).map(tuple)
points = st.tuples(*(st.floats(-most, most).map(lambda degrees: round(degrees, 9)) for most in (90, 180)))
rings = st.lists(points, min_size=3, max_size=6, unique=True).map(lambda ring: (*ring, ring[0]))
areas = st.builds(
    Area,
    said,
    polygons=st.lists(rings, max_size=2).map(tuple),
    circles=st.lists(st.builds(Circle, points, st.integers(0, 20_000).map(float)), max_size=2).map(tuple),
    geocodes=pairs,
)


def several(of: type, *, least: int = 0) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(st.sampled_from(of), min_size=least, max_size=3, unique=True).map(tuple)


infos = st.builds(
    Info,
    language=st.sampled_from(["en-US", "sw", "so"]),
    categories=several(Category, least=1),
    event=said,
    response_types=several(ResponseType),
    urgency=st.sampled_from(Urgency),
    severity=st.sampled_from(Severity),
    certainty=st.sampled_from(Certainty),
    event_codes=pairs,
    effective=st.none() | times,
    onset=st.none() | times,
    expires=st.none() | times,
    sender_name=texts,
    headline=texts,
    description=texts,
    instruction=texts,
    web=texts,
    contact=texts,
    parameters=pairs,
    areas=st.lists(areas, max_size=2).map(tuple),
)
alerts = st.builds(
    Alert,
    identifier=tokens,
    sender=tokens,
    sent=times,
    status=st.sampled_from(AlertStatus),
    msg_type=st.sampled_from(MsgType),
    scope=st.just(Scope.PUBLIC),
    source=texts,
    note=texts,
    codes=st.lists(said, max_size=2).map(tuple),
    references=st.lists(st.builds(Reference, tokens, tokens, times), max_size=3, unique=True).map(tuple),
    infos=st.lists(infos, max_size=2).map(tuple),
)


@settings(max_examples=50, deadline=None)
@given(alerts, st.sampled_from(["UTC", "Africa/Nairobi", "Asia/Kathmandu", "America/St_Johns"]))
def test_any_alert_is_read_back(alert: Alert, zone: str) -> None:
    assert read(write(alert, zone=ZoneInfo(zone))).alert == alert
