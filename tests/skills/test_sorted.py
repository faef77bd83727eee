"""Messages that nothing answers: of one skill's topic, of none, or not sorted yet."""

from pathlib import Path

import pytest

from bot.core.errors import BadText
from bot.core.types import Lang
from skills.loader import load
from tests.skills.tree import make

STRAYS = 'en = [{en}]\nsw = ["nyuki wa jirani"]\n'


def sorted_out(root: Path, *, unanswered: str = '"price of a hive"', off_topic: str = '"who won"', unsorted: str = '"blah"') -> Path:
    """The tree with one English message, or none, in each of the three files; the first two share no Swahili one."""
    for path, text in (("bees/unanswered.toml", unanswered), ("common-texts/strays.toml", unsorted)):
        (root / path).write_text(STRAYS.format(en=text), encoding="utf-8")
    (root / "common-texts/off-topic.toml").write_text(f'en = [{off_topic}]\nsw = ["nani alishinda"]\n', encoding="utf-8")
    return root


def test_all_of_them_are_strays_each_once(tmp_path: Path) -> None:
    library = load(sorted_out(make(tmp_path), unsorted='"who won", "blah"'))
    assert library.strays == {Lang.EN: ("who won", "blah", "price of a hive"), Lang.SW: ("nyuki wa jirani", "nani alishinda")}


def test_who_sorted_them_said_what_they_are_about(tmp_path: Path) -> None:
    library = load(sorted_out(make(tmp_path)))
    assert library.about() == {"who won": "", "nani alishinda": "", "price of a hive": "bees", "nyuki wa jirani": "bees"}


def test_a_folder_may_do_without(tmp_path: Path) -> None:
    root = make(tmp_path)
    for name in ("off-topic.toml", "strays.toml"):
        (root / "common-texts" / name).unlink()
    library = load(root)
    assert (library.strays, library.about()) == ({}, {})


@pytest.mark.parametrize(
    ("unanswered", "off_topic", "file", "said"),
    [
        pytest.param('"Where honey, en?"', '"who won"', "skills/bees/unanswered.toml", "is a question that a fact answers", id="answered"),
        pytest.param(
            '"price"', '"where smoke en"', "skills/common-texts/off-topic.toml", "is a question that a fact answers", id="off topic"
        ),
        pytest.param('"who won?"', '"Who won"', "skills/common-texts/off-topic.toml", "stands in bees/unanswered.toml, too", id="both"),
    ],
)
def test_a_message_has_one_place(unanswered: str, off_topic: str, file: str, said: str, tmp_path: Path) -> None:
    root = sorted_out(make(tmp_path), unanswered=unanswered, off_topic=off_topic)
    with pytest.raises(BadText) as found:
        load(root)
    assert found.value.file == file
    assert said in str(found.value)
