"""Pages, their headers, their files and their words."""

import re
from html import escape
from pathlib import Path

import pytest

from bot.app import App
from bot.console.phone import said
from bot.console.words import load_words
from bot.core.errors import BadText, StoreDown
from bot.core.types import Lang
from tests.console.house import PERSON
from tests.gateway.conftest import Client, until

CONVERSATION = f"/phone/conversation?urn=tel:%2B{PERSON[1:]}"


@pytest.mark.parametrize("path", ["/", "/phone"])
@pytest.mark.parametrize("lang", list(Lang))
async def test_page_speaks_the_language_asked_for(client: Client, path: str, lang: Lang) -> None:
    text = await (await client.get(f"{path}?lang={lang}")).text()
    assert f'<html lang="{lang}">' in text
    title = load_words()[lang]["title_home" if path == "/" else "title_phone"]
    assert escape(title) in text


@pytest.mark.parametrize(
    ("accept", "lang"),
    [
        pytest.param("sw-KE,en;q=0.8", "sw", id="swahili first"),
        pytest.param("fr,sw;q=0.5", "sw", id="first that we speak"),
        pytest.param("fr", "en", id="none that we speak"),
        pytest.param(";;,,", "en", id="garbage"),
    ],
)
async def test_language_of_the_browser(client: Client, accept: str, lang: str) -> None:
    assert f'<html lang="{lang}">' in await (await client.get("/", headers={"Accept-Language": accept})).text()


@pytest.mark.parametrize("path", ["/", "/phone"])
async def test_page_is_strict_and_asks_nothing_of_others(client: Client, path: str) -> None:
    answer = await client.get(path)
    policy, text = answer.headers["Content-Security-Policy"], await answer.text()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert re.findall(r"""(?:src|href|action)=["'](?!/)[^#"']""", text) == []
    assert re.findall(r"<script(?![^>]*(?:src=|application/json))|<style|\son\w+=|\sstyle=", text) == []


async def test_files_are_kept_for_ever_under_their_hash(client: Client) -> None:
    text = await (await client.get("/phone")).text()
    files = re.findall(r'"(/static/[^"]+)"', text)
    assert sorted(file.rsplit("/", 1)[1] for file in files) == ["console.css", "icon.svg", "phone.js"]
    for file in files:
        answer = await client.get(file)
        assert (answer.status, "immutable" in answer.headers["Cache-Control"]) == (200, True)


@pytest.mark.parametrize("path", ["/static/0/phone.js", "/static/0/..%2fsite.py", "/static/0/words.toml"])
async def test_other_files_are_not_there(client: Client, path: str) -> None:
    assert (await client.get(path)).status == 404


async def test_page_is_small_enough_for_a_slow_line(client: Client) -> None:
    text = await (await client.get("/phone")).text()
    sizes = [len(await (await client.get(file)).read()) for file in re.findall(r'"(/static/[^"]+)"', text)]
    assert len(text.encode()) + sum(sizes) < 40_000


async def test_conversation_shows_messages_and_their_cost(client: Client, app: App) -> None:
    key = app.channels["sim"].path_key  # type: ignore[attr-defined]
    await client.post(f"/c/sim/receive/{key}", json={"from": PERSON, "text": "MENU", "id": "1"})
    await until(lambda: any(line.status == "wired" for line in app.store.conversation(f"tel:{PERSON}", limit=9)))
    answer = await client.get(CONVERSATION)
    asked, told = (await answer.json())["lines"]
    assert (asked["inbound"], asked["text"], told["inbound"]) == (True, "MENU", False)
    assert (told["units"], told["room"], told["encoding"]) == (len(told["text"]), 160, "GSM-7")
    again = await client.get(CONVERSATION, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status, await again.read()) == (304, b"")


@pytest.mark.parametrize("urn", ["", "tel:254700000001", "tel:%2B254x", "telegram:%2B254700000001", "tel:%2B254700000001%0A"])
async def test_bad_urn_is_refused(client: Client, urn: str) -> None:
    assert (await client.get(f"/phone/conversation?urn={urn}")).status == 400


async def test_conversation_says_that_the_store_is_down(client: Client, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(urn: str, *, limit: int) -> None:
        raise StoreDown("no database")

    monkeypatch.setattr(app.store, "conversation", down)
    assert (await client.get(CONVERSATION)).status == 503


def test_both_languages_have_the_same_words(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text('[en]\nsend = "Send"\nhome = "Home"\n[sw]\nsend = "Tuma"\n')
    with pytest.raises(BadText, match=r"one.toml.*\[sw\] lacks home"):
        load_words(tmp_path)


def test_no_two_files_of_words_use_the_same_name(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text('[en]\nsend = "Send"\n[sw]\nsend = "Tuma"\n')
    with pytest.raises(BadText, match=r"two.toml.*another file has send, too"):
        load_words(tmp_path)


def test_script_is_given_just_the_words_that_it_uses() -> None:
    script = (Path(__file__).parents[2] / "bot/console/static/phone.js").read_text()
    used = set(re.findall(r"words\.(\w+)", script))
    assert used == {name for name in said(load_words()[Lang.EN]) if not name.startswith("status_")}


async def test_whatsapp_shows_what_can_be_tapped(client: Client, app: App) -> None:
    key = app.channels["sim_whatsapp"].path_key  # type: ignore[attr-defined]
    await client.post(f"/c/sim_whatsapp/receive/{key}", json={"from": PERSON, "text": "MENU", "id": "1"})
    await until(lambda: any(line.status == "wired" for line in app.store.conversation(f"whatsapp:{PERSON}", limit=9)))
    answer = await client.get(CONVERSATION.replace("tel:", "whatsapp:"))
    _, told = (await answer.json())["lines"]
    assert told["choices"][0] == ["1", "Crops"]
    assert "Crops" not in told["text"]
