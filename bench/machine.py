"""What a figure was measured on: without it a figure means nothing."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil


def caption() -> str:
    """ "2026-11-22, AMD EPYC, 2 cores, 23.5 GiB, Linux x86_64, Python 3.11.7"."""
    cores = len(os.sched_getaffinity(0))
    memory = psutil.virtual_memory().total / 2**30
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{datetime.now(tz=UTC):%Y-%m-%d}, {_cpu()}, {cores} cores, {memory:.1f} GiB, {system}"


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown CPU"


def percentile(values: list[float], share: float) -> float:
    """The value under which `share` (0 to 1) of `values` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table that reads well in a terminal and in Markdown."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in [head, *rows]]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])
