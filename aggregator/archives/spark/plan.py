"""The five steps over a cluster: which rows meet where.

A join never multiplies: candidates are found key by key, where a hot key makes none; an article is sent once
to each block of articles that looks at it; and what is one with an article meets its pairs by that article.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from pyspark import StorageLevel, TaskContext
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812

from aggregator.archives.packing import unpack
from aggregator.archives.spark import work
from aggregator.archives.spark.reading import PART, documents_of, files_of
from aggregator.dedup.archive.assembling import assemble
from aggregator.dedup.archive.learning import LEAST, RECENT
from aggregator.dedup.archive.looking import LOOKED
from aggregator.dedup.archive.prints import Printed
from aggregator.dedup.archive.shelves import Progress
from aggregator.dedup.rules import Rules
from aggregator.model import Tie

ORDER = ("moment", "source", "id")
WORTH = 1_000_000  # bytes of files from which a part is worth its start
BLOCK = 16_000_000  # bytes of articles that a block has of its own, candidates not counted
STEPS = ("read", "learn", "fingerprint", "find candidates", "compare", "hear others")


def fold(
    spark: SparkSession, path: str, rules: Rules, progress: Progress, parts: int | None = None
) -> Iterator[dict[str, Any]]:
    """Fold an archive into stories. ``parts``: of shuffles; None: by the size of the files."""
    steps = enumerate(STEPS, 1)

    def kept(rows: DataFrame) -> DataFrame:
        """Worked out here and now, and kept on the executors' disks."""
        stored = rows.persist(StorageLevel.DISK_ONLY)
        stored.count()
        stores.append(stored)
        tell()
        return stored

    def tell() -> None:
        """One step is done, and the next begins."""
        if begun:
            progress(begun[-1], 1, 1)
        if (following := next(steps, None)) is not None:
            begun.append("{1} (step {0} of {2})".format(*following, len(STEPS)))
            progress(begun[-1], 0, None)

    begun: list[str] = []
    stores: list[DataFrame] = []
    tell()
    files = files_of(spark, path)
    parts = parts or _parts(files.size, spark.sparkContext.defaultParallelism)
    spark.conf.set("spark.sql.shuffle.partitions", str(parts))
    documents = documents_of(spark, files, path)
    stores.append(documents)
    tell()
    boilerplate = _boilerplate(documents)
    tell()
    prints = kept(_prints(spark, documents, boilerplate, parts, stores))
    pairs = kept(_pairs(prints, rules, parts))
    seen = kept(_seen(prints, pairs, rules))
    exact = _exact(prints, parts).persist(StorageLevel.DISK_ONLY)
    stores.append(exact)
    ties = [
        *(Tie(*tie) for tie in _many(exact.mapInArrow(work.together("tie"), work.MANY))),
        *(Tie(*tie) for tie in _many(_heard(seen, exact))),
    ]
    tell()
    outlines: list[Printed] = list(
        _many(prints.select("outline").mapInArrow(work.together("outline"), work.MANY))
    )
    for each in reversed(stores):
        each.unpersist()
    yield from assemble(outlines, ties, rules, lambda done: progress("placed", done, len(outlines)))


