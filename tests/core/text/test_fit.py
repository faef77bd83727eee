"""Messages that each stand alone: nothing lost, nothing torn, nothing too long."""

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.text import Fitted, fit, fits_one, fold, measure, unmarked
from bot.core.text.cut import spans, starts_cluster
from bot.core.types import Limits

HINT = "MORE for the rest"
SMS = Limits(max_parts=3)
ONE = Limits(max_parts=1)
SCREEN = Limits(units=182, ucs2_units=80, max_parts=1)
CHAT = Limits(gsm7=False, units=120, max_parts=3)
LIMITS = (SMS, ONE, SCREEN, CHAT, Limits(max_parts=12))
MARKER = re.compile(r"\((\d+)/(\d+)\) ")
ADVICE = "Plant maize when the rain came. Weed the field after two weeks. Use two bottle tops of CAN now. Look for worms in the whorls."


def bare(fitted: Fitted, hint: str = "") -> list[str]:
    """The parts without markers and hint, each marker checked."""
    parts = list(fitted.parts)
    if fitted.rest and hint and parts and parts[-1].endswith(f"\n{hint}"):
        parts[-1] = parts[-1].removesuffix(f"\n{hint}")
    if len(parts) == 1:
        return parts
    for n, part in enumerate(parts, 1):
        marker = MARKER.match(part)
        assert marker, part
        assert (int(marker[1]), int(marker[2])) == (n, len(parts))
    return [MARKER.sub("", part, count=1) for part in parts]


def squeezed(*texts: str) -> str:
    return re.sub(r"\s+", "", "".join(texts))


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("text", ["", "  \n ", "\u200b"])
def test_nothing_has_no_parts(text: str, limits: Limits) -> None:
    text = text if limits.gsm7 else text.strip("\u200b")
    assert fit(text, limits, hint=HINT) == Fitted(())
    assert fits_one(text, limits)


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        pytest.param("a" * 160, ONE, id="gsm7"),
        pytest.param("a" * 159 + "é", ONE, id="accents-are-one"),
        pytest.param("€" * 80, ONE, id="extension-is-two"),
        pytest.param("“" + "a" * 158 + "”", ONE, id="folded-first"),
        pytest.param("ሰ" * 70, ONE, id="ucs2"),
        pytest.param("a" * 182, SCREEN, id="a-screen-of-182"),
        pytest.param("“" + "a" * 118 + "”", CHAT, id="chat"),
        pytest.param("😀" * 60, CHAT, id="chat-counts-utf16-units"),
    ],
)
def test_what_just_fits_is_one_message_and_one_more_is_not(text: str, limits: Limits) -> None:
    assert fit(text, limits, hint=HINT).parts == ((fold(text) if limits.gsm7 else text),)
    assert fits_one(text, limits)
    assert not fits_one(text + text[1], limits)
    assert len(fit(text + text[1], limits).parts) > 1 or fit(text + text[1], limits).rest


@pytest.mark.parametrize(
    ("text", "limits", "parts", "rest"),
    [
        pytest.param(
            f"{ADVICE} Store dry grain only.",
            Limits(units=100, max_parts=2),
            (
                "(1/2) Plant maize when the rain came. Weed the field after two weeks.",
                "(2/2) Use two bottle tops of CAN now. Look for worms in the whorls. Store dry grain only.",
            ),
            "",
            id="sentences",
        ),
        pytest.param(
            f"{ADVICE} Store dry grain only.",
            Limits(units=80, max_parts=2),
            (
                "(1/2) Plant maize when the rain came. Weed the field after two weeks.",
                "(2/2) Use two bottle tops of CAN now.\nMORE for the rest",
            ),
            "Look for worms in the whorls. Store dry grain only.",
            id="rest-and-hint",
        ),
        pytest.param(
            "Kwanza\nPanda mahindi mvua ikianza\nkisha palilia shamba lako baada ya wiki mbili",
            Limits(units=60, max_parts=2),
            ("(1/2) Kwanza\nPanda mahindi mvua ikianza", "(2/2) kisha palilia shamba lako baada ya wiki mbili"),
            "",
            id="paragraphs",
        ),
        pytest.param(
            "when the leaves have holes and the whorl is full of dung, look for the worm at dawn and pick it",
            Limits(units=70, max_parts=2),
            (
                "(1/2) when the leaves have holes and the whorl is full of dung,",
                "(2/2) look for the worm at dawn and pick it",
            ),
            "",
            id="clause",
        ),
        pytest.param(
            "No. The leaves have holes and the whorl is full of dung so look for the worm",
            Limits(units=62, max_parts=2),
            ("(1/2) No. The leaves have holes and the whorl is full of dung", "(2/2) so look for the worm"),
            "",
            id="a-sentence-that-would-leave-a-stub-is-no-end",
        ),
        pytest.param(
            "First rows. Then the holes come after e.g. ten days of rain and then seeds",
            Limits(units=60, max_parts=2),
            ("(1/2) First rows. Then the holes come after e.g. ten days of", "(2/2) rain and then seeds"),
            "",
            id="an-abbreviation-is-no-end",
        ),
        pytest.param(
            "Do this when it rains in the valley: 1. Go up the hill now 2. Take the goats along",
            Limits(units=64, max_parts=2),
            ("(1/2) Do this when it rains in the valley:", "(2/2) 1. Go up the hill now 2. Take the goats along"),
            "",
            id="a-list-label-stays-with-its-line",
        ),
    ],
)
def test_cuts_fall_where_a_reader_pauses(text: str, limits: Limits, parts: tuple[str, ...], rest: str) -> None:
    assert fit(text, limits, hint=HINT) == Fitted(parts, rest)


