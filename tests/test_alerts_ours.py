"""`ujumbe alerts draft | preview | approve ...`: scripts on the box act for members of staff, by their keys and by the same rules."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.alerts_command import add_commands, ours
from bot.app import App
from bot.core.alert.broadcast import Stage
from bot.core.alert.notice import RollAnswer
from bot.core.alert.people import Listed
from bot.core.alert.staff import Member, Role
from bot.core.errors import NotDone
from bot.core.types import Lang
from tests.api.house import make

FLOOD = [
    "--mode",
    "live",
    "--hazard",
    "flood",
    "--response",
    "Evacuate",
    "--source",
    "Red Cross",
    "--place",
    "Garissa County",
    "--until",
    "18:00",
]


@dataclass
class Box:
    """A machine with amina's and ben's keys on it."""

    app: App
    folder: Path
    said: list[str] = field(default_factory=list)
    slept: int = 0

    def hire(self, name: str, *roles: Role) -> None:
        self.app.roster.add(name, roles, by="box:test")
        (self.folder / f"{name}.key").write_text(self.app.access.new_key(Member(name, frozenset(roles)), "script", roles) + "\n")

    def run(self, *words: str, by: str = "", env: str = "") -> list[str]:
        """What the command says."""
        parser = argparse.ArgumentParser(exit_on_error=False)
        add_commands(parser)
        who = ["--as", by, *([] if env else ["--key-file", str(self.folder / f"{by}.key")])] if by else []
        self.said = []
        assert ours.run(parser.parse_args([*words, *who]), ours.Place(self.app, env, "test", self.sleep), self.said.append) == 0
        return self.said

    def sleep(self, _: float) -> None:
        """Time passes: what waits goes out, and the sweep sees that it is over."""
        self.slept += 1
        assert self.slept < 20, "the watch does not end"
        with self.app.store._db.write() as connection:  # type: ignore[attr-defined]
            for table in ("part", "delivery"):
                connection.exec_driver_sql(f"UPDATE {table} SET status = 'wired' WHERE status = 'queued'")
        self.app.sweep()

    def flood(self, *more: str) -> int:
        made: int = json.loads(self.run("draft", *FLOOD, *more, "--json", by="amina")[0])["id"]
        return made


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    app, _ = make(tmp_path)
    made = Box(app, tmp_path)
    made.hire("amina", Role.AUTHOR)
    made.hire("ben", Role.APPROVER)
    people = [Listed(urn=f"tel:+25470000000{n}", lang=Lang.SW if n == 3 else Lang.EN, place="KE-07") for n in (1, 2, 3)]
    with app.people.begin() as tx:
        tx.take_in(people, lang=Lang.EN, replaces=True, now=app.clock())
    yield made
    app.store.close()  # type: ignore[attr-defined]


def test_from_the_draft_to_the_end_of_the_watch(box: Box) -> None:
    said = box.run("draft", *FLOOD, by="amina")
    assert said[0] == "Broadcast 1 (Alert) is draft: Flood, Garissa"
    assert said[1] == "For: Garissa (county). Until: 2027-01-31 18:00."
    assert any(line.startswith("sw: Red Cross: ") for line in said)
    preview = box.run("preview", "1")
    assert "3 people get it. The approver types that number." in preview
    assert f"    {box.app.alert_desk.show(1).texts[Lang.EN]}" in preview
    assert box.run("submit", "1", by="amina")[0] == "Broadcast 1 waits for another person: 3 people."
    assert "is sending" in box.run("approve", "1", "--confirm", "3", by="ben")[0]
    watched = box.run("status", "1", "--watch")
    assert watched[0].startswith("broadcast 1: sending, 0 of 3 gone out")
    assert watched[-1].startswith("broadcast 1: sent, 3 of 3 gone out")
    assert "sent" in box.run("list")[0]
    assert box.run("correct", "1", "--response", "Monitor", by="amina")[0] == "Broadcast 2 (Update) is draft: Flood, Garissa"
    assert box.run("cancel-draft", "1", by="amina")[:2] == ["Broadcast 3 (Cancel) is draft: Flood, Garissa", "It follows broadcast 1."]
    assert "For: who got broadcast 1. Until: 2027-01-31 18:00." in box.run("over", "1", by="amina")
    assert "is stopped" in box.run("stop", "1", "--why", "wrong river", by="ben")[0]


def test_a_roll_call_is_asked_again_of_who_says_nothing(box: Box) -> None:
    made = str(box.flood("--roll-call"))
    box.run("submit", made, by="amina")
    box.run("approve", made, "--confirm", "3", by="ben")
    box.run("status", made, "--watch")
    said = box.run("ask-again", made, by="amina")
    assert said[0] == "Broadcast 2 (Update) is draft: Flood, Garissa"
    assert said[2] == "For: who got broadcast 1 and says nothing. Until: 2027-01-31 18:00."
    with box.app.store.begin() as tx:
        tx.answer_roll(1, "tel:+254700000001", RollAnswer.SAFE, words="1", now=box.app.clock())
    assert box.run("submit", "2", by="amina")[0] == "Broadcast 2 waits for another person: 2 people."


@pytest.mark.parametrize(
    ("words", "by", "says"),
    [
        pytest.param(["approve", "1", "--confirm", "3"], "amina", "needs the role approver", id="role"),
        pytest.param(["approve", "1", "--confirm", "4"], "ben", "4 is not the number of people", id="number"),
        pytest.param(["approve", "9", "--confirm", "3"], "ben", "There is no broadcast 9", id="missing"),
        pytest.param(["reject", "1", "--why", " "], "ben", "why: ", id="reason"),
        pytest.param(["draft"], "amina", "Say whether it is meant", id="mode"),
        pytest.param(["draft", "--mode", "live", "--place", "Bura"], "amina", "KE:test:bura-tana for Bura (Tana River)", id="place"),
        pytest.param(["draft", "--mode", "live", "--until", "soon"], "amina", "'soon' is no time", id="time"),
        pytest.param(["draft", "--mode", "live", "--urgency", "Now"], "amina", "urgency: Input should be", id="word"),
        pytest.param(["draft", "--mode", "live", "--text", "hello"], "amina", "needs its language", id="text"),
        pytest.param(["draft", "--file", "/nowhere.toml"], "amina", "cannot be read", id="file"),
        pytest.param(["list", "--stage", "gone"], "", "stage: Input should be", id="stage"),
        pytest.param(["status", "1", "--watch"], "", "is waiting: nothing of it goes out", id="watch"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(box: Box, words: list[str], by: str, says: str) -> None:
    box.run("submit", str(box.flood()), by="amina")
    with pytest.raises(NotDone) as refused:
        box.run(*words, by=by)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert box.app.alert_desk.show(1).stage is Stage.WAITING


def test_who_wrote_it_cannot_approve_it_and_nobody_acts_with_another_ones_key(box: Box) -> None:
    box.hire("dora", Role.AUTHOR, Role.APPROVER)
    made = str(json.loads(box.run("draft", *FLOOD, "--json", by="dora")[0])["id"])
    box.run("submit", made, by="dora")
    with pytest.raises(NotDone, match="is your own"):
        box.run("approve", made, "--confirm", "3", by="dora")
    (box.folder / "dora.key").write_text((box.folder / "ben.key").read_text())
    with pytest.raises(NotDone, match="no key of 'dora'"):
        box.run("approve", made, "--confirm", "3", by="dora")
    with pytest.raises(NotDone, match="no key of 'ben'"):
        box.run("approve", made, "--confirm", "3", by="ben", env="ujk_wrong")
    (box.folder / "ben.key").write_text("")
    with pytest.raises(NotDone, match="There is no key"):
        box.run("approve", made, "--confirm", "3", by="ben")
    assert box.app.alert_desk.show(int(made)).stage is Stage.WAITING


def test_a_file_says_what_flags_say_and_flags_count_more(box: Box) -> None:
    file = box.folder / "flood.toml"
    file.write_text(
        """mode = "exercise"
