"""The key rates as a bar chart, written by hand as SVG."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap

from bot.core.types import Lang
from bot.evaluate.judge import MEASURES
from bot.evaluate.run import Outcome
from bot.evaluate.tally import Rate, rate

# Blue and orange of Okabe and Ito: apart for every kind of colour-blindness, and in grey too.
COLOURS = {Lang.EN: "#0072B2", Lang.SW: "#E69F00"}
NAMES = {Lang.EN: "English", Lang.SW: "Swahili"}
_WIDTH, _HEIGHT = 960, 420
_TITLE = 120  # characters that a line of the title has room for
_LEFT, _TOP, _BOTTOM = 56, 84, 340  # of the field that the bars stand in
_BAR = 40
_FONT = 'font-family="sans-serif"'


@dataclass(frozen=True, slots=True)
class _Bar:
    x: float
    colour: str
    label: str
    found: Rate


def chart(outcomes: Sequence[Outcome], title: str) -> str:
    """A group of bars for each key measure, a bar for each language that was asked in, with its 95 % interval."""
    langs = [lang for lang in Lang if any(o.question.lang is lang for o in outcomes)]
    shown = [m for m in MEASURES if m.key]
    room = (_WIDTH - _LEFT) / len(shown)
    lines = [*_frame(title), *_legend(langs)]
    for n, measure in enumerate(shown):
        middle = _LEFT + room * (n + 0.5)
        lines.append(_text(middle, _BOTTOM + 22, measure.name))
        for k, lang in enumerate(langs):
            found = rate([o for o in outcomes if o.question.lang is lang], measure.holds)
            x = middle + (k - len(langs) / 2) * _BAR
            lines += _bar(_Bar(x, COLOURS[lang], f"{NAMES[lang]}, {measure.name}", found))
    return "\n".join([*lines, "</svg>", ""])


def _frame(title: str) -> Iterator[str]:
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" {_FONT} font-size="13" fill="#222">'
    yield f"<title>{escape(title)}</title>"
    yield f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>'
    for n, line in enumerate(wrap(title, _TITLE)[:2]):
        yield _text(16, 24 + 20 * n, line, anchor="start", size=15)
    for percent in range(0, 101, 20):
        y = _y(percent / 100)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - 8}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ccc"/>'
        yield _text(_LEFT - 8, y + 4, f"{percent} %", anchor="end")


def _legend(langs: Sequence[Lang]) -> Iterator[str]:
    for n, lang in enumerate(langs):
        x = _LEFT + 110 * n
        yield f'<rect x="{x}" y="{_HEIGHT - 34}" width="14" height="14" fill="{COLOURS[lang]}" stroke="#222"/>'
        yield _text(x + 22, _HEIGHT - 22, NAMES[lang], anchor="start")
    yield _text(_WIDTH - 8, _HEIGHT - 22, "thin lines: 95 % interval", anchor="end")


def _bar(bar: _Bar) -> Iterator[str]:
    centre = bar.x + _BAR / 2
    if bar.found.share is None:
        yield _text(centre, _BOTTOM - 6, "-")
        return
    top, (low, high) = _y(bar.found.share), bar.found.interval
    told = f"{bar.label}: {bar.found.hits} of {bar.found.of}"
    yield f'<rect x="{bar.x + 2:.1f}" y="{top:.1f}" width="{_BAR - 4}" height="{_BOTTOM - top:.1f}" fill="{bar.colour}" stroke="#222">'
    yield f"<title>{escape(told)}</title></rect>"
    yield f'<line x1="{centre:.1f}" x2="{centre:.1f}" y1="{_y(low):.1f}" y2="{_y(high):.1f}" stroke="#222" stroke-width="2"/>'
    yield _text(centre, _y(high) - 5, f"{100 * bar.found.share:.0f}")


def _y(share: float) -> float:
    return _BOTTOM - share * (_BOTTOM - _TOP)


def _text(x: float, y: float, text: str, *, anchor: str = "middle", size: int = 0) -> str:
    font = f' font-size="{size}"' if size else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{font}>{escape(text)}</text>'
