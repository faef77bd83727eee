"""The composition root: every channel file is named in it, and settings that are wrong are refused in words."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import build
from bot.app.channels import CHANNELS, channel_class, open_channels
from bot.app.texts import SKILLS
from bot.chat import HintList
from bot.config import load
from bot.core.errors import BadSetting
from bot.core.types import Message
from bot.store.memory import MemoryStore

ROOT = Path(__file__).resolve().parent.parent


def test_every_channel_file_is_registered() -> None:
    files = {path.stem for path in (ROOT / "channels").glob("*.py") if not path.stem.startswith("_")}
    assert set(CHANNELS) == files
    assert len(files) >= 6


@pytest.mark.parametrize("name", CHANNELS)
def test_every_registered_channel_bears_its_name(name: str) -> None:
    assert channel_class(name).name == name


@pytest.mark.parametrize(
    ("channels", "says"),
    [
        pytest.param({"pigeon": {}}, "no such channel", id="unknown-channel"),
        pytest.param({"sim": {"colour": "red"}}, "colour", id="unknown-option"),
        pytest.param({"at_ussd": {"path_key": "short"}}, "path_key", id="bad-option"),
        pytest.param({"sim": {"limits": {"rate_per_s": 0}}}, r"channels\.sim\.limits\.rate_per_s", id="bad-limit"),
        pytest.param({"sim": {"limits": 5}}, r"\[channels\.sim\.limits\]", id="bad-limits"),
    ],
)
def test_a_wrong_channel_table_is_refused_by_name(tmp_path: Path, channels: dict[str, dict[str, object]], says: str) -> None:
    with pytest.raises(BadSetting, match=says):
        open_channels(load(data_dir=tmp_path, channels=channels))


def test_the_settings_limits_are_the_channels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UJUMBE_CHANNELS__SIM__LIMITS__MAX_PARTS", "3")
    usual = channel_class("sim").limits
    opened = open_channels(load(data_dir=tmp_path, channels={"sim": {"limits": {"rate_per_s": 0.5}}}))
    assert opened["sim"].limits == replace(usual, rate_per_s=0.5, max_parts=3)
    assert channel_class("sim").limits == usual


def test_a_place_without_a_clock_is_refused() -> None:
    assert load(timezone="Africa/Lagos").zone.key == "Africa/Lagos"
    for wrong in ("Nairobi", "Africa", "", "../etc/passwd"):
        with pytest.raises(BadSetting, match=r"timezone.*Write an IANA name"):
            load(timezone=wrong)


def test_the_simulators_key_is_made_once_and_kept(tmp_path: Path) -> None:
    settings = load(data_dir=tmp_path)
    first, second = (open_channels(settings)["sim"].secrets for _ in range(2))
    assert first == second
    assert len(first[0]) >= 22
    assert (tmp_path / "keys" / "sim").stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["sim", "sim_ussd", "sim_whatsapp"]


def test_a_missing_model_leaves_the_facts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = load(data_dir=tmp_path, model=str(tmp_path / "missing.gguf"))
    app = build(settings, store=MemoryStore(), queue=HintList())
    app.warm()
    assert "answering from the facts alone" in caplog.text


def test_an_urgent_ticket_is_told_once_without_number_or_words(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    app = build(load(data_dir=tmp_path, model="none"), store=MemoryStore(), queue=HintList())
    for n, text in enumerate(("snake bit my child", "PERSON my goat is ill")):
        with app.store.begin() as tx:
            app.inbox.take(tx, Message(channel="sim", external_id=f"m{n}", urn="tel:+254700000001", text=text), now=app.clock())
    for _ in range(3):
        app.sweep()
    told = [record.getMessage() for record in caplog.records if "ticket" in record.getMessage()]
    assert told == ["urgent ticket 1 opened"]
    assert "2547" not in caplog.text
    app.desk.close(1)
    app.sweep()
    assert app.store.counts().get("ticket.urgent", 0) == 0


def test_the_shipped_skills_load() -> None:
    assert (SKILLS / "crop-advice" / "skill.toml").is_file()
