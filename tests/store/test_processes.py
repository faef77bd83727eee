"""Several processes on one database, and processes that are killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.store import open_store
from tests.store.bench import T, ask, message, take
from tests.store.taking import MOST, MOST_TURNS

ROOT = Path(__file__).resolve().parents[2]


def start(module: str, *args: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", f"tests.store.{module}", *args]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_killed_process_loses_nothing_that_it_acknowledged(url: str) -> None:
    process = start("acking", url)
    assert process.stdout is not None
    acked = [process.stdout.readline().strip() for _ in range(30)]
    process.kill()
    acked += process.communicate()[0].split()
    store = open_store(url)
    # What was committed but not said is whole: the message with its question, or neither.
    assert set(store.counts()) == {"message.new"}
    assert store.counts()["message.new"] - len(acked) in (0, 1)
    with store.begin() as tx:
        assert [tx.insert_message(message(external_id=name), now=T) for name in acked] == [None] * len(acked)
    store.close()


def test_no_two_processes_claim_the_same_question(url: str) -> None:
    store = open_store(url)
    asked = [ask(store, urn=f"tel:+2547000001{n:02}") for n in range(40)]
    claimers = [start("claiming", url, str(asked[-1])) for _ in range(3)]
    for claimer in claimers:
        assert claimer.stdout is not None
        assert claimer.stdout.readline() == "ready\n"
    claimed = [claimer.communicate("go\n", timeout=60)[0].split() for claimer in claimers]
    store.close()
    assert sorted(int(row) for rows in claimed for row in rows) == asked


@pytest.mark.parametrize(("what", "most"), [("slots", MOST), ("turns", MOST_TURNS)])
def test_processes_together_take_no_more_than_there_is(url: str, what: str, most: int) -> None:
    takers = [start("taking", url, what) for _ in range(3)]
    for taker in takers:
        assert taker.stdout is not None
        assert taker.stdout.readline() == "ready\n"
    for taker in takers:
        assert taker.stdin is not None
        taker.stdin.write("go\n")
        taker.stdin.flush()
    assert sum(int(taker.communicate(timeout=60)[0]) for taker in takers) == most


def test_a_killed_worker_gives_its_question_back(url: str) -> None:
    store = open_store(url)
    asked = ask(store)
    claimer = start("claiming", url, str(asked))
    assert claimer.stdin is not None
    assert claimer.stdout is not None
    assert claimer.stdout.readline() == "ready\n"
    claimer.stdin.write("go\n")
    claimer.stdin.flush()
    assert claimer.stdout.readline() == f"{asked}\n"
    claimer.kill()
    claimer.communicate()
    assert store.claim_message(asked, now=T, lease_s=9) is None
    assert take(store, asked, now=T + 20).claim.attempts == 2
    store.close()
