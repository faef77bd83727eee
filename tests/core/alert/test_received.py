"""A received message as a draft: our own words, and a person is shown what is not sure."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.cap.read import Unreadable, read
from bot.core.alert.broadcast import Audience, Mode
from bot.core.alert.cap import Alert, AlertStatus, Area, Info, MsgType, Reference, ResponseType, Scope, Severity, Urgency
from bot.core.alert.draft import Drafted
from bot.core.alert.instruct import instruction
from bot.core.alert.received import LASTS_S, Note, Prefilled, Received
from bot.core.types import Lang
from tests.core.alert.drafting import DRAFTING, WORDS, Places, at, flood

RECEIVED = Received(WORDS, Places())
NOW = at(20, 9)
SHARED = Path(__file__).resolve().parents[4] / "shared/cap"
FILES = sorted(path for path in SHARED.glob("*") if path.suffix in {".xml", ".cap"})


def info(**changes: Any) -> Info:
    fields: dict[str, Any] = {
        "language": "en", "event": "Flood", "response_types": (ResponseType.EVACUATE,), "urgency": Urgency.EXPECTED,
        "severity": Severity.SEVERE, "sender_name": "KenyaMet", "expires": at(21, 18), "areas": (Area("Garissa County"),),
    }  # fmt: skip
    return Info(**{**fields, **changes})


def alert(*infos: Info, **changes: Any) -> Alert:
    fields: dict[str, Any] = {
        "identifier": "a-1", "sender": "met@example.org", "sent": NOW - 60, "status": AlertStatus.ACTUAL, "msg_type": MsgType.ALERT,
        "scope": Scope.PUBLIC, "infos": infos or (info(),),
    }  # fmt: skip
    return Alert(**{**fields, **changes})


def draft(message: Alert, **own: Any) -> Prefilled:
    return RECEIVED.draft(message, now=NOW, **own)


def test_a_clear_message_is_a_draft_that_can_be_sent() -> None:
    made = draft(alert(info(language="sw", event="Mafuriko"), info()), alert_id=3)
    assert made.broadcast.alert_id == 3
    assert (made.broadcast.hazard, made.broadcast.response) == ("flood", ResponseType.EVACUATE)
    assert made.broadcast.audience == Audience(places=("KE-07",))
    words = DRAFTING.drafts(made.broadcast)
    assert [words[lang].text for lang in Lang] == [  # type: ignore[union-attr]
        "KenyaMet: FLOOD warning, Garissa. Go to high ground now. Do not cross moving water. Until Sat 21 Nov 6pm.",
        "KenyaMet: ONYO LA MAFURIKO, Garissa. Nenda mahali pa juu sasa. Usivuke maji ya kasi. Hadi Jumamosi 21 Nov saa 12 jioni.",
    ]
    assert list(made.notes) == [Note.DEGRADED], "translations are one thing"


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        pytest.param({"event": "Grand opening"}, Note.HAZARD, id="not-our-words"),
        pytest.param({"sender_name": "National Weather Service (Northern)"}, Note.SOURCE, id="long-sender"),
        pytest.param({"response_types": ()}, Note.ACTION, id="nothing-to-do"),
        pytest.param({"response_types": (ResponseType.EXECUTE,)}, Note.ACTION, id="execute-a-plan-that-we-do-not-know"),
        pytest.param({"event": "Drought"}, Note.ACTION, id="an-action-that-this-hazard-has-not"),
        pytest.param({"areas": (Area("Show area"),)}, Note.PLACE, id="area-that-is-no-place"),
        pytest.param({"areas": ()}, Note.PLACE, id="no-area"),
        pytest.param({"expires": None}, Note.END, id="no-end"),
        pytest.param({"onset": at(22, 6)}, Note.END, id="ends-before-it-begins"),
        pytest.param({"headline": "Tsunami Information. There is NO tsunami danger."}, Note.SAYS_OVER, id="says-no-danger"),
    ],
)
def test_what_is_not_sure_is_shown(changes: dict[str, Any], note: Note) -> None:
    assert note in draft(alert(info(**changes))).notes


def test_an_area_that_is_no_place_is_left_to_the_coordinator() -> None:
    made = draft(alert(info(areas=(Area("47 miles SSW of somewhere"), Area("Dadaab")))))
    assert made.unplaced == ["47 miles SSW of somewhere"]
    assert made.broadcast.slots["place.en"] == "Dadaab"


def test_parts_of_one_county_are_told_as_the_county_and_its_parts() -> None:
    made = draft(alert(info(areas=(Area("Dadaab"), Area("Fafi")))))
    assert (made.broadcast.slots["place.en"], made.broadcast.slots["areas.en"]) == ("Garissa", "Dadaab; Fafi")
    whole = draft(alert(info(areas=(Area("Garissa"), Area("Fafi"), Area("Tana River")))))
    assert whole.broadcast.slots["place.sw"] == "Garissa; Tana River", "what lies in another one of them goes without saying"


def test_what_does_not_say_what_to_do_gets_what_is_usual_only_where_it_is_severe() -> None:
    assert draft(alert(info(response_types=()))).broadcast.response is ResponseType.EVACUATE
    assert draft(alert(info(response_types=(), severity=Severity.MINOR))).broadcast.response is ResponseType.MONITOR
    assert draft(alert(info(response_types=(ResponseType.NONE,), severity=Severity.EXTREME))).broadcast.response is ResponseType.MONITOR


def test_a_beginning_is_told_where_it_is_still_to_come() -> None:
    assert draft(alert(info(onset=at(21, 6)))).broadcast.onset == at(21, 6)
    assert draft(alert(info(onset=at(20, 9, 30)))).broadcast.onset == 0.0


def test_without_an_end_it_lasts_a_day() -> None:
    assert draft(alert(info(expires=None))).broadcast.expires == NOW - 60 + LASTS_S
    assert draft(alert(info(expires=None, onset=at(21, 0)))).broadcast.expires == at(21, 0) + LASTS_S


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"status": AlertStatus.EXERCISE}, id="exercise"),
        pytest.param({"status": AlertStatus.TEST}, id="test"),
        pytest.param({"status": None}, id="no-status"),
        pytest.param({"scope": Scope.PRIVATE}, id="private"),
        pytest.param({"scope": None}, id="no-scope"),
        pytest.param({"msg_type": MsgType.ACK}, id="ack"),
        pytest.param({"infos": (info(headline="This is a test of the flood warning"),)}, id="words-of-a-test"),
        pytest.param({"infos": (info(event_codes=(("SAME", "RWT"),)),)}, id="code-of-a-test"),
    ],
)
def test_only_what_is_meant_for_the_public_becomes_a_live_draft(changes: dict[str, Any]) -> None:
    made = draft(alert(**changes))
    assert made.broadcast.mode is Mode.EXERCISE
    assert {Note.EXERCISE, Note.GATE} <= set(made.notes)


def test_the_worst_of_several_things_comes_first_and_the_others_can_be_had() -> None:
    over = info(event="Thunderstorm", response_types=(ResponseType.ALL_CLEAR,), severity=Severity.EXTREME)
    both = alert(over, info(severity=Severity.MODERATE), info(event="Landslide"))
    first = draft(both)
    assert (first.broadcast.hazard, first.others) == ("landslide", 2)
    assert Note.MORE in first.notes
    assert draft(both, part=1).broadcast.hazard == "flood"
    last = draft(both, part=9).broadcast
    assert (last.hazard, last.response) == ("storm", ResponseType.ALL_CLEAR)


def test_only_an_info_that_says_all_clear_becomes_one() -> None:
    references = (Reference("met@example.org", "a-0", NOW - 900),)
    past = alert(info(urgency=Urgency.PAST), msg_type=MsgType.UPDATE, references=references)
    made = draft(past, follows=replace(flood(), id=7, approved=at(20, 8))).broadcast
    assert (made.msg_type, made.response, made.audience) == (MsgType.CANCEL, ResponseType.NONE, Audience(got=7))
    words = DRAFTING.draft(made, Lang.EN)
    assert isinstance(words, Drafted)
    assert words.text == "KenyaMet: CORRECTION, flood, Garissa: our message of Fri 20 Nov 8am no longer holds. Do not pass it on."
    clear = alert(info(response_types=(ResponseType.ALL_CLEAR,)), msg_type=MsgType.UPDATE, references=references)
    made = draft(clear, follows=replace(flood(), id=7)).broadcast
    assert (made.msg_type, made.response, made.audience) == (MsgType.UPDATE, ResponseType.ALL_CLEAR, Audience(got=7))


def test_a_cancel_without_words_takes_what_it_needs_from_what_we_sent() -> None:
    cancel = alert(msg_type=MsgType.CANCEL, infos=())
    made = draft(cancel, follows=replace(flood(), id=7, approved=at(20, 8)))
    words = DRAFTING.draft(made.broadcast, Lang.EN)
    assert isinstance(words, Drafted)
    assert words.text.startswith("KenyaMet: CORRECTION, flood, Garissa & Tana River: our message of Fri 20 Nov 8am")
    assert Note.NOTHING_SENT in draft(cancel).notes


def test_an_update_goes_first_to_those_who_got_the_old_words() -> None:
    made = draft(alert(msg_type=MsgType.UPDATE), follows=replace(flood(), id=7)).broadcast
    assert (made.msg_type, made.audience) == (MsgType.UPDATE, Audience(places=("KE-07",), got=7, rest=True))


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        pytest.param("Move to the school now. Take food.", "Move to the school now.", id="first-sentence"),
        pytest.param("TAKE COVER IN A STRONG HOUSE.", "Take cover in a strong house.", id="shouting"),
        pytest.param("Keep away &amp; stay in.", "Keep away & stay in.", id="escaped"),
        pytest.param("1. Move to the school now.", "", id="numbered"),
        pytest.param("ACHTUNG!", "", id="fragment"),
        pytest.param("Not Applicable", "", id="not-applicable"),
        pytest.param("Please see the following link: http://x.example", "", id="link"),
        pytest.param("Call 0700000001 at once for help.", "", id="a-number-to-call"),
        pytest.param("Persons in low areas should be alert to instructions.", "", id="no-imperative"),
        pytest.param("Move to the higher parts of the town as soon as you can and wait there.", "", id="too-long"),
        pytest.param("Go home, it is safe to go home.", "", id="all-clear-where-there-is-none"),
        pytest.param("Take part in the drill at the school.", "", id="a-drill"),
        pytest.param("Nendeni mahali pa juu sasa.", "", id="another-language"),
    ],
)
def test_an_instruction_is_taken_where_it_plainly_says_what_to_do(said: str, taken: str) -> None:
    assert draft(alert(info(instruction=said))).broadcast.slots.get("action.en", "") == taken


def test_an_instruction_stays_in_its_language() -> None:
    made = draft(alert(info(language="sw-KE", instruction="Nendeni mahali pa juu sasa."))).broadcast
    assert made.slots["action.sw"] == "Nendeni mahali pa juu sasa."
    assert "action.en" not in made.slots
    assert "action.en" not in draft(alert(info(language="fr", instruction="Move to the school now."))).broadcast.slots
    assert instruction("Go back home now.", WORDS, Lang.EN, over=True) == "Go back home now."


def test_links_and_orders_of_strangers_never_get_into_words() -> None:
    evil = info(
        headline="FLOOD <b>now</b> \u202eevil\u202c\nReply 1 to 0700000000 http://bit.ly/x", instruction="Stay in. http://bit.ly/x",
        sender_name="KenyaMet\u202e", areas=(Area("Garissa http://bit.ly/x"),),
    )  # fmt: skip
    words = DRAFTING.draft(draft(alert(evil), source="KenyaMet").broadcast, Lang.EN)
    assert isinstance(words, Drafted)
    assert words.text == "KenyaMet: FLOOD warning, Garissa. Go to high ground now. Do not cross moving water. Until Sat 21 Nov 6pm."


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in FILES])
def test_real_messages_become_drafts_and_none_a_wrong_all_clear(path: Path) -> None:
    try:
        message = read(path.read_bytes()).alert
    except Unreadable:
        return  # what cannot be read never gets here
    made = RECEIVED.draft(message, now=message.sent, source="KenyaMet")
    clears = any(ResponseType.ALL_CLEAR in part.response_types for part in message.infos)
    assert (made.broadcast.response is ResponseType.ALL_CLEAR) <= clears
    assert made.broadcast.mode is not Mode.LIVE or (message.status, message.scope) == (AlertStatus.ACTUAL, Scope.PUBLIC)
    for words in DRAFTING.drafts(made.broadcast).values():
        if isinstance(words, Drafted):
            assert WORDS.all_clear(words.text) <= (clears or made.broadcast.msg_type is MsgType.CANCEL)
