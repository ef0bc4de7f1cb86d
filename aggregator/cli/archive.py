"""dedup: the detector alone, over an archive of articles."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from aggregator import archives
from aggregator.cli.common import config_option, messages, output_option, settings_of
from aggregator.dedup.rules import Rules
from aggregator.errors import AggregatorError, UsageError
from aggregator.files import put


@click.command()
@config_option
@click.argument("path", metavar="PATH")
@output_option
@click.option(
    "--engine",
    type=click.Choice(list(archives.ENGINES)),
    default="local",
    show_default=True,
    help="local: this machine. spark: Apache Spark, here or a cluster (needs feed-aggregator[spark]).",
)
@click.option(
    "--master",
    envvar="SPARK_MASTER",
    show_envvar=True,
    help="Of spark: the cluster, as spark://host:7077, yarn, k8s://…; local[2] is this machine.  "
    "Default: local[*], all processors of this machine.",
)
@click.option(
    "--spark-conf",
    "conf",
    metavar="KEY=VALUE",
    multiple=True,
    help="Of spark: a setting, as spark.executor.memory=8g; may be repeated.",
)
def dedup(
    config_path: Path | None,
    path: str,
    target: Path | None,
    engine: str,
    master: str | None,
    conf: tuple[str, ...],
) -> None:
    """Find the stories in PATH: JSON Lines (.gz too) or Parquet; a folder of them; - is standard input.

    Each line or row has id, source, title, text or html, published, and may have url and language. For each
    comes a line with id, story, canonical, similarity and reason, by published, source and id, whatever the
    order of what is read. Both engines give the same.
    """
    if engine != "spark" and (conf or _given("master")):
        raise UsageError("--master and --spark-conf are of --engine spark")
    rules = settings_of(config_path).rules() if config_path else Rules()
    run = archives.engine(engine)
    options = {"master": master, "conf": dict(map(_setting, conf))} if engine == "spark" else {}
    with _tidy_when_ended(), progress() as advance:
        write_whole(target, run(path, rules, progress=advance, **options))


def _given(option: str) -> bool:
    source = click.get_current_context().get_parameter_source(option)
    return source is click.core.ParameterSource.COMMANDLINE


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.startswith("spark."):
        raise UsageError(f"--spark-conf {text}: must be KEY=VALUE, as spark.executor.memory=8g")
    return key, value


@contextmanager
def _tidy_when_ended() -> Iterator[None]:
    """SIGTERM ends the command as an error would: scratch files and processes go with it."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar a step on standard error, where that is a terminal; gives the callback that moves them."""
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=messages(), transient=True, disable=not sys.stderr.isatty(),
    )  # fmt: skip
    tasks: dict[str, Any] = {}

    def advance(step: str, done: int, total: int | None) -> None:
        if step not in tasks:
            tasks[step] = bar.add_task(step, total=total)
        bar.update(tasks[step], completed=done, total=total)

    with bar:
        yield advance


def write_whole(target: Path | None, results: Iterable[Mapping[str, Any]]) -> None:
    """The lines, to standard output or to a file that appears whole or not at all."""
    if target is None:
        for record in results:
            sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
        return
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
            draft = Path(folder, target.name)
            with draft.open("w", encoding="utf-8") as lines:
                for record in results:
                    lines.write(json.dumps(record, ensure_ascii=False) + "\n")
            draft.chmod(0o644)
            put(draft, target)
    except OSError as error:
        raise AggregatorError(f"{target}: cannot be written: {error.strerror}") from error
