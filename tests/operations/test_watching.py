"""The dashboard and the alerts name metrics that exist, with labels and values that they have. Metrics cannot be renamed unseen."""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bot.__main__ import main
from bot.core.alert.broadcast import Stage
from bot.core.errors import SendError
from bot.core.gauges import Gauges, Spending, Waiting
from bot.core.types import Lane, Status
from bot.core.workload import Work, Workload
from bot.metrics import engine
from bot.metrics.families import KINDS, REGISTRY
from bot.metrics.looked import Looked
from tests.operations.exprs import Metric, read

OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations"
PROMETHEUS = {"job", "instance"}  # labels that Prometheus adds
OUTCOMES = {"wired", "broken", *(re.sub(r"(?<=.)([A-Z])", r"_\1", error.__name__).lower() for error in SendError.__subclasses__())}
VALUES = {
    "outcome": OUTCOMES | {"taken", "refused", "failed", "served", "cut", "right", "wrong"},
    "status": {*map(str, Status), "postponed"},
    "lane": {*map(str, Lane), "beat"},
    "kind": KINDS | {"other"},
    "part": {"write", "choose"},
    "job": {"ujumbe"},
    "stage": {*map(str, Stage)},
}


def _looked() -> Looked:
    gauges = Gauges(
        waiting=[Waiting(Lane.SENDS, "sim", 1, 5.0)],
        tickets=1,
        urgent=1,
        ticket_since=1.0,
        spending=[Spending("sim", "KES", 2, Decimal("1.6")), Spending("sim", "+254700000001", 1, Decimal(1))],
    )
    return Looked(gauges=gauges, buckets={}, database=True, broker=True, lanes={"beat": True}, disk_free=1, channels=["sim"], at=9.0)


def _existing() -> Mapping[str, frozenset[str]]:
    """Every sample's name that can be on the page, with its labels."""
    names: dict[str, frozenset[str]] = {}
    for family in text_string_to_metric_families(_looked().page().decode()):
        names |= {sample.name: frozenset(sample.labels) for sample in family.samples}
    for family in REGISTRY.collect():
        names |= {sample.name: frozenset({"process", *sample.labels}) for sample in family.samples}
    load = Workload(texts={"served": 1}, shed={"late": 1}, work=Work(cpu_s=1.0, joules=1.0))
    for numbers in engine.families(load):
        names |= {sample.name: frozenset({"process", *sample.labels}) for sample in numbers.samples}
    for collector, found in REGISTRY._collector_to_names.items():
        labels = {"process", *getattr(collector, "_labelnames", ())}
        names |= {name: frozenset(labels | ({"le"} if name.endswith("_bucket") else set())) for name in found}
    return names


EXISTING = _existing()


def _queries(panel: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for target in panel.get("targets", ()):
        yield panel["title"], target["expr"]


DASHBOARD: dict[str, Any] = json.loads((OPERATIONS / "grafana" / "ujumbe.json").read_text())
RULES: list[dict[str, Any]] = yaml.safe_load((OPERATIONS / "prometheus-rules.yaml").read_text())["groups"][0]["rules"]
EXPRESSIONS = [
    *((f"panel {title}", expr) for panel in DASHBOARD["panels"] for title, expr in _queries(panel)),
    *((f"alert {rule['alert']}", rule["expr"]) for rule in RULES),
]


def problems(expr: str) -> Iterator[str]:
    """What an expression names that is not there."""
    found = read(expr)
    if not found.metrics:
        yield "names no metric"
    for metric in found.metrics:
        if metric.name not in EXISTING:
            yield f"no metric {metric.name}"
            continue
        labels = EXISTING[metric.name] | PROMETHEUS
        yield from (f"{metric.name} has no label {label}" for label in found.groups - labels)
        yield from _wrong_matchers(metric, labels)


def _wrong_matchers(metric: Metric, labels: frozenset[str]) -> Iterator[str]:
    for label, operator, value in metric.matchers:
        if label not in labels:
            yield f"{metric.name} has no label {label}"
        elif operator in {"=", "!="} and value not in VALUES[label]:
            yield f"{label} is never {value}"


@pytest.mark.parametrize("expr", [expr for _, expr in EXPRESSIONS], ids=[name for name, _ in EXPRESSIONS])
def test_what_is_shown_and_watched_exists(expr: str) -> None:
    assert list(problems(expr)) == []


@pytest.mark.parametrize(
    ("expr", "says"),
    [
        pytest.param("sum(rate(ujumbe_message_total[5m]))", "no metric ujumbe_message_total", id="name"),
        pytest.param("sum by (lane) (rate(ujumbe_messages_total[5m]))", "has no label lane", id="group"),
        pytest.param('ujumbe_parts_total{state="wired"}', "has no label state", id="label"),
        pytest.param('ujumbe_parts_total{status="wierd"} > 1e3', "status is never wierd", id="value"),
        pytest.param("ujumbe_queue_depth + nonsense", "no metric nonsense", id="second"),
        pytest.param("1 + 1", "names no metric", id="none"),
    ],
)
def test_the_guard_sees(expr: str, says: str) -> None:
    assert any(says in problem for problem in problems(expr))


def test_the_guard_looks_at_everything() -> None:
    assert len(EXPRESSIONS) > 45
    assert sum(len(read(expr).metrics) for _, expr in EXPRESSIONS) >= len(EXPRESSIONS)


def test_everything_that_is_counted_is_shown_or_watched() -> None:
    named = {re.sub(r"_(bucket|sum|count|total)$", "", metric.name) for _, expr in EXPRESSIONS for metric in read(expr).metrics}
    ours = {re.sub(r"_(bucket|sum|count|total|created)$", "", name) for name in EXISTING if name.startswith("ujumbe_")}
    assert ours - named == set()


def _cells(spot: Mapping[str, int]) -> set[tuple[int, int]]:
    return {(spot["x"] + x, spot["y"] + y) for x in range(spot["w"]) for y in range(spot["h"])}


def test_the_panels_have_places_of_their_own() -> None:
    spots = [cell for panel in DASHBOARD["panels"] for cell in _cells(panel["gridPos"])]
    assert len(spots) == len(set(spots))
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))


def test_the_alerts_that_the_house_needs_are_there() -> None:
    named = {metric.name for rule in RULES for metric in read(rule["expr"]).metrics}
    assert named >= {
        "ujumbe_queue_oldest_seconds",
        "ujumbe_provider_call_seconds_count",
        "ujumbe_database_up",
        "ujumbe_last_sweep_timestamp_seconds",
        "ujumbe_feed_read_timestamp_seconds",
        "ujumbe_tickets_urgent",
        "ujumbe_cost_last_hour",
    }
    for rule in RULES:
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"].keys() == {"summary", "command"}


COMMANDS = sorted({rule["annotations"]["command"] for rule in RULES if rule["annotations"]["command"].startswith("ujumbe ")})


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_that_alerts_tell_exist(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command.split()[1:], "--help"])
    assert ended.value.code == 0
    capsys.readouterr()


def test_a_currency_is_one_or_another() -> None:
    page = _looked().page().decode()
    assert 'currency="KES"' in page
    assert 'currency="other"' in page
    assert "254700" not in page
