"""A person's place, as people tell it: by message, on a screen, as a location."""

import pytest

from bot.app.texts import SKILLS
from bot.core.place.mine import MyPlace
from bot.core.types import Contact, Session
from skills.loader import load
from tests.core.alert.bench import AlertBench
from tests.core.alert.test_ask import questions
from tests.core.test_inbox import PERSON
from tests.places.small import small
from tests.small import EN, SW, TEXTS

ASKED = "Which one?\n1 Bura (Tana River)\n2 Bura (Garissa)"


@pytest.fixture
def bench() -> AlertBench:
    return AlertBench()


def text(name: str, place: str = "", lang: str = "en") -> str:
    return TEXTS[EN if lang == "en" else SW][name].replace("$place", place)


@pytest.mark.parametrize(
    ("typed", "place", "shown"),
    [
        ("PLACE Hola", "KE:test:hola", "Hola (Tana River)"),
        ("place hola", "KE:test:hola", "Hola (Tana River)"),
        ("PLACE: Hola.", "KE:test:hola", "Hola (Tana River)"),
        ("My place is hola", "KE:test:hola", "Hola (Tana River)"),
        ("PLACE Galole", "KE:test:hola", "Hola (Tana River)"),
        ("PLACE Mwimgi", "KE:test:mwingi", "Mwingi (Kitui)"),
        ("PLACE garissa county", "KE-07", "Garissa (county)"),
        ("PLACE Bura (Tana River)", "KE:test:bura-tana", "Bura (Tana River)"),
        ("place bura tana river", "KE:test:bura-tana", "Bura (Tana River)"),
        ("I live in Kitui", "KE-18", "Kitui (county)"),
    ],
)
def test_a_place_that_is_sure_is_kept_and_confirmed(bench: AlertBench, typed: str, place: str, shown: str) -> None:
    assert bench.say(typed) == [text("place_set", shown)]
    assert bench.place() == place


@pytest.mark.parametrize("typed", ["MAHALI Hola", "mahali hola", "Mahali pangu ni Hola", "niko hola", "NIKO HOLA"])
def test_in_swahili(bench: AlertBench, typed: str) -> None:
    bench.say("kiswahili")
    assert bench.say(typed) == [text("place_set", "Hola (Tana River)", "sw")]
    assert bench.place() == "KE:test:hola"


@pytest.mark.parametrize(
    "typed",
    [
        "place to buy seeds in hola",
        "place of safety when it floods",
        "mahali salama wakati wa mafuriko",
        "mahali salama",
        "niko na homa",
        "niko salama",
        "niko poa",
        "niko hola na mbuzi wangu ni mgonjwa",
        "i live in a house of mud",
        "niko wote",
        "my place floods every year",
        "location of the nearest clinic",
    ],
)
def test_ordinary_messages_are_questions(bench: AlertBench, typed: str) -> None:
    assert [lane for lane, _ in bench.send(typed).hints] == ["answers"]
    assert bench.place() == ""


def test_no_question_that_ships_tells_a_place() -> None:
    mine, nobody = MyPlace(load(SKILLS), small()), Contact(PERSON, EN)
    asked = [text for text, _ in questions()]
    assert [text for text in asked if mine.told(text, nobody, Session("sms:x"), screen=False)] == []


def test_several_places_are_asked_about(bench: AlertBench) -> None:
    assert bench.say("PLACE Bura") == [ASKED]
    assert bench.place() == ""
    assert bench.say("2") == [text("place_set", "Bura (Garissa)")]
    assert bench.place() == "KE:test:bura-garissa"


def test_a_county_and_its_town_are_told_apart(bench: AlertBench) -> None:
    assert bench.say("PLACE Garissa") == ["Which one?\n1 Garissa (county)\n2 Garissa (town)"]
    bench.say("1")
    assert bench.place() == "KE-07"


@pytest.mark.parametrize("wrong", ["3", "9"])
def test_a_number_that_was_not_offered_asks_again(bench: AlertBench, wrong: str) -> None:
    bench.say("PLACE Bura")
    assert bench.say(wrong) == [ASKED]
    assert bench.say("1") == [text("place_set", "Bura (Tana River)")]


def test_another_message_ends_the_question(bench: AlertBench) -> None:
    bench.say("PLACE Bura")
    bench.say("how far apart do i plant maize")
    assert "1 Crops" in bench.say("1")[0]
    assert bench.place() == ""


def test_a_choice_does_not_wait_for_ever(bench: AlertBench) -> None:
    bench.say("PLACE Bura")
    bench.now += 1801
    assert bench.say("1")[0].startswith("Ujumbe")
    assert bench.place() == ""


def test_a_place_that_nobody_knows_gets_a_kind_text_and_may_be_told_again(bench: AlertBench) -> None:
    assert bench.say("PLACE Atlantis") == [TEXTS[EN]["place_unknown"]]
    assert bench.say("hola") == [text("place_set", "Hola (Tana River)")]


def test_alone_it_tells_the_present_one(bench: AlertBench) -> None:
    assert bench.say("PLACE") == [TEXTS[EN]["place_none"]]
    assert bench.say("Hola") == [text("place_set", "Hola (Tana River)")]
    assert bench.say("my place") == [text("place_yours", "Hola (Tana River)")]


def test_after_the_question_for_a_place_a_question_is_one(bench: AlertBench) -> None:
    bench.say("PLACE")
    assert [lane for lane, _ in bench.send("when do i plant maize in kitui").hints] == ["answers"]


