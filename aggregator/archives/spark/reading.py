"""Files to documents, wherever Spark reads them; and where a wrong line stands."""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812  as all of Spark's users write it

from aggregator.archives.files import LINES, TABLES, no_files
from aggregator.archives.spark.session import plain
from aggregator.archives.spark.work import DOCUMENTS, read_lines, read_rows
from aggregator.dedup.archive.documents import FIELDS, twice
from aggregator.errors import UsageError

PART = 16_000_000  # bytes of files a partition; more of them where they are packed
PACKED = 5  # times as large as it lies on the disk: gzip, and Parquet's columns


class Files(NamedTuple):
    """The files of an archive, and their size in bytes, unpacked more or less."""

    lines: list[str]
    tables: list[str]
    size: int


def files_of(spark: SparkSession, path: str) -> Files:
    """The file, or those of a folder and the folders in it."""
    listed = (
        spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(path)
        .select("path", "length").collect()
    )  # fmt: skip
    found = sorted((row.path, row.length) for row in listed)
    single = len(found) == 1 and posixpath.basename(path.rstrip("/")) == posixpath.basename(
        plain(found[0][0])
    )
    tables = [name for name, _ in found if name.endswith(TABLES)]
    lines = [name for name, _ in found if name.endswith(LINES) or (single and not tables)]
    if not lines and not tables:
        raise no_files(path)
    chosen = {*lines, *tables}
    size = sum(
        length * (PACKED if name.endswith((".gz", *TABLES)) else 1)
        for name, length in found
        if name in chosen
    )
    return Files(lines, tables, size)


def documents_of(spark: SparkSession, files: Files, path: str) -> DataFrame:
    """The documents, checked, as `DOCUMENTS` has them, kept on the executors' disks.

    Raises `UsageError` with file and line where one is wrong, or an id is not unique.
    """
    parts = []
    if files.lines:
        parts.append(_lines(spark, files.lines).mapInArrow(read_lines, DOCUMENTS))
    if files.tables:
        parts.append(_rows(spark, files.tables).mapInArrow(read_rows, DOCUMENTS))
    both = parts[0] if len(parts) == 1 else parts[0].unionByName(parts[1])
    documents = both.persist(StorageLevel.DISK_ONLY)
    wrong = documents.where("wrong is not null").orderBy("file", "block", "row").first()
    if wrong is not None:
        raise UsageError(f"{_place(spark, files, wrong.file, wrong.block, wrong.row)}{wrong.wrong}")
    again = documents.groupBy("id").count().where("count > 1").orderBy("id").first()
    if again is not None:
        raise twice(path, again.id.decode())
    return documents


def _lines(spark: SparkSession, files: list[str]) -> DataFrame:
    """Lines as bytes. ``block``: where the part of the file begins that a task reads; ``row``: of it."""
    return (
        spark.read.option("lineSep", "\n").text(files)
        .select(
            F.col("value").cast("binary").alias("raw"),
            F.col("_metadata.file_path").alias("file"),
            F.col("_metadata.file_block_start").alias("block"),
            F.monotonically_increasing_id().alias("row"),
        )
    )  # fmt: skip


def _rows(spark: SparkSession, files: list[str]) -> DataFrame:
    """Rows of Parquet as structs; ``row``: which of its file. A column that a file lacks is empty there."""
    table = spark.read.option("mergeSchema", "true").parquet(*files)
    return table.select(
        F.struct(*(F.col(field) for field in FIELDS if field in table.columns)).alias("cells"),
        F.col("_metadata.file_path").alias("file"),
        F.lit(0).cast("long").alias("block"),
        F.col("_metadata.row_index").alias("row"),
    )


def _place(spark: SparkSession, files: Files, file: str, block: int, row: int) -> str:
    """File and line, from 1. Lines are counted by reading them all once more, in the same parts."""
    if not file.endswith(TABLES):
        before = _lines(spark, files.lines).where(F.col("file") == file)
        row = before.where(
            (F.col("block") < block) | ((F.col("block") == block) & (F.col("row") < row))
        ).count()
    return f"{plain(file)}:{row + 1}"
