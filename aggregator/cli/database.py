"""db upgrade, backup, stats, check: the database."""

from __future__ import annotations

import os
from pathlib import Path

import click
from rich.table import Table

from aggregator.cli.common import (
    config_option,
    json_option,
    messages,
    now,
    output,
    print_json,
    settings_of,
)
from aggregator.cli.opened import opened
from aggregator.config.paths import data_directory
from aggregator.errors import StoreError
from aggregator.store import Store


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
@config_option
@click.option("--no-backup", is_flag=True, help="Keep no copy of what is there before.")
def upgrade(config_path: Path | None, no_backup: bool) -> None:
    """Bring the database to this version's schema (SQLite does so by itself); a copy is kept before."""
    url, folder = settings_of(config_path).database, data_directory(os.environ)
    store = Store.open(url, now=now, upgrade=True, copy=not no_backup, folder=folder)
    store.close()
    messages().print("The database is up to date.")


@db.command()
@config_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(config_path: Path | None, file: Path) -> None:
    """Write a consistent copy of the database to FILE, while the daemon runs."""
    with opened(config_path) as (_, store):
        store.upkeep.backup(file)
    messages().print(f"{file}: written and checked.", highlight=False)


@db.command()
@config_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def restore(config_path: Path | None, file: Path) -> None:
    """Replace the database by the backup in FILE, checked before and after; daemons must be stopped.

    An SQLite database that was there is moved aside, not deleted. An older schema is upgraded.
    """
    url = settings_of(config_path).database
    kept = Store.restore(url, file, now=now)
    store = Store.open(url, now=now, upgrade=True, folder=data_directory(os.environ))
    try:
        problems, counts = store.upkeep.integrity(), store.upkeep.stats()
    finally:
        store.close()
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise StoreError(f"{file}: restored, but {len(problems)} things are wrong, see above. {kept}")
    said = f"{file}: restored and checked: {counts['stories']} stories, {counts['articles']} articles. {kept}"
    messages().print(said.strip(), highlight=False)


@db.command()
@config_option
@json_option
def stats(config_path: Path | None, as_json: bool) -> None:
    """Count what the database holds."""
    with opened(config_path) as (_, store):
        counts = store.upkeep.stats()
    if as_json:
        print_json(counts)
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in counts.items():
        table.add_row(name.replace("_", " "), str(value))
    output().print(table)


@db.command("check")
@config_option
def check_database(config_path: Path | None) -> None:
    """Check the database's integrity and the program's own invariants; exit 1 when one is broken."""
    with opened(config_path) as (_, store):
        problems = store.upkeep.integrity()
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise StoreError(f"{len(problems)} problems; restore a backup, or report this with the lines above")
    messages().print("The database is sound.")
