"""`ujumbe staff` as an operator types it, on a database that is not there yet."""

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.config import load
from bot.store.sql import SqlStore

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, with what it prints; `status`: how it must end."""
    monkeypatch.setenv("UJUMBE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("UJUMBE_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setenv("UJUMBE_PUBLIC_URL", "https://alerts.example.org/")

    def command(*words: str, status: int = 0) -> str:
        assert main(["staff", *words]) == status
        said = capsys.readouterr()
        return said.out + said.err

    return command


def test_the_first_admin_gets_a_code_and_an_address(run: Run) -> None:
    assert "There is no staff yet" in run("list")
    said = run("add", "amina", "--role", "admin", "--role", "author", "--lang", "sw")
    assert re.search(r"Set-up code for amina, once, until .*: [A-Z2-7]{4}(-[A-Z2-7]{4}){3}\n", said)
    assert "https://alerts.example.org/console/setup" in said
    assert "No two people can send an alert yet" in said
    assert re.search(r"amina +admin, author +has a set-up code until", run("list"))


def test_no_code_and_nobody_s_password_is_kept_as_it_is(run: Run) -> None:
    said = run("add", "amina", "--role", "admin")
    code = re.search(r": ([A-Z2-7-]{19})", said)
    assert code is not None
    store = SqlStore(load().sqlalchemy_url)
    account = store.account("amina")
    store.close()
    assert account is not None
    assert (account.password, account.totp) == ("", "")
    assert code[1] not in repr(account)
    assert code[1].replace("-", "") not in repr(account)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["add", "Amina", "--role", "admin"], "no name to sign in with", id="capital"),
        pytest.param(["add", "a b", "--role", "admin"], "no name to sign in with", id="space"),
        pytest.param(["add", "juma", "--role", "admin"], "Names are never used for another person", id="name-twice"),
        pytest.param(["roles", "nobody", "--role", "admin"], "no nobody among staff", id="nobody"),
        pytest.param(["reset", "nobody"], "no nobody among staff", id="nobody-reset"),
        pytest.param(["keys", "--end", "abc"], "0 keys begin with", id="no-key"),
        pytest.param(["log", "--known", "abc"], "That is no seal", id="no-seal"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(run: Run, words: list[str], says: str) -> None:
    run("add", "juma", "--role", "author")
    assert says in run(*words, status=1)
    assert re.fullmatch(r"juma +author +has a set-up code until .*\n", run("list"))


def test_who_left_keeps_their_name_and_nothing_else(run: Run) -> None:
    run("add", "juma", "--role", "author")
    assert run("leave", "juma") == "juma has left.\n"
    assert re.search(r"juma +- +has left", run("list"))
    assert "has left. Give them roles again first" in run("reset", "juma", status=1)
    assert run("roles", "juma", "--role", "approver") == "juma is now: approver.\n"
    assert "Set-up code for juma" in run("reset", "juma")


def test_the_log_says_what_was_done_at_the_machine_and_is_checked(run: Run, tmp_path: Path) -> None:
    run("add", "juma", "--role", "author")
    first = run("log")
    assert first.startswith("The audit log is whole: 1 entries.")
    seal = first.splitlines()[1]
    run("roles", "juma", "--role", "approver")
    file = tmp_path / "log.jsonl"
    assert run("log", "--known", seal, "--export", str(file)).startswith("The audit log is whole: 2 entries.")
    add, roles = [json.loads(one) for one in file.read_text().splitlines()]
    assert (add["what"], add["about"], add["detail"]) == ("staff.add", "staff:juma", {"roles": ["author"]})
    assert add["who"].startswith("box:")
    assert roles["detail"] == {"from": ["author"], "to": ["approver"]}
    assert "is there already" in run("log", "--export", str(file), status=1)


def test_a_log_that_was_written_anew_is_found_by_the_seal(run: Run) -> None:
    run("add", "juma", "--role", "author")
    run("roles", "juma", "--role", "approver")
    seal = run("log").splitlines()[1]
    with closing(sqlite3.connect(load().data_dir / "ujumbe.db", isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER audit_no_delete")
        connection.execute("DELETE FROM audit WHERE n = 2")
    assert run("log").startswith("The audit log is whole")
    assert "BROKEN at entry 2: cut" in run("log", "--known", seal, status=1)


def test_every_command_is_described(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["staff", "--help"])
    said = capsys.readouterr().out
    for name in ("list", "add", "roles", "reset", "leave", "keys", "log"):
        assert name in said
