"""Reads PromQL just well enough to know which metrics, labels and label values an expression names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FUNCTIONS = frozenset(
    {"sum", "max", "min", "rate", "increase", "changes", "absent", "time", "histogram_quantile", "by", "le", "or", "and", "unless", "on"}
)
_GROUPS = re.compile(r"\bby\s*\(([^)]*)\)")
_SELECTOR = re.compile(r"\{([^}]*)\}")
_MATCHER = re.compile(r'\s*(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"\s*')
_WORD = re.compile(r"\b[a-zA-Z_:][\w:]*\b")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of an expression, with the matchers at it."""

    name: str
    matchers: tuple[tuple[str, str, str], ...]  # label, operator, value


@dataclass(frozen=True, slots=True)
class Expression:
    """What an expression names. `groups` are the labels that it sums by."""

    metrics: tuple[Metric, ...]
    groups: frozenset[str]


def read(text: str) -> Expression:
    """What `text` names. ValueError where its brackets do not match or a matcher cannot be read."""
    if any(text.count(a) != text.count(b) for a, b in ("()", "[]", "{}")):
        raise ValueError(f"brackets do not match: {text}")
    groups = frozenset(label.strip() for found in _GROUPS.findall(text) for label in found.split(","))
    return Expression(tuple(_metrics(_GROUPS.sub(" ", text))), groups)


def _metrics(text: str) -> Iterator[Metric]:
    bare = re.sub(r"\[[^\]]*\]", " ", text)
    selectors = _SELECTOR.findall(bare)
    spots = iter(selectors)
    marked = _SELECTOR.sub(" {} ", bare)
    tokens = re.findall(r"\{\}|[a-zA-Z_:][\w:]*|\S", re.sub(r"\b\d[\d.e]*\b", " ", marked))
    for token, following in zip(tokens, [*tokens[1:], ""], strict=True):
        if _WORD.fullmatch(token) and token not in _FUNCTIONS:
            yield Metric(token, tuple(_matchers(next(spots))) if following == "{}" else ())


def _matchers(inside: str) -> Iterator[tuple[str, str, str]]:
    for piece in inside.split(","):
        found = _MATCHER.fullmatch(piece)
        if found is None:
            raise ValueError(f"no matcher: {piece}")
        yield found[1], found[2], found[3]
