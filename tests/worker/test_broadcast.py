"""A broadcast through the whole house but the broker: drafted with the shipped words, approved by another person, fed by the sweep, sent
by the lane's task."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.app import build
from bot.chat import HintList
from bot.config import load
from bot.core.alert.broadcast import Audience, Broadcast, Mode, Stage
from bot.core.alert.cap import ResponseType, Severity
from bot.core.alert.staff import Member, Role
from bot.core.errors import BadSetting
from bot.core.types import Contact, Lane, Lang
from bot.store.memory import MemoryStore
from bot.store.migrate import upgrade
from bot.store.sql import SqlStore
from tests.core.test_desk import Hints
from tests.store.bench import T

AMINA, BEN = Member("amina", frozenset({Role.AUTHOR})), Member("ben", frozenset({Role.APPROVER}))
URN = "tel:+254700000001"


def test_from_the_draft_to_the_phone(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path / 'ujumbe.db'}")
    store, hints = SqlStore(f"sqlite:///{tmp_path / 'ujumbe.db'}"), Hints()
    app = build(load(data_dir=tmp_path, model="none", embedder="none"), store=store, queue=hints, clock=lambda: T)
    with store.begin() as tx:
        tx.save_contact(Contact(URN, Lang.SW, place="KE-07"))
    slots = {"place.en": "Garissa", "place.sw": "Garissa"}
    draft = Broadcast(
        mode=Mode.LIVE,
        hazard="flood",
        response=ResponseType.EVACUATE,
        severity=Severity.EXTREME,
        source="Red Cross",
        slots=slots,
        audience=Audience(places=("KE-07",)),
        expires=T + 7200.0,
    )
    drafted = app.alert_desk.draft(app.drafting.written(draft), by=AMINA)
    counted = app.alert_desk.submit(drafted, by=AMINA)
    assert counted.people == {("sim", Lang.SW): 1}
    app.sweep()
    assert hints == []
    app.alert_desk.approve(drafted, by=BEN, confirm=1)
    app.sweep()
    [(lane, delivery)] = hints
    assert lane is Lane.ALERTS
    app.send(delivery)
    [line] = store.conversation(URN, limit=9)
    assert (line.status, line.text) == ("wired", app.alert_desk.show(drafted).texts[Lang.SW])
    progress = app.alert_desk.progress(drafted)
    assert (progress.broadcast.stage, progress.taken.first, progress.left) == (Stage.SENT, T, 0)
    store.close()


def test_a_sweep_of_a_store_without_broadcasts_is_a_sweep(tmp_path: Path) -> None:
    app = build(load(data_dir=tmp_path, model="none", embedder="none"), store=MemoryStore(), queue=HintList())
    assert app.sweep() == 0


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param({"tel": "at_sms"}, id="not-set-up"),
        pytest.param({"tel": "sim_whatsapp"}, id="for-other-numbers"),
        pytest.param({"tel": "sim_ussd"}, id="cannot-push"),
    ],
)
def test_a_channel_that_cannot_push_alerts_is_told_at_the_start(tmp_path: Path, chosen: Mapping[str, str]) -> None:
    with pytest.raises(BadSetting, match=r"alerts\.channels\.tel is .*Name one that does"):
        build(load(data_dir=tmp_path, alerts={"channels": chosen}), store=MemoryStore(), queue=HintList())


def test_a_real_channel_goes_before_the_simulator(tmp_path: Path) -> None:
    table = {"send_url": "https://gateway.example.org/send", "secret": "a-secret-of-some-length-0123"}
    app = build(load(data_dir=tmp_path, channels={"http": table}), store=MemoryStore(), queue=HintList())
    assert app.alert_ways == {"tel": "http", "whatsapp": "sim_whatsapp"}
