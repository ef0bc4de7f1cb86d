"""Everything that outlives a process: schedule, articles, fingerprints, stories, what people read."""

from aggregator.store.store import Store

__all__ = ["Store"]
