"""What goes out, in exact words: the template, how it is shortened, what is refused, and what a person wrote by hand."""

from dataclasses import replace

import pytest

from bot.core.alert.broadcast import Mode
from bot.core.alert.cap import MsgType, ResponseType, Severity, Urgency
from bot.core.alert.check import Missing
from bot.core.alert.compose import ORDER, Step, Template
from bot.core.alert.draft import Drafted, Drafting, Reason
from bot.core.errors import BadSetting
from bot.core.refusal import ground
from bot.core.text import measure
from bot.core.types import Lang, Limits
from tests.core.alert.drafting import DRAFTING, WORDS, ZONE, at, flood, refused, text

EXERCISE = Mode.EXERCISE


def slots(**own: str) -> dict[str, str]:
    """The flood's slots with changes: `place_en` is "place.en"."""
    return {**flood().slots, **{name.replace("_", "."): words for name, words in own.items()}}


def test_the_words_of_a_warning() -> None:
    warning = flood(roll_call=True)
    assert text(warning) == (
        "KenyaMet: FLOOD DANGER, Garissa & Tana River. Go to high ground now. Do not cross moving water. Until Sat 21 Nov 6pm. Reply 1 safe, 2 need help"  # noqa: E501
    )
    assert text(warning, Lang.SW) == (
        "KenyaMet: HATARI YA MAFURIKO, Garissa na Tana River. Nenda mahali pa juu sasa. Usivuke maji ya kasi. Hadi Jumamosi 21 Nov saa 12 jioni. Jibu 1 salama, 2 msaada"  # noqa: E501
    )


def test_the_words_do_not_depend_on_when_they_are_stored() -> None:
    for made in (flood(), flood(onset=at(21, 6)), flood(response=ResponseType.ALL_CLEAR)):
        assert DRAFTING.drafts(made) == DRAFTING.drafts(replace(made, created=at(21, 8), author="ben", submitted=at(21, 9)))


def test_what_begins_later_says_so() -> None:
    assert "Sat 21 Nov 6am to 6pm." in text(flood(onset=at(21, 6)))
    assert "Alhamisi 19 Nov saa 12 jioni hadi Jumamosi 21 Nov saa 12 jioni." in text(flood(onset=at(19, 18), slots={}), Lang.SW)


def test_an_order_of_ones_own() -> None:
    drafting = Drafting(Template(WORDS, ZONE, ("action", "hazard", "place", "impact", "time")))
    draft = drafting.draft(flood(), Lang.EN)
    assert isinstance(draft, Drafted)
    assert draft.text == (
        "KenyaMet: Go to high ground now. Do not cross moving water. FLOOD DANGER, Garissa & Tana River. Until Sat 21 Nov 6pm."
    )


@pytest.mark.parametrize("order", [ORDER[:-1], (*ORDER, "time"), ("source", *ORDER[1:]), ()])
def test_an_order_that_loses_or_repeats_a_slot_is_refused(order: tuple[str, ...]) -> None:
    with pytest.raises(BadSetting, match="in the order that you want"):
        Template(WORDS, ZONE, order)


def test_steps_come_in_their_order_and_only_as_far_as_they_must() -> None:
    names = "; ".join(f"Town number {n}" for n in range(9))
    long = flood(slots=slots(place_en="Garissa", areas_en=names, impact_en="Water 2 m deep at both bridges, rising"), roll_call=True)
    draft = DRAFTING.draft(long, Lang.EN)
    assert isinstance(draft, Drafted)
    assert list(draft.dropped) == [Step.NO_WEEKDAY, Step.FEWER_AREAS, Step.ONE_AREA, Step.NO_IMPACT]
    assert draft.text == (
        "KenyaMet: FLOOD DANGER, Garissa. Go to high ground now. Do not cross moving water. Until 21 Nov 6pm. Reply 1 safe, 2 need help"
    )
    shorter = DRAFTING.draft(replace(long, slots=slots(place_en="Garissa", areas_en=names)), Lang.EN)
    assert isinstance(shorter, Drafted)
    assert "Garissa: Town number 0 +8 areas." in shorter.text


def test_no_step_names_some_places_and_hides_that_there_are_more() -> None:
    several = flood(slots=slots(place_en="Garissa; Tana River; Wajir; Mandera; Isiolo"), roll_call=True, mode=EXERCISE)
    assert "Garissa +4 areas." in text(several)
    assert "Garissa +1 area." in text(replace(several, slots=slots(place_en="Garissa; Tana River and the delta")))


def test_too_long_is_refused_by_how_many_and_never_cut() -> None:
    place = "The villages between the two bridges over the Tana"
    long = flood(slots=slots(place_en=place), roll_call=True, source="National Met KE")
    draft = refused(long)
    assert draft.reason is Reason.TOO_LONG
    assert 0 < draft.over < 40
    fits = text(replace(long, slots=slots(place_en=place[draft.over :])))
    assert measure(fits, Limits()).units == 160, "by exactly so much"


