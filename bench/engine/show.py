"""The tables."""

from collections.abc import Sequence

from bench.engine.cell import Cell, ratios, reference, same
from bench.machine import table

OURS, WHOLE, ADAPTED, SERVER, PLAIN = "ours", "ours, whole", "ours, adapted", "llama-server", "plain"
HEAD = [
    *("contender", "askers", "answers a minute", "first token s p50 / p95", "last token s p50 / p95", "CPU s an answer"),
    *("RSS MB, peak", "PSS MB", "USS MB", f"same text as {PLAIN}"),
]


def cells_table(cells: Sequence[Cell]) -> str:
    """A row for each cell."""
    said = reference(cells, PLAIN)
    return table(HEAD, [_row(cell, *same(cell, said)) for cell in cells])


def ratios_table(cells: Sequence[Cell], ours: str = OURS) -> str:
    """`ours` over llama-server, or "" where one of them was not asked."""
    rate = ratios(cells, ours, SERVER, lambda cell: cell.per_minute)
    late = ratios(cells, ours, SERVER, lambda cell: cell.last_s(0.95))
    cpu = ratios(cells, ours, SERVER, lambda cell: cell.cpu_per_answer_s)
    memory = ratios(cells, ours, SERVER, lambda cell: cell.memory.rss)
    head = [f"{ours} : {SERVER}", "answers a minute", "last token p95", "CPU an answer", "RSS"]
    rows = [[f"{n} askers", *(f"{by[n]:.2f}" for by in (rate, late, cpu, memory))] for n in rate]
    return table(head, rows) if rows else ""


def line(cell: Cell) -> str:
    """One line while it goes on."""
    return f"{cell.contender}, {cell.askers} askers: {cell.per_minute:.1f} answers a minute, p95 {cell.last_s(0.95):.2f} s"


def _row(cell: Cell, equal: int, compared: int) -> list[str]:
    return [
        *(cell.contender, str(cell.askers), f"{cell.per_minute:.1f}"),
        f"{cell.first_s(0.5):.2f} / {cell.first_s(0.95):.2f}" if cell.first_s(1) else "-",
        f"{cell.last_s(0.5):.2f} / {cell.last_s(0.95):.2f}",
        f"{cell.cpu_per_answer_s:.2f}",
        *(f"{mb:.0f}" for mb in (cell.memory.rss, cell.memory.pss, cell.memory.uss)),
        f"{equal} of {compared}" if compared else "-",
    ]
