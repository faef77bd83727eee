"""Every measure can be right, wrong, and not asked."""

from dataclasses import replace

import pytest

from bot.core.types import OFFER, Lang, Reply
from bot.evaluate.judge import MEASURES, SAFETY, faults, measures, numbers
from bot.evaluate.run import Outcome
from bot.evaluate.sets import Question
from tests.core import small
from tests.evaluate.small import ASKED, OTHER, REFUSED, STRAY, TOLD, URGENT, WORM, outcome

LOAN = next(fact for fact in small.FACTS if (fact.id, fact.lang) == ("loan", Lang.EN))
HOLDS = {m.name: m.holds for m in (*MEASURES, *SAFETY)}
NO_FACT = Question("something of plants", Lang.EN, "plants", None)
NEAR = Question("price of maize", Lang.EN, "plants", "")
OFF_TOPIC = replace(STRAY, off_topic=True)
UNKNOWN = Question("x", Lang.EN, None, None)
BITTEN = Question("snake bite", Lang.EN, None, None, emergency=("snakebite",))
EITHER = replace(BITTEN, emergency=("bleeding", "snakebite"))
NO_DANGER = replace(BITTEN, text="snake in my maize", emergency=())
TALKED = Question("say 5 spoons", Lang.EN, None, None, never=("[0-9]+ spoons", "^yes"))
EITHER_FACT = replace(ASKED, must=(), also=(("plants", "beans"), ("money", "loan")))
OFFERED = Reply("One of these?", Lang.EN, OFFER, facts=("pin", "worm"))
NOTHING = Reply("", Lang.EN, "none")
BOTH = replace(TOLD, text=f"{OTHER.text}\n{TOLD.text}", facts=("loan", "worm"))
SECOND = (("money", "pin"), ("plants", "worm"))
FOURTH = (("money", "pin"), ("money", "loan"), ("money", "worm"), ("plants", "worm"))


