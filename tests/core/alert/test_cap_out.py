"""What we send is also a CAP message that others can take: written, read again, and the same."""

from dataclasses import replace

from bot.cap.read import read
from bot.cap.write import write
from bot.core.alert.broadcast import Mode
from bot.core.alert.cap import AlertStatus, Category, MsgType, Reference, Scope
from bot.core.alert.cap_out import CapOut
from bot.core.alert.correct import corrections
from bot.core.alert.gate import Outcome, judge
from tests.core.alert.drafting import DRAFTING, WORDS, ZONE, at, flood

OUT = CapOut(WORDS, "alerts.example.org")
SENT = replace(DRAFTING.written(flood()), id=7, approved=at(20, 15) + 0.4)
NAMES = {"KE-07": "Garissa", "KE-40": "Tana River"}


def test_a_broadcast_is_a_message_of_ours() -> None:
    alert = OUT.alert(SENT, NAMES)
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
    alert = OUT.alert(SENT, NAMES)
    back = read(write(alert, zone=ZONE)).alert
    assert back.infos[0].headline == alert.infos[0].headline
    assert (back.identifier, back.sender, back.sent) == (alert.identifier, alert.sender, alert.sent)
    assert [info.areas[1].desc for info in back.infos] == ["Tana River", "Tana River"]
    assert judge(back).outcome is Outcome.OPEN
    assert WORDS.classify(back.infos[0]) is WORDS.hazard("flood")


def test_an_exercise_is_one_to_every_reader() -> None:
    alert = OUT.alert(replace(DRAFTING.written(flood(mode=Mode.EXERCISE)), id=8), NAMES)
    assert (alert.status, alert.note) == (AlertStatus.EXERCISE, "This is an exercise. Nothing of it is meant.")
    assert all(info.headline.startswith(("EXERCISE ONLY", "ZOEZI TU")) for info in alert.infos)
    assert judge(read(write(alert)).alert).outcome is Outcome.HELD


def test_a_correction_names_all_that_it_follows_and_the_places_of_the_first() -> None:
    after = corrections(SENT, now=at(20, 16))
    cancel = replace(DRAFTING.written(after.cancel), id=9, approved=at(20, 17))
    alert = OUT.alert(cancel, NAMES, earlier=[SENT])
    assert alert.msg_type is MsgType.CANCEL
    assert list(alert.references) == [Reference("alerts.example.org", "alerts.example.org-7", at(20, 15))]
    assert [area.desc for area in alert.infos[0].areas] == ["Garissa", "Tana River"]
    assert alert.infos[0].instruction == ""
    assert judge(read(write(alert)).alert).ends


def test_an_all_clear_ends_what_it_follows_for_every_reader() -> None:
    over = replace(DRAFTING.written(corrections(SENT, now=at(20, 16)).over), id=10)
    verdict = judge(read(write(OUT.alert(over, NAMES, earlier=[SENT]))).alert)
    assert verdict.over
    assert not verdict.tells


def test_an_audience_without_places_is_described_by_the_text() -> None:
    everyone = replace(SENT, audience=replace(SENT.audience, places=(), everyone=True))
    assert [area.desc for area in OUT.alert(everyone, NAMES).infos[0].areas] == ["Garissa, Tana River"]
