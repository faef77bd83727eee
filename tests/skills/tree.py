"""A skills folder as small as it may be, to be broken in one place at a time."""

import shutil
from pathlib import Path

SHIPPED = Path(__file__).resolve().parents[2] / "skills"

SKILL = """\
name = "bees"
topics = ["hive-place", "honey", "smoke", "swarm"]
[titles]
en = "Bees"
sw = "Nyuki"
[route_words]
en = ["bee", "hive"]
sw = ["nyuki", "mzinga"]
"""
PROMPT = "Passage: $passage\nQuestion: $question\nSMS:\n"
REPLIES = '[en]\nno_fact = "Not in my guide."\n[sw]\nno_fact = "Haimo."\n'
CASES = """\
[[case]]
text = "my hive, where"
lang = "en"
fact = "hive-place"
must = ["shade"]
[[case]]
text = "bei"
lang = "sw"
fact = ""
"""
FACT = """\
## {name}: Title {name}
ask: where {name} {lang}
ask: how {name} {lang}
sms: Place 3 hives in the shade.
source: FAO, bees
reviewed: 2026-01-15

Place 3 hives in the shade.
Keep water near.

"""
IDS = ("hive-place", "honey", "smoke", "swarm")


def make(tmp_path: Path) -> Path:
    """The root of a good tree with one skill, "bees", and the common texts that we ship."""
    root = tmp_path / "skills"
    facts = root / "bees" / "facts"
    facts.mkdir(parents=True)
    shutil.copytree(SHIPPED / "common-texts", root / "common-texts")
    for lang in ("en", "sw"):
        (facts / f"hive.{lang}.md").write_text("".join(FACT.format(name=name, lang=lang) for name in IDS), encoding="utf-8")
        (root / "bees" / f"prompt.{lang}.md").write_text(PROMPT, encoding="utf-8")
    for name, text in (("skill.toml", SKILL), ("replies.toml", REPLIES), ("cases.toml", CASES)):
        (root / "bees" / name).write_text(text, encoding="utf-8")
    return root


def replace(path: Path, old: str, new: str) -> None:
    """Changes the first `old` in a file, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
