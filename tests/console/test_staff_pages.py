"""Staff, keys, audit log and settings, over real HTTP as an admin and others use them."""

import json
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pyotp
import pytest

from bot.console.words import load_words
from bot.core.types import Lang
from tests.console.staffed import ADMIN, APPROVER, AUTHOR, PASSWORD, Browser, Office, office

CODE = re.compile(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}")


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as made:
        yield made


@pytest.fixture
async def admin(place: Office) -> Browser:
    return await place.signed_in("amina", ADMIN)


def _roles(place: Office, name: str) -> set[str]:
    account = place.app.access.store.account(name)
    return set() if account is None else {str(role) for role in account.roles}


async def test_a_new_member_sets_up_password_and_phone_and_is_in(place: Office, admin: Browser) -> None:
    await admin.get("/console/staff")
    page = await admin.ask(
        "POST", "/console/staff", data=[("csrf", admin.csrf), ("name", "Juma"), ("role", "author"), ("role", "approver"), ("lang", "sw")]
    )
    code = CODE.findall(page.shown)
    assert len(code) == 1
    assert "never shown again" in page.shown
    assert code[0] not in (await admin.get("/console/staff")).text

    juma = place.browser()
    await juma.get("/console/setup")
    page = await juma.follow(await juma.post("/console/setup", name="juma", code=code[0].lower()))
    assert "<svg" in page.text
    key = re.search(r'<code class="key">([A-Z2-7 ]+)</code>', page.text)
    assert key is not None
    secret = key[1].replace(" ", "")
    again = await juma.get("/console/setup/choose")
    assert key[1] in again.text, "the same key when the page is loaded again: the phone has it already"
    digits = pyotp.TOTP(secret).at(int(place.clock.now))

    page = await juma.post("/console/setup/choose", password=PASSWORD, again=f"{PASSWORD}x", code=digits)
    assert "not the same" in page.shown
    page = await juma.post("/console/setup/choose", password="too short", again="too short", code=digits)
    assert "too short" in page.shown
    page = await juma.post("/console/setup/choose", password=PASSWORD, again=PASSWORD, code=digits)
    assert page.to == "/console"
    page = await juma.follow(page)
    assert "Habari juma" in page.shown
    assert _roles(place, "juma") == {"author", "approver"}

    stranger = place.browser()
    await stranger.get("/console/setup")
    assert (await stranger.post("/console/setup", name="juma", code=code[0])).status == 403


async def test_the_qr_code_holds_the_same_key_and_nothing_is_loaded_from_elsewhere(place: Office) -> None:
    code = place.app.roster.add("juma", [AUTHOR], by="box:test")
    juma = place.browser()
    await juma.get("/console/setup")
    page = await juma.follow(await juma.post("/console/setup", name="juma", code=code))
    assert page.text.count("<svg") == 1
    assert re.findall(r'<(?:img|script|iframe|link)[^>]+(?:src|href)="(?!/static/)', page.text) == []
    assert re.findall(r"\sstyle=|<style", page.text) == [], "the policy would hide it"


async def test_who_begins_in_a_language_goes_on_in_it(place: Office) -> None:
    code = place.app.roster.add("juma", [AUTHOR], by="box:test")
    juma = place.browser()
    page = await juma.get("/console/setup?lang=sw")
    to = re.search(r'<form method="post" action="([^"]+)"', page.text)
    assert to is not None
    page = await juma.follow(await juma.post(to[1], name="juma", code=code))
    assert '<html lang="sw">' in page.text


async def test_guessing_a_set_up_code_is_slowed_down(tmp_path: Path) -> None:
    async with office(tmp_path, console_open=True) as place:
        place.app.roster.add("juma", [AUTHOR], by="box:test")
        guesser = place.browser(**{"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"})
        await guesser.get("/console/setup")
        told = [(await guesser.post("/console/setup", name="juma", code="AAAA")).status for _ in range(22)]
        assert (told.count(403), told.count(429)) == (20, 2)


async def test_nobody_but_an_admin_sees_or_changes_staff(place: Office) -> None:
    place.hire("amina", ADMIN)
    author = await place.signed_in("juma", AUTHOR, APPROVER)
    for path in ("/console/staff", "/console/staff/amina", "/console/settings", "/console/audit/export"):
        assert (await author.get(path)).status == 403
    for path in ("/console/staff", *(f"/console/staff/amina/{act}" for act in ("roles", "reset", "leave", "end-keys"))):
        assert (await author.post(path, name="x", role="admin", confirm="amina")).status == 403
    assert _roles(place, "amina") == {"admin"}
    assert _roles(place, "juma") == {"author", "approver"}


