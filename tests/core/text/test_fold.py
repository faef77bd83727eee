"""Folding keeps the words, the numbers and every GSM-7 character, and gives up whole where a script has no likeness."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.text import fold, is_gsm7
from bot.core.text.gsm7 import BASIC, EXTENSION

VECTORS = Path(__file__).resolve().parents[3].parent / "shared" / "vectors" / "gsm0338.json"
GSM = "".join(sorted((BASIC | EXTENSION) - {"\r", "\f"}))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("“Plant” early – it’s best…", '"Plant" early - it\'s best...', id="quotes-dashes-dots"),
        pytest.param("• one\n▪ two", "- one\n- two", id="bullets"),
        pytest.param("5\u00a0kg\u202fof\u3000DAP\there", "5 kg of DAP here", id="every-space-is-one"),
        pytest.param("a\u200bb\u00adc\ufeffd\u2060e", "abcde", id="zero-width"),
        pytest.param("a\r\nb\rc\u2028d\x85e\ff", "a\nb\nc\nd\ne\nf", id="line-ends"),
        pytest.param("a\x00b\x1bc\x7fd\ud83de", "abcde", id="controls-and-lone-surrogates"),
        pytest.param("e\u0301 a\u030a", "é å", id="nfc-first"),
        pytest.param("\u212b \u2126", "Å Ω", id="compatibility-forms"),
        pytest.param("ng’ombe, ng‘ombe, ngʼombe", "ng'ombe, ng'ombe, ng'ombe", id="swahili"),
        pytest.param("ƙasa ɗaki Ɓera ƴaƴa", "kasa daki Bera 'ya'ya", id="hausa"),
        pytest.param("ẹ̀fọ́ ṣe ọjà àti", "efo se ojà àti", id="yoruba-keeps-gsm-tones"),
        pytest.param("Ụlọ ịkụ", "Ulo iku", id="igbo"),
        pytest.param("garçon être cœur À Ç é", "garcon etre coeur A Ç é", id="french-keeps-gsm-letters"),
        pytest.param("São João não pôr", "Sao Joao nao por", id="portuguese"),
        pytest.param("¿Cuál año? ¡Así!", "¿Cual año? ¡Asi!", id="spanish"),
        pytest.param("ŋɔ ɛyɛ ɖe ƒo", "ngo eye de fo", id="ewe-and-twi"),
        pytest.param("₦500 GH₵50 ₹20 €5 £5", "N500 GHC50 Rs20 €5 £5", id="money"),
        pytest.param("75×25 cm, 5÷2, ±3, ≤ 5, ≥ 6, 50 µg", "75x25 cm, 5/2, +/-3, <= 5, >= 6, 50 ug", id="sums"),
        pytest.param("A → B ← C ⇒ D", "A -> B <- C => D", id="arrows"),
        pytest.param("✓ yes ✗ no", "OK yes X no", id="marks"),
        pytest.param("Soil (pH 5–6) & ‘lime’ ™", "Soil (pH 5-6) & 'lime' ", id="no-sign-is-left"),
        pytest.param("５００ ＫＥＳ", "500 KES", id="full-width"),
    ],
)
def test_plain_likeness(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert is_gsm7(fold(text))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("½ bag", "1/2 bag", id="fraction"),
        pytest.param("1½ bags, 10¾", "1 1/2 bags, 10 3/4", id="not-eleven-halves"),
        pytest.param("10² 10⁻³ 5 m²", "10^2 10^-3 5 m2", id="not-a-hundred-and-two"),
        pytest.param("25°C", "25 deg C", id="degrees-celsius"),
        pytest.param("25 °C", "25 deg C", id="spaced"),
        pytest.param("25℃", "25 deg C", id="one-sign"),
        pytest.param("a 45° slope. 30°.", "a 45 deg slope. 30 deg.", id="an-angle"),
        pytest.param("1⃣ dig", "1 dig", id="keycap"),
        pytest.param("5‰", "5 per 1000", id="per-mille"),
    ],
)
def test_numbers_keep_their_value(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("Plant 🌱 now", "Plant now", id="inside"),
        pytest.param("🌱🌽 Plant\n👉 Water", "Plant\nWater", id="in-front"),
        pytest.param("Thanks 🙏🏾.", "Thanks.", id="at-the-end"),
        pytest.param("Maize🌽beans", "Maize beans", id="between-words"),
        pytest.param("A 👨‍👩‍👧 family", "A family", id="a-joined-family"),
        pytest.param("⚠️ Danger ☔", "Danger", id="old-ones"),
        pytest.param("👍", "👍", id="nothing-else"),
    ],
)
def test_pictures_go_where_words_remain(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("ሰላም “ወዳጄ” – ẹ̀fọ́", id="amharic"),
        pytest.param("नमस्ते क्\u200dष… ½", id="hindi-with-joiner"),
        pytest.param("السلام\u200cعليكم، 25°", id="arabic"),
        pytest.param("Привет – мир", id="russian"),
        pytest.param("α + β", id="greek"),
        pytest.param("玉米 🌽", id="chinese"),
        pytest.param("maize 𠀀 seed", id="a-rare-letter-is-no-picture"),
    ],
)
def test_other_scripts_are_left_whole(text: str) -> None:
    assert fold(text) == unicodedata.normalize("NFC", text)


def test_other_scripts_are_tidied_all_the_same() -> None:
    assert fold("ሰላም\u00a0ወዳጄ\u200b\x00\r\n") == "ሰላም ወዳጄ\n"


@given(st.text(st.sampled_from(GSM)))
def test_gsm7_text_is_never_touched(text: str) -> None:
    assert fold(text) == text


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_no_control_character_and_no_odd_space_survives(text: str) -> None:
    folded = fold(text)
    assert not [c for c in folded if unicodedata.category(c) in ("Cc", "Cs") and c != "\n"]
    assert not [c for c in folded if c.isspace() and c not in " \n"]


@given(st.text(st.characters(codec="ascii") | st.sampled_from("“’–…½²°éẹɗ🌱\u00a0ሰم")))
def test_no_letter_or_digit_of_ascii_is_lost(text: str) -> None:
    kept = iter(fold(text))
    assert all(c in kept for c in text if c.isascii() and c.isalnum())


def _smart() -> list[str]:
    table = json.loads(VECTORS.read_text(encoding="utf-8"))["twilio_smart_encoding_map"] if VECTORS.exists() else {}
    signs = (chr(int(code[2:], 16)) for code in table)
    return sorted(sign for sign in signs if unicodedata.category(sign)[0] == "P" and ord(sign) < 0x2100)


@pytest.mark.parametrize("sign", _smart(), ids=lambda sign: f"U+{ord(sign):04X}")
def test_every_sign_of_punctuation_that_providers_fold_is_folded(sign: str) -> None:
    assert is_gsm7(fold(f"a{sign}b"))
