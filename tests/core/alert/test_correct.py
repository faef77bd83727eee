"""What comes after a broadcast, ready beforehand: in all languages, for the right people, and fit to send as it stands."""

from dataclasses import replace

import pytest

from bot.core.alert.broadcast import Audience, Broadcast, Mode, Stage
from bot.core.alert.cap import MsgType, ResponseType
from bot.core.alert.correct import LASTS_S, corrections
from bot.core.alert.draft import Drafted
from bot.core.alert.words import Hazard
from bot.core.types import Lang
from tests.core.alert.drafting import DRAFTING, WORDS, at, flood, text

SENT = replace(
    DRAFTING.written(flood(roll_call=True, slots={**flood().slots, "text.en": "KenyaMet: FLOOD in Garissa until 6pm."})),
    id=7, stage=Stage.SENDING, identifier="x-7", author="ben", approver="amina", approved=at(20, 15), submitted=at(20, 14), people=900,
    escalate_to="volunteers", escalate_after_s=900.0, escalate_below=0.5,
)  # fmt: skip
NOW = at(20, 16)
AFTER = corrections(SENT, now=NOW)


@pytest.mark.parametrize("draft", [AFTER.update, AFTER.cancel, AFTER.over, AFTER.again], ids=["update", "cancel", "over", "again"])
def test_a_correction_is_a_fresh_draft_that_follows(draft: Broadcast) -> None:
    assert (draft.id, draft.stage, draft.follows, draft.identifier) == (0, Stage.DRAFT, 7, "")
    assert (draft.author, draft.approver, draft.approved, draft.people, draft.texts) == ("", "", 0.0, 0, {})
    assert draft.mode is Mode.LIVE
    assert not draft.quiet, "who was told something wrong may not sleep on it"
    assert DRAFTING.check(DRAFTING.written(draft)) == []


def test_an_update_goes_first_to_those_who_got_it() -> None:
    assert AFTER.update.audience == Audience(places=("KE-07", "KE-40"), got=7, rest=True)
    assert AFTER.update.roll_call
    assert text(AFTER.update).startswith("UPDATE, KenyaMet: FLOOD DANGER, Garissa & Tana River."), "not the old words written by hand"


def test_a_roll_call_once_more_goes_only_to_those_who_say_nothing_and_keeps_its_places() -> None:
    assert AFTER.again.audience == Audience(places=("KE-07", "KE-40"), got=7, silent=True)
    assert (AFTER.again.msg_type, AFTER.again.roll_call, text(AFTER.again)) == (MsgType.UPDATE, True, text(AFTER.update))


def test_a_cancel_goes_only_to_those_who_got_it_and_says_which_message() -> None:
    assert (AFTER.cancel.msg_type, AFTER.cancel.audience) == (MsgType.CANCEL, Audience(got=7))
    assert (AFTER.cancel.roll_call, AFTER.cancel.escalate_to) == (False, "")
    assert text(AFTER.cancel) == (
        "KenyaMet: FALSE ALARM, no flood now: Garissa & Tana River. Our message of Fri 20 Nov 3pm was a mistake. We are sorry."
    )
    assert text(AFTER.cancel, Lang.SW) == (
        "KenyaMet: HAKUNA HATARI ya mafuriko kwa sasa: Garissa na Tana River. Ujumbe wetu wa Ijumaa 20 Nov saa 9 mchana ulitumwa kimakosa. Samahani."  # noqa: E501
    )


def test_a_cancel_that_only_takes_back_says_nothing_of_the_danger() -> None:
    withdrawn = replace(AFTER.cancel, slots={**AFTER.cancel.slots, "correction": "withdrawn"})
    said = text(withdrawn)
    assert said == ("KenyaMet: CORRECTION, flood, Garissa & Tana River: our message of Fri 20 Nov 3pm no longer holds. Do not pass it on.")
    assert not WORDS.all_clear(said)


def test_over_says_so_and_since_when() -> None:
    assert (AFTER.over.msg_type, AFTER.over.response, AFTER.over.audience) == (MsgType.UPDATE, ResponseType.ALL_CLEAR, Audience(got=7))
    assert "FLOOD ALERT IS OVER" in text(AFTER.over)
    assert "Since Fri 20 Nov 4pm." in text(AFTER.over)


def test_a_correction_outlives_what_it_corrects() -> None:
    short = corrections(replace(SENT, expires=at(20, 17)), now=NOW)
    assert short.cancel.expires == NOW + LASTS_S
    assert AFTER.cancel.expires == SENT.expires


def test_a_correction_of_an_exercise_is_one() -> None:
    after = corrections(replace(SENT, mode=Mode.EXERCISE), now=NOW)
    for draft in (after.update, after.cancel, after.over):
        assert text(draft).startswith("EXERCISE ONLY: ")


@pytest.mark.parametrize("hazard", [pytest.param(hazard, id=hazard.id) for hazard in WORDS.hazards])
def test_every_danger_can_be_taken_back_and_ended_in_one_sms(hazard: Hazard) -> None:
    slots = {"place.en": "Elgeyo-Marakwet; Taita Taveta", "place.sw": "Elgeyo-Marakwet; Taita Taveta"}
    after = corrections(replace(SENT, hazard=hazard.id, source="Kenya Red Cross", slots=slots), now=NOW)
    for draft in (after.cancel, replace(after.cancel, slots={**after.cancel.slots, "correction": "withdrawn"}), after.over):
        assert all(isinstance(made, Drafted) and made.units <= 160 for made in DRAFTING.drafts(draft).values()), DRAFTING.drafts(draft)
