"""Metrics in Prometheus' text format, by its own client: what the daemon counts, how requests went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from aggregator.model import SourceView

STATES = ("new", "ok", "failing", "broken", "gone", "silent", "paused", "removed")
TYPE = "text/plain; version=0.0.4; charset=utf-8"

# In words, for whoever looks at a name in Prometheus; a name without words stands for itself.
HELP = {
    "aggregator_sources": "Sources that are known, removed ones with articles too.",
    "aggregator_articles": "Articles that are stored.",
    "aggregator_copies": "Articles that are copies of another.",
    "aggregator_polls_total": "Polls since this daemon started.",
    "aggregator_poll_failures_total": "Polls that failed since this daemon started.",
    "aggregator_articles_new_total": "New articles since this daemon started.",
    "aggregator_articles_copies_total": "New articles that were copies.",
    "aggregator_polls_in_flight": "Polls under way.",
}


class Measures:
    """What one application measures. ``requests``: seconds by method and class of status."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self.requests = Histogram(
            "aggregator_http_request_seconds", "Time until an answer began.", ("method", "status"),
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10), registry=self._registry,
        )  # fmt: skip

    def text(self, views: Iterable[SourceView], values: Callable[[], Mapping[str, float]]) -> bytes:
        """Everything, as Prometheus reads it. Names that end in ``_total`` are counters, others gauges."""
        now = CollectorRegistry()
        now.register(_Now(list(views), values()))
        return generate_latest(now) + generate_latest(self._registry)


class _Now(Collector):
    def __init__(self, views: list[SourceView], values: Mapping[str, float]) -> None:
        self._states: Counter[str] = Counter(view.state for view in views)
        self._values = {
            "aggregator_sources": len(views),
            "aggregator_articles": sum(view.articles for view in views),
            "aggregator_copies": sum(view.copies for view in views),
        } | dict(values)

    def collect(self) -> Iterator[Metric]:
        """Each value as a family of its own."""
        for name, value in self._values.items():
            kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            yield kind(name, HELP.get(name, name.replace("_", " ")), value=value)
        states = GaugeMetricFamily("aggregator_sources_by_state", "Sources by how they do.", labels=["state"])
        for state in STATES:
            states.add_metric([state], self._states[state])
        yield states
