"""An alert in the store, and what makes two of them the same."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.core.alert.body import from_body, to_body
from bot.core.alert.cap import (
    Alert,
    AlertStatus,
    Area,
    Category,
    Circle,
    Info,
    MsgType,
    Reference,
    ResponseType,
    Scope,
    Severity,
)
from bot.core.alert.fingerprint import fingerprint

SENT = 1795154400.5
INFO = Info(
    language="sw",
    categories=(Category.MET, Category.SAFETY),
    event="Mafuriko",
    response_types=(ResponseType.EVACUATE,),
    severity=Severity.EXTREME,
    event_codes=(("SAME", "FFW"),),
    effective=SENT,
    expires=SENT + 3600,
    headline="Mafuriko Garissa",
    parameters=(("p", "v"),),
    areas=(Area("Garissa", (((0.1, 1.0), (0.2, 1.0), (0.2, 2.0), (0.1, 1.0)),), (Circle((0.1, 1.0), 5.0),), (("c", "KE-07"),)),),
)
ALERT = Alert(
    identifier="a",
    sender="met",
    sent=SENT,
    status=AlertStatus.ACTUAL,
    msg_type=MsgType.UPDATE,
    scope=Scope.PUBLIC,
    source="s",
    note="n",
    codes=("c",),
    references=(Reference("met", "0", SENT - 1), Reference("met", "00", None)),
    infos=(INFO, Info()),
    signed=True,
)


@pytest.mark.parametrize("alert", [ALERT, replace(ALERT, status=None, msg_type=None, scope=None, infos=(), references=())])
def test_it_comes_back_from_json(alert: Alert) -> None:
    assert from_body(json.loads(json.dumps(to_body(alert)))) == alert


def test_a_body_names_every_field() -> None:
    body = to_body(ALERT)
    assert set(body) == set(Alert.__slots__)
    assert set(body["infos"][0]) == set(Info.__slots__)
    assert set(body["infos"][0]["areas"][0]) == set(Area.__slots__)


@pytest.mark.parametrize(
    "harm",
    [
        lambda body: body.pop("sent"),
        lambda body: body.update(status="Real"),
        lambda body: body.update(infos=[None]),
        lambda body: body.update(sent=None),
        lambda body: body["infos"][0].update(areas=[{"desc": "x"}]),
        lambda body: body["infos"][0].update(parameters=[["one"]]),
        lambda body: body["infos"][0]["areas"][0].update(polygons=[[[1.0]]]),
        lambda body: body["infos"][0]["areas"][0].update(circles=[[1.0]]),
    ],
)
def test_what_is_no_body(harm: Callable[[dict[str, Any]], object]) -> None:
    body = to_body(ALERT)
    harm(body)
    with pytest.raises(ValueError, match=r"."):
        from_body(body)


@pytest.mark.parametrize(
    "stamped",
    [
        replace(ALERT, identifier="b"),
        replace(ALERT, sent=SENT + 60),
        replace(ALERT, references=()),
        replace(ALERT, signed=False),
        replace(ALERT, infos=(replace(INFO, effective=SENT + 60), Info())),
        replace(ALERT, infos=(replace(INFO, headline="Mafuriko \n Garissa"), Info())),
    ],
    ids=["identifier", "sent", "references", "signed", "effective", "white-space"],
)
def test_stamps_do_not_make_another_message(stamped: Alert) -> None:
    assert stamped != ALERT
    assert fingerprint(stamped) == fingerprint(ALERT)


@pytest.mark.parametrize(
    "other",
    [
        replace(ALERT, sender="kemet"),
        replace(ALERT, msg_type=MsgType.CANCEL),
        replace(ALERT, status=AlertStatus.TEST),
        replace(ALERT, infos=(INFO,)),
        replace(ALERT, infos=(replace(INFO, headline="Mafuriko Tana"), Info())),
        replace(ALERT, infos=(replace(INFO, expires=SENT + 7200), Info())),
        replace(ALERT, infos=(replace(INFO, severity=Severity.MINOR), Info())),
        replace(ALERT, infos=(replace(INFO, areas=(Area("Garissa"),)), Info())),
    ],
)
def test_what_is_said_does(other: Alert) -> None:
    assert fingerprint(other) != fingerprint(ALERT)


def test_a_fingerprint_is_the_same_tomorrow() -> None:
    """It is stored: a change of the way it is made would let every alert come twice."""
    bare = Alert(
        identifier="a", sender="met", sent=1.0, status=AlertStatus.ACTUAL, msg_type=MsgType.ALERT, scope=Scope.PUBLIC, infos=(Info(),)
    )
    assert fingerprint(bare) == "b9dab8bbca24e28cc4524aedc88642a899aff8df3ab81823cd24a284067a4f35"