def test_a_tighter_cut_is_taken_where_a_nicer_one_would_cost_a_part() -> None:
    text = "a" * 30 + ". " + "b " * 26 + "end"
    assert fit(text, Limits(units=55, max_parts=3)).parts == ("(1/2) " + "a" * 30 + "." + " b" * 9, "(2/2) " + "b " * 17 + "end")


@pytest.mark.parametrize(
    "kept",
    [
        *("75 cm", "2.5 kg", "KES 1,000", "KSh. 500", "13.5 %", "25 deg C", "2 to 3 weeks", "5 - 10 kg", "75 cm x 25 cm", "10 000 bags"),
        *(
            "sentimita 75",
            "mifuko 3",
            "siku 7 hadi 10",
            "lita 20 kwa ekari",
            "50 kg/ha",
            "2.5 kg per line",
            "1 1/2 bags",
            "USD 2",
            "12 March",
        ),
        *("0700 000 001", "+254 700 000 001", "(0700) 000-001", "https://example.org/maize?x=1,2;3", "www.example.org/a.b"),
    ],
)
@pytest.mark.parametrize("filler", ["word ", "sentence. ", "a, "])
def test_what_belongs_together_stays_together(kept: str, filler: str) -> None:
    for shift in range(70):
        text = "x" * (shift % 7 + 1) + " " + filler * 40
        text = text[: 20 + shift].rsplit(" ", 1)[0] + f" {kept} " + filler * 20
        fitted = fit(text, Limits(units=70, max_parts=20))
        assert any(kept in part for part in fitted.parts), fitted


@pytest.mark.parametrize(
    "cluster",
    [
        pytest.param("👨‍👩‍👧", id="family"),
        pytest.param("👩🏾‍🌾", id="farmer-with-skin-tone"),
        pytest.param("🇰🇪", id="flag"),
        pytest.param("1️⃣", id="keycap"),
        pytest.param("e\u0323\u0301", id="letter-with-two-marks"),
        pytest.param("क्षि", id="hindi-syllable"),
        pytest.param("நி", id="tamil-syllable"),
        pytest.param("€", id="escape-pair"),
        pytest.param("😀", id="surrogate-pair"),
        pytest.param("\u1100\u1161\u11a8", id="hangul-from-parts"),
    ],
)
def test_no_visible_character_is_torn(cluster: str) -> None:
    limits = Limits(gsm7=cluster == "€", units=40, ucs2_units=40, max_parts=40)
    for shift in range(len(cluster) + 2):
        fitted = fit("a" * shift + cluster * 30, limits)
        assert fitted.rest == ""
        assert all(part.lstrip("a").replace(cluster, "") == "" for part in bare(fitted)), fitted


@pytest.mark.parametrize("tail", ["cd ab " * 30, "b" * 90], ids=["between-words", "inside-a-long-token"])
def test_a_mark_keeps_the_space_it_sits_on(tail: str) -> None:
    for shift in range(1, 50):
        fitted = fit("a" * shift + " \u0301" + tail, Limits(gsm7=False, units=40, max_parts=20))
        assert not [part for part in bare(fitted) if part.startswith("\u0301")]


def test_a_token_bigger_than_a_part_is_cut_but_not_inside_what_fits() -> None:
    fitted = fit("a" * 62 + "75kg " + "b" * 50, Limits(units=70, max_parts=3))
    assert fitted.parts == ("(1/2) " + "a" * 62, "(2/2) 75kg " + "b" * 50)


def test_a_token_bigger_than_a_part_starts_where_the_text_is() -> None:
    address = "https://example.org/" + "a" * 80
    assert fit(f"See {address}", Limits(units=70, max_parts=2)).parts == (f"(1/2) See {address[:60]}", f"(2/2) {address[60:]}")


def test_a_token_as_big_as_a_part_waits_for_the_next() -> None:
    assert fit("Look here " + "a" * 62, Limits(units=70, max_parts=2)).parts == ("(1/2) Look here", "(2/2) " + "a" * 62)


