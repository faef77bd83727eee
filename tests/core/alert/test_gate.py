"""The public gate: nothing but Actual, Public and Alert or Update is open; what looks like a test waits for a person; what "over" means."""

from dataclasses import replace
from itertools import product

import pytest

from bot.core.alert.cap import Alert, AlertStatus, Area, Info, MsgType, Reference, ResponseType, Scope, Urgency
from bot.core.alert.gate import REASONS, Outcome, judge, over_areas

SENT = 1795154400.0
INFO = Info(event="Flood", headline="Flood in Garissa: exercise caution", urgency=Urgency.EXPECTED, areas=(Area("Garissa"),))
ALERT = Alert(
    identifier="a",
    sender="met",
    sent=SENT,
    status=AlertStatus.ACTUAL,
    msg_type=MsgType.ALERT,
    scope=Scope.PUBLIC,
    infos=(INFO,),
)
UPDATE = replace(ALERT, msg_type=MsgType.UPDATE, identifier="b", references=(Reference("met", "a", SENT - 60),))
CLEAR = replace(INFO, response_types=(ResponseType.ALL_CLEAR,), areas=(Area("Tana River"),))
PAST = replace(INFO, urgency=Urgency.PAST)


@pytest.mark.parametrize(("status", "msg_type", "scope"), list(product([*AlertStatus, None], [*MsgType, None], [*Scope, None])))
def test_only_what_is_meant_for_everybody_is_open(status: AlertStatus | None, msg_type: MsgType | None, scope: Scope | None) -> None:
    verdict = judge(replace(ALERT, status=status, msg_type=msg_type, scope=scope))
    meant = status is AlertStatus.ACTUAL and scope is Scope.PUBLIC and msg_type in {MsgType.ALERT, MsgType.UPDATE}
    assert (verdict.outcome is Outcome.OPEN) == meant
    assert verdict.tells == meant
    assert (verdict.outcome is Outcome.QUARANTINED) == (None in {status, msg_type, scope})
    assert verdict.reason == "" if meant else verdict.reason in REASONS


@pytest.mark.parametrize("status", [status for status in AlertStatus if status is not AlertStatus.ACTUAL])
def test_a_cancel_that_is_not_meant_ends_nothing(status: AlertStatus) -> None:
    verdict = judge(replace(UPDATE, msg_type=MsgType.CANCEL, status=status))
    assert not verdict.tells
    assert not verdict.ends


@pytest.mark.parametrize("msg_type", [MsgType.ACK, MsgType.ERROR])
def test_what_answers_a_message_ends_nothing(msg_type: MsgType) -> None:
    assert not judge(replace(UPDATE, msg_type=msg_type, infos=(CLEAR,))).ends


def test_a_cancel_for_named_addresses_ends_nothing() -> None:
    assert not judge(replace(UPDATE, msg_type=MsgType.CANCEL, scope=Scope.PRIVATE)).ends


def test_a_cancel_ends_and_tells_nothing() -> None:
    verdict = judge(replace(UPDATE, msg_type=MsgType.CANCEL, infos=()))
    assert (verdict.outcome, verdict.reason, verdict.over, verdict.ends, verdict.tells) == (Outcome.SYSTEM, "cancel", True, True, False)


def test_what_says_nothing_is_held() -> None:
    assert (judge(replace(ALERT, infos=())).outcome, judge(replace(ALERT, infos=())).reason) == (Outcome.HELD, "no_info")


@pytest.mark.parametrize(
    "title",
    [
        "TEST - Flood Warning",
        "Monthly test of the siren",
        "Earthquake drill",
        "Exercise Coastal Wave: tsunami warning",
        "This is an exercise",
        "Zoezi la mafuriko",
        "Tahadhari ya majaribio",
        "JARIBIO: mafuriko",
        "Exercice d'évacuation",
        "Message d’essai",
        "Simulacro de sismo",
        "Prueba del sistema de alerta",
        "Probealarm",
        "Landesweiter Probewarnung-Tag",
        "Übung: Hochwasser",
        "Bundesweiter Warntag 2026",
        "Testwarnung",
        "Exercício de evacuação",
        "Simulado de incêndio",
        "Teste do sistema",
        "Tijaabo: digniin daad",
        "Latihan evakuasi tsunami",
    ],
)
@pytest.mark.parametrize("field", ["event", "headline"])
def test_a_test_sent_as_actual_is_held(title: str, field: str) -> None:
    second = replace(INFO, **{field: title})
    assert judge(replace(ALERT, infos=(INFO, second))).reason == "test_words"


@pytest.mark.parametrize(
    "text",
    [
        "This is a test. No action is required.",
        "THIS IS ONLY A TEST of the alert system.",
        "This is a monthly test",
        "Hili ni zoezi tu, usiogope.",
        "Hii ni majaribio ya mfumo.",
        "Ceci est un exercice.",
        "Esto es una prueba del sistema.",
        "Este es un mensaje de prueba",
        "Dies ist ein Test. Es besteht keine Gefahr.",
        "Es handelt sich um eine Übung.",
        "Isto é um teste.",
    ],
)
@pytest.mark.parametrize("field", ["description", "instruction", "note"])
def test_a_test_that_only_its_text_gives_away_is_held(text: str, field: str) -> None:
    alert = replace(ALERT, note=text) if field == "note" else replace(ALERT, infos=(replace(INFO, **{field: text}),))
    assert judge(alert).reason == "test_words"