async def test_an_admin_changes_roles_resets_and_lets_go_and_all_of_it_is_in_the_log(place: Office, admin: Browser) -> None:
    juma = await place.signed_in("juma", AUTHOR)
    await admin.get("/console/staff/juma")
    page = await admin.follow(await admin.post("/console/staff/juma/roles", role="approver"))
    assert "The roles of juma are changed" in page.shown
    assert "Approver" in (await juma.get("/console/account")).shown
    assert "type juma to confirm" in (await admin.post("/console/staff/juma/reset", confirm="x")).shown
    assert (await juma.get("/console")).status == 200
    page = await admin.post("/console/staff/juma/reset", confirm="juma")
    assert len(CODE.findall(page.shown)) == 1
    assert (await juma.get("/console")).status == 303
    assert "juma has left" in (await admin.follow(await admin.post("/console/staff/juma/leave", confirm="Juma"))).shown
    page = await admin.get("/console/audit?about=staff:juma")
    acts = [act for act in ("staff.add", "staff.roles", "staff.reset", "staff.leave") if act in page.shown]
    assert acts == ["staff.add", "staff.roles", "staff.reset", "staff.leave"]
    assert "from: author, to: approver" in page.shown


async def test_the_last_admin_cannot_let_themselves_go(place: Office, admin: Browser) -> None:
    await admin.get("/console/staff/amina")
    for act, fields in (("leave", {"confirm": "amina"}), ("roles", {"role": "author"}), ("roles", {})):
        page = await admin.post(f"/console/staff/amina/{act}", **fields)
        assert page.status == 409
    assert _roles(place, "amina") == {"admin"}


async def test_a_key_is_shown_once_and_ends(place: Office) -> None:
    author = await place.signed_in("amina", AUTHOR)
    await author.get("/console/account")
    assert (await author.post("/console/account/keys", label="report", role="admin")).status == 409
    page = await author.post("/console/account/keys", label="Morning <report>", role="author")
    key = re.search(r"ujk_[\w-]+", page.text)
    assert key is not None
    member = place.app.access.by_key(key[0])
    assert member is not None
    assert (member.name, member.roles) == ("amina", {AUTHOR})
    page = await author.get("/console/account")
    assert key[0] not in page.text
    assert "Morning &lt;report&gt;" in page.text
    end = re.search(r'action="(/console/account/keys/\w+/end)"', page.text)
    assert end is not None
    juma = await place.signed_in("juma", AUTHOR)
    assert (await juma.post(end[1])).status == 409
    assert place.app.access.by_key(key[0]) is not None
    assert "The key is ended" in (await author.follow(await author.post(end[1]))).shown
    assert place.app.access.by_key(key[0]) is None


async def test_a_member_changes_password_and_language_and_signs_out_everywhere(place: Office) -> None:
    here = await place.signed_in("amina", AUTHOR)
    there = await place.signed_in("amina")
    await here.get("/console/account")
    page = await here.post("/console/account/password", old="wrong", password="four other words", again="four other words")
    assert (page.status, "not your password" in page.shown) == (403, True)
    page = await here.post("/console/account/password", old=PASSWORD, password="four other words", again="four other words")
    assert "Your password is changed" in (await here.follow(page)).shown
    assert (await there.get("/console")).status == 303
    await here.post("/console/account/language", lang="sw")
    assert '<html lang="sw">' in (await here.get("/console/account")).text
    assert (await here.post("/console/account/language", lang="xx")).status == 409
    page = await here.post("/console/account/sign-out")
    assert page.to == "/console/sign-in"
    assert (await here.get("/console")).status == 303


async def test_the_log_is_searched_and_paged(place: Office, admin: Browser) -> None:
    with place.app.store.begin() as tx:
        for n in range(60):
            tx.audit("juma", "broadcast.approve", f"broadcast:{n}", {"people": n}, now=place.clock.now)  # type: ignore[attr-defined]
    page = await admin.get("/console/audit?who=juma")
    assert page.text.count("<tr><td") == 50
    older = re.search(r'href="([^"]+)" rel="next"', page.text)
    assert older is not None
    page = await admin.get(older[1].replace("&amp;", "&"))
    assert page.text.count("<tr><td") == 10
    assert "broadcast:0" in page.text
    assert "Newest" in page.shown
    assert (await admin.get("/console/audit?about=broadcast:7")).text.count("<tr><td") == 1
    assert (await admin.get("/console/audit?from=2099-01-01")).shown.count("Nothing was found") == 1
    page = await admin.get("/console/audit?to=tomorrow")
    assert (page.status, "no date" in page.shown) == (409, True)
    assert (await admin.get("/console/audit?before=x&who=%3Cscript%3E")).status == 200


