"""config check, show, schema, path: what the YAML says, and where."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from aggregator.cli.common import config_option, json_option, messages, print_json, settings_of
from aggregator.config import find
from aggregator.config.schema import schema_json
from aggregator.config.show import effective


@click.group()
def config() -> None:
    """Check and show the configuration."""


@config.command()
@config_option
def check(config_path: Path | None) -> None:
    """Check the configuration; exit 2 with file, line and key where it is wrong."""
    settings = settings_of(config_path)
    messages().print(
        f"{settings.path}: {len(settings.sources)} sources in {len(settings.groups)} groups, "
        f"{len(list(settings.topics))} topics: right.",
        highlight=False,
    )


@config.command()
@config_option
@click.option("--source", help="Only what holds for this source, inherited settings included.")
@json_option
def show(config_path: Path | None, source: str | None, as_json: bool) -> None:
    """Print each effective value with the file and line that it comes from. Secrets are masked."""
    for value in effective(settings_of(config_path), source):
        if as_json:
            print_json({"key": value.key, "value": value.shown, "from": value.origin})
        else:
            click.echo(f"{value.key}: {value.shown}    # {value.origin}")


@config.command()
def schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    sys.stdout.write(schema_json())


@config.command()
@config_option
def path(config_path: Path | None) -> None:
    """Print the path of the file that is used."""
    click.echo(find(config_path, os.environ))
