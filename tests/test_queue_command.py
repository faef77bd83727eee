"""`ujumbe queue` as an operator types it, on a real database: what waits, and what becomes of it."""

import argparse
import io
import json
import re
import shlex
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.core.storage import NewDelivery, Store
from bot.core.types import Lane, Message, Status
from bot.queue_command import add_commands
from bot.queue_table import age
from bot.store import open_store
from bot.store.migrate import upgrade
from tests import postgres

HOUR = 3600.0
SECRET = "When does my loan from Amina end"


class House:
    """A database with things in it, and the command."""

    def __init__(self, url: str) -> None:
        self.store: Store = open_store(url)
        self._n = 0

    def put(self, *, age_s: float = 0.0, **values: Any) -> int:
        self._n += 1
        usual = {"dedup": f"t:{self._n}", "channel": "at_sms", "urn": f"tel:+2547000000{self._n:02}", "parts": ("Plant now.",)}
        now = time.time() - age_s
        with self.store.begin() as tx:
            made = tx.insert_delivery(NewDelivery(**{**usual, "kind": "fact", "not_after": now + HOUR} | values), now=now)
        assert made is not None
        return made

    def ask(self, *, age_s: float = 0.0, text: str = SECRET) -> int:
        self._n += 1
        message = Message(channel="sim", external_id=f"m{self._n}", urn=f"tel:+2547000000{self._n:02}", text=text)
        now = time.time() - age_s
        with self.store.begin() as tx:
            made = tx.insert_message(message, now=now)
            assert made is not None
            tx.queue_question(made, skill="", turns=(), screen_until=0.0, now=now)
        return made

    def fail(self, delivery: int, code: str = "503") -> None:
        claimed = self.store.claim_delivery(delivery, now=time.time(), lease_s=9)
        assert claimed is not None
        self.store.retry_delivery(claimed.claim, now=time.time(), after_s=300, code=code)

    def free(self, delivery: int) -> bool:
        """Whether a sender gets it now."""
        return self.store.claim_delivery(delivery, now=time.time() + 1, lease_s=9) is not None

    def statuses(self, delivery: int) -> list[Status]:
        return [part.status for part in self.store.parts(delivery)]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres.running() as url:
        upgrade(url)
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'ujumbe.db'}"
        upgrade(url)
    else:
        url = request.getfixturevalue("server")
        with postgres.connect(url) as connection:
            connection.execute("TRUNCATE message, delivery, part, hold RESTART IDENTITY")
    monkeypatch.setenv("UJUMBE_DATABASE_URL", url)
    monkeypatch.setenv("UJUMBE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("UJUMBE_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setenv("UJUMBE_CHANNELS__AT_SMS__USERNAME", "x")
    made = House(url)
    yield made
    made.store.close()


Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, with what it prints; `fails`: it must say why not; `types`: what the operator answers."""

    def command(*words: str, fails: bool = False, types: str = "") -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(types))
        assert main(["queue", *words]) == int(fails)
        said = capsys.readouterr()
        return said.err if fails else said.out

    return command


class TestLooking:
    def test_nothing(self, house: House, run: Run) -> None:
        assert run() == "Nothing waits.\n"
        assert run("list") == "Nothing that waits fits.\n"

    def test_what_waits_by_age(self, house: House, run: Run) -> None:
        house.ask(age_s=2 * HOUR + 605)
        house.fail(house.put(age_s=1500))
        house.put(age_s=700)
        house.put(lane=Lane.ALERTS, channel="sim", kind="", not_after=time.time() + 9 * HOUR)
        lines = [re.split(r"\s{2,}", line) for line in run().splitlines()]
        assert lines == [
            ["lane", "channel", "kind", "status", "count", "<1 min", "<10 min", "<1 h", "<6 h", "older", "oldest"],
            ["alerts", "sim", "-", "queued", "1", "1", "-", "-", "-", "-", "0 s"],
            ["answers", "sim", "question", "new", "1", "-", "-", "-", "1", "-", "2 h 10 min"],
            ["sends", "at_sms", "fact", "errored", "1", "-", "-", "1", "-", "-", "25 min"],
            ["sends", "at_sms", "fact", "queued", "1", "-", "-", "1", "-", "-", "11 min"],
            ["all", "4", "1", "-", "2", "1", "-", "2 h 10 min"],
            ["Expires: 3 within 1 h, 1 later"],
            ["Last trouble: 1 503"],
        ]

    def test_for_machines(self, house: House, run: Run) -> None:
        house.fail(house.put(age_s=1500))
        told = json.loads(run("--json"))
        assert (told["count"], told["by_age"], told["by_end"], told["by_trouble"]) == (1, {"<1 h": 1}, {"within 1 h": 1}, {"503": 1})
        assert 1500 <= told["oldest_s"] < 1600
        assert [(heap["lane"], heap["status"], heap["count"]) for heap in told["waiting"]] == [("sends", "errored", 1)]
        [row] = json.loads(run("list", "--json"))
        assert (row["id"], row["tries"], row["code"], "text" in row) == ("d1", 1, "503", False)
        assert json.loads(run("--json", "list", "--text"))[0]["text"] == "Plant now."

    def test_a_line_for_each(self, house: House, run: Run) -> None:
        house.ask(age_s=700)
        house.fail(house.put())
        head, question, delivery = run("list").splitlines()
        assert head.split() == ["id", "age", "lane", "channel", "person", "kind", "status", "tries", "next", "last", "trouble"]
        assert re.fullmatch(r"q1 +11 min +answers +sim +tel:\+2547\*\*\*001 +question +new +0 +now", question)
        assert re.fullmatch(r"d1 +\d s +sends +at_sms +tel:\+2547\*\*\*002 +fact +errored +1 +\d\d:\d\d:\d\d +503", delivery)
        assert "... and more: --limit 10" in run("list", "--limit", "1")
        assert run("list", "--older-than", "10m", "--channel", "sim").count("q1") == 1
        assert run("list", "--lane", "alerts") == "Nothing that waits fits.\n"

    def test_texts_only_on_request_and_numbers_never(self, house: House, run: Run) -> None:
        house.ask()
        house.put(age_s=2 * HOUR)
        house.store.expire(now=time.time())
        for words in ([], ["--json"], ["list"], ["list", "--json"], ["hold", "--all"], ["send", "q1"], ["release", "--all"]):
            said = run(*words)
            assert SECRET not in said
            assert not re.search(r"\+?2547\d{5}", said)
        assert SECRET in run("list", "--text")
        assert not re.search(r"\+?2547\d{5}", run("list", "--text", "--json"))

    def test_what_was_given_up(self, house: House, run: Run) -> None:
        house.put(age_s=2 * HOUR)
        house.store.expire(now=time.time())
        assert run() == "Nothing waits.\nGiven up in the last 24 hours: 1 expired\n"


class TestHolding:
    def test_a_channel_with_what_comes_later_until_it_is_released(self, house: House, run: Run) -> None:
        delivery = house.put()
        said = run("hold", "--channel", "at_sms")
        assert "Hold 1: channel at_sms. Kept back: 1 delivery, and all that comes from now on." in said
        assert "Alerts and texts for emergencies are not held: that takes --alerts." in said
        later, alert, urgent = house.put(), house.put(lane=Lane.ALERTS), house.put(kind="emergency")
        assert [house.free(row) for row in (delivery, later, alert, urgent)] == [False, False, True, True]
        shown = run()
        assert re.search(r"sends +at_sms +fact +held +2", shown)
        assert "Hold 1: channel at_sms, but for alerts and emergencies, since" in shown
        assert "when released" in run("list", "--kind", "fact")
        assert "Hold 1 is released: channel at_sms. Kept back until now: 2 deliveries." in run("release", "--channel", "at_sms")
        assert house.free(delivery)
        assert house.free(later)

    def test_alerts_only_on_purpose(self, house: House, run: Run) -> None:
        alert = house.put(lane=Lane.ALERTS)
        assert "only meant with --alerts" in run("hold", "--lane", "alerts", fails=True)
        assert "Alerts and texts for emergencies are held, too." in run("hold", "--lane", "alerts", "--alerts")
        assert not house.free(alert)
        assert "ALERTS AND EMERGENCIES TOO" in run()

    def test_one_row_and_what_is_older(self, house: House, run: Run) -> None:
        old, one, other = house.put(age_s=700), house.put(), house.put()
        assert "Kept back: 1 delivery.\n" in run("hold", f"d{one}")
        assert "Kept back: 1 delivery.\n" in run("hold", "--older-than", "10m")
        assert [house.free(row) for row in (old, one, other)] == [False, False, True]
        assert "Still in force:\nHold 2: made before" in run("release", "1")
        assert house.free(one)

    def test_releasing_what_is_not_held(self, house: House, run: Run) -> None:
        assert "No such hold is in force" in run("release", "7", fails=True)
        run("hold", "--all")
        assert "No such hold is in force" in run("release", "--channel", "sim", fails=True)
        assert "Say which hold" in run("release", fails=True)
        assert "Hold 1 is released: everything." in run("release", "--all")


class TestDropping:
    def test_says_how_many_and_asks_first(self, house: House, run: Run) -> None:
        delivery, _ = house.put(), house.ask()
        for answer in ("n\n", "", "maybe\n"):
            assert "Nothing was changed" in run("drop", "--all", fails=True, types=answer)
        assert house.statuses(delivery) == [Status.QUEUED]
        said = run("drop", "--all", types="y\n")
        assert said.startswith("Drop 1 delivery and 1 question? Nobody gets them. [y/N] ")
        assert "Dropped: 2." in said
        assert house.statuses(delivery) == [Status.FAILED]
        assert run() == "Nothing waits.\nGiven up in the last 24 hours: 1 dropped, 1 question dropped\n"

    def test_only_what_fits(self, house: House, run: Run) -> None:
        old, young, alert = house.put(age_s=700), house.put(), house.put(lane=Lane.ALERTS, age_s=700)
        assert "Dropped: 1." in run("drop", "--older-than", "10m", "--yes")
        assert [house.statuses(row) for row in (old, young, alert)] == [[Status.FAILED], [Status.QUEUED], [Status.QUEUED]]
        assert "only meant with --alerts" in run("drop", f"d{alert}", "--yes")
        assert "Dropped: 1." in run("drop", f"d{alert}", "--alerts", "--yes")


class TestSending:
    def test_what_waits_for_its_next_try(self, house: House, run: Run) -> None:
        delivery = house.put()
        house.fail(delivery)
        assert not house.free(delivery)
        assert run("send", "--channel", "at_sms") == "Due now: 1. The workers take them as fast as their channels allow.\n"
        assert house.free(delivery)

    def test_what_is_held_waits_on_and_it_says_so(self, house: House, run: Run) -> None:
        delivery = house.put()
        run("hold", "--all")
        assert "Held all the same: 1." in run("send", "--all")
        assert not house.free(delivery)

    def test_what_expired(self, house: House, run: Run) -> None:
        delivery, opted_out = house.put(age_s=2 * HOUR), house.put(age_s=2 * HOUR, urn="tel:+254700000099")
        with house.store.begin() as tx:
            tx.expire_replies("tel:+254700000099")
        house.store.expire(now=time.time())
        assert "Nothing that waits fits." in run("send", "--channel", "at_sms")
        assert "Nothing was changed" in run("send", "--channel", "at_sms", "--expired", fails=True, types="n\n")
        assert "On their way again: 1. They are worth sending for 60 minutes more." in run("send", "--all", "--expired", "--yes")
        assert house.statuses(opted_out) == [Status.FAILED]
        house.store.expire(now=time.time())
        assert house.free(delivery)

    def test_what_was_given_up_for_another_reason(self, house: House, run: Run) -> None:
        delivery = house.put()
        claimed = house.store.claim_delivery(delivery, now=time.time(), lease_s=9)
        assert claimed is not None
        house.store.fail_delivery(claimed.claim, now=time.time(), reason="no connection")
        assert "Given up in the last 24 hours: 1 no connection" in run()
        assert "Nothing that was given up fits" in run("send", "--all", "--expired", "--yes")
        assert "On their way again: 1." in run("send", "--channel", "at_sms", "--given-up", "no connection", "--yes")
        assert house.free(delivery)

    def test_one_that_was_dropped_and_none_that_may_have_gone_out(self, house: House, run: Run) -> None:
        dropped, gone = house.put(), house.put()
        claimed = house.store.claim_delivery(gone, now=time.time(), lease_s=9)
        assert claimed is not None
        assert house.store.part_sending(claimed.claim, 0, now=time.time(), lease_s=9)
        house.store.fail_delivery(claimed.claim, now=time.time(), reason="rejected")
        run("drop", f"d{dropped}", "--yes")
        assert "On their way again: 1." in run("send", f"d{dropped}", "--yes")
        assert run("send", f"d{dropped}") == "Due now: 1. The workers take them as fast as their channels allow.\n"
        assert "that is never sent again" in run("send", f"d{gone}", "--yes")
        assert house.statuses(gone) == [Status.UNKNOWN]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["hold"], "Say what is meant", id="hold-nothing"),
        pytest.param(["drop", "--yes"], "Say what is meant", id="drop-nothing"),
        pytest.param(["send"], "Say what is meant", id="send-nothing"),
        pytest.param(["hold", "--channel", "atsms"], "There is no channel 'atsms'. Set up are: at_sms, sim, ", id="misspelt"),
        pytest.param(["hold", "--kind", "emergency"], "only meant with --alerts", id="emergencies"),
        pytest.param(["drop", "--lane", "alerts", "--yes"], "only meant with --alerts", id="alerts"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(house: House, run: Run, words: list[str], says: str) -> None:
    house.put()
    assert says in run(*words, fails=True)
    assert house.store.holds() == []


@pytest.mark.parametrize(("words", "says"), [(["--older-than", "soon"], "Write 90s, 30m, 2h or 1d"), (["7"], "d12 is a delivery")])
def test_what_is_misspelt_is_refused(house: House, words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["queue", "drop", *words])
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min"), (3599, "59 min"), (3660, "1 h 1 min"), (47 * HOUR, "47 h 0 min"), (49 * HOUR, "2 d 1 h")],
)
def test_ages_are_short(seconds: float, words: str) -> None:
    assert age(seconds) == words


def test_every_command_in_the_guide_is_one_of_ours() -> None:
    guide = (Path(__file__).resolve().parent.parent / "docs/operations/outages.md").read_text()
    told = re.findall(r"(?:\$ |`)ujumbe (queue[^`\n]*)", guide)
    assert len(told) > 10
    parser = argparse.ArgumentParser()
    add_commands(parser)
    for command in told:
        parser.parse_args(shlex.split(command)[1:])