@pytest.mark.parametrize(
    "words",
    [
        "Exercise extreme caution near rivers",
        "Operators of small craft should exercise caution.",
        "The latest forecast: contest the bridge is closed",
        "Zoeziwa",  # a name
        "Attestation requise",
        "Heavy rain; drilling stopped",
        "Severe thunderstorm warning until Saturday 6pm",
        "Mafuriko makubwa Garissa. Hamia maeneo ya juu sasa.",
        "Alerte aux fortes pluies",
        "Aviso de chuvas intensas",
        "Sturmwarnung",
    ],
)
def test_a_real_one_is_open(words: str) -> None:
    assert judge(replace(ALERT, infos=(replace(INFO, headline=words, description=words),))).outcome is Outcome.OPEN


@pytest.mark.parametrize("code", ["RWT", " rmt ", "DMO", "NPT", "NMN", "testMessage", "TEST", "civilTest", "eas-test"])
def test_event_codes_of_tests(code: str) -> None:
    assert judge(replace(ALERT, infos=(replace(INFO, event_codes=(("SAME", code),)),))).reason == "test_code"


@pytest.mark.parametrize("code", ["TOR", "FFW", "protest", "latest", "LAE"])
def test_event_codes_of_dangers(code: str) -> None:
    assert judge(replace(ALERT, infos=(replace(INFO, event_codes=(("SAME", code),)),))).outcome is Outcome.OPEN


def test_a_blocked_channel_is_held() -> None:
    verdict = judge(replace(ALERT, infos=(replace(INFO, parameters=(("BLOCKCHANNEL", "CMAS"),)),)))
    assert (verdict.outcome, verdict.reason) == (Outcome.HELD, "blocked_channel")


def test_a_test_that_cancels_waits_for_a_person() -> None:
    weekly = replace(UPDATE, msg_type=MsgType.CANCEL, infos=(replace(INFO, event_codes=(("SAME", "RWT"),)),))
    assert (judge(weekly).outcome, judge(weekly).ends) == (Outcome.HELD, False)


def test_past_alone_is_not_over() -> None:
    """USGS and GDACS report new earthquakes with the urgency Past."""
    assert not judge(replace(ALERT, infos=(PAST,))).over
    assert judge(replace(ALERT, infos=(PAST,))).tells


def test_an_update_that_is_all_past_is_over() -> None:
    assert judge(replace(UPDATE, msg_type=MsgType.ALERT, infos=(PAST,))).over  # what it references makes the difference
    assert judge(replace(UPDATE, infos=(PAST, PAST))).over
    assert not judge(replace(UPDATE, infos=(PAST, INFO))).over


def test_a_reference_to_itself_follows_nothing() -> None:
    """Alertswiss references its own identifier with another time."""
    own = replace(UPDATE, references=(Reference("met", "b", SENT - 60),), infos=(PAST,))
    assert not judge(own).over


def test_an_update_that_expires_as_it_is_sent_is_over() -> None:
    """Genuine: a tsunami cancellation that is an Update with expires == sent."""
    assert judge(replace(UPDATE, infos=(replace(INFO, expires=SENT),))).over
    assert not judge(replace(UPDATE, infos=(replace(INFO, expires=SENT + 1),))).over
    assert not judge(replace(ALERT, infos=(replace(INFO, expires=SENT),))).over


def test_all_clear_is_said_for_each_info() -> None:
    whole = judge(replace(UPDATE, infos=(CLEAR, CLEAR)))
    assert (whole.over, whole.over_infos, whole.tells, whole.ends) == (True, {0, 1}, False, True)
    part = judge(replace(UPDATE, infos=(INFO, CLEAR)))
    assert (part.over, part.over_infos, part.tells, part.ends) == (False, {1}, True, True)


def test_languages_that_disagree_about_the_end_wait_for_a_person() -> None:
    french = replace(INFO, language="fr")
    verdict = judge(replace(UPDATE, infos=(CLEAR, french)))
    assert (verdict.outcome, verdict.reason, verdict.ends) == (Outcome.HELD, "mixed_clear", False)
    both = replace(UPDATE, infos=(INFO, CLEAR, french, replace(CLEAR, language="fr")))
    assert (judge(both).outcome, judge(both).over_infos) == (Outcome.OPEN, {1, 3})


def test_the_areas_that_are_clear() -> None:
    part = replace(UPDATE, infos=(INFO, CLEAR))
    assert [area.desc for area in over_areas(part, judge(part))] == ["Tana River"]
    assert over_areas(ALERT, judge(ALERT)) == ()


def test_all_clear_without_a_reference_is_over_too() -> None:
    assert judge(replace(ALERT, infos=(CLEAR,))).over


@pytest.mark.parametrize(
    "title",
    [
        "Tsunami Cancellation",
        "Flood warning CANCELLED",
        "The warning has been lifted",
        "Tropical Cyclone Bulletin 21 - FINAL",
        "All Clear for Garissa",
        "Fin de l'alerte",
        "Alerte levée",
        "Alerta cancelada",
        "Entwarnung",
        "Tahadhari ya mafuriko imeondolewa",
    ],
)
def test_words_of_an_end_without_caps_way_of_saying_it_wait_for_a_person(title: str) -> None:
    assert judge(replace(ALERT, infos=(replace(INFO, headline=title),))).reason == "over_words"
    assert judge(replace(ALERT, infos=(replace(CLEAR, headline=title),))).outcome is Outcome.OPEN


def test_a_final_warning_is_a_warning() -> None:
    assert judge(replace(ALERT, infos=(replace(INFO, headline="Final warning: leave now"),))).outcome is Outcome.OPEN
