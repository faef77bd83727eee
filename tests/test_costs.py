"""`ujumbe costs`: plain lines, and the command over a real database."""

from decimal import Decimal
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.core.price import Price
from bot.core.storage import NewDelivery, Spent
from bot.costs import lines
from bot.store import open_store
from bot.store.migrate import upgrade


@pytest.mark.parametrize(
    ("spent", "line"),
    [
        pytest.param(Spent("at_sms", "KES", "", 16, Decimal("12.800000")), "at_sms: 16 messages, KES 12.8", id="amount"),
        pytest.param(Spent("at_sms", "UGX", "", 1, Decimal("1000")), "at_sms: 1 message, UGX 1000", id="one-and-whole"),
        pytest.param(Spent("kannel", "", "", 2, Decimal(0)), "kannel: 2 messages, no amount was told", id="nothing-told"),
        pytest.param(
            Spent("meta_whatsapp", "", "service, free", 2, Decimal(0)),
            "meta_whatsapp: 2 messages (service, free), no amount was told",
            id="category",
        ),
    ],
)
def test_a_line(spent: Spent, line: str) -> None:
    assert list(lines([spent], days=30)) == [line]


def test_nothing() -> None:
    assert list(lines([], days=7)) == ["No provider took a message in the last 7 days."]


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'ujumbe.db'}"
    upgrade(url)
    store = open_store(url)
    for n, created in enumerate((1_000.0, 2_000_000_000.0)):  # long ago, and not long ago whenever this is read
        with store.begin() as tx:
            row = tx.insert_delivery(NewDelivery(dedup=f"x{n}", channel="at_sms", urn=f"tel:{n}", parts=("x",)), now=created)
        assert row is not None
        claimed = store.claim_delivery(row, now=created, lease_s=9)
        assert claimed is not None
        store.part_sending(claimed.claim, 0, now=created, lease_s=9)
        store.part_wired(claimed.claim, 0, f"id-{n}", now=created, price=Price(Decimal("0.8"), "KES"))
        store.finish_delivery(claimed.claim, now=created)
    store.close()
    monkeypatch.setenv("UJUMBE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("UJUMBE_CONFIG", str(tmp_path / "none.toml"))
    assert main(["costs", "--days", "7"]) == 0
    assert capsys.readouterr().out == "at_sms: 1 message, KES 0.8\n"
