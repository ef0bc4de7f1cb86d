"""The archive on a cluster of Apache Spark: the five steps as joins and maps, pyspark's only home.

    session    connecting, and errors in words
    reading    files to documents, wherever Spark reads them
    work       what executors do: the pure functions of `aggregator.dedup.archive` over Arrow batches
    plan       which rows meet where

No text comes to the driver: for the assembly it gets a few numbers an article, and the decided pairs.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from typing import Any

from aggregator.dedup.archive.shelves import Progress, quietly
from aggregator.dedup.rules import Rules
from aggregator.errors import UsageError

NEEDS = ("pyspark", "pyarrow")


def dedup(
    path: str,
    rules: Rules,
    progress: Progress = quietly,
    master: str | None = None,
    conf: Mapping[str, str] | None = None,
) -> Iterator[dict[str, Any]]:
    """Fold the archive at ``path`` (a file or a folder, as Spark names it) into stories.

    ``master``: the cluster; None: the session that is there, else this machine. ``conf``: Spark's settings.
    """
    if any(importlib.util.find_spec(name) is None for name in NEEDS):
        raise UsageError(
            "--engine spark needs pyspark and pyarrow: pip install 'feed-aggregator[spark]', and Java 17 or "
            "newer"
        )
    if path == "-":
        raise UsageError("--engine spark reads a file or a folder, not standard input")
    from aggregator.archives.spark.plan import fold
    from aggregator.archives.spark.session import session

    with session(master, conf or {}) as spark:
        yield from fold(spark, path, rules, progress)
