"""A question's nearest line may be in another language: the reply is then the same sentence in the asker's."""

from dataclasses import replace

import pytest

from bot.core.twins import said_by
from bot.core.types import Detail, Fact, Lang
from tests.core import small

EN = replace(
    small.FACTS[0],
    lang=Lang.EN,
    body="Plant in rain. Leave 75 cm between rows. Weed twice.",
    sms="Plant in rain, rows 75 cm.",
    details=(Detail("how far", "Leave 75 cm between rows."), Detail("how often", "Weed twice.")),
)
SW = replace(
    EN,
    lang=Lang.SW,
    body="Panda mvua ikinyesha. Acha sm 75 kati ya mistari. Palilia mara mbili.",
    sms="Panda mvua ikinyesha, mistari sm 75.",
    details=(Detail("umbali gani", "Acha sm 75 kati ya mistari."),),
)


@pytest.mark.parametrize(
    ("twin", "said", "text"),
    [
        pytest.param(SW, "Leave 75 cm between rows.", "Acha sm 75 kati ya mistari.", id="same-place"),
        pytest.param(SW, EN.sms, SW.sms, id="sms"),
        pytest.param(SW, "Weed twice.", SW.sms, id="may-not-be-sent-alone"),
        pytest.param(replace(SW, body=SW.body.replace("75", "90")), "Leave 75 cm between rows.", SW.sms, id="other-number"),
        pytest.param(replace(SW, body=SW.body + " Vuna."), "Leave 75 cm between rows.", SW.sms, id="other-shape"),
        pytest.param(EN, "Leave 75 cm between rows.", "Leave 75 cm between rows.", id="itself"),
    ],
)
def test_what_the_other_says(twin: Fact, said: str, text: str) -> None:
    assert said_by(twin, said, EN) == text
