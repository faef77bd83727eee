"""Interpolation as in the Compose Specification's own table."""

from pathlib import Path

import pytest

from tests.compose.file import Missing, interpolate, read_env

SET = {"VAR": "set", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("$VAR", "set", id="bare"),
        pytest.param("a${VAR}b", "asetb", id="braces"),
        pytest.param("${NO}", "", id="not-there"),
        pytest.param("${NO-word}", "word", id="word-if-not-there"),
        pytest.param("${EMPTY-word}", "", id="empty-is-there"),
        pytest.param("${EMPTY:-word}", "word", id="word-if-empty"),
        pytest.param("${VAR:-word}", "set", id="no-need-of-the-word"),
        pytest.param("${VAR:+word}", "word", id="word-if-set"),
        pytest.param("${EMPTY:+word}", "", id="nothing-if-empty"),
        pytest.param("${EMPTY?word}", "", id="empty-will-do"),
        pytest.param("$$VAR", "$VAR", id="a-dollar"),
        pytest.param("${VAR:?word} ${VAR}", "set set", id="twice"),
    ],
)
def test_interpolation(text: str, value: str) -> None:
    assert interpolate({"a": [text, 1, None]}, SET) == {"a": [value, 1, None]}


@pytest.mark.parametrize("text", ["${NO:?put it into .env}", "${NO?put it into .env}", "${EMPTY:?put it into .env}"])
def test_what_has_to_be_there_is_missed(text: str) -> None:
    with pytest.raises(Missing, match=r"put it into \.env"):
        interpolate(text, SET)


def test_an_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# words\nA=1\n\nB = 'two three'\nC=x=y\n")
    assert read_env(tmp_path / ".env") == {"A": "1", "B": "two three", "C": "x=y"}