def test_where_no_places_are_known_it_says_so() -> None:
    bench = AlertBench()
    bench.inbox = type(bench.inbox)(bench.library, bench.channels, lang=EN, values={})  # type: ignore[arg-type]
    assert bench.say("PLACE") == [TEXTS[EN]["place_off"]]
    assert "Mahali" not in bench.see("")


def test_who_stopped_us_gets_silence_by_message(bench: AlertBench) -> None:
    bench.say("STOP")
    assert bench.say("PLACE Hola") == []
    assert bench.place() == ""


class TestScreen:
    TOP = "Ujumbe\n1 Crops\n2 Money\n3 Kiswahili\n4 My place\nOr type a question"

    def test_typed(self, bench: AlertBench) -> None:
        assert bench.see("") == self.TOP
        assert bench.see("4") == "Type your town.\n1 List\n0 Back"
        assert bench.see("4*hola") == f"{text('place_set', 'Hola (Tana River)')}\n0 Back"
        assert bench.place() == "KE:test:hola"
        assert bench.see("4*hola*0") == self.TOP

    def test_asked_back(self, bench: AlertBench) -> None:
        bench.see("")
        bench.see("4")
        assert bench.see("4*bura") == f"{ASKED}\n0 Back"
        assert bench.see("4*bura*7") == f"{ASKED}\n0 Back"
        bench.see("4*bura*7*2")
        assert bench.place() == "KE:test:bura-garissa"

    def test_picked_page_by_page(self, bench: AlertBench) -> None:
        bench.see("")
        bench.see("4")
        assert bench.see("4*1") == "Choose:\n1 Garissa\n2 Kitui\n3 Makueni\n4 Nairobi\n5 Taita Taveta\n9 More\n0 Back"
        assert bench.see("4*1*9") == "Choose:\n1 Tana River\n9 More\n0 Back"
        assert bench.see("4*1*9*1") == f"{text('place_set', 'Tana River (county)')}\n1 Smaller\n0 Back"
        assert bench.place() == "KE-40"
        assert bench.see("4*1*9*1*1") == "Choose:\n1 Bura\n2 Garsen\n3 Hola\n0 Back"
        bench.see("4*1*9*1*1*2")
        assert bench.place() == "KE:test:garsen"

    def test_the_last_page_leads_to_the_first(self, bench: AlertBench) -> None:
        bench.see("")
        for path in ("4", "4*1", "4*1*9"):
            bench.see(path)
        assert bench.see("4*1*9*9").startswith("Choose:\n1 Garissa")

    def test_first_letters_narrow_the_list(self, bench: AlertBench) -> None:
        bench.see("")
        bench.see("4")
        assert bench.see("4*ta") == "Which one?\n1 Taita Taveta\n2 Tana River\n0 Back"
        bench.see("4*ta*2")
        assert bench.place() == "KE-40"

    def test_what_nobody_knows_may_be_typed_again(self, bench: AlertBench) -> None:
        bench.see("")
        bench.see("4")
        assert bench.see("4*atlantis") == f"{TEXTS[EN]['place_unknown']}\n0 Back"
        bench.see("4*atlantis*hola")
        assert bench.place() == "KE:test:hola"

    def test_a_question_typed_there_is_one(self, bench: AlertBench) -> None:
        bench.see("")
        bench.see("4")
        assert bench.hop("4*how far apart do i plant maize").wait_for > 0

    def test_it_says_where_they_are_now(self, bench: AlertBench) -> None:
        bench.live_in("KE:test:hola")
        bench.see("")
        assert bench.see("4") == "Now: Hola (Tana River).\nType your town.\n1 List\n0 Back"

    def test_who_stopped_us_is_promised_no_alerts(self, bench: AlertBench) -> None:
        bench.say("STOP")
        bench.see("")
        bench.see("4")
        assert bench.see("4*hola") == f"{text('place_kept', 'Hola (Tana River)')}\n0 Back"

    def test_the_last_answer_stands_behind_it(self, bench: AlertBench) -> None:
        [(_, question)] = bench.sms("how far apart do i plant maize").hints
        bench.answer(question, "Plant 75 cm apart.")
        assert "4 My place\n5 Last answer" in bench.see("")
        assert bench.see("5") == "Plant 75 cm apart.\n0 Back"


class TestLocation:
    """WhatsApp sends a shared location as degrees, without words."""

    def share(self, bench: AlertBench, latitude: str, longitude: str) -> list[str]:
        return bench.say("", channel="whatsapp", meta={"type": "location", "latitude": latitude, "longitude": longitude})

    def test_sets_the_place(self, bench: AlertBench) -> None:
        assert self.share(bench, "-1.49", "40.02") == [text("place_set", "Hola (Tana River)")]
        assert bench.place() == "KE:test:hola"

    @pytest.mark.parametrize("where", [("48.85", "2.35"), ("0.0", "0.0")])
    def test_nobody_is_put_into_a_town_far_away(self, bench: AlertBench, where: tuple[str, str]) -> None:
        assert self.share(bench, *where) == [TEXTS[EN]["place_unknown"]]
        assert bench.place() == ""

    @pytest.mark.parametrize("where", [("91", "0"), ("x", "0"), ("nan", "0"), ("", "")])
    def test_what_is_nowhere_on_earth_is_an_empty_message(self, bench: AlertBench, where: tuple[str, str]) -> None:
        assert self.share(bench, *where) == [TEXTS[EN]["empty"]]

    def test_who_stopped_us_gets_silence(self, bench: AlertBench) -> None:
        bench.say("STOP")
        with bench.store.begin() as tx:
            known = tx.contact(PERSON, now=bench.now, lang="en")
        assert known.opted_out
        assert self.share(bench, "-1.49", "40.02") == []
        assert bench.place() == ""
