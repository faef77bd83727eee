"""Recorded chats: what a person sees on each kind of phone, word for word. They are written by

    .venv/bin/ujumbe chat --channel sms --model none --record tests/chats/sms-english.txt

and answered here from the facts alone, with a few places around and the clock at one hour, so that they say the same on every machine.
In those that end in "alerts" a flood warning is in force for Garissa, and the person was sent a roll call.
"""

from dataclasses import replace
from functools import partial
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot.app import App, build
from bot.chat import CHANNELS, PERSON, HintList, Phone, replay, run
from bot.config import load
from bot.core.alert.cap import Severity
from bot.core.alert.notice import Notice
from bot.core.storage import NewDelivery
from bot.core.types import Lane, Lang
from bot.store.memory import MemoryStore
from tests.places.small import small

CHATS = sorted((Path(__file__).parent / "chats").glob("*.txt"))


NOW = 1_800_000_000.0
FLOOD = {
    Lang.EN: "KenyaMet: FLOOD DANGER, Garissa. Move to high ground now. Until Sat 6pm. Reply 1 safe, 2 need help",
    Lang.SW: "KenyaMet: HATARI YA MAFURIKO, Garissa. Hamia mahali pa juu sasa. Hadi Jumamosi saa 12 jioni. Jibu 1 salama, 2 msaada",
}
RAIN = {
    Lang.EN: "KenyaMet: HEAVY RAIN warning, Garissa & Tana River. Keep away from rivers. Until Sun 6am.",
    Lang.SW: "KenyaMet: ONYO LA MVUA KUBWA, Garissa na Tana River. Kaa mbali na mito. Hadi Jumapili saa 12 asubuhi.",
}


def phone(kind: str, folder: Path, *, alerts: bool = False) -> Phone:
    queue = HintList()
    settings = load(data_dir=folder, model="none", channels={name: {} for name in CHANNELS.values()})
    app = build(settings, store=MemoryStore(), queue=queue, clock=partial(next, count(NOW, 0.001)))
    app.places = small()
    if alerts:
        _warn(app)
    return Phone(app, queue, kind)


def _warn(app: App) -> None:
    """Two warnings in force for Garissa, and a roll call on the person's phone. Who dials lives there."""
    common: dict[str, Any] = {"places": ("KE-07",), "since": NOW - 60, "expires": NOW + 86_400}
    call = NewDelivery(dedup="b:1", channel="sim", urn=PERSON, parts=(FLOOD[Lang.EN],), lane=Lane.ALERTS, broadcast_id=1)
    with app.store.begin() as tx:
        tx.put_notice(Notice(key="broadcast:1", hazard="flood", severity=Severity.EXTREME, texts=FLOOD, **common))
        tx.put_notice(Notice(key="alert:1", hazard="heavy-rain", severity=Severity.MODERATE, texts=RAIN, **common))
        tx.save_contact(replace(tx.contact(PERSON, now=NOW - 60, lang=Lang.EN), place="KE-07"))
        row = tx.insert_delivery(call, now=NOW - 60)
    assert row is not None
    app.send(row)


@pytest.mark.parametrize("path", CHATS, ids=lambda path: path.stem)
def test_a_recorded_chat_says_the_same(path: Path, tmp_path: Path) -> None:
    recorded = path.read_text().splitlines()
    assert replay(phone(path.stem.split("-")[0], tmp_path, alerts=path.stem.endswith("alerts")), recorded) == recorded


def test_there_is_a_chat_for_every_phone_and_language() -> None:
    kinds = {tuple(path.stem.split("-")[:2]) for path in CHATS}
    assert kinds >= {(kind, language) for kind in CHANNELS for language in ("english", "swahili")}


def test_quit_ends_the_chat(tmp_path: Path) -> None:
    out = StringIO()
    run(phone("sms", tmp_path), StringIO("HELP\n/quit\nHELP\n"), out)
    assert out.getvalue().count("< ") == 1


def test_a_screen_opens_by_itself_and_again_after_its_end(tmp_path: Path) -> None:
    out = StringIO()
    run(phone("ussd", tmp_path), StringIO("asante\n\n"), out)
    assert out.getvalue().count("Ujumbe.") == 2
    assert "[closed]" in out.getvalue()


def test_an_empty_message_and_a_very_long_one_are_answered(tmp_path: Path) -> None:
    out = StringIO()
    run(phone("sms", tmp_path), StringIO(" \n" + "maize " * 900 + "\n"), out)
    assert out.getvalue().count("< ") >= 2
