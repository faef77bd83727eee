"""Whatever is drafted: it fits or is refused, what must stay stays, and no exercise and no live text can be taken for the other."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.alert.broadcast import Broadcast, Mode
from bot.core.alert.cap import MsgType, ResponseType, Severity, Urgency
from bot.core.alert.draft import Drafted, Reason, Unsendable
from bot.core.alert.words import Action
from bot.core.text import fit, is_gsm7, measure
from bot.core.types import Lang, Limits
from tests.core.alert.drafting import DRAFTING, WORDS, at, flood

LONG_PLACES = {"place.en": "Tana River; Taita Taveta; Elgeyo-Marakwet", "place.sw": "Tana River; Taita Taveta; Elgeyo-Marakwet"}
NAMES = {hazard.id: hazard.names for hazard in WORDS.hazards}
EACH_ACTION = [pytest.param(action, id=f"{action.hazard}-{action.response}") for action in WORDS.actions]


def check(broadcast: Broadcast, lang: Lang, draft: Drafted | Unsendable) -> None:
    """What is true of every draft."""
    if isinstance(draft, Unsendable):
        assert draft.ground.say(Lang.EN)
        assert (draft.over > 0) == (draft.reason is Reason.TOO_LONG)
        return
    two = (broadcast.severity, broadcast.urgency) == (Severity.EXTREME, Urgency.IMMEDIATE) or broadcast.slots.get("parts") == "2"
    cost = measure(draft.text, Limits())
    assert is_gsm7(draft.text)
    assert cost.units == draft.units <= (306 if two else 160)
    assert draft.text.isprintable(), "no newline, no control character"
    assert not fit(draft.text, Limits()).rest, "nothing is cut"
    prefixes = tuple(phrases.exercise for phrases in WORDS.phrases.values())
    assert draft.text.startswith(WORDS.phrases[lang].exercise) == (broadcast.mode is Mode.EXERCISE)
    if broadcast.mode is Mode.LIVE:
        assert not any(prefix.casefold() in draft.text.casefold() for prefix in prefixes)


@pytest.mark.parametrize("action", EACH_ACTION)
def test_every_action_fits_one_part_with_what_must_stay(action: Action) -> None:
    """The longest plausible source, place and time, with a roll call: one SMS, or so much too long."""
    for lang, severity, mode in product(Lang, (Severity.EXTREME, Severity.MODERATE), Mode):
        broadcast = flood(
            hazard=action.hazard, response=action.response, severity=severity, mode=mode, source="Kenya Red Cross", slots=LONG_PLACES,
            onset=at(27, 5, 30), expires=at(28, 5, 45), roll_call=action.response is not ResponseType.ALL_CLEAR,
        )  # fmt: skip
        draft = DRAFTING.draft(broadcast, lang)
        check(broadcast, lang, draft)
        if isinstance(draft, Unsendable):
            assert draft.reason is Reason.TOO_LONG
            assert draft.over <= 40, "no action is so long that shortening the slots cannot help"
            continue
        assert "Kenya Red Cross: " in draft.text
        assert NAMES[action.hazard][lang].upper() in draft.text
        assert action.texts[lang] in draft.text
        assert "28 Nov" in draft.text or action.response is ResponseType.ALL_CLEAR


@pytest.mark.parametrize("action", EACH_ACTION)
def test_every_action_fits_with_plain_slots(action: Action) -> None:
    """A short name and one place: then nothing is refused, in no language, with a roll call."""
    slots = {"place.en": "Garissa", "place.sw": "Garissa"}
    for lang in Lang:
        roll_call = action.response is not ResponseType.ALL_CLEAR
        onset = 0.0 if roll_call else at(20, 9)
        broadcast = flood(hazard=action.hazard, response=action.response, slots=slots, roll_call=roll_call, onset=onset)
        draft = DRAFTING.draft(broadcast, lang)
        check(broadcast, lang, draft)
        assert isinstance(draft, Drafted), draft
        assert draft.missing == [], "a warning that comes with every text is read by nobody"


@pytest.mark.parametrize("action", EACH_ACTION)
def test_only_an_all_clear_says_that_it_is_over(action: Action) -> None:
    for lang in Lang:
        draft = DRAFTING.draft(flood(hazard=action.hazard, response=action.response), lang)
        assert isinstance(draft, Drafted)
        assert WORDS.all_clear(draft.text) == (action.response is ResponseType.ALL_CLEAR)


words = st.text(max_size=70)
tricky = st.sampled_from(["Exercise only: x", "ZOEZI TU", "flood {x} [y] €", "exercise  ONLY"])
lists = st.lists(st.sampled_from(["Garissa", "Dadaab", "Elgeyo-Marakwet", "Bura (Tana River)", "Kaunti ya Mto Tana"]), max_size=12)
broadcasts = st.builds(
    flood,
    mode=st.sampled_from(Mode),
    msg_type=st.sampled_from([MsgType.ALERT, MsgType.UPDATE, MsgType.CANCEL]),
    hazard=st.sampled_from([hazard.id for hazard in WORDS.hazards]),
    response=st.sampled_from(ResponseType),
    severity=st.sampled_from(Severity),
    urgency=st.sampled_from(Urgency),
    source=st.sampled_from(["KenyaMet", "Kenya Red Cross", "CHIEF [Bura]"]) | words,
    roll_call=st.booleans(),
    onset=st.sampled_from([0.0, at(21, 6), at(24, 0)]),
    expires=st.sampled_from([at(21, 18), at(25, 23, 59)]),
    slots=st.fixed_dictionaries(
        {},
        optional={
            **{f"{slot}.{lang}": lists.map("; ".join) | words for slot in ("place", "areas") for lang in Lang},
            **{f"{slot}.{lang}": words for slot in ("impact", "action") for lang in Lang},
            **{f"text.{lang}": st.text(max_size=400) | tricky for lang in Lang},
            "parts": st.sampled_from(["1", "2"]),
            "sent": st.just(str(at(20, 15))),
            "correction": st.sampled_from(["false_alarm", "withdrawn"]),
        },
    ),
)


@settings(max_examples=50, deadline=None)
@given(broadcasts)
def test_whatever_is_drafted_fits_or_is_refused(broadcast: Broadcast) -> None:
    for lang, draft in DRAFTING.drafts(broadcast).items():
        check(broadcast, lang, draft)


@settings(max_examples=50, deadline=None)
@given(broadcasts)
def test_what_is_written_passes_its_own_check(broadcast: Broadcast) -> None:
    written = DRAFTING.written(broadcast)
    if len(written.texts) == len(Lang) and broadcast.expires > broadcast.onset:
        assert DRAFTING.check(written) == []
