"""What we send is also a CAP message that others can take: written, read again, and the same."""

from dataclasses import replace

from bot.cap.read import read
from bot.cap.write import write
from bot.core.alert.broadcast import Mode
from bot.core.alert.cap import AlertStatus, Category, MsgType, Reference, Scope
from bot.core.alert.cap_out import CapOut
from bot.core.alert.correct import corrections
from bot.core.alert.gate import Outcome, judge
from bot.core.types import Lang
from tests.core.alert.drafting import DRAFTING, WORDS, ZONE, Places, at, flood

OUT = CapOut(WORDS, "alerts.example.org", Places())
SENT = replace(DRAFTING.written(flood()), id=7, approved=at(20, 15) + 0.4)


def test_a_broadcast_is_a_message_of_ours() -> None:
    alert = OUT.alert(SENT)
    assert (alert.identifier, alert.sender, alert.sent) == ("alerts.example.org-7", "alerts.example.org", at(20, 15))
    assert (alert.status, alert.msg_type, alert.scope) == (AlertStatus.ACTUAL, MsgType.ALERT, Scope.PUBLIC)
    assert [info.language for info in alert.infos] == ["en", "sw"]
    english, swahili = alert.infos
    assert (english.event, swahili.event) == ("flood", "mafuriko")
    assert english.categories == [Category.MET]
    assert english.headline == SENT.texts["en"]
    assert english.instruction == "Go to high ground now. Do not cross moving water."
    assert english.expires == at(21, 18)
    assert [area.desc for area in english.areas] == ["Garissa", "Tana River"]
    assert english.areas[0].geocodes == (("ISO3166-2", "KE-07"), ("ujumbe:place", "KE-07"))


def test_what_is_written_reads_the_same() -> None:
    alert = OUT.alert(SENT)
    back = read(write(alert, zone=ZONE)).alert
    assert back.infos[0].headline == alert.infos[0].headline
    assert (back.identifier, back.sender, back.sent) == (alert.identifier, alert.sender, alert.sent)
    assert [info.areas[1].desc for info in back.infos] == ["Tana River", "Tana River"]
    assert judge(back).outcome is Outcome.OPEN
    assert WORDS.classify(back.infos[0]) is WORDS.hazard("flood")


def test_an_exercise_is_one_to_every_reader() -> None:
    alert = OUT.alert(replace(DRAFTING.written(flood(mode=Mode.EXERCISE)), id=8))
    assert (alert.status, alert.note) == (AlertStatus.EXERCISE, "This is an exercise. Nothing of it is meant.")
    assert all(info.headline.startswith(("EXERCISE ONLY", "ZOEZI TU")) for info in alert.infos)
    assert judge(read(write(alert)).alert).outcome is Outcome.HELD


def test_a_correction_names_all_that_it_follows_and_the_places_of_the_first() -> None:
    after = corrections(SENT, now=at(20, 16))
    cancel = replace(DRAFTING.written(after.cancel), id=9, approved=at(20, 17))
    alert = OUT.alert(cancel, earlier=[SENT])
    assert alert.msg_type is MsgType.CANCEL
    assert list(alert.references) == [Reference("alerts.example.org", "alerts.example.org-7", at(20, 15))]
    assert [area.desc for area in alert.infos[0].areas] == ["Garissa", "Tana River"]
    assert alert.infos[0].instruction == ""
    assert judge(read(write(alert)).alert).ends


def test_an_all_clear_ends_what_it_follows_for_every_reader() -> None:
    over = replace(DRAFTING.written(corrections(SENT, now=at(20, 16)).over), id=10)
    verdict = judge(read(write(OUT.alert(over, earlier=[SENT]))).alert)
    assert verdict.over
    assert not verdict.tells


def test_an_audience_without_places_is_described_by_the_text() -> None:
    everyone = replace(SENT, audience=replace(SENT.audience, places=(), everyone=True))
    assert [area.desc for area in OUT.alert(everyone).infos[0].areas] == ["Garissa, Tana River"]


def test_only_the_outermost_places_are_areas_and_an_unknown_one_is_named_by_its_id() -> None:
    """The desk gives an audience with all that lies in its places: hundreds of towns."""
    wide = replace(SENT, audience=replace(SENT.audience, places=("KE-07", "KE:1", "KE:2", "KE:gone")))
    assert [area.desc for area in OUT.alert(wide).infos[0].areas] == ["Garissa", "KE:gone"]


def test_what_has_no_hazard_of_ours_can_be_written_too() -> None:
    own = flood(hazard="", slots={f"text.{lang}": "KenyaMet: stay in until 6pm." for lang in Lang})
    alert = OUT.alert(replace(DRAFTING.written(own), id=11))
    assert [info.event for info in alert.infos] == ["alert", "alert"]
    assert read(write(alert)).alert.infos[0].categories == (Category.OTHER,)
