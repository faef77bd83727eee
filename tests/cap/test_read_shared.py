"""The shared collection of real and broken CAP files: each is read as its index says. What the collection lacks is in test_read.py."""

import json
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from bot.cap.read import read_document
from bot.cap.write import write
from bot.core.alert.body import from_body, to_body
from bot.core.alert.cap import AlertStatus, MsgType, Scope
from bot.core.alert.fingerprint import fingerprint
from bot.core.alert.gate import Outcome, judge
from bot.core.alert.hygiene import cleaned
from bot.core.alert.reading import DefectKind, Document, Unreadable, Why
from bot.core.errors import NotDone
from tests.cap.small import ENTRIES, shared

READABLE = {name: entry for name, entry in ENTRIES.items() if entry["parse"] == "ok" and entry["sender"] and "DTD" not in entry["notes"]}
READABLE |= {name: entry for name, entry in ENTRIES.items() if entry["kind"] == "feed"}
NOT_READABLE = {name: entry for name, entry in ENTRIES.items() if name not in READABLE}


@cache
def document(name: str) -> Document:
    return read_document(shared(name))


@pytest.mark.parametrize("name", sorted(READABLE))
def test_it_is_read_as_the_index_says(name: str) -> None:
    entry = READABLE[name]
    found = document(name)
    alert = found.reads[0].alert
    assert not found.unreadable
    if "identifier" not in entry:
        return
    assert (alert.identifier, alert.sender) == (entry["identifier"], entry["sender"])
    assert alert.sent == datetime.fromisoformat(entry["sent"]).timestamp()
    assert (alert.status or "", alert.msg_type or "", alert.scope or "") == (entry["status"], entry["msgType"], entry["scope"])
    assert (bool(alert.references), alert.signed, len(alert.infos)) == (entry["references"], entry["signed"], entry["n_info"])
    assert sorted({info.event for info in alert.infos}) == entry["events"]
    assert sum(len(info.areas) for info in alert.infos) == entry["areas"]


@pytest.mark.parametrize("name", sorted(READABLE))
def test_every_outline_is_kept_or_said_to_be_wrong(name: str) -> None:
    entry, found = READABLE[name], document(name).reads[0]
    if "polygons" not in entry:
        return
    areas = [area for info in found.alert.infos for area in info.areas]
    lost = [d for d in found.defects if d.kind in {DefectKind.POLYGON, DefectKind.POLYGON_EMPTY, DefectKind.SWAPPED}]
    assert sum(len(area.polygons) for area in areas) + len(lost) == entry["polygons"]
    assert sum(len(area.circles) for area in areas) == entry["circles"]
    assert all(ring[0] == ring[-1] and len(ring) >= 4 for area in areas for ring in area.polygons)
    assert sorted({key for area in areas for key, _ in area.geocodes}) == entry["geocodes"]


@pytest.mark.parametrize("name", sorted(NOT_READABLE))
def test_it_is_refused_for_the_reason_that_the_index_names(name: str) -> None:
    entry = NOT_READABLE[name]
    try:
        found = document(name)
    except Unreadable as error:
        why = error.why
    else:
        why = found.unreadable[0]
        assert not found.reads
    assert why is expected_why(entry)


def expected_why(entry: dict[str, Any]) -> Why:
    if entry["parse"].startswith("ERROR"):
        return Why.NOT_XML
    if entry["parse"] != "ok":
        return Why.NO_ALERT
    return Why.DTD if "DTD" in entry["notes"] else Why.NO_IDENTITY


@pytest.mark.parametrize("name", sorted(READABLE))
def test_nothing_but_actual_and_public_is_open(name: str) -> None:
    for found in document(name).reads:
        alert = found.alert
        meant = alert.status is AlertStatus.ACTUAL and alert.scope is Scope.PUBLIC and alert.msg_type in {MsgType.ALERT, MsgType.UPDATE}
        verdict = judge(alert)
        assert verdict.outcome is not Outcome.OPEN or meant
        assert (verdict.reason == "") == (verdict.outcome is Outcome.OPEN)


OUTCOMES = {
    "made-up.xml": (Outcome.OPEN, ""),
    "cpl_canada.cap": (Outcome.HELD, "test_words"),  # "This is a test" in its description
    "kde_noaa-bde6c30c43ead9c23c42bea7977652a7de76d87d.002.1.xml": (Outcome.HELD, "blocked_channel"),
    "wmo_cm_invalid_schema.xml": (Outcome.QUARANTINED, "no_status"),
    "syn_status_exercise.xml": (Outcome.HELD, "exercise"),
    "syn_status_system.xml": (Outcome.SYSTEM, "system"),
    "syn_ack.xml": (Outcome.SYSTEM, "ack"),
    "syn_error.xml": (Outcome.SYSTEM, "error"),
    "syn_cancel_unknown_ref.xml": (Outcome.SYSTEM, "cancel"),
    "cpl_no_optional_fields.cap": (Outcome.HELD, "no_info"),
    "kw_tsunami.xml": (Outcome.OPEN, ""),
    "kde_gdacs-cap_1470644.xml": (Outcome.OPEN, ""),  # urgency Past, and not over
    "wmo_cm_no_signature.xml": (Outcome.OPEN, ""),
}


@pytest.mark.parametrize("name", sorted(OUTCOMES.keys() & READABLE.keys()))
def test_the_gate(name: str) -> None:
    verdict = judge(document(name).reads[0].alert)
    assert (verdict.outcome, verdict.reason) == OUTCOMES[name]


OVER = {"cpl_canada.cap", "cpl_canada_errors.cap", "syn_cancel_other_sender.xml", "syn_cancel_unknown_ref.xml"}


@pytest.mark.parametrize("name", sorted(READABLE))
def test_what_is_over(name: str) -> None:
    assert judge(document(name).reads[0].alert).over == (name in OVER)


@pytest.mark.parametrize("name", sorted(READABLE))
def test_it_comes_back_from_the_store_and_from_our_own_writing(name: str) -> None:
    for found in document(name).reads:
        alert = found.alert
        assert from_body(json.loads(json.dumps(to_body(alert)))) == alert
        if alert.status is None:
            with pytest.raises(NotDone):
                write(alert)
            continue
        again = read_document(write(alert)).reads[0].alert
        assert (again.infos, again.references, again.sent) == (alert.infos, alert.references, alert.sent)
        assert fingerprint(again) == fingerprint(alert)


@pytest.mark.parametrize("name", sorted(READABLE))
def test_what_people_read_of_it_is_clean(name: str) -> None:
    for found in document(name).reads:
        alert = cleaned(found.alert)
        for info in alert.infos:
            said = " ".join([info.event, info.headline, info.description, info.instruction, *(area.desc for area in info.areas)])
            assert not any(mark in said for mark in ("\n", "<br", "&quot;", "&amp;", "http://", "https://", "\u202e"))
