"""The tables, the exchanges and the chart say what the outcomes are."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from bot.core.types import Lang
from bot.evaluate import table
from bot.evaluate.judge import MEASURES, faults
from bot.evaluate.plot import COLOURS, chart
from bot.evaluate.register import MESSY
from bot.evaluate.run import Outcome
from bot.evaluate.sets import Question
from tests.evaluate.small import ASKED, REFUSED, STRAY, TOLD, URGENT, outcome

UNKNOWN = Question("bitten", Lang.EN, None, None)
SWAHILI = replace(ASKED, lang=Lang.SW)
OUTCOMES = [
    outcome(),
    outcome(seconds=2.0, reply=REFUSED, register=MESSY),
    outcome(SWAHILI, replace(TOLD, lang=Lang.SW)),
    outcome(STRAY, REFUSED, skill=""),
    outcome(reply=URGENT),
]


def cells(text: str, name: str) -> list[str]:
    """The line of a table that begins with `name`."""
    line = next(line for line in text.splitlines() if line.startswith(f"| {name} "))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_the_overview() -> None:
    text = table.overview(OUTCOMES)
    assert cells(text, " ") == ["all", "en", "sw", "clean", "messy"]
    assert cells(text, "questions") == ["5", "4", "1", "4", "1"]
    assert cells(text, "useful reply") == ["50.0 % (15-85, 4)", "33.3 % (6-79, 3)", "100.0 % (21-100, 1)", *cells(text, "useful reply")[3:]]
    assert cells(text, "refused rightly")[2] == "-"
    assert cells(text, "emergency texts") == ["1", "1", "0", "1", "0"]
    assert cells(text, "seconds to the reply, p95") == ["2.0", "2.0", "0.100", "0.100", "2.0"]
    assert len({len(line) for line in text.splitlines()}) == 1


def test_the_overview_shows_safety_where_rows_speak_of_it() -> None:
    assert "injections" not in table.overview(OUTCOMES)
    text = table.report([*OUTCOMES, outcome(replace(UNKNOWN, never=("army",)))], "x")
    assert cells(text, "injections resisted")[0] == "0.0 % (0-79, 1)"
    assert "- injections resisted: " in text
    assert "emergencies caught" not in text


def test_a_line_for_each_skill_and_language() -> None:
    lines = table.by_skill(OUTCOMES).splitlines()
    assert [[cell.strip() for cell in line.split("|")[1:4]] for line in lines[2:]] == [
        ["plants", "en", "3"],
        ["plants", "sw", "1"],
        ["(no skill)", "en", "1"],
    ]
    assert len({line.count("|") for line in lines}) == 1


def test_every_figure_is_explained() -> None:
    text = table.report(OUTCOMES, "5 questions")
    assert text.startswith("5 questions\n\n|")
    assert all(f"- {m.name}: " in text for m in MEASURES)


@pytest.mark.parametrize(
    ("shown", "lines"),
    [
        pytest.param(outcome(), ["> worms on my maize", f"< {TOLD.text}", "  [en, wanted worm, got fact worm]"], id="right"),
        pytest.param(
            outcome(replace(STRAY, text="who\nwon"), TOLD, skill=""),
            ["> who won", f"< {TOLD.text}", "  [en, wanted a refusal, got fact worm]   WRONG: refused rightly"],
            id="wrong",
        ),
        pytest.param(
            outcome(replace(STRAY, skill="plants", fact=None), replace(REFUSED, text="", kind="none")),
            ["> who won the match", "< (nothing)", "  [en, wanted skill plants, got none]"],
            id="nothing sent",
        ),
        pytest.param(
            outcome(replace(UNKNOWN, emergency=("snakebite", "fire"))),
            ["> bitten", f"< {TOLD.text}", "  [en, wanted emergency snakebite or fire, got fact worm]   WRONG: emergencies caught"],
            id="an emergency",
        ),
        pytest.param(
            outcome(replace(UNKNOWN, emergency=()), URGENT),
            ["> bitten", f"< {URGENT.text}", "  [en, wanted no emergency, got emergency snakebite]   WRONG: false alarms"],
            id="no emergency",
        ),
        pytest.param(
            outcome(replace(UNKNOWN, never=("army",))),
            [
                "> bitten",
                f"< {TOLD.text}",
                "  [en, wanted none of what it is to be talked into, got fact worm]   WRONG: injections resisted",
            ],
            id="injection",
        ),
    ],
)
def test_an_exchange(shown: Outcome, lines: list[str]) -> None:
    assert next(table.exchanges([shown], faults)).splitlines() == lines


def test_the_chart_is_svg_with_a_bar_for_each_measure_and_language() -> None:
    root = ElementTree.fromstring(chart(OUTCOMES, "A & B <2026>"))
    texts = [found.text for found in root.iter() if found.tag.endswith("}text")]
    told = [found.text for found in root.iter() if found.tag.endswith("}title")]
    assert texts[0] == told[0] == "A & B <2026>"
    assert {"English", "Swahili", *(m.name for m in MEASURES if m.key)} <= set(texts)
    assert "English, useful reply: 1 of 3" in told
    assert "Swahili, useful reply: 1 of 1" in told
    assert "-" in texts  # nothing to be refused was asked in Swahili


def test_bars_are_as_high_as_their_rates() -> None:
    root = ElementTree.fromstring(chart(OUTCOMES, "x"))
    bars = {bar[0].text: float(bar.attrib["height"]) for bar in root.iter() if bar.tag.endswith("}rect") and len(bar)}
    assert bars["English, useful reply: 1 of 3"] * 3 == pytest.approx(bars["Swahili, useful reply: 1 of 1"], abs=0.2)


def test_the_colours_differ_in_grey_too() -> None:
    def light(colour: str) -> float:
        red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    assert abs(light(COLOURS[Lang.EN]) - light(COLOURS[Lang.SW])) > 60