def test_two_parts_only_where_life_is_in_danger_now_or_the_author_chose_so() -> None:
    place = "The villages between the two bridges over the Tana"
    long = flood(slots=slots(place_en=place), roll_call=True, source="National Met KE")
    assert 160 < measure(text(replace(long, urgency=Urgency.IMMEDIATE)), Limits()).units <= 306
    assert 160 < measure(text(replace(long, slots={**long.slots, "parts": "2"})), Limits()).units <= 306
    assert refused(replace(long, urgency=Urgency.IMMEDIATE, severity=Severity.SEVERE)).reason is Reason.TOO_LONG


def test_danger_now_takes_one_part_where_that_is_enough() -> None:
    warning = flood(urgency=Urgency.IMMEDIATE, roll_call=True, slots=slots(impact_en="Water up to 2 m deep at both bridges"))
    assert measure(text(warning), Limits()).units <= 160, "a second part takes the time of as many people again"
    assert "both bridges" in text(replace(warning, slots={**warning.slots, "parts": "2"})), "the author chose to tell more"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"source": " "}, Reason.NO_SOURCE, id="nobody-says-it"),
        pytest.param({"source": "Kenya Meteorological Department"}, Reason.LONG_SOURCE, id="name-too-long"),
        pytest.param({"hazard": ""}, Reason.NO_HAZARD, id="no-hazard"),
        pytest.param({"hazard": "aliens"}, Reason.NO_HAZARD, id="unknown-hazard"),
        pytest.param({"response": ResponseType.EXECUTE}, Reason.NO_ACTION, id="no-action"),
        pytest.param({"expires": 0.0}, Reason.NO_END, id="no-end"),
        pytest.param({"msg_type": MsgType.CANCEL, "slots": {"sent": "soon"}}, Reason.NO_SENT, id="cancel-of-what"),
        pytest.param({"slots": {"text.en": " \n "}}, Reason.EMPTY, id="empty-by-hand"),
        pytest.param({"slots": {"text.en": "ጎርፍ in Garissa"}}, Reason.ALPHABET, id="letters-that-sms-lacks"),
        pytest.param({"slots": {"text.en": "Flood: https://example.org/x"}}, Reason.LINK, id="link"),
        pytest.param({"slots": {"text.en": "Flood: see BIT.LY/abc"}}, Reason.LINK, id="short-link"),
        pytest.param({"slots": {"text.en": "Flood: see wa.me/254"}}, Reason.LINK, id="chat-link"),
        pytest.param({"slots": {"text.en": "Flood: ask met.example.org"}}, Reason.LINK, id="bare-host"),
        pytest.param({"slots": {"place.en": "www.example.org"}}, Reason.LINK, id="link-in-a-slot"),
        pytest.param({"slots": {"text.en": "EXERCISE ONLY: flood in Garissa"}}, Reason.PREFIX, id="live-with-prefix"),
        pytest.param({"slots": {"text.en": "Flood in Garissa. Zoezi tu!"}}, Reason.PREFIX, id="prefix-of-another-language-inside"),
        pytest.param({"slots": {"text.en": "TEST flood in Garissa"}}, Reason.PREFIX, id="live-test"),
        pytest.param({"source": "Exercise only"}, Reason.PREFIX, id="prefix-in-the-source"),
    ],
)
def test_what_cannot_go_out_says_why(changes: dict[str, object], reason: Reason) -> None:
    draft = refused(flood(**changes))
    assert draft.reason is reason
    assert draft.ground.say(Lang.EN).startswith("English: ")


def test_a_link_of_an_allowed_host_may_stand() -> None:
    drafting = Drafting(Template(WORDS, ZONE), links=("meteo.go.ke",))
    allowed = flood(slots=slots(text_en="KenyaMet: flood in Garissa until 6pm, see www.meteo.go.ke/flood"))
    assert isinstance(drafting.draft(allowed, Lang.EN), Drafted)
    assert isinstance(drafting.draft(flood(slots=slots(impact_en="See (meteo.go.ke).")), Lang.EN), Drafted), "and a full stop after it"
    stolen = flood(slots=slots(text_en="KenyaMet: flood in Garissa until 6pm, see meteo.go.ke.example.com/flood"))
    assert not isinstance(drafting.draft(stolen, Lang.EN), Drafted)


def test_a_full_stop_without_a_blank_is_no_link() -> None:
    assert text(flood(slots=slots(text_en="KenyaMet: flood in Garissa.Do not cross.So go up.Go now and/or leave by 6pm.")))


def test_what_people_write_is_folded_first() -> None:
    odd = flood(slots=slots(text_en="KenyaMet: “FLOOD” — Garissa…\u202e\u200b Leave\x07 by\u00a06pm\n🌊"))
    assert text(odd) == 'KenyaMet: "FLOOD" - Garissa... Leave by 6pm'


