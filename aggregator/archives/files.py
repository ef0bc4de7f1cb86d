"""The files of an archive on this machine, and their lines or rows. Also Parquet's home, with `spark`."""

from __future__ import annotations

import gzip
import importlib.util
import io
import os
import sys
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from aggregator.archives.lines import GZIP_MAGIC
from aggregator.dedup.archive.documents import FIELDS
from aggregator.errors import UsageError

LINES = (".jsonl", ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz", ".json.gz")
TABLES = (".parquet",)
PARQUET_MAGIC = b"PAR1"
ROWS = 1024  # of a table, read together
STANDARD_INPUT = "-"
NEEDS_PYARROW = "Parquet needs pyarrow: pip install 'feed-aggregator[spark]'"


class Line(NamedTuple):
    """A line as bytes, or a row as columns, and where it stands: file and number, from 1."""

    content: bytes | Mapping[str, Any]
    where: str

    def size(self) -> int:
        """Bytes, or characters of a row, more or less."""
        if isinstance(self.content, bytes):
            return len(self.content)
        return sum(len(value) for value in self.content.values() if isinstance(value, str))


def no_files(name: str) -> UsageError:
    """What is said of a folder without an archive."""
    return UsageError(f"{name}: holds no archive: no file that ends in {', '.join((*LINES, *TABLES))}")


def files_of(path: str) -> list[Path]:
    """The file, or those of a folder and the folders in it, by name; not hidden ones (``.…``, ``_…``)."""
    start = Path(path)
    if not start.is_dir():
        return [start]
    found = sorted(
        Path(folder, name)
        for folder, _, names in os.walk(start)
        if not _hidden(Path(folder).relative_to(start).parts)
        for name in names
        if name.endswith((*LINES, *TABLES)) and not _hidden((name,))
    )
    if not found:
        raise no_files(path)
    return found


def size_of(path: str) -> int | None:
    """Bytes in all; None: not known before they are read."""
    if path == STANDARD_INPUT:
        return None
    try:
        return sum(file.stat().st_size for file in files_of(path))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error


def lines_of(path: str) -> Iterator[Line]:
    """The lines and rows of an archive: file, folder, or ``-``. Raises `UsageError` with file and line."""
    if path == STANDARD_INPUT:
        yield from _lines(sys.stdin.buffer, "standard input")
        return
    for file in files_of(path):
        try:
            with file.open("rb") as raw:
                table = raw.read(4) == PARQUET_MAGIC
                raw.seek(0)
                yield from _rows(file) if table else _lines(raw, str(file))
        except OSError as error:
            raise UsageError(f"{file}: cannot be read: {error.strerror or error}") from error


def _hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith((".", "_")) for part in parts)


def _lines(raw: Any, name: str) -> Iterator[Line]:
    number = 0
    buffered = io.BufferedReader(raw)
    packed = buffered.peek(2)[:2] == GZIP_MAGIC
    try:
        for number, line in enumerate(gzip.GzipFile(fileobj=buffered) if packed else buffered, 1):
            yield Line(line, f"{name}:{number}")
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{name}:{number + 1}: cannot be read: {reason}") from error


def _rows(file: Path) -> Iterator[Line]:
    if importlib.util.find_spec("pyarrow") is None:
        raise UsageError(f"{file}: {NEEDS_PYARROW}")
    import pyarrow as pa
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(file)
        wanted = [name for name in table.schema_arrow.names if name in FIELDS]
        batches = table.iter_batches(batch_size=ROWS, columns=wanted)
        for number, row in enumerate((row for batch in batches for row in rows_of(batch)), 1):
            yield Line(row, f"{file}:{number}")
    except pa.ArrowException as error:
        raise UsageError(f"{file}: no Parquet that can be read: {error}") from error


def rows_of(batch: Any) -> Iterator[dict[str, Any]]:
    """The rows of an Arrow batch as a line would have them; times to the microsecond."""
    import pyarrow as pa

    columns = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
        columns[name] = column.to_pylist()
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))
