"""However a person mangles a file, the loader answers with BadText or with a library, never with anything else."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.errors import BadText
from bot.core.types import Library
from skills.loader import check, load
from tests.skills import tree

FILES = (
    "bees/skill.toml", "bees/prompt.en.md", "bees/replies.toml", "bees/cases.toml", "bees/facts/hive.sw.md", "common-texts/replies.toml",
    "common-texts/keywords.toml", "common-texts/emergencies.toml",
)  # fmt: skip
Mutation = Callable[[list[str], int], list[str]]
MUTATIONS: dict[str, Mutation] = {
    "delete": lambda lines, at: lines[:at] + lines[at + 1 :],
    "double": lambda lines, at: [*lines[: at + 1], *lines[at:]],
    "cut": lambda lines, at: [*lines[:at], lines[at][: len(lines[at]) // 2], *lines[at + 1 :]],
    "end": lambda lines, at: lines[:at],
    "number": lambda lines, at: [*lines[:at], lines[at].split("=")[0] + "= 7", *lines[at + 1 :]],
    "table": lambda lines, at: [*lines[:at], lines[at].split("=")[0] + "= {a = [1]}", *lines[at + 1 :]],
    "swap": lambda lines, at: [*lines[:at], *lines[at + 1 : at + 2], lines[at], *lines[at + 2 :]],
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tree.make(tmp_path_factory.mktemp("mutations"))


def outcome(root: Path) -> Library | str:
    try:
        return load(root)
    except BadText as problem:
        return str(problem)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    file=st.sampled_from(FILES),
    steps=st.lists(st.tuples(st.sampled_from(sorted(MUTATIONS)), st.integers(0, 10_000)), min_size=1, max_size=3),
    noise=st.one_of(st.just(""), st.text(max_size=40)),
)
def test_mangled_files_give_bad_text_or_a_library(root: Path, file: str, steps: list[tuple[str, int]], noise: str) -> None:
    path = root / file
    good = path.read_bytes()
    lines = good.decode().split("\n")
    for name, at in steps:
        lines = MUTATIONS[name](lines, at % len(lines)) or [""]
    mangled = "\n".join([*lines, noise] if noise else lines)
    try:
        path.write_bytes(mangled.encode("utf-8", "surrogatepass"))
        found = outcome(root)
        problems = [p for p in check(root) if "ago" not in p.what and "future" not in p.what and "expired" not in p.what]
        assert isinstance(found, Library) == (not problems)
        for problem in problems:
            written = root.parent / problem.file
            rows = written.read_text(encoding="utf-8", errors="replace").count("\n") + 1 if written.is_file() else 1
            assert 1 <= problem.line <= rows
    finally:
        path.write_bytes(good)
