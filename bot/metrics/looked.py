"""What is looked at when Prometheus asks: the store's gauges, and what is up. Made anew for each page."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from bot.core.alert.broadcast import Stage
from bot.core.bucket import Bucket
from bot.core.gauges import Gauges
from bot.core.types import Status
from bot.metrics.families import OTHER

_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True, eq=False)  # a registry keeps it by identity
class Looked:
    """One look at the service. `gauges` is None where the store did not answer; `lanes` says of each part whether it works."""

    gauges: Gauges | None
    buckets: Mapping[str, Bucket]
    database: bool
    broker: bool
    lanes: Mapping[str, bool]
    disk_free: int
    channels: Collection[str]
    at: float

    def page(self) -> bytes:
        """As text for Prometheus."""
        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> list[GaugeMetricFamily]:
        """For prometheus_client."""
        lanes = {(part,): float(up) for part, up in self.lanes.items()}
        up = [
            _one("database_up", "1: the database can be written to.", float(self.database)),
            _one("broker_up", "1: hints to workers arrive.", float(self.broker)),
            _one("disk_free_bytes", "Free on the disk of data_dir.", float(self.disk_free)),
            _many(
                "lane_up",
                "1: a worker of the lane (or the beat) runs and works.",
                ["lane"],
                lanes.items(),
            ),
        ]
        return up if self.gauges is None else [*up, *self._stored(self.gauges), *self._rates()]

    def _stored(self, gauges: Gauges) -> list[GaugeMetricFamily]:
        place = ["lane", "channel"]
        empty = {(lane, channel): 0.0 for lane in ("answers", "sends", "alerts") for channel in self.channels}
        depth = empty | {(w.lane.value, w.channel): float(w.count) for w in gauges.waiting}
        age = empty | {(w.lane.value, w.channel): max(0.0, self.at - w.since) if w.since else 0.0 for w in gauges.waiting}
        cost = {(s.channel, _currency(s.currency)): float(s.amount) for s in gauges.spending if s.currency}
        parts = {(channel,): 0.0 for channel in self.channels}
        for spent in gauges.spending:
            parts[(spent.channel,)] = parts.get((spent.channel,), 0.0) + spent.parts
        return [
            _many("queue_depth", "Questions (answers) and deliveries (sends, alerts) that are not over.", place, depth.items()),
            _many(
                "queue_oldest_seconds",
                "How long the first of them waits; sleep in quiet hours does not count.",
                place,
                (empty | age).items(),
            ),
            _one("tickets_open", "People who wait for a person.", float(gauges.tickets)),
            _one("tickets_urgent", "Those of them who may be in danger.", float(gauges.urgent)),
            _one("tickets_oldest_seconds", "How long the first ticket waits.", self.at - gauges.ticket_since if gauges.tickets else 0.0),
            _one("queue_holds", "Holds of an operator that keep some of it back: ujumbe queue.", float(gauges.holds)),
            _many("broadcasts", "Broadcasts, by stage.", ["stage"], (((one,), float(gauges.broadcasts.get(one, 0))) for one in Stage)),
            _many(
                "broadcast_deliveries",
                "Deliveries of broadcasts that were approved in the last day, by status.",
                ["status"],
                (((one,), float(gauges.broadcast_deliveries.get(one, 0))) for one in Status),
            ),
            _many("cost_last_hour", "What the last hour's parts cost, where the provider tells.", ["channel", "currency"], cost.items()),
            _many("parts_last_hour", "Parts that a provider took, of the last hour's deliveries.", ["channel"], parts.items()),
        ]

    def _rates(self) -> list[GaugeMetricFamily]:
        known = {channel: self.buckets.get(channel, Bucket()) for channel in self.channels}
        speeds = (((channel,), bucket.speed(self.at)) for channel, bucket in known.items())
        silent = (((channel,), float(bucket.tripped)) for channel, bucket in known.items())
        return [
            _many("rate_factor", "Share of its rate that a channel sends at: less after a provider's 'too fast'.", ["channel"], speeds),
            _many("provider_silent", "1: the provider has not answered for so long that only a probe is sent.", ["channel"], silent),
        ]


def _currency(code: str) -> str:
    return code if _CURRENCY.fullmatch(code) else OTHER


def _one(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"ujumbe_{name}", says, value=value)


def _many(name: str, says: str, labels: list[str], values: Iterable[tuple[tuple[str, ...], float]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"ujumbe_{name}", says, labels=labels)
    for given, value in values:
        family.add_metric(list(given), value)
    return family
