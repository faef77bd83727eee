"""The tables."""

from collections.abc import Sequence

from bench.machine import percentile, table
from bench.whole.measure import Run

Pairs = Sequence[tuple[Run, Run]]  # through the whole service, and the engine alone
_ORDER = ("engine", "answers", "gateway", "sends", "chores", "alerts", "beat", "valkey", "supervisor", "askers")


def ratio(pairs: Pairs) -> float:
    """What the service keeps of the engine's own rate, over all rounds."""
    whole, alone = (_rate([pair[n] for pair in pairs]) for n in (0, 1))
    return whole / alone


def line(whole: Run, alone: Run) -> str:
    """One round."""
    kept = whole.per_minute / alone.per_minute
    return f"{whole.per_minute:.1f} answers a minute through the service, {alone.per_minute:.1f} by the engine alone: {100 * kept:.1f} %"


def rates(pairs: Pairs) -> str:
    """How many, and how long one waits."""
    rows = [_row(name, [pair[n] for pair in pairs]) for n, name in enumerate(("the whole service", "the engine alone"))]
    return table(["", "answers a minute", "wait p50, s", "p95, s"], [*rows, ["kept", f"{100 * ratio(pairs):.1f} %", "", ""]])


def processor(pairs: Pairs) -> str:
    """What an answer costs each process."""
    names = {name for pair in pairs for run in pair for name in run.cpu}
    ordered = sorted(names, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))
    rows = [[name, *(_cpu([pair[n] for pair in pairs], name) for n in (0, 1))] for name in ordered]
    return table(["processor time an answer, ms", "whole", "alone"], rows)


def _rate(runs: Sequence[Run]) -> float:
    return 60.0 * sum(len(run.waits_s) for run in runs) / sum(run.seconds for run in runs)


def _row(name: str, runs: Sequence[Run]) -> list[str]:
    waits = [wait for run in runs for wait in run.waits_s]
    return [name, f"{_rate(runs):.1f}", f"{percentile(waits, 0.5):.2f}", f"{percentile(waits, 0.95):.2f}"]


def _cpu(runs: Sequence[Run], name: str) -> str:
    spent = [run.cpu_ms(name) for run in runs if name in run.cpu]
    return f"{sum(spent) / len(spent):.1f}" if spent else ""
