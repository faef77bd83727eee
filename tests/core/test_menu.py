"""The menus as a person walks through them."""

from dataclasses import replace

import pytest

from bot.core.menu import Menu, Step, in_lines, native
from bot.core.types import Lang, Session
from tests.small import small_library

EN, SW = Lang.EN, Lang.SW


@pytest.fixture
def menu() -> Menu:
    return Menu(small_library())


def shown(step: Step) -> str:
    assert step.reply is not None
    return in_lines(step.reply).text


def walk(menu: Menu, *inputs: str, lang: Lang = EN, last: str = "") -> Step:
    step = menu.top(Session("sim:x"), lang, last=last)
    for text in inputs:
        step = menu.step(step.session, text, step.lang, last=last)
    return step


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        pytest.param((), "Ujumbe\n1 Crops\n2 Money\n3 Kiswahili\nOr type a question", id="top"),
        pytest.param(("1",), "Ask about Crops or pick:\n1 Maize spacing\n2 Dry maize\n0 Back", id="skill"),
        pytest.param(("1", "2"), "Dry maize to 13 percent before storing.\n0 Back", id="topic"),
        pytest.param(("1", "2", "0"), "Ask about Crops or pick:\n1 Maize spacing\n2 Dry maize\n0 Back", id="back-to-the-skill"),
        pytest.param(("1", "0"), "Ujumbe\n1 Crops\n2 Money\n3 Kiswahili\nOr type a question", id="back-to-the-top"),
        pytest.param(("3",), "Language / Lugha:\n1 English\n2 Kiswahili\n0 Back", id="languages"),
        pytest.param(("3", "2"), "Sasa Kiswahili.\n1 Mazao\n2 Pesa\n3 English\nAu andika swali", id="language-picked"),
        pytest.param(("7",), "No such choice.\n1 Crops\n2 Money\n3 Kiswahili\nOr type a question", id="no-such-item"),
        pytest.param(("4",), "No such choice.\n1 Crops\n2 Money\n3 Kiswahili\nOr type a question", id="no-last-answer-to-show"),
        pytest.param(("1", "5"), "No such choice.\nAsk about Crops or pick:\n1 Maize spacing\n2 Dry maize\n0 Back", id="no-such-topic"),
        pytest.param(("3", "5"), "Language / Lugha:\n1 English\n2 Kiswahili\n0 Back", id="no-such-language"),
    ],
)
def test_screens(menu: Menu, inputs: tuple[str, ...], expected: str) -> None:
    assert shown(walk(menu, *inputs)) == expected


def test_last_answer_is_offered_and_shown(menu: Menu) -> None:
    assert "4 Last answer" in shown(walk(menu, last="Dry it well."))
    assert shown(walk(menu, "4", last="Dry it well.")) == "Dry it well.\n0 Back"


def test_a_topic_carries_its_fact(menu: Menu) -> None:
    reply = walk(menu, "2", "1").reply
    assert reply is not None
    assert (reply.kind, reply.skill, tuple(reply.facts), reply.ends) == ("fact", "money", ("pin-safety",), False)


def test_free_text_is_a_question_in_the_open_skill(menu: Menu) -> None:
    step = walk(menu, "1", "when do i plant 2 acres")
    assert step.question == "when do i plant 2 acres"
    assert step.session.skill == "crops"
    assert step.reply is None


def test_picking_a_language_is_remembered(menu: Menu) -> None:
    step = walk(menu, "3", "2")
    assert (step.lang, step.lang_chosen) == (SW, True)
    assert not walk(menu, "1").lang_chosen


def test_a_skill_that_is_gone_leads_to_the_top(menu: Menu) -> None:
    stale = replace(Session("sim:x"), state="skill", skill="removed")
    assert shown(menu.step(stale, "1", EN)).startswith("Ujumbe")


def test_one_menu_two_renderings(menu: Menu) -> None:
    reply = walk(menu).reply
    assert reply is not None
    tapped = native(reply)
    assert tapped.text == "Ujumbe\nOr type a question"
    assert [(choice.id, choice.label) for choice in tapped.choices] == [("1", "Crops"), ("2", "Money"), ("3", "Kiswahili")]
    assert in_lines(reply).choices == ()
