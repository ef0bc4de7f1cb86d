"""dedup: the detector alone, over an archive of articles."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from aggregator.cli.common import config_option, messages, settings_of
from aggregator.dedup.archive import dedup as detect
from aggregator.dedup.rules import Rules
from aggregator.errors import AggregatorError, UsageError

GZIP_MAGIC = b"\x1f\x8b"


@click.command()
@config_option
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--output",
    "-o",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Default: standard output.",
)
def dedup(config_path: Path | None, file: Path, target: Path | None) -> None:
    """Find the stories in FILE: JSON Lines, plain or gzipped; - is standard input.

    Each line has id, source, title, text or html, published, and may have url and language. For each comes
    a line with id, story, canonical, similarity and reason. The order of the lines does not matter.
    """
    rules = settings_of(config_path).rules() if config_path else Rules()
    name = "standard input" if str(file) == "-" else str(file)
    documents = list(read_lines(file, name))
    with progress(len(documents)) as advance:
        results = detect(documents, rules, progress=advance, name=name)
    write_whole(target, results)


def read_lines(file: Path, name: str) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file, gzipped or not, each with its ``_line``. Errors name the line."""
    number = 0
    try:
        with open_lines(file) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield {**parse_line(line, f"{name}:{number}"), "_line": number}
    except (OSError, EOFError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        where = f"{name}:{number + 1}" if number else name
        raise UsageError(f"{where}: cannot be read: {reason}") from error


@contextmanager
def open_lines(file: Path) -> Iterator[IO[str]]:
    """The text of a file or of standard input, unpacked when it begins as gzip does."""
    with sys.stdin.buffer if str(file) == "-" else file.open("rb") as raw:
        buffered = io.BufferedReader(raw)  # type: ignore[type-var]
        packed = buffered.peek(2)[:2] == GZIP_MAGIC
        binary: Any = gzip.GzipFile(fileobj=buffered) if packed else buffered
        yield io.TextIOWrapper(binary, encoding="utf-8")


def parse_line(line: str, where: str) -> dict[str, Any]:
    """One object of a line."""
    try:
        document = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise UsageError(f"{where}: not JSON: {error}") from error
    if not isinstance(document, dict):
        raise UsageError(
            f"{where}: a line must be a JSON object, with id, source, title, text or html, published"
        )
    return document


@contextmanager
def progress(total: int) -> Iterator[Any]:
    """A progress bar on standard error, where that is a terminal; gives the callback that moves it."""
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=messages(), transient=True, disable=not sys.stderr.isatty(),
    )  # fmt: skip
    with bar:
        task = bar.add_task("articles", total=3 * total)  # each is fingerprinted, compared and placed

        def advance(done: int) -> None:
            bar.update(task, completed=done)

        yield advance


def write_whole(target: Path | None, results: Any) -> None:
    """The lines, to standard output or to a file that appears whole or not at all."""
    if target is None:
        for record in results:
            sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
        return
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=target.parent, prefix=f".{target.name}.", delete=False
        ) as draft:
            for record in results:
                draft.write(json.dumps(record, ensure_ascii=False) + "\n")
            draft.flush()
            os.fsync(draft.fileno())
        Path(draft.name).chmod(0o644)
        Path(draft.name).replace(target)
    except OSError as error:
        raise AggregatorError(f"{target}: cannot be written: {error.strerror}") from error
