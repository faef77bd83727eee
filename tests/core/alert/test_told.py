"""The warnings in force, told word for word: to who asks by message or on a screen, and first of all to who dials."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.alert.cap import Severity
from bot.core.inbox import Inbox
from bot.core.types import Lang, Limits
from tests.core.alert.bench import FLOOD_EN, FLOOD_SW, WORDS, AlertBench, notice
from tests.core.test_inbox import NOW
from tests.places.small import small
from tests.small import EN, SW, TEXTS

ASK = "is there a flood warning in garissa?"
STORM = "KenyaMet: STORM warning, all counties. Stay indoors until Sat 6pm."
MENU = "\n0 Menu"


def texts(en: str) -> dict[Lang, str]:
    return {EN: en, SW: f"{en} (sw)"}


STORMS = notice("alert:9", hazard="storm", severity=Severity.MODERATE, texts=texts(STORM), places=())
TANA = notice("alert:3", severity=Severity.EXTREME, texts=texts("Tana River: FLOOD. Leave now."), places=("KE-40",))
TOWN = notice("alert:4", severity=Severity.SEVERE, texts=texts("Garissa town: FLOOD in Bulla. Leave."), places=("KE:geonames:197745",))


@pytest.fixture
def bench() -> AlertBench:
    return AlertBench()


class TestAsked:
    def test_word_for_word_and_at_once(self, bench: AlertBench) -> None:
        bench.put(notice())
        taken = bench.send(ASK)
        assert [lane for lane, _ in taken.hints] == ["sends"]
        assert bench.parts(taken) == [FLOOD_EN]

    def test_in_the_language_that_they_write(self, bench: AlertBench) -> None:
        bench.put(notice())
        assert bench.say("kuna tahadhari ya mafuriko garissa") == [FLOOD_SW]

    def test_in_the_language_that_there_is(self, bench: AlertBench) -> None:
        bench.put(notice(texts={SW: FLOOD_SW}))
        assert bench.say(ASK) == [FLOOD_SW]

    def test_for_where_they_live_when_they_name_no_place(self, bench: AlertBench) -> None:
        bench.put(notice(), TANA)
        bench.live_in("KE:test:dadaab")
        assert bench.say("any flood warning?") == [FLOOD_EN]

    def test_for_anywhere_when_nobody_knows_where_they_live(self, bench: AlertBench) -> None:
        bench.put(notice(), TANA)
        assert bench.say("ALERTS") == ["Tana River: FLOOD. Leave now.\n1 more: send MORE"]

    def test_of_a_place_that_lies_around_or_in_it(self, bench: AlertBench) -> None:
        bench.put(notice())
        assert bench.say("flood warning dadaab") == [FLOOD_EN]
        bench.end("broadcast:1")
        bench.put(TOWN)
        assert bench.say("flood warning garissa county") == ["Garissa town: FLOOD in Bulla. Leave."]

    def test_the_worst_comes_first_then_the_nearest_and_more_brings_the_rest(self, bench: AlertBench) -> None:
        bench.put(STORMS, notice(), TOWN, TANA)
        assert bench.say("warnings garissa town") == ["Garissa town: FLOOD in Bulla. Leave.\n2 more: send MORE"]
        assert bench.say("MORE") == [f"{FLOOD_EN}\n1 more: send MORE"]
        assert bench.say("more") == [STORM]
        assert bench.say("more") == [TEXTS[EN]["nothing_more"]]

    def test_a_warning_that_comes_or_ends_meanwhile_is_neither_missed_nor_told_twice(self, bench: AlertBench) -> None:
        bench.put(STORMS, notice(), TOWN)
        bench.say("warnings garissa town")
        bench.end("broadcast:1")
        bench.put(notice("alert:7", severity=Severity.EXTREME, texts=texts("New and worse."), places=("KE-07",)))
        assert bench.say("more") == ["New and worse.\n1 more: send MORE"]
        assert bench.say("more") == [STORM]

    def test_floods_are_also_flash_floods_and_what_nobody_classified(self, bench: AlertBench) -> None:
        bench.put(
            notice("alert:5", hazard="flash-flood", texts=texts("Flash flood.")), notice("alert:6", hazard="", texts=texts("Danger."))
        )
        assert {bench.say(ASK)[0].partition("\n")[0], bench.say("more")[0]} == {"Flash flood.", "Danger."}

    def test_another_warning_is_told_as_such(self, bench: AlertBench) -> None:
        bench.put(STORMS)
        assert bench.say(ASK) == [f"Not that, but:\n{STORM}"]

    def test_of_places_of_one_name_all_count(self, bench: AlertBench) -> None:
        bench.put(TANA)
        assert bench.say("flood warning bura") == ["Tana River: FLOOD. Leave now."]

    def test_none_is_no_promise(self, bench: AlertBench) -> None:
        bench.put(TANA)
        assert bench.say("is there a flood warning in mwingi") == ["No warning for Mwingi at 08:00. Call 112."]
        assert bench.say("flood warning garissa") == ["No warning for Garissa (county), Garissa (town) at 08:00. Call 112."]
        bench.end("alert:3")
        assert bench.say("ALERTS") == ["No warning at 08:00. Call 112."]

    def test_a_place_that_nobody_knows_is_asked_for_and_no_model_is(self, bench: AlertBench) -> None:
        bench.put(notice())
        assert bench.say("is there a flood warning in atlantis") == [TEXTS[EN]["place_unknown"]]

    def test_without_places_all_are_told(self, bench: AlertBench) -> None:
        bench.inbox = Inbox(bench.library, bench.channels, lang=EN, values={}, words=WORDS)  # type: ignore[arg-type]
        bench.put(notice())
        assert bench.say("is there a flood warning in atlantis") == [FLOOD_EN]

    def test_a_silent_source_is_owned_up_to(self, bench: AlertBench) -> None:
        values = {"emergency_number": "112"}
        bench.inbox = Inbox(
            bench.library,
            bench.channels,
            lang=EN,
            values=values,
            words=WORDS,
            places=small(),
            silent=lambda now: now == NOW,  # type: ignore[arg-type]
        )
        assert bench.say("flood warning hola") == ["No warning for Hola at 08:00, but a source is silent. Call 112."]
        assert bench.say("ALERTS") == ["No warning at 08:00, but a source is silent. Call 112."]
        bench.now += 1
        assert bench.say("ALERTS") == ["No warning at 08:00. Call 112."]

    def test_what_has_expired_is_told_no_more(self, bench: AlertBench) -> None:
        bench.put(notice(expires=NOW + 60))
        bench.now += 61
        assert bench.say("flood warning hola") == ["No warning for Hola at 08:01. Call 112."]

    def test_who_stopped_us_gets_silence(self, bench: AlertBench) -> None:
        bench.put(notice())
        bench.say("STOP")
        assert bench.say(ASK) == []

    def test_two_parts_come_whole(self, bench: AlertBench) -> None:
        long = "FLOOD " + "word " * 56 + "end."
        bench.put(notice(texts=texts(long)), STORMS)
        parts = bench.say(ASK)
        assert len(parts) == 2
        assert " ".join(part[6:] for part in parts) == long
        assert bench.say("warnings garissa") != []

    def test_a_question_about_floods_stays_one(self, bench: AlertBench) -> None:
        bench.put(notice())
        assert [lane for lane, _ in bench.send("how do i prepare for floods").hints] == ["answers"]

    def test_asked_again_and_again_it_is_answered(self, bench: AlertBench) -> None:
        bench.put(notice())
        sent = [bench.say(ASK) for _ in range(6)]
        assert sent == [[FLOOD_EN]] * 6
        assert bench.store.counts().get("delivery.failed", 0) == 0


class TestDialled:
    def test_a_warning_comes_before_the_menu(self, bench: AlertBench) -> None:
        bench.live_in("KE:test:dadaab")
        bench.put(notice())
        assert bench.see("") == FLOOD_EN + MENU
        assert bench.see("0").startswith("Ujumbe\n1 Crops")

    def test_only_for_their_place_or_everywhere(self, bench: AlertBench) -> None:
        bench.put(notice())
        assert bench.see("").startswith("Ujumbe")
        bench.live_in("KE-18")
        assert bench.see("", dial="d2").startswith("Ujumbe")
        bench.put(STORMS)
        assert bench.see("", dial="d3") == STORM + MENU

    def test_in_their_language(self, bench: AlertBench) -> None:
        bench.live_in("KE-07", SW)
        bench.put(notice())
        assert bench.see("") == FLOOD_SW + "\n0 Menyu"

    def test_the_next_one_behind_it(self, bench: AlertBench) -> None:
        bench.live_in("KE-07")
        bench.put(notice(), STORMS)
        assert bench.see("") == f"{FLOOD_EN}\n9 More{MENU}"
        assert bench.see("9") == STORM + MENU
        assert bench.see("9*9") == TEXTS[EN]["nothing_more"]

    def test_what_does_not_fit_is_named_and_read_page_by_page(self, bench: AlertBench) -> None:
        long = "FLOOD. " + "Move to high ground now. " * 12
        bench.live_in("KE-07")
        bench.put(notice(texts=texts(long.strip())))
        assert bench.see("") == f"ALERT: FLOOD\n1 Read{MENU}"
        assert read(bench, "1") == long.strip()

    def test_a_hazard_that_nobody_knows_is_a_warning_all_the_same(self, bench: AlertBench) -> None:
        bench.live_in("KE-07")
        bench.put(notice(hazard="", texts=texts("word " * 60)))
        assert bench.see("") == f"ALERT\n1 Read{MENU}"

    def test_a_question_is_typed_on_it_as_on_the_menu(self, bench: AlertBench) -> None:
        bench.live_in("KE-07")
        bench.put(notice())
        bench.see("")
        assert bench.hop("how far apart do i plant maize").wait_for > 0

    def test_it_comes_before_an_answer_on_its_way(self, bench: AlertBench) -> None:
        bench.live_in("KE-07")
        bench.see("")
        first = bench.hop("how far apart do i plant maize")
        bench.store.hand_over(first.wait_for, now=bench.now)
        bench.put(notice())
        assert bench.see("", dial="d2") == FLOOD_EN + MENU

    def test_asked_on_a_screen(self, bench: AlertBench) -> None:
        bench.put(notice(), STORMS)
        bench.see("")
        assert bench.see(ASK) == FLOOD_EN + MENU
        assert bench.see(f"{ASK}*0").startswith("Ujumbe")
        bench.end("broadcast:1")
        bench.end("alert:9")
        bench.see("", dial="d2")
        assert bench.see(ASK, dial="d2") == "No warning for Garissa (county), Garissa (town) at 08:00. Call 112." + MENU

    def test_a_repeated_hop_shows_the_same(self, bench: AlertBench) -> None:
        bench.live_in("KE-07")
        bench.put(notice(), STORMS)
        assert bench.see("") == bench.see("")
        assert bench.see("9") == bench.see("9")

    def test_who_stopped_us_and_dials_sees_it(self, bench: AlertBench) -> None:
        bench.say("STOP")
        bench.live_in("KE-07")
        bench.put(notice())
        assert bench.see("") == FLOOD_EN + MENU


def read(bench: AlertBench, path: str) -> str:
    """The whole of what is read page by page, from `path` on, without the keys under it."""
    pages = []
    while True:
        shown = bench.see(path)
        pages.append(shown.removesuffix("\n9 More"))
        if not shown.endswith("\n9 More"):
            return " ".join(pages).removesuffix("0 Menu").strip()
        path += "*9"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.text(st.sampled_from("abcdefgh 1."), min_size=1, max_size=12), min_size=1, max_size=80),
    st.sampled_from([56, 100, 156, 180]),
    st.booleans(),
)
def test_no_word_of_a_warning_is_ever_lost_on_any_screen(words: list[str], units: int, roll: bool) -> None:
    text = " ".join(" ".join(words).split()) or "x"
    bench = AlertBench(screen=Limits(units=units, units_joined=units, max_parts=1, reply_within_s=7.0, can_push=False))
    bench.live_in("KE-07")
    bench.put(notice(texts={EN: text}))
    if roll:
        bench.roll_call()
    first = bench.see("")
    assert len(first) <= units
    if first.startswith(text):
        return
    assert first.startswith("ALERT: FLOOD"), "cut rather than named"
    whole = read(bench, "3" if roll else "1")
    assert whole.split()[: len(text.split())] == text.split()


KEYS = st.lists(st.sampled_from([*"0123459", "99", "bura", "garissa", "ta", "ALERTS", ASK, "niko salama", "need help"]), max_size=10)


@settings(max_examples=50, deadline=None)
@given(KEYS, st.sampled_from([56, 156]), st.booleans(), st.booleans())
def test_every_key_gets_a_screen_that_fits(keys: list[str], units: int, roll: bool, warned: bool) -> None:
    bench = AlertBench(screen=Limits(units=units, units_joined=units, max_parts=1, reply_within_s=7.0, can_push=False))
    bench.live_in("KE-07")
    if warned:
        bench.put(notice(), STORMS, notice("alert:5", texts=texts("word " * 70)))
    if roll:
        bench.roll_call()
    for n in range(len(keys) + 1):
        taken = bench.hop("*".join(keys[:n]))
        reply = taken.reply or taken.late
        assert reply is not None
        assert 0 < len(reply.text) <= units, reply.text
