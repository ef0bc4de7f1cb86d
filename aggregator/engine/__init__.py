"""The engine: store, HTTP client, worker processes, poller and placer at work together; no web server."""

from aggregator.engine.housekeeping import definition_of
from aggregator.engine.opening import engine
from aggregator.engine.parts import Engine

__all__ = ["Engine", "definition_of", "engine"]
