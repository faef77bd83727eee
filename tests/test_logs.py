"""The log: one line for each thing, the same facts as text and as JSON, and no number that could be somebody's."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO

import pytest

from bot import logs

log = logging.getLogger("bot.test")


@pytest.fixture
def lines() -> Iterator[StringIO]:
    """What JSON logging writes."""
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.JsonLines())
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield written
    log.removeHandler(handler)


def test_an_event_is_a_word_and_its_fields(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot")
    logs.note(log, "wired", message=12, delivery=None, channel="sim", code="", waited_s=1.23456, facts=("a", "b"), why="no way")
    assert caplog.messages == ['wired message=12 channel=sim waited_s=1.235 facts=a,b why="no way"']


def test_json_has_the_same_facts_with_their_types(lines: StringIO) -> None:
    logs.note(log, "wired", level=logging.WARNING, message=12, channel="sim", waited_s=1.23456)
    log.info("listening on %s", "this")
    event, plain = (json.loads(line) for line in lines.getvalue().splitlines())
    assert event.pop("at")[-1] == plain.pop("at")[-1] == "Z"
    assert event == {"level": "warning", "log": "bot.test", "event": "wired", "message": 12, "channel": "sim", "waited_s": 1.235}
    assert plain == {"level": "info", "log": "bot.test", "text": "listening on this"}


def test_an_error_stays_one_line_of_json(lines: StringIO) -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        log.exception("broken")
    [line] = lines.getvalue().splitlines()
    assert "ValueError" in json.loads(line)["traceback"]


@pytest.mark.parametrize("number", ["+254700000001", "254700000001", "0700 000 001", "(0700) 000-001", "tel:+254700000001", "0700000001 x"])
@pytest.mark.parametrize("frame", ["{}", "refused {} twice", "code:{}"])
def test_a_number_in_a_providers_word_is_masked(number: str, frame: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot")
    logs.note(log, "errored", delivery=7, code=frame.format(number))
    [line] = caplog.messages
    assert "***" in line
    assert "700000" not in "".join(character for character in line if character.isdigit())


@pytest.mark.parametrize("code", ["30003", "InvalidPhoneNumber", "http_503", "SM-2026-11"])
def test_a_providers_own_code_stays(code: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot")
    logs.note(log, "errored", code=code)
    assert caplog.messages == [f"errored code={code}"]


def test_a_value_cannot_begin_a_line_of_its_own_and_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot")
    logs.note(log, "errored", code="x\nfake line " + "y" * 500)
    assert "\n" not in caplog.messages[0]
    assert len(caplog.messages[0]) < 100


def test_vendors_are_heard_from_warning_and_we_from_info() -> None:
    code = """
import logging
from bot import logs
logs.start("json")
for name in ("bot.x", "channels.x", "urllib3"):
    for level in (10, 20, 30):
        logging.getLogger(name).log(level, "%s %d", name, level)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr
    texts = [json.loads(line)["text"] for line in told.splitlines()]
    assert texts == [
        "bot.x 20",
        "bot.x 30",
        "channels.x 20",
        "channels.x 30",
        "urllib3 30",
    ]
