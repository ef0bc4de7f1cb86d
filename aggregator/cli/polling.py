"""run, poll and daemons: the daemon, one pass by hand, and who shares the database."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from aggregator.allocating import give_back
from aggregator.cli.common import (
    config_option,
    json_option,
    known_or_fail,
    messages,
    now,
    output,
    print_json,
    settings_of,
)
from aggregator.config import ROLES, Settings, find, first_run
from aggregator.engine.one_pass import poll_once
from aggregator.garbage import collect_seldom
from aggregator.logs import set_up
from aggregator.model import Applied
from aggregator.publish.shapes import applied_shape, rfc3339
from aggregator.store import Store


class Roles(click.ParamType[frozenset[str]]):
    """A click type for roles, parted by commas."""

    name = "roles"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> frozenset[str]:
        """Split, or say which are there."""
        if isinstance(value, frozenset):
            return value
        given = frozenset(part.strip() for part in str(value).split(",") if part.strip())
        if not given or given - ROLES:
            self.fail(f"{value!r} is none of: {', '.join(sorted(ROLES))}, parted by commas", param, ctx)
        return given


@click.command()
@config_option
@click.option(
    "--roles",
    type=Roles(),
    metavar="ROLES",
    help="What this daemon does, of poll, place and web, parted by commas. Default: the YAML's `roles`.",
)
@click.option(
    "--database",
    envvar="AGGREGATOR_DATABASE",
    help="In place of the YAML's `database`. Given alone, without --config, the configuration is what other "
    "daemons keep in that PostgreSQL. Default: $AGGREGATOR_DATABASE.",
)
@click.option("--host", help="Listen on this address instead of the one in the YAML.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Listen on this port instead of the one in the YAML."
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    help="In place of the YAML's log.level.",
)
def run(
    config_path: Path | None,
    roles: frozenset[str] | None,
    database: str | None,
    host: str | None,
    port: int | None,
    log_level: str | None,
) -> None:
    """Run the daemon: pollers and web server, until Ctrl-C or SIGTERM."""
    from aggregator.daemon.serving import serve  # with its web server: `poll` does without

    set_up(log_level or "info", "console")  # until the configuration is read
    path = None
    if database is None or config_path is not None or "AGGREGATOR_CONFIG" in os.environ:
        path = find(config_path, os.environ)
        if first_run(path):
            messages().print(f"{path}: written, to begin with: yours to edit.", highlight=False)
    collect_seldom()
    give_back()
    asyncio.run(
        serve(path, os.environ, host=host, port=port, roles=roles, database=database, log_level=log_level)
    )


@click.command()
@config_option
@click.option("--database", envvar="AGGREGATOR_DATABASE", help="In place of the YAML's `database`.")
@json_option
def daemons(config_path: Path | None, database: str | None, as_json: bool) -> None:
    """List the daemons that share the database, and which of them live."""
    store = Store.open(database or settings_of(config_path).database, now=now)
    try:
        found, at = store.daemons.listed(), store.daemons.time()
    finally:
        store.close()
    if as_json:
        for each in found:
            print_json(
                {
                    "id": each.owner, "alive": each.until > at, "roles": sorted(each.roles),
                    "started": rfc3339(each.started), "silent_from": rfc3339(each.until), "polls": each.polls,
                    "configuration": each.version,
                }
            )  # fmt: skip
        return
    table = Table(box=None, pad_edge=False)
    for title in ("daemon", "roles", "since", "polls", "configuration", ""):
        table.add_column(title)
    for each in found:
        table.add_row(
            each.owner, ", ".join(sorted(each.roles)), rfc3339(each.started), str(each.polls),
            str(each.version), "" if each.until > at else "silent",
        )  # fmt: skip
    output().print(table)


@click.command()
@config_option
@click.argument("sources", nargs=-1)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Also what is not due by our schedule; the server's own limits hold.",
)
@json_option
def poll(config_path: Path | None, sources: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Poll once what is due, or only SOURCES. A source that fails is a state, not a failure: exit 0."""
    settings = settings_of(config_path)
    for name in sources:
        known_or_fail("source", name, [one.id for one in settings.sources])
    collect_seldom()
    asyncio.run(_pass(settings, sources, everything=everything, as_json=as_json))


async def _pass(settings: Settings, sources: tuple[str, ...], *, everything: bool, as_json: bool) -> None:
    totals = Totals()
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=messages(), transient=True, disable=not sys.stderr.isatty(),
    )  # fmt: skip
    with bar:
        task = bar.add_task("sources", total=len(sources) or len(settings.sources))
        async for applied in poll_once(settings, now, only=sources or None, ignore_schedule=everything):
            totals.add(applied)
            bar.advance(task)
            if as_json:
                print_json(applied_shape(applied))
            elif applied.error:
                bar.console.print(
                    f"{applied.source}: {applied.error}", style="yellow", highlight=False, markup=False
                )
    if not as_json:
        messages().print(totals.in_words(), highlight=False)


class Totals:
    """The sum of a pass."""

    def __init__(self) -> None:
        self.by_status: dict[str, int] = {}
        self.new = self.updated = self.copies = 0

    def add(self, applied: Applied) -> None:
        """Count one source's result."""
        self.by_status[applied.status] = self.by_status.get(applied.status, 0) + 1
        self.new += applied.new
        self.updated += applied.updated
        self.copies += applied.copies

    def in_words(self) -> str:
        """One line for people."""
        if not self.by_status:
            return "Nothing is due. `aggregator poll --all` asks the sources that are not due yet, too."
        sources = ", ".join(f"{count} {status}" for status, count in sorted(self.by_status.items()))
        articles = f"{self.new} new, {self.copies} of them copies, {self.updated} updated"
        return f"Sources: {sources}. Articles: {articles}."