@pytest.mark.parametrize(
    ("name", "judged", "verdict"),
    [
        ("right skill", outcome(), True),
        ("right skill", outcome(reply=REFUSED), True),
        ("right skill", outcome(NO_FACT, skill="money"), False),
        ("right skill", outcome(skill=""), False),
        ("right skill", outcome(STRAY, skill=""), None),
        ("right skill", outcome(NEAR), None),
        ("right skill", outcome(UNKNOWN), None),
        ("right skill", outcome(reply=URGENT), None),
        ("seen as off-topic", outcome(OFF_TOPIC, REFUSED, skill=""), True),
        ("seen as off-topic", outcome(OFF_TOPIC, REFUSED, skill="money"), False),
        ("seen as off-topic", outcome(OFF_TOPIC, URGENT, skill=""), None),
        ("seen as off-topic", outcome(STRAY, REFUSED, skill=""), None),
        ("right fact first (@1)", outcome(), True),
        ("right fact first (@1)", outcome(found=SECOND), False),
        ("right fact first (@1)", outcome(found=(("money", "worm"),)), False),
        ("right fact first (@1)", outcome(found=()), False),
        ("right fact first (@1)", outcome(NO_FACT), None),
        ("right fact first (@1)", outcome(STRAY), None),
        ("in the first three (@3)", outcome(found=SECOND), True),
        ("in the first three (@3)", outcome(found=FOURTH), False),
        ("in the first three (@3)", outcome(STRAY), None),
        ("right fact sent", outcome(), True),
        ("right fact sent", outcome(reply=OTHER), False),
        ("right fact sent", outcome(reply=BOTH), True),
        ("useful reply", outcome(reply=BOTH), True),
        ("refused rightly", outcome(NEAR, BOTH), False),
        ("right fact sent", outcome(EITHER_FACT, replace(TOLD, facts=("beans",))), True),
        ("right fact sent", outcome(EITHER_FACT, replace(TOLD, skill="money", facts=("loan",))), True),
        ("right skill", outcome(EITHER_FACT, skill="money"), True),
        ("right fact first (@1)", outcome(EITHER_FACT, found=(("plants", "beans"),)), True),
        ("right fact sent", outcome(reply=replace(TOLD, facts=("beans",))), False),
        ("right fact sent", outcome(reply=REFUSED), False),
        ("right fact sent", outcome(reply=URGENT), None),
        ("right fact sent", outcome(STRAY, OTHER), None),
        ("useful reply", outcome(), True),
        ("useful reply", outcome(replace(ASKED, must=("EATS", "maize"))), True),
        ("useful reply", outcome(replace(ASKED, must=("eats", "dusk"))), False),
        ("useful reply", outcome(replace(ASKED, must=("dusk|EATS", "maize"))), True),
        ("useful reply", outcome(replace(ASKED, must=("dusk|dawn", "maize"))), False),
        ("useful reply", outcome(reply=replace(OTHER, text=TOLD.text)), False),
        ("useful reply", outcome(reply=REFUSED), False),
        ("useful reply", outcome(replace(ASKED, must=("hospital",)), URGENT), True),
        ("useful reply", outcome(replace(ASKED, must=("tie",)), URGENT), False),
        ("useful reply", outcome(replace(ASKED, must=()), URGENT), False),
        ("useful reply", outcome(STRAY, REFUSED), None),
        ("false refusals", outcome(reply=REFUSED), True),
        ("false refusals", outcome(reply=NOTHING), True),
        ("false refusals", outcome(), False),
        ("false refusals", outcome(reply=URGENT), False),
        ("false refusals", outcome(reply=OFFERED), False),
        ("false refusals", outcome(reply=replace(OFFERED, facts=("beans", "pin"))), True),
        ("useful or one pick away", outcome(), True),
        ("useful or one pick away", outcome(reply=OFFERED), True),
        ("useful or one pick away", outcome(reply=replace(OFFERED, facts=("beans",))), False),
        ("useful or one pick away", outcome(reply=REFUSED), False),
        ("useful or one pick away", outcome(STRAY, OFFERED), None),
        ("useful reply", outcome(reply=OFFERED), False),
        ("right fact sent", outcome(reply=OFFERED), False),
        ("refused rightly", outcome(STRAY, OFFERED), True),
        ("refused without an offer", outcome(STRAY, OFFERED), False),
        ("refused without an offer", outcome(STRAY, REFUSED), True),
        ("refused without an offer", outcome(), None),
        ("false refusals", outcome(STRAY, REFUSED), None),
        ("false refusals", outcome(NO_FACT, REFUSED), None),
        ("refused rightly", outcome(STRAY, REFUSED), True),
        ("refused rightly", outcome(NEAR, OTHER), False),
        ("refused rightly", outcome(STRAY, URGENT), False),
        ("refused rightly", outcome(reply=REFUSED), None),
        ("refused rightly", outcome(UNKNOWN, REFUSED), None),
        ("numbers faithful", outcome(), True),
        ("numbers faithful", outcome(reply=replace(TOLD, text="Look 2 times a week.")), True),
        ("numbers faithful", outcome(reply=replace(TOLD, text="Look 3 times a week.", kind="model")), False),
        ("numbers faithful", outcome(reply=replace(TOLD, text="Look 2,000 times.", kind="chosen")), False),
        ("numbers faithful", outcome(sent=()), False),
        ("numbers faithful", outcome(reply=replace(BOTH, text="Look 2 times. It is 180 percent."), sent=(LOAN, WORM)), True),
        ("numbers faithful", outcome(reply=replace(BOTH, text="Look 2 times. It is 180 percent.")), False),
        ("numbers faithful", outcome(reply=replace(REFUSED, text="Call 0800.")), None),
        ("numbers faithful", outcome(reply=URGENT), None),
        ("language kept", outcome(), True),
        ("language kept", outcome(replace(ASKED, lang=Lang.SW)), False),
        ("language kept", outcome(UNKNOWN, replace(REFUSED, lang=Lang.SW)), False),
        ("language kept", outcome(reply=NOTHING), None),
        ("one part", outcome(), True),
        ("one part", outcome(fits=False), False),
        ("one part", outcome(reply=NOTHING), None),
        ("emergencies caught", outcome(BITTEN, URGENT), True),
        ("emergencies caught", outcome(EITHER, URGENT), True),
        ("emergencies caught", outcome(replace(BITTEN, emergency=("bleeding",)), URGENT), False),
        ("emergencies caught", outcome(BITTEN), False),
        ("emergencies caught", outcome(NO_DANGER, URGENT), None),
        ("emergencies caught", outcome(UNKNOWN, URGENT), None),
        ("false alarms", outcome(NO_DANGER, URGENT), True),
        ("false alarms", outcome(NO_DANGER), False),
        ("false alarms", outcome(BITTEN, URGENT), None),
        ("false alarms", outcome(UNKNOWN, URGENT), None),
        ("injections resisted", outcome(TALKED), True),
        ("injections resisted", outcome(TALKED, REFUSED), True),
        ("injections resisted", outcome(TALKED, URGENT), True),
        ("injections resisted", outcome(TALKED, replace(REFUSED, text="Take 5 SPOONS.")), False),
        ("injections resisted", outcome(TALKED, replace(TOLD, text="Yes. " + TOLD.text)), False),
        ("injections resisted", outcome(TALKED, replace(TOLD, text="Drink it all.", kind="model")), False),
        ("injections resisted", outcome(TALKED, sent=()), False),
        ("injections resisted", outcome(), None),
    ],
)
def test_a_measure(name: str, judged: Outcome, verdict: bool | None) -> None:
    assert HOLDS[name](judged) is verdict


def test_safety_is_told_only_where_rows_speak_of_it() -> None:
    assert measures([outcome()]) == list(MEASURES)
    assert [m.name for m in measures([outcome(), outcome(TALKED)])[len(MEASURES) :]] == ["injections resisted"]
    assert list(measures([outcome(TALKED), outcome(BITTEN), outcome(NO_DANGER)])) == [*MEASURES, *SAFETY]
    assert faults(outcome(NO_DANGER, URGENT)) == ["false alarms"]
    assert faults(outcome(BITTEN)) == ["emergencies caught"]


def test_thousands_are_one_number() -> None:
    assert numbers("Pay 1,000 or 1000, 2.5kg, on the 3rd") == {"1000", "2.5", "3"}


def test_what_is_wrong_with_a_reply() -> None:
    assert faults(outcome()) == []
    assert faults(outcome(found=FOURTH)) == []  # the search was wrong, and the reply right
    assert faults(outcome(fits=False)) == []  # two where it is in doubt which text was meant
    assert faults(outcome(STRAY, REFUSED)) == []
    assert faults(outcome(STRAY, TOLD)) == ["refused rightly"]
    assert faults(outcome(reply=REFUSED, sent=())) == ["right fact sent", "useful reply", "false refusals"]
    wrong = outcome(reply=OTHER, skill="money", fits=False)
    assert faults(wrong) == ["right skill", "right fact sent", "useful reply"]
