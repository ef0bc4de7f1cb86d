"""What every command shares: the --config option, the clock, printing, durations, names."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from aggregator.config import Settings, find, load
from aggregator.config.units import parse_duration
from aggregator.errors import UsageError

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The YAML file. Default: $AGGREGATOR_CONFIG, ./config/aggregator.yaml, the user's configuration.",
)
output_option = click.option(
    "--output",
    "-o",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Default: standard output.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON Lines on standard output.")


def now() -> datetime:
    """The clock of the command line; everything below is handed this function or its result."""
    return datetime.now(UTC)


def messages() -> Console:
    """A console on standard error: progress and remarks, so that standard output stays data."""
    return Console(stderr=True, soft_wrap=True)


def output() -> Console:
    """A console on standard output; a pipe gets plain text of unlimited width."""
    return Console() if sys.stdout.isatty() else Console(width=10_000, soft_wrap=True)


def settings_of(config_path: Path | None, over: Path | None = None) -> Settings:
    """Load the configuration that a command works with; ``over``: see `load`."""
    return load(find(config_path, os.environ), os.environ, over=over)


class Duration(click.ParamType[timedelta]):
    """A click type for durations (90s, 30m, 2h, 3d)."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Parse, or say what is wrong."""
        if isinstance(value, timedelta):
            return value
        try:
            return parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def print_json(record: Mapping[str, Any]) -> None:
    """One object on one line of standard output."""
    sys.stdout.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")


def known_or_fail(kind: str, name: str | None, known: Collection[str]) -> None:
    """Refuse the name of a topic, group or source that the configuration does not know."""
    if name is None:
        return
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(known) or 'none'}"
        raise UsageError(f"no {kind} is called {name!r}{hint}")