def test_by_hand_replaces_one_language_only() -> None:
    own = flood(slots=slots(text_en="KenyaMet: flood in Garissa. Leave by 6pm."))
    drafts = DRAFTING.drafts(own)
    assert [isinstance(draft, Drafted) and draft.by_hand for draft in drafts.values()] == [True, False]


def test_by_hand_is_held_to_the_same_length() -> None:
    own = flood(slots=slots(text_en="flood " * 28))
    assert refused(own).over == 28 * 6 - 1 - 160
    assert text(replace(own, slots={**own.slots, "parts": "2"}))


@pytest.mark.parametrize(
    ("own", "missing"),
    [
        pytest.param("KenyaMet: flood in Garissa until 6pm. Move up.", [], id="all-there"),
        pytest.param("Flood in Garissa until 6pm. Move up.", [Missing.SOURCE], id="no-source"),
        pytest.param("KenyaMet: danger in Garissa until 6pm. Move up.", [Missing.HAZARD], id="no-hazard"),
        pytest.param("KenyaMet: flooding until 6pm. Move up.", [Missing.PLACE], id="no-place"),
        pytest.param("KenyaMet: flood in Garissa. Move up.", [Missing.TIME], id="no-time"),
        pytest.param("KenyaMet: flood mafuriko Garissa: nendeni mahali pa juu hadi saa 12 jioni", [Missing.LANGUAGE], id="swahili"),
        pytest.param("KenyaMet: flood in Garissa until 6pm, then it is over.", [Missing.ALL_CLEAR], id="says-over"),
        pytest.param("KenyaMet: flood in Garissa until 6pm. No drill, move up.", [Missing.EXERCISE], id="speaks-of-a-drill"),
    ],
)
def test_what_people_need_and_a_text_lacks_is_shown_and_not_refused(own: str, missing: list[Missing]) -> None:
    draft = DRAFTING.draft(flood(slots=slots(text_en=own)), Lang.EN)
    assert isinstance(draft, Drafted)
    assert list(draft.missing) == missing


def test_a_place_may_be_called_by_its_short_name() -> None:
    said = flood(slots=slots(place_en="Garissa County", text_en="KenyaMet: flood in Garissa until 6pm."))
    draft = DRAFTING.draft(said, Lang.EN)
    assert isinstance(draft, Drafted)
    assert Missing.PLACE not in draft.missing


def test_a_roll_call_without_its_question_is_shown() -> None:
    draft = DRAFTING.draft(flood(slots=slots(text_en="KenyaMet: flood in Garissa until 6pm."), roll_call=True), Lang.EN)
    assert isinstance(draft, Drafted)
    assert list(draft.missing) == [Missing.ROLL_CALL]


def test_an_exercise_says_so_first_however_it_was_written() -> None:
    assert text(flood(mode=EXERCISE)).startswith("EXERCISE ONLY: KenyaMet: FLOOD DANGER")
    assert text(flood(mode=EXERCISE), Lang.SW).startswith("ZOEZI TU: KenyaMet: HATARI YA MAFURIKO")
    own = slots(text_en="Exercise only - KenyaMet: flood in Garissa until 6pm.")
    assert text(flood(mode=EXERCISE, slots=own)) == "EXERCISE ONLY: KenyaMet: flood in Garissa until 6pm.", "once is enough"


def test_an_update_and_an_all_clear() -> None:
    assert text(flood(msg_type=MsgType.UPDATE)).startswith("UPDATE, KenyaMet: FLOOD DANGER")
    over = flood(msg_type=MsgType.UPDATE, response=ResponseType.ALL_CLEAR, onset=at(20, 9))
    assert text(over) == (
        "KenyaMet: FLOOD ALERT IS OVER, Garissa & Tana River. Go back with care. Do not drink flood water. Since Fri 20 Nov 9am."
    )


def test_what_is_stored_must_be_what_the_slots_make() -> None:
    written = DRAFTING.written(flood())
    assert set(written.texts) == set(Lang)
    assert DRAFTING.check(written) == []
    assert DRAFTING.check(replace(written, expires=at(21, 19))) == [ground("other_texts")]
    assert DRAFTING.check(replace(written, texts={Lang.EN: written.texts[Lang.EN]})), "a language is missing"


def test_a_language_without_words_keeps_a_broadcast_from_being_submitted() -> None:
    one = DRAFTING.written(flood(response=ResponseType.EXECUTE, slots=slots(action_en="Meet at the school.")))
    assert set(one.texts) == {Lang.EN}
    [reason] = DRAFTING.check(one)
    assert reason.say(Lang.EN).startswith("Kiswahili: There is no action for this hazard and response.")
    assert reason.say(Lang.SW).startswith("Kiswahili: Hakuna maelekezo kwa hatari na hatua hii.")


def test_what_ends_before_it_begins_is_not_submitted() -> None:
    assert ground("ends_first") in DRAFTING.check(DRAFTING.written(flood(onset=at(22, 6))))
