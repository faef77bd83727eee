"""Every channel under fire, in short: bench.faults with few messages. What must be 0 is 0, and every message is accounted for."""

import pytest

from bench.faults.judge import Tally, judge
from bench.faults.plan import Plan, deal
from bench.faults.run import run
from bench.wires import WIRES, AtSms, Kind, Taken, TwilioSms, Wire
from bot.app.channels import CHANNELS
from bot.core.storage import Line
from bot.core.types import Status

NUMBER = "+254700000001"


@pytest.mark.parametrize("name", WIRES)
def test_nothing_is_lost_doubled_forged_or_wrongly_reported(name: str) -> None:
    tally = run(name, messages=30, seed=3)
    assert tally.remarks == []
    assert tally.faultless
    assert (tally.messages, tally.acknowledged) == (30, 30)
    assert tally.forgeries > 0
    assert set(tally.met) == set(Kind)  # or this was no test


def test_every_pushing_channel_of_a_provider_is_run() -> None:
    assert {wire.name for wire in WIRES.values()} == {name for name in CHANNELS if not name.startswith("sim")} - {"at_ussd"}


def plan(*met: Kind, final: Status | None = None) -> Plan:
    known = deal(NUMBER, seed=1)
    known.met, known.final = list(met), final
    return known


def line(status: Status, text: str = "Panda.") -> Line:
    return Line(False, text, 0.0, status, "out-1-0", "any")


def judged(
    status: Status,
    *,
    times: int,
    met: tuple[Kind, ...] = (),
    final: Status | None = None,
    wire: type[Wire] = TwilioSms,
    keeps_key: bool = False,
) -> Tally:
    tally = Tally(messages=1, acknowledged=1)
    judge(tally, plan(*met, final=final), [line(status)], [Taken(NUMBER, "Panda.", "1")] * times, wire, keeps_key=keeps_key)
    return tally


UNCLEAR_THEN_REFUSED = (Kind.CUT_BEFORE, Kind.REFUSED)
UNCLEAR_UNTIL_THE_LAST_TRY = (Kind.CUT_AFTER, Kind.TOO_FAST, Kind.SLOW, Kind.CUT_BEFORE, Kind.NOT_NOW, Kind.BROKEN_BEFORE, Kind.CUT_AFTER)
NEVER_UNCLEAR = (Kind.TOO_FAST, Kind.NOT_NOW) * 3


@pytest.mark.parametrize(
    ("tally", "found"),
    [
        pytest.param(judged(Status.WIRED, times=0), {"lost", "wrong"}, id="wired-and-not-taken"),
        pytest.param(judged(Status.UNKNOWN, times=0), {"wrong"}, id="unknown-without-a-reason"),
        pytest.param(judged(Status.FAILED, times=0, met=(Kind.TOO_FAST,)), {"lost", "wrong"}, id="gave-up-too-soon"),
        pytest.param(judged(Status.FAILED, times=0, met=NEVER_UNCLEAR), {"lost", "wrong"}, id="gave-up-while-it-was-worth-sending"),
        pytest.param(judged(Status.UNKNOWN, times=0, met=(Kind.CUT_BEFORE,), keeps_key=True), {"wrong"}, id="unsure-too-soon"),
        pytest.param(judged(Status.FAILED, times=1), {"wrong"}, id="failed-and-taken"),
        pytest.param(
            judged(Status.FAILED, times=0, met=UNCLEAR_THEN_REFUSED, keeps_key=True), {"wrong"}, id="claims-to-know-what-it-cannot-know"
        ),
        pytest.param(judged(Status.FAILED, times=1, met=UNCLEAR_UNTIL_THE_LAST_TRY, keeps_key=True), {"wrong"}, id="gave-up-and-taken"),
        pytest.param(judged(Status.WIRED, times=1, final=Status.DELIVERED), {"wrong"}, id="report-not-heard"),
        pytest.param(judged(Status.DELIVERED, times=2, final=Status.DELIVERED), {"doubled"}, id="taken-twice"),
        pytest.param(judged(Status.UNKNOWN, times=1, met=(Kind.SLOW,), final=Status.DELIVERED), {"wrong"}, id="report-names-our-key"),
    ],
)
def test_the_judge_sees(tally: Tally, found: set[str]) -> None:
    assert {name for name in ("lost", "doubled", "wrong") if getattr(tally, name)} == found
    assert not tally.faultless


@pytest.mark.parametrize(
    "tally",
    [
        pytest.param(judged(Status.WIRED, times=1), id="wired"),
        pytest.param(judged(Status.DELIVERED, times=1, met=(Kind.CUT_AFTER,), final=Status.DELIVERED), id="report-clears-it"),
        pytest.param(
            judged(Status.UNKNOWN, times=1, met=(Kind.CUT_AFTER,), final=Status.DELIVERED, wire=AtSms), id="no-report-can-clear-it"
        ),
        pytest.param(judged(Status.UNKNOWN, times=0, met=(Kind.CUT_BEFORE,)), id="unknown"),
        pytest.param(judged(Status.UNKNOWN, times=0, met=UNCLEAR_THEN_REFUSED, keeps_key=True), id="unclear-then-refused"),
        pytest.param(judged(Status.UNKNOWN, times=1, met=UNCLEAR_UNTIL_THE_LAST_TRY, keeps_key=True), id="unclear-until-the-last-try"),
        pytest.param(judged(Status.FAILED, times=0, met=(Kind.REFUSED,)), id="refused"),
        pytest.param(judged(Status.FAILED, times=0, met=NEVER_UNCLEAR * 2), id="not-worth-sending-any-more"),
    ],
)
def test_the_judge_is_content(tally: Tally) -> None:
    assert tally.faultless
