"""aggregator: polls many outlets' feeds politely and shows each story once."""

__version__ = "0.1.0"
