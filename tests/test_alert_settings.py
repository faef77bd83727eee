"""The table [alerts]: what it takes, what it refuses and how it says so, and that child processes get it."""

from pathlib import Path

import pytest

from bot.config import Settings, child_environment, load
from bot.core.alert.reading import SignaturePolicy
from bot.core.errors import BadSetting

FEED = 'url = "https://met.example.org/rss.xml"\n'


@pytest.fixture(autouse=True)
def no_settings_of_mine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UJUMBE_CONFIG", str(tmp_path / "ujumbe.toml"))


def read(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "ujumbe.toml").write_text(text)
    return load()


def test_without_the_table_there_are_no_feeds_and_the_own_country(tmp_path: Path) -> None:
    settings = load(country="ke")
    assert (settings.alerts.feeds, settings.alerts.push, settings.countries) == ({}, {}, ("KE",))


def test_a_feed_is_not_trusted_until_the_operator_says_so(tmp_path: Path) -> None:
    settings = read(
        tmp_path, f'[alerts]\nsource = "Red Cross"\ncountries = ["KE", "SO"]\n[alerts.feeds.ke-kmd]\n{FEED}hosts = ["CDN.example.org"]\n'
    )
    feed = settings.alerts.feeds["ke-kmd"]
    assert (feed.trust, feed.signature, feed.every_s) == (False, SignaturePolicy.IGNORE, 300)
    assert feed.allowed == {"met.example.org", "cdn.example.org"}
    assert settings.alerts.origins["feed:ke-kmd"].domains == ("cdn.example.org", "met.example.org")
    assert settings.countries == ("KE", "SO")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param('[alerts]\nsource = "Kenya Red Cross Society"', "alerts.source", id="source-too-long"),
        pytest.param('[alerts]\nsender = "red cross"', "CAP forbids", id="sender-with-space"),
        pytest.param('[alerts]\ncountries = ["Kenya"]', "alerts.countries", id="country-by-name"),
        pytest.param('[alerts.channels]\nmail = "x"', "tel or whatsapp", id="scheme"),
        pytest.param('[alerts.feeds."KMD kenya"]\nurl = "https://a.example"', "small letters", id="name"),
        pytest.param('[alerts.feeds.kmd]\nurl = "met.example.org"', "Write one like https://", id="no-scheme"),
        pytest.param('[alerts.feeds.kmd]\nurl = "https://me:word@met.example.org/"', "holds a password", id="password"),
        pytest.param(f'[alerts.feeds.kmd]\n{FEED}hosts = ["https://cdn.example.org/x"]', "is no host name", id="host-with-path"),
        pytest.param(f'[alerts.feeds.kmd]\n{FEED}signature = "require"', "certificate is missing", id="no-certificate"),
        pytest.param(f"[alerts.feeds.kmd]\n{FEED}every_s = 1", "alerts.feeds.kmd.every_s", id="too-often"),
        pytest.param(f"[alerts.feeds.kmd]\n{FEED}trusted = true", "alerts.feeds.kmd.trusted", id="unknown-word"),
        pytest.param('[alerts.push.kmd]\ntoken = "short"', "at least 24", id="token-short"),
        pytest.param(f'[alerts.push.a]\ntoken = "{"t" * 24}"\n[alerts.push.b]\ntoken = "{"t" * 24}"', "the same token", id="token-twice"),
    ],
)
def test_a_mistake_is_told_by_name_with_the_remedy_and_no_secret(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadSetting) as wrong:
        read(tmp_path, text)
    assert says in str(wrong.value)
    assert "short" not in str(wrong.value).replace("is too short", "")
    assert "me:word" not in str(wrong.value)


def test_children_read_the_same_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UJUMBE_ALERTS__PUSH__KMD__TOKEN", "t" * 24)
    environment = child_environment(load())
    assert environment["UJUMBE_ALERTS__PUSH__KMD__TOKEN"] == "t" * 24
    assert "UJUMBE_ALERTS" not in environment
    assert "t" * 24 not in repr(load())
