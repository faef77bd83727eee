"""The page that Prometheus reads: the metrics of every process, each sample with its process, and what was looked at for it."""

import re
from collections.abc import Mapping

_SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(\{)?(.*)", re.DOTALL)


def merged(pages: Mapping[str, bytes]) -> str:
    """One page out of each process's own: every family once, as the format demands, every sample with the label `process`."""
    heads: dict[str, list[str]] = {}
    samples: dict[str, list[str]] = {}
    for process, page in pages.items():
        family = ""
        for line in page.decode().splitlines():
            if line.startswith("# HELP "):
                family = line.split(" ", 3)[2]
                heads.setdefault(family, [line])
            elif line.startswith("# TYPE "):
                heads[family][1:] = [line]
            elif line:
                samples.setdefault(family, []).append(_with(process, line))
    return "".join(f"{line}\n" for family, head in heads.items() for line in (*head, *samples.get(family, [])))


def _with(process: str, sample: str) -> str:
    found = _SAMPLE.fullmatch(sample)
    assert found, "prometheus_client wrote it"
    name, more, rest = found.groups()
    return f'{name}{{process="{process}",{rest}' if more else f'{name}{{process="{process}"}}{rest}'
