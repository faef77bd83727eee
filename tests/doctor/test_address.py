"""public_url: what no provider would call, and what no signature would match."""

from pathlib import Path

import pytest

from bot.config import Settings
from bot.core.finding import Verdict
from bot.doctor.address import public_url

OK, LOOK, WRONG = Verdict


@pytest.mark.parametrize(
    ("url", "nearby", "verdict", "says"),
    [
        pytest.param("https://bot.example.org", False, OK, "is https://bot.example.org", id="well"),
        pytest.param("https://bot.example.org/", False, OK, "is https://bot.example.org", id="slash"),
        pytest.param("https://bot.example.org:8443", False, OK, "8443", id="port"),
        pytest.param("", False, WRONG, "is not set", id="unset"),
        pytest.param("", True, LOOK, "is not set", id="unset-nearby"),
        pytest.param("bot.example.org", False, WRONG, "no web address", id="no-scheme"),
        pytest.param("https://[bot", False, WRONG, "no web address", id="no-url"),
        pytest.param("https://bot.example.org:99999", False, WRONG, "no web address", id="no-port"),
        pytest.param("ftp://bot.example.org", False, WRONG, "no web address", id="other-scheme"),
        pytest.param("http://bot.example.org", False, WRONG, "http://", id="http"),
        pytest.param("http://192.168.1.20:8080", True, OK, "192.168.1.20", id="lan-nearby"),
        pytest.param("https://192.168.1.20", False, WRONG, "does not see", id="lan"),
        pytest.param("https://localhost", False, WRONG, "does not see", id="localhost"),
        pytest.param("https://[::1]", False, WRONG, "does not see", id="loopback-v6"),
        pytest.param("https://my_bot.example.org", False, WRONG, "underscore", id="underscore"),
        pytest.param("https://bot.example.org?x=1", False, WRONG, "host and path", id="query"),
        pytest.param("https://bot.example.org#x", False, WRONG, "host and path", id="fragment"),
        pytest.param("https://me:word@bot.example.org", False, WRONG, "host and path", id="password"),
        pytest.param("https://bot.example.org ", False, WRONG, "host and path", id="space"),
    ],
)
def test_public_url(tmp_path: Path, url: str, nearby: bool, verdict: Verdict, says: str) -> None:
    (finding,) = public_url(Settings(data_dir=tmp_path, public_url=url), nearby=nearby)
    assert (finding.what, finding.verdict) == ("public_url", verdict)
    assert says in finding.found
    assert "me:word" not in str(finding)


def test_a_path_is_for_the_proxy_to_take_away(tmp_path: Path) -> None:
    found = list(public_url(Settings(data_dir=tmp_path, public_url="https://bot.example.org/sms"), nearby=False))
    assert [finding.verdict for finding in found] == [OK, LOOK]
    assert "/sms" in found[1].found


def test_every_mistake_is_named(tmp_path: Path) -> None:
    found = list(public_url(Settings(data_dir=tmp_path, public_url="http://my_bot.example.org?x"), nearby=False))
    assert [finding.verdict for finding in found] == [WRONG] * 3
