"""Archives of any size: files to documents, and the engines of the steps of `aggregator.dedup.archive`.

    files, lines   JSON Lines (also gzipped) and Parquet, a file or a folder of them
    local          this machine: texts lie in scratch files, the costly steps run in processes
    spark          a cluster of Apache Spark (an extra)

Both engines give the same lines in the same order.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any, Protocol

from aggregator.dedup.archive.shelves import Progress
from aggregator.dedup.rules import Rules

ENGINES = {"local": "aggregator.archives.local", "spark": "aggregator.archives.spark"}


class Engine(Protocol):
    """Folds the archive at a path (a file, a folder; ``-``: standard input) into stories."""

    def __call__(
        self, path: str, rules: Rules, *, progress: Progress, **options: Any
    ) -> Iterator[dict[str, Any]]:
        """The lines that come out, in order. ``options``: the engine's own."""


def engine(name: str) -> Engine:
    """An engine by its name; only then what it needs is imported."""
    found: Engine = importlib.import_module(ENGINES[name]).dedup
    return found