hazard = "flood"
response = "Evacuate"
source = "Red Cross"
places = ["KE-07"]
expires = 2027-01-31T18:00:00
[words.en]
impact = "Roads are cut"
"""
    )
    key = ["--once", "drill-1", "--json"]
    first = json.loads(box.run("draft", "--file", str(file), *key, by="amina")[0])
    assert (first["mode"], first["expires"]) == ("exercise", "2027-01-31T15:00:00Z")
    assert first["texts"]["en"].startswith("EXERCISE")
    assert "Roads are cut" in first["texts"]["en"]
    assert json.loads(box.run("draft", "--file", str(file), *key, by="amina")[0])["id"] == first["id"]
    other = json.loads(box.run("draft", "--file", str(file), "--mode", "live", "--hours", "3", "--json", by="amina")[0])
    assert (other["mode"], other["expires"]) == ("live", "2027-01-31T06:00:00Z")
    file.write_text("mode = live")
    with pytest.raises(NotDone, match="is no TOML"):
        box.run("draft", "--file", str(file), by="amina")
    file.write_text('mode = "live"\nplace = "KE-07"')
    with pytest.raises(NotDone, match="place: Extra inputs"):
        box.run("draft", "--file", str(file), by="amina")


def test_the_command_itself_with_the_key_in_the_environment(
    box: Box, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UJUMBE_DATA_DIR", str(box.folder))
    monkeypatch.setenv("UJUMBE_CONFIG", str(box.folder / "none.toml"))
    monkeypatch.setenv("UJUMBE_API_KEY", (box.folder / "amina.key").read_text())
    assert main(["alerts", "draft", "--as", "amina", "--mode", "exercise", "--group", "exercise"]) == 0
    assert "Broadcast 1 (EXERCISE, Alert) is draft" in capsys.readouterr().out
    assert main(["alerts", "submit", "1", "--as", "ben"]) == 1
    assert "no key of 'ben'" in capsys.readouterr().err
    assert main(["alerts", "list"]) == 0
    assert "EXERCISE" in capsys.readouterr().out
