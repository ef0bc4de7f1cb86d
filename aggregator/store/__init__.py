"""Everything that outlives a process: schedule, articles, fingerprints, stories, what people read."""

from aggregator.store.daemons import Daemon
from aggregator.store.placing import places
from aggregator.store.store import Store

__all__ = ["Daemon", "Store", "places"]