def test_a_hint_gives_up_a_part_rather_than_tear_an_address() -> None:
    url = "https://example.org/" + "a" * 30
    text = f"{'word ' * 12}{url} {'word ' * 30}"  # the address fits part 2, but not together with the hint
    fitted = fit(text, Limits(units=70, max_parts=2), hint=HINT)
    assert fitted.parts == ("word " * 9 + f"word\n{HINT}",)
    assert fitted.rest.startswith(f"word word {url} word")
    assert squeezed(*bare(fitted, HINT), fitted.rest) == squeezed(text)


def test_a_hint_that_leaves_no_room_is_left_out() -> None:
    fitted = fit("word " * 40, Limits(units=40, max_parts=1), hint="Send the word MORE for the rest of it")
    assert fitted.parts == (("word " * 8).strip(),)


def test_one_foreign_letter_or_hint_counts_for_the_whole() -> None:
    assert all(len(part) <= 70 for part in fit("word " * 40 + "ሰ", SMS).parts)
    assert all(len(part) <= 70 for part in fit("word " * 200, SMS, hint="ተጨማሪ").parts)


def test_limits_too_small_for_a_marker_are_named() -> None:
    with pytest.raises(ValueError, match="a part of 20 units cannot hold"):
        fit("word " * 10, Limits(units=20, max_parts=2))


PIECES = st.sampled_from(
    [
        *("maize", "and", "the", "shamba", "e.g.", "Dr.", "“seed”", "ƙasa", "a" * 30, "€{}", "b" * 90),
        *("75 cm", "2.5 kg", "KES 1,000", "siku 7", "+254 700 000 001", "https://example.org/a/b", "12:30", "3"),
        *("1. Dig", "- one", "ሰላም", "नमस्ते", "👨‍👩‍👧", "🇰🇪🇰🇪", "e\u0323\u0301"),
    ]
)
GAPS = st.sampled_from([" ", ". ", ", ", "; ", "! ", "? ", "\n", "\n\n", "  ", "", "\u00a0", " - "])
TEXTS = st.lists(st.tuples(PIECES, GAPS), max_size=60).map(lambda pairs: "".join(piece + gap for piece, gap in pairs)) | st.text(
    max_size=600
)


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.sampled_from(LIMITS), st.sampled_from(["", HINT, "ZAIDI", "“ተጨማሪ”"]))
def test_nothing_is_lost_nothing_torn_nothing_too_long(text: str, limits: Limits, hint: str) -> None:
    whole = (fold(text) if limits.gsm7 else text).strip()
    fitted = fit(text, limits, hint=hint)
    pieces = bare(fitted, fold(hint) if limits.gsm7 else hint)

    assert len(fitted.parts) <= limits.max_parts
    assert all(measure(part, limits).parts == 1 for part in fitted.parts)
    assert all(piece.strip() for piece in pieces)
    assert squeezed(*pieces, fitted.rest) == squeezed(whole)
    assert (len(fitted.parts) <= 1 and not fitted.rest) == fits_one(text, limits)
    if fitted.rest and hint:
        assert fitted.parts[-1].endswith("\n" + (fold(hint) if limits.gsm7 else hint))
    _assert_good_cuts(whole, [*pieces, *([fitted.rest] if fitted.rest else [])], limits, hint)


def _assert_good_cuts(whole: str, pieces: list[str], limits: Limits, hint: str) -> None:
    smallest = min(limits.units, limits.ucs2_units) if limits.gsm7 else limits.units
    safe = smallest - len("(10/12) ") - len(hint) - 1  # what is no bigger fits every part
    at = 0
    for piece, following in pairwise(pieces):
        at = whole.index(piece, at) + len(piece)
        next_at = whole.index(following, at)
        assert starts_cluster(whole, next_at)
        torn = [s for s in spans(whole) if s.holds(at) and s.end - s.start <= safe and whole[s.start : s.end].isascii()]
        assert not torn, [whole[s.start : s.end] for s in torn]


@pytest.mark.parametrize("text", ["Panda.", f"{'a ' * 40}a\n{'b ' * 70}b", "Panda sm 75. " * 20])
def test_what_was_cut_is_read_without_its_marks(text: str) -> None:
    parts = fit(text, Limits()).parts
    assert len(parts) == 1 or parts[0].startswith("(1/2) ")
    assert unmarked(parts) == " ".join(text.split())


def test_a_text_that_begins_like_a_mark_keeps_it() -> None:
    assert unmarked(["(1/2) ya shamba"]) == "(1/2) ya shamba"


@pytest.mark.parametrize(
    ("first", "second", "cut"),
    [
        pytest.param(40, 154, 40, id="short-then-full"),
        pytest.param(40, 155, 154, id="the-second-does-not-fit"),
    ],
)
def test_two_paragraphs_get_a_part_each_where_they_fit(first: int, second: int, cut: int) -> None:
    parts = fit(f"{'a' * first}\n{'b' * second}", Limits()).parts
    assert (len(parts[0]) - len("(1/2) ") == first) is (cut == first)