def _parts(size: int, processors: int) -> int:
    """How many parts an archive is cut into: of `PART` bytes, and smaller ones if some would have no work."""
    return max(1, -(-size // PART), min(2 * processors, size // WORTH))


def _boilerplate(documents: DataFrame) -> dict[str, frozenset[int]]:
    """Step 1. Only the newest documents of a source meet, and only of sources that have enough."""
    newest = Window.partitionBy("source").orderBy(F.desc("moment"), F.desc("id"))
    of_source = Window.partitionBy("source")
    limits = (
        documents.select(*ORDER)
        .select(
            *ORDER, F.row_number().over(newest).alias("nth"), F.count("id").over(of_source).alias("count")
        )
        .where((F.col("count") >= LEAST) & (F.col("nth") == F.least(F.lit(RECENT), F.col("count"))))
        .select("source", "count", F.struct("moment", "id").alias("oldest"))
    )
    learnt = (
        documents.join(limits, "source").where(F.struct("moment", "id") >= F.col("oldest"))
        .select("source", "count", "document")
        .groupBy("source").applyInArrow(work.learn_source, work.BOILERPLATE)
    )  # fmt: skip
    found = ((row.source.decode(), unpack(row.learnt)) for row in learnt.toLocalIterator())
    return {source: passages for source, passages in found if passages}


def _prints(
    spark: SparkSession,
    documents: DataFrame,
    boilerplate: dict[str, frozenset[int]],
    parts: int,
    stores: list[DataFrame],
) -> DataFrame:
    """Step 2, and the order of the archive: parts by time, in which each document has its number."""
    ordered = (
        documents.repartitionByRange(parts, *ORDER).sortWithinPartitions(*ORDER).select("document")
        .persist(StorageLevel.DISK_ONLY)
    )  # fmt: skip
    stores.append(ordered)
    counted = {
        row.part: row["count"]
        for row in ordered.groupBy(F.spark_partition_id().alias("part")).count().collect()
    }
    before = list(itertools.accumulate((counted.get(part, 0) for part in range(parts)), initial=1))
    learnt = spark.sparkContext.broadcast(boilerplate)
    run = work.make_prints(_number_of_part(before), lambda: learnt.value)
    return ordered.mapInArrow(run, work.PRINTS)


def _number_of_part(before: list[int]) -> Callable[[], int]:
    def first() -> int:
        context = TaskContext.get()
        assert context is not None
        return before[int(context.partitionId())]

    return first


def _pairs(prints: DataFrame, rules: Rules, parts: int) -> DataFrame:
    """Step 3. All articles with a key meet: of each, a few numbers."""
    keys = prints.select(F.explode("keys").alias("key"), "number", "moment").repartition(parts, "key")
    return keys.mapInArrow(work.find_pairs(rules), work.PAIRS)


def _seen(prints: DataFrame, pairs: DataFrame, rules: Rules) -> DataFrame:
    """Step 4 by the two texts: articles in blocks by number, each with its candidates."""
    size = _block_size(prints)
    number = F.explode(F.array("later", "earlier")).alias("number")
    numbers = pairs.select(_block("later", size).alias("looks"), number).distinct()
    articles = numbers.join(prints.select("number", "held"), "number")
    return (
        articles.groupBy("looks").cogroup(pairs.groupBy(_block("later", size).alias("at")))
        .applyInArrow(work.look_group(rules), work.SEEN)
    )  # fmt: skip


def _block_size(prints: DataFrame) -> int:
    """How many articles a block has: fewer where texts are long, since a block comes to an executor whole."""
    mean = prints.agg(F.avg(F.length("held")).alias("bytes")).collect()[0].bytes
    return max(1, min(LOOKED, int(BLOCK / (mean or 1))))


def _block(number: str, size: int) -> Column:
    """Which block an article is of: neighbours in time share candidates."""
    return F.floor((F.col(number) - 1) / size)


def _exact(prints: DataFrame, parts: int) -> DataFrame:
    """Step 4 by text and by address. Texts are sent for only where several have an address."""
    texts = prints.where("sha256 is not null").select("sha256", "number").repartition(parts, "sha256")
    shared = prints.where("address is not null").groupBy("address").count().where("count > 1")
    same = prints.join(shared, "address", "left_semi").select("address", "held")
    both = texts.mapInArrow(work.tie_texts, work.TIES).union(
        same.groupBy("address").applyInArrow(work.tie_addresses, work.TIES)
    )
    return both.repartition(parts, "a").mapInArrow(work.prefer, work.TIES)


def _heard(seen: DataFrame, exact: DataFrame) -> DataFrame:
    """Step 4 by what others say: pairs meet what is one text with the earlier of the two."""
    one = seen.where("one").select(F.col("later").alias("a"), F.col("earlier").alias("b"))
    one = one.union(exact.select("a", "b"))
    others = one.selectExpr("a as article", "b as other").union(one.selectExpr("b", "a"))
    return (
        seen.groupBy(_block("earlier", LOOKED).alias("hears"))
        .cogroup(others.groupBy(_block("article", LOOKED).alias("at")))
        .applyInArrow(work.hear_group, work.MANY)
    )  # fmt: skip


def _many(rows: DataFrame) -> Iterator[Any]:
    """The things of `work.MANY`, in the order of the parts; one part after the other comes to the driver."""
    for row in rows.toLocalIterator():
        yield from unpack(row.many)
