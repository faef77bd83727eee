"""`ujumbe eval`: arguments in, tables and files out."""

import argparse
import json
import logging
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.app import App
from bot.core.answering import Answers
from bot.core.errors import BadSetting
from bot.core.menu import in_lines
from bot.evaluate import plot, sets, table
from bot.evaluate.judge import faults
from bot.evaluate.run import Asker, Outcome, Search

CHANNEL = "sim"  # a plain SMS phone: the tightest limits that most people have
TOLD_EVERY = 200  # questions; a model takes a second for each
Say = Callable[[str], None]
log = logging.getLogger(__name__)


def run(args: argparse.Namespace, app: App, say: Say) -> int:
    """Asks, judges and tells. Returns the exit status. Raises BadSetting."""
    library = app.library
    if args.skill and library.skill(args.skill) is None:
        raise BadSetting(f"--skill {args.skill}: there is no such skill. Choose from {', '.join(s.name for s in library.skills)}.")
    asked = sets.read(args.file, library) if args.file else sets.cases(library)
    questions = sets.pick(asked, skill=args.skill, lang=args.lang, limit=args.limit, seed=args.seed)
    answers, search = _bot(app)
    asker = Asker(
        library=library,
        answers=answers,
        search=search,
        limits=app.channels[CHANNEL].limits,
        values=app.settings.placeholders,
        answer_within_s=app.settings.answer_within_s,
        lang=app.settings.lang,
    )
    outcomes = list(_counted(asker.ask(questions), len(questions)))
    caption = _caption(asked, outcomes, app, args.adapter)
    for line in table.exchanges(_chosen(outcomes, args.show), faults):
        say(line)
    text = table.report(outcomes, caption)
    say(text)
    if args.out:
        _write(args.out, text, outcomes, caption)
        say(f"Written: {', '.join(str(args.out / name) for name in ('table.md', 'replies.jsonl', 'plot.svg'))}")
    return 0


def _bot(app: App) -> tuple[Answers, Search]:
    """What answers questions in a worker, and its search by itself. Raises BadSetting where the model cannot be used: the figures would
    be the search's."""
    if app.settings.model != "none" and not app.answers.has_model:
        raise BadSetting(f"model {app.settings.model} cannot be used, so there is nothing to evaluate. Mend it, or give --model none.")
    return app.answers, app.answers.route


def _counted(outcomes: Iterator[Outcome], total: int) -> Iterator[Outcome]:
    for n, outcome in enumerate(outcomes, 1):
        yield outcome
        if n % TOLD_EVERY == 0 and n < total:
            log.info("%d of %d questions asked", n, total)


def _chosen(outcomes: Sequence[Outcome], show: str | None) -> Sequence[Outcome]:
    """What --show asks for."""
    if show == "wrong":
        return [o for o in outcomes if faults(o)]
    return outcomes[: len(outcomes) if show == "all" else int(show or 0)]


def _caption(asked: sets.QuestionSet, outcomes: Sequence[Outcome], app: App, adapter: Path | None) -> str:
    """What was asked of what, when and where: a figure means nothing without it."""
    model, embedder = Path(app.settings.model).name, app.settings.embedder
    model += f" with adapter {adapter.name}" if adapter else ""
    count = f"{len(outcomes)} of {len(asked.questions)} questions of {', '.join(asked.names)}"
    skipped = f" (left out: {asked.skipped} in other languages)" if asked.skipped else ""
    remote = f" ({app.settings.remote.model} of {app.settings.remote.host} where unsure)" if app.settings.remote.url else ""
    where = f"{datetime.now(tz=UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"{count}{skipped}; model {model}, embedder {embedder}{remote}; {where}"


def _write(folder: Path, text: str, outcomes: Sequence[Outcome], caption: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "table.md").write_text(text, encoding="utf-8")
        lines = (json.dumps(_told(o), ensure_ascii=False) for o in outcomes)
        (folder / "replies.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        (folder / "plot.svg").write_text(plot.chart(outcomes, caption), encoding="utf-8")
    except OSError as error:
        raise BadSetting(f"--out {folder}: cannot be written to ({error.strerror}). Give another folder.") from None


def _told(o: Outcome) -> Mapping[str, object]:
    """One line of replies.jsonl."""
    q, reply = o.question, o.reply
    return {
        "text": q.text,
        "lang": q.lang,
        "register": o.register,
        "from": q.place,
        "wanted": {"skill": q.skill, "fact": q.fact, "must": list(q.must), **_safety(q)},
        "got": {"text": in_lines(reply).text, "kind": reply.kind, "lang": reply.lang, "skill": o.skill, "facts": list(reply.facts)},
        "found": [fact for _, fact in o.found],
        "confidence": None if o.confidence is None else round(o.confidence, 4),
        "seconds": round(o.seconds, 4),
        "wrong": faults(o),
    }


def _safety(q: sets.Question) -> Mapping[str, object]:
    """What its row says of danger, where it does."""
    emergency = {} if q.emergency is None else {"emergency": list(q.emergency)}
    return {**emergency, **({"never": list(q.never)} if q.never else {})}
