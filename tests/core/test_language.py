"""English or Swahili, on messages of our own and, where it is at hand, on the evaluation set."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.language import detect, marked
from bot.core.types import Lang

EN, SW = Lang.EN, Lang.SW
EVAL = Path(__file__).resolve().parents[2].parent / "shared" / "eval" / "lang.jsonl"

ENGLISH = """
when do i plant maize
maize price
hw do i plnt beans
what is eating my tomato leaves
fall armyworm
price of a bag of beans in kitale
yellow leaves on my cassava
MY COW IS SICK WHAT TO DO
wen is d rain comin
pls help my chickens r dying
how much fertilizer per acre
can i mix DAP and CAN
best seed 4 dry area
weevils in store
soil too wet
how 2 save money
need a loan
what is interest
sum1 called me and asked for my pin is it a scam
should I join a savings group
how do i make a budget
river is rising what should we do
is the road to garissa flooded
where is the nearest shelter
the roof is gone we r in the church
earthquake
strong wind tonight?
is it safe to drink flood water
dnt knw wat 2 do
farm insurance
""".strip().splitlines()

SWAHILI = """
nipande mahindi lini
bei ya mahindi
mbegu bora
nn kinakula majani ya nyanya
viwavijeshi
bei ya gunia la maharage kitale
majani ya muhogo yamekuwa njano
NGOMBE WANGU ANAUMWA NIFANYE NINI
mvua itaanza lini
kuku wangu wanakufa nisaidieni
mbolea kiasi gani kwa ekari
naweza kuchanganya DAP na CAN
mbegu gani nzuri sehemu kame
wadudu ghalani
udongo una maji mengi
niweke akiba vp
nahitaji mkopo
riba ni nini
mtu amenipigia akaomba pin yangu
nijiunge na chama
bajeti natengenezaje
mto unafurika tufanye nini
barabara ya garissa imefurika
tukimbilie wapi
paa limeng'olewa tuko kanisani
tetemeko
upepo mkali leo usiku?
maji ya mafuriko yananyweka
cjui nifanye nn
bima ya mazao
MSAADA
nisaidie
jiunge
""".strip().splitlines()

MIXED = [
    pytest.param("nataka loan ya kununua fertilizer", SW, id="english-nouns-in-swahili"),
    pytest.param("shamba yangu iko na armyworm nifanye nini", SW, id="pest-in-swahili"),
    pytest.param("niaje, price ya maize iko aje saa hii", SW, id="sheng"),
    pytest.param("how do i get a mkopo from the bank", EN, id="swahili-noun-in-english"),
    pytest.param("what is the best mbegu for planting now", EN, id="seed-in-english"),
]


@pytest.mark.parametrize("text", ENGLISH)
def test_short_messages_in_english(text: str) -> None:
    assert detect(text, default=SW) is EN


@pytest.mark.parametrize("text", SWAHILI)
def test_short_messages_in_swahili(text: str) -> None:
    assert detect(text, default=EN) is SW


@pytest.mark.parametrize("default", Lang)
@pytest.mark.parametrize(("text", "lang"), MIXED)
def test_mixed_messages_go_to_the_weightier_side(text: str, lang: Lang, default: Lang) -> None:
    assert detect(text, default=default) is lang


@pytest.mark.parametrize("default", Lang)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("1", id="menu-digit"),
        pytest.param("?!", id="signs"),
        pytest.param("OK", id="said-in-both"),
        pytest.param("M-PESA", id="a-name"),
        pytest.param("DAP 50kg", id="a-product"),
        pytest.param("STOP", id="a-command"),
        pytest.param("በቆሎ መቼ ልዝራ", id="another-script"),
        pytest.param("👍", id="a-picture"),
    ],
)
def test_no_evidence_leaves_the_default(text: str, default: Lang) -> None:
    assert detect(text, default=default) is default


@given(st.text(max_size=200), st.sampled_from(Lang))
def test_any_text_has_an_answer_and_a_settled_one_ignores_the_default(text: str, default: Lang) -> None:
    english, swahili = detect(text, default=EN), detect(text, default=SW)
    assert detect(text, default=default) is (english if default is EN else swahili)
    assert english is swahili or (english, swahili) == (EN, SW)


def _rows() -> list[tuple[str, str]]:
    rows = map(json.loads, EVAL.read_text(encoding="utf-8").splitlines()) if EVAL.exists() else []
    return [(row["text"], row["lang"]) for row in rows if row["lang"] in set(Lang)]


@pytest.mark.parametrize("lang", sorted({lang for _, lang in _rows()}))
@pytest.mark.parametrize("default", Lang)
def test_the_evaluation_set_is_told_apart(lang: str, default: Lang) -> None:
    mine = [text for text, own in _rows() if own == lang]
    right = sum(detect(text, default=default) == lang for text in mine)
    assert right / len(mine) >= 0.98, f"{lang}: {right} of {len(mine)}"


@pytest.mark.parametrize(
    ("text", "lang", "rest"),
    [
        pytest.param("S mahindi yangu yana viwavi", SW, "mahindi yangu yana viwavi", id="swahili"),
        pytest.param("e when do i plant", EN, "when do i plant", id="english"),
        pytest.param("E: price of beans", EN, "price of beans", id="colon"),
        pytest.param("S.viwavi", SW, "viwavi", id="full-stop"),
        pytest.param("S - viwavi", SW, "viwavi", id="dash"),
        pytest.param("s.t.o.p", None, "s.t.o.p", id="a-spelt-word"),
        pytest.param("e.g. maize", None, "e.g. maize", id="for-example"),
        pytest.param("E coli in water", None, "E coli in water", id="bacteria"),
        pytest.param("e-mail yako", None, "e-mail yako", id="e-mail"),
        pytest.param("eh when do i plant", None, "eh when do i plant", id="a-word"),
        pytest.param("S 2", None, "S 2", id="nothing-but-a-number"),
        pytest.param("E", None, "E", id="nothing-else"),
    ],
)
def test_a_letter_before_the_message_asks_for_a_language(text: str, lang: Lang | None, rest: str) -> None:
    assert marked(text) == (lang, rest)
