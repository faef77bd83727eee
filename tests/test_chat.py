"""Recorded chats: what a person sees on each kind of phone, word for word. They are written by

    .venv/bin/ujumbe chat --channel sms --model none --record tests/chats/sms-english.txt

and answered here from the facts alone, so that they say the same on every machine.
"""

from io import StringIO
from pathlib import Path

import pytest

from bot.app import build
from bot.chat import CHANNELS, HintList, Phone, replay, run
from bot.config import load
from bot.store.memory import MemoryStore

CHATS = sorted((Path(__file__).parent / "chats").glob("*.txt"))


def phone(kind: str, folder: Path) -> Phone:
    queue = HintList()
    settings = load(data_dir=folder, model="none", channels={name: {} for name in CHANNELS.values()})
    return Phone(build(settings, store=MemoryStore(), queue=queue), queue, kind)


@pytest.mark.parametrize("path", CHATS, ids=lambda path: path.stem)
def test_a_recorded_chat_says_the_same(path: Path, tmp_path: Path) -> None:
    recorded = path.read_text().splitlines()
    assert replay(phone(path.stem.split("-")[0], tmp_path), recorded) == recorded


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
