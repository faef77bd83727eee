"""Which danger a message is about, and which one a person asks about."""

import pytest

from bot.core.alert.cap import Info, ResponseType
from bot.core.alert.words import Hazard
from bot.core.types import Lang
from tests.core.alert.drafting import WORDS


@pytest.mark.parametrize(
    ("info", "hazard"),
    [
        pytest.param(Info(event="Flood"), "flood", id="event"),
        pytest.param(Info(event="Flash Flood Warning"), "flash-flood", id="the-longest-name-counts"),
        pytest.param(Info(event="Special Weather Statement", event_codes=[("SAME", "TSW")]), "tsunami", id="code-before-words"),
        pytest.param(Info(event="Gefahrendurchsage", parameters=[("awareness_type", "12; flooding")]), "flood", id="meteoalarm"),
        pytest.param(Info(event="Advisory", headline="Locust swarms seen near Wajir"), "locusts", id="headline"),
        pytest.param(Info(event="Alerta", headline="Ciclón tropical"), "cyclone", id="spanish"),
        pytest.param(Info(event="Tahadhari ya mafuriko"), "flood", id="swahili"),
        pytest.param(Info(event="水庫洩洪"), "dam-release", id="chinese"),
        pytest.param(Info(event="Green warning for rain"), "heavy-rain", id="rain"),
        pytest.param(Info(event="Training brainstorm"), None, id="whole-words-only"),
        pytest.param(Info(event="Child Abduction"), None, id="not-ours"),
        pytest.param(Info(), None, id="nothing"),
    ],
)
def test_what_a_message_is_about(info: Info, hazard: str | None) -> None:
    found = WORDS.classify(info)
    assert (found.id if found else None) == hazard


FLOODS = {"flood", "flash-flood", "river-flood", "coastal-flood", "dam-release"}


@pytest.mark.parametrize(
    ("asked", "hazards"),
    [
        pytest.param("is there a flood warning in Garissa?", FLOODS, id="kinds"),
        pytest.param("je kuna mafuriko ya ghafla", {"flash-flood"}, id="one-kind"),
        pytest.param("KIMBUNGA au tsunami?", {"cyclone", "tsunami"}, id="two"),
        pytest.param("what is the price of maize", set(), id="none"),
    ],
)
def test_what_a_person_asks_about(asked: str, hazards: set[str]) -> None:
    assert set(WORDS.asked(asked)) == hazards


def test_nothing_is_made_up_where_nobody_wrote_it() -> None:
    assert WORDS.action("drought", ResponseType.EVACUATE) is None
    assert ResponseType.EVACUATE not in WORDS.responses("drought")
    assert WORDS.hazard("aliens") is None


@pytest.mark.parametrize("hazard", [pytest.param(hazard, id=hazard.id) for hazard in WORDS.hazards])
def test_every_danger_is_known_by_its_own_names(hazard: Hazard) -> None:
    for lang in Lang:
        assert hazard.id in WORDS.asked(hazard.names[lang])
        found = WORDS.classify(Info(event=hazard.names[lang]))
        assert found is hazard
    assert WORDS.action(hazard.id, hazard.usual) is not None
