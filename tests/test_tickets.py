"""Talk to a person, from end to end on a real database: a question that nobody knows, PERSON, an operator's answer from the command line,
and the next person who asks the same, who needs no model."""

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.app import App, build
from bot.chat import HintList
from bot.config import load
from bot.core.types import Message
from bot.store import open_store
from bot.store.migrate import upgrade
from tests.core.small import Scripted

FIRST, SECOND = "tel:+254700000011", "tel:+254700000022"
QUESTION = "when does the bus to Lodwar leave"
ANSWER = "The Lodwar bus leaves Kitale stage at 6 in the morning and at 2 in the afternoon."


class Town:
    """The service in this process, people with phones, and a model that says always the same."""

    def __init__(self, folder: Path) -> None:
        settings = load(data_dir=folder, channels={"sim": {}})
        upgrade(settings.sqlalchemy_url)
        self.queue, self.model = HintList(), Scripted("Plant maize when the rains have started.")
        # A little ahead of the operator's command: what it stored is due here, as if seconds had passed.
        store = open_store(settings.sqlalchemy_url)
        self.app: App = build(settings, store=store, queue=self.queue, writer=self.model, clock=lambda: time.time() + 5)
        self._ids = 0
        self._seen: set[str] = set()

    def sms(self, urn: str, text: str) -> list[str]:
        """Sends one message and returns what the phone got since."""
        self._ids += 1
        with self.app.store.begin() as tx:
            message = Message(channel="sim", external_id=f"m{self._ids}", urn=urn, text=text)
            taken = self.app.inbox.take(tx, message, now=self.app.clock())
        for hint in taken.hints:
            self.queue.hint(*hint)
        self.queue.drain(self.app)
        return self._news(urn)

    def later(self, urn: str) -> list[str]:
        """What the phone got by itself, after a sweep."""
        self.app.sweep()
        self.queue.drain(self.app)
        return self._news(urn)

    def _news(self, urn: str) -> list[str]:
        lines = self.app.store.conversation(urn, limit=99)
        new = [line for line in lines if not line.inbound and line.status in {"wired", "sent", "delivered"} and line.id not in self._seen]
        self._seen.update(line.id for line in new)
        return [line.text for line in new]


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setenv("UJUMBE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("UJUMBE_CONFIG", str(tmp_path / "none.toml"))
    return Town(tmp_path)


Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, with what it prints; `fails`: it must say why not."""

    def command(*words: str, fails: bool = False) -> str:
        assert main(["tickets", *words]) == int(fails)
        said = capsys.readouterr()
        return said.err if fails else said.out

    return command


def test_from_a_refusal_to_an_answer_for_everybody(town: Town, run: Run) -> None:
    [refusal] = town.sms(FIRST, QUESTION)
    assert "not" in refusal
    [confirmed] = town.sms(FIRST, "PERSON")
    assert confirmed.startswith("A person will answer you")

    assert QUESTION in run("list")
    assert "1 message is on the way" in run("answer", "1", ANSWER, "--approve", QUESTION, "--by", "amina")
    assert "waits to be sent" in run("show", "1")
    assert town.later(FIRST) == [ANSWER]
    shown = run("show", "1")
    assert "Last answered by amina" in shown
    assert "the provider has it" in shown or "the phone has it" in shown
    assert run("list") == "No ticket waits.\n"

    calls = len(town.model.prompts)
    [answer] = town.sms(SECOND, "pls wen does bus to LODWARR leave??")
    assert answer.startswith(ANSWER)
    assert len(town.model.prompts) == calls, "no model was asked"

    assert run("withdraw", "1") == "Approved answer 1 is taken back: nobody gets it any more.\n"
    [refused] = town.sms(SECOND, QUESTION)
    assert not refused.startswith(ANSWER)


def test_an_approved_answer_comes_before_the_facts_and_the_model(town: Town, run: Run) -> None:
    asked = "how far apart should i plant maize"
    town.sms(FIRST, asked)
    assert len(town.model.prompts) == 1
    town.sms(FIRST, "PERSON")
    run("answer", "1", "Here in Kitui: 90 cm between rows.", "--approve", asked)
    [answer] = town.sms(SECOND, "how far apart should we plant MAIZE")
    assert answer.startswith("Here in Kitui")
    assert len(town.model.prompts) == 1
    town.sms(SECOND, "how far apart should i plant beans")
    assert len(town.model.prompts) == 2


def test_an_emergency_stands_first_and_says_so(town: Town, run: Run) -> None:
    town.sms(FIRST, "PERSON my goat is ill")
    town.sms(SECOND, "snake bit my child")
    first, second = run("list").splitlines()
    assert "URGENT emergency snake-bite" in first
    assert "my goat is ill" in second


def test_who_sent_stop_gets_nothing_and_the_operator_is_told(town: Town, run: Run) -> None:
    town.sms(FIRST, "PERSON my goat is ill")
    town.sms(FIRST, "STOP")
    assert "has sent STOP" in run("answer", "1", "Give it water.", fails=True)
    assert town.later(FIRST) == []
    assert run("close", "1") == "Ticket 1 is closed.\n"
    assert "closed" in run("list", "--all")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["show", "7"], "no ticket 7", id="no-ticket"),
        pytest.param(["withdraw", "7"], "no approved answer 7", id="no-approval"),
        pytest.param(["answer", "1", "x", "--until", "2000-01-01"], "together with --approve", id="until-alone"),
        pytest.param(["answer", "1", "x", "--approve", "price of gold", "--until", "2000-01-01"], "is over", id="until-past"),
        pytest.param(["answer", "1", "x" * 999], "shorten it", id="too-long"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(town: Town, run: Run, words: Sequence[str], says: str) -> None:
    town.sms(FIRST, "PERSON my goat is ill")
    told = run(*words, fails=True)
    assert says in told
    assert told.startswith("ujumbe: ")
    assert town.later(FIRST) == []


def test_a_date_that_is_none_is_refused(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["tickets", "answer", "1", "x", "--approve", "y", "--until", "tomorrow"])
    assert "'tomorrow' is no date. Write year-month-day" in capsys.readouterr().err


def test_approved_answers_are_listed_with_their_end(town: Town, run: Run) -> None:
    assert run("approved") == "No answer is approved.\n"
    town.sms(FIRST, f"PERSON {QUESTION}")
    assert "until 2099-12-31" in run("answer", "1", ANSWER, "--approve", QUESTION, "--until", "2099-12-31", "--by", "amina")
    run("approve", "1", "Lodwar bus times", "--by", "juma")
    newest, line = run("approved").splitlines()
    assert "Lodwar bus times" in newest
    assert re.match(r" +1  en  until 2099-12-31 +by amina  when does the bus", line)
    assert line.endswith(ANSWER)


def test_no_line_has_a_whole_number(town: Town, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    town.sms(FIRST, "PERSON my goat is ill")
    town.sms(SECOND, "snake bit my child")
    said = run("list") + run("show", "1") + run("answer", "1", "Give it water.") + run("show", "1") + run("list", "--all") + caplog.text
    for urn in (FIRST, SECOND):
        assert urn.removeprefix("tel:+") not in said
    assert "***011" in said
