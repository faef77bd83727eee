"""The settings of alerts reach what makes and shows their words."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.app import App, build
from bot.chat import HintList
from bot.config import load
from bot.core.alert.broadcast import Broadcast, Mode
from bot.core.alert.cap import ResponseType, Severity
from bot.core.alert.draft import Drafted
from bot.core.alert.preview import Counted
from bot.core.errors import BadSetting
from bot.core.price import Price
from bot.core.types import Lang
from bot.store.memory import MemoryStore


def app_of(tmp_path: Path, **alerts: object) -> App:
    return build(load(data_dir=tmp_path, model="none", alerts=alerts), store=MemoryStore(), queue=HintList())


def flood(app: App) -> Broadcast:
    return Broadcast(
        mode=Mode.LIVE, hazard="flood", response=ResponseType.EVACUATE, severity=Severity.SEVERE, source="KenyaMet",
        slots={"place.en": "Garissa", "place.sw": "Garissa", "impact.en": "See www.meteo.go.ke."},
        expires=datetime(2026, 11, 21, 18, tzinfo=app.settings.zone).timestamp(),
    )  # fmt: skip


def test_order_hosts_prices_zone_and_sender_are_used(tmp_path: Path) -> None:
    order = ["action", "hazard", "place", "time", "impact"]
    app = app_of(tmp_path, order=order, hosts=["meteo.go.ke"], prices={"sim": "KES 0.80"}, sender="alerts@garissa.example.org")
    broadcast = app.drafting.written(flood(app))
    drafts = app.drafting.drafts(broadcast)
    english = drafts[Lang.EN]
    assert isinstance(english, Drafted)
    assert english.text == (
        "KenyaMet: Go to high ground now. Do not cross moving water. FLOOD warning, Garissa. Until Sat 21 Nov 6pm. See www.meteo.go.ke."
    )
    seen = app.previewer.preview(broadcast, drafts, Counted(people={("sim", Lang.EN): 10}), now=broadcast.expires - 3600)
    assert seen.costs == [Price(Decimal("8.00"), "KES")]
    assert seen.stoppers == []
    assert app.cap_out.alert(broadcast).sender == "alerts@garissa.example.org"


def test_what_is_not_set_is_strict_and_says_what_it_does_not_know(tmp_path: Path) -> None:
    app = app_of(tmp_path)
    broadcast = app.drafting.written(flood(app))
    assert set(broadcast.texts) == {Lang.SW}, "no host is allowed, so no link is"
    seen = app.previewer.preview(broadcast, app.drafting.drafts(broadcast), Counted(people={("sim", Lang.SW): 10}), now=0.0)
    assert (seen.costs, seen.unpriced) == ([], ["sim"])
    assert app.cap_out.sender == "alerts@127.0.0.1"


@pytest.mark.parametrize(
    ("alerts", "says"),
    [
        pytest.param({"order": ["hazard"]}, "is no order of an alert", id="order"),
        pytest.param({"prices": {"sim": "cheap"}}, "is no price", id="price"),
        pytest.param({"hosts": ["https://meteo.go.ke/x"]}, "is no host name", id="host"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_remedy(tmp_path: Path, alerts: dict[str, object], says: str) -> None:
    with pytest.raises(BadSetting, match=says):
        load(data_dir=tmp_path, alerts=alerts)