async def test_the_log_is_checked_and_a_change_is_found(place: Office, admin: Browser) -> None:
    page = await admin.get("/console/audit/check")
    assert "The log is whole" in page.shown
    seal = re.search(r"(\d+:[0-9a-f]{64})", page.text)
    assert seal is not None
    assert "The seal that you wrote down is in it" in (await admin.get(f"/console/audit/check?known={seal[1]}")).shown
    assert "cut off" in (await admin.get(f"/console/audit/check?known=1:{'0' * 64}")).shown
    assert (await admin.get("/console/audit/check?known=x")).status == 409
    with closing(sqlite3.connect(place.app.settings.data_dir / "ujumbe.db", isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER audit_no_update")
        connection.execute("UPDATE audit SET who = 'juma' WHERE n = 2")
    page = await admin.get("/console/audit/check")
    assert "Entry 2 is not as it was written" in page.shown


async def test_the_export_holds_every_line_with_its_seal(place: Office, admin: Browser) -> None:
    page = await admin.get("/console/audit/export")
    lines = [json.loads(one) for one in page.text.splitlines()]
    assert [one["n"] for one in lines] == list(range(1, len(lines) + 1))
    assert all(one["before"] == before["hash"] for before, one in pairwise(lines))
    assert "attachment" in page.headers["Content-Disposition"]


async def test_settings_are_shown_without_what_is_secret(tmp_path: Path) -> None:
    secrets = {
        "channels": {
            "at_sms": {"username": "sandbox-user-x", "api_key": "atsk_very_secret", "path_key": "0123456789abcdefghijkl", "limits": {}}
        },
        "remote": {"url": "https://api.example.org/v1", "model": "m", "api_key": "remote-very-secret"},
        "alerts": {"push": {"kmd": {"token": "push-very-secret-0123456789"}}},
        "broker_url": "redis://user:broker-very-secret@10.0.0.9/0",
    }
    async with office(tmp_path, **secrets) as place:
        admin = await place.signed_in("amina", ADMIN)
        page = await admin.get("/console/settings")
    assert "very-secret" not in page.text
    assert "very_secret" not in page.text
    assert "0123456789abcdefghijkl" not in page.text
    assert "sandbox-user-x" not in page.text
    assert "channels.at_sms.api_key set, not shown" in page.shown
    assert "remote.api_key set, not shown" in page.shown
    assert "alerts.push.kmd.token set, not shown" in page.shown
    assert "redis://***@10.0.0.9/0" in page.shown
    assert "timezone Africa/Nairobi" in page.shown


@pytest.mark.parametrize("lang", list(Lang))
async def test_every_page_is_there_in_both_languages(place: Office, lang: Lang) -> None:
    everything = await place.signed_in("amina", ADMIN, AUTHOR, APPROVER, lang=lang)
    for path in ("", "/account", "/staff", "/staff/amina", "/audit", "/audit/check", "/settings"):
        page = await everything.get(f"/console{path}")
        assert page.status == 200, path
        assert f'<html lang="{lang}">' in page.text
        assert page.text.count("<h1>") == 1


async def test_what_cannot_be_done_is_said_in_the_members_language(place: Office) -> None:
    admin = await place.signed_in("amina", ADMIN, lang=Lang.SW)
    await admin.get("/console/staff")
    for fields, says in (({"name": "x", "role": "author"}, "si jina la kuingilia"), ({"name": "juma"}, "Chagua angalau jukumu moja")):
        page = await admin.post("/console/staff", **fields)
        assert (page.status, says in page.shown) == (409, True)
    assert "ndiye msimamizi wa mwisho" in (await admin.post("/console/staff/amina/leave", confirm="amina")).shown
    assert "si tarehe" in (await admin.get("/console/audit?from=x")).shown


def test_every_sentence_has_the_same_gaps_in_every_language() -> None:
    words = load_words()
    for word, text in words[Lang.EN].items():
        gaps = [sorted(re.findall(r"{(\w*)}", words[lang][word])) for lang in Lang]
        assert all(one == gaps[0] for one in gaps), (word, text)


def test_every_word_that_a_page_uses_exists() -> None:
    """Also on the branches that no other test reaches."""
    names = load_words()[Lang.EN].keys()
    console = Path(__file__).parents[2] / "bot" / "console"
    used = {
        word for file in (console / "templates").glob("*.html") for word in re.findall(r"\bw\.(\w+)|\bsay\('(\w+)'[,)]", file.read_text())
    }
    said = {word for file in console.glob("*.py") for word in re.findall(r'\.say\("(\w+)"|\.done\([^,()]+, "(\w+)"', file.read_text())}
    found = {word for pair in used | said for word in pair if word}
    assert len(found) > 150
    assert sorted(found - names) == []
