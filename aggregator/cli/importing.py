"""import miniflux, freshrss: what another reader holds, brought over: feeds, folders, stars, read marks."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from aggregator.cli.adding import write_feeds
from aggregator.cli.common import config_option, messages, now, settings_of
from aggregator.cli.exporting import import_ as move_in
from aggregator.config import Settings
from aggregator.engine import Engine, engine
from aggregator.engine.clock import SharedClock
from aggregator.errors import ParseError, UsageError
from aggregator.model import Due, Expected, Source
from aggregator.polling import beside
from aggregator.sources.brought import (
    Brought,
    BroughtEntry,
    Credentials,
    as_feed,
    by_feed,
    from_greader,
    from_miniflux,
)
from aggregator.sources.http import Client
from aggregator.urls import url_key

Ask = Callable[[Client, str, Credentials, datetime], Awaitable[Brought]]


class Import(click.Group):
    """Its commands by name; anything else is the file that `export --all` wrote."""

    otherwise = move_in

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """One of the commands, or the file."""
        if args and args[0] in self.commands:
            return super().resolve_command(ctx, args)
        return self.otherwise.name, self.otherwise, args


@click.group(
    "import", cls=Import, context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}
)
def import_() -> None:
    """Bring feeds, folders, stars and read marks from another reader; or FILE of `export --all`, whole."""


def options(command: Callable[..., None]) -> Callable[..., None]:
    """What both commands take. Secrets come from the environment or are asked for: others see arguments."""
    for option in (
        click.option("--reader", help="Whose marks they become. Default: web.user of the YAML."),
        click.option("--user", envvar="AGGREGATOR_IMPORT_USER", help="Default: $AGGREGATOR_IMPORT_USER."),
        click.argument("url"),
        config_option,
    ):
        command = option(command)
    return command


@import_.command()
@options
def miniflux(config_path: Path | None, url: str, user: str | None, reader: str | None) -> None:
    """From the Miniflux at URL, by $AGGREGATOR_IMPORT_TOKEN, or --user and $AGGREGATOR_IMPORT_PASSWORD.

    Without either the password is asked for.
    """
    bring(settings_of(config_path), url, credentials(user, os.environ, tokens=True), reader, from_miniflux)


@import_.command()
@options
def freshrss(config_path: Path | None, url: str, user: str | None, reader: str | None) -> None:
    """From the FreshRSS (or another Google Reader API) at URL, by --user and $AGGREGATOR_IMPORT_PASSWORD.

    Of FreshRSS, URL ends in /api/greader.php, and the password is its API password.
    """
    bring(settings_of(config_path), url, credentials(user, os.environ, tokens=False), reader, from_greader)


def credentials(user: str | None, environ: Mapping[str, str], *, tokens: bool) -> Credentials:
    """From the environment, else asked for."""
    token = environ.get("AGGREGATOR_IMPORT_TOKEN")
    if tokens and token:
        return Credentials(token=token)
    if not user:
        wanted = "$AGGREGATOR_IMPORT_TOKEN, or --user NAME" if tokens else "--user NAME"
        raise UsageError(f"who signs in there? Give {wanted}")
    password = environ.get("AGGREGATOR_IMPORT_PASSWORD")
    return Credentials(
        user=user, password=password or click.prompt("Password there", hide_input=True, err=True)
    )


def bring(settings: Settings, url: str, given: Credentials, reader: str | None, ask: Ask) -> None:
    """All of it: ask there, write the YAML, place the starred entries, keep the marks."""
    brought = asyncio.run(asked(url, given, ask))
    added = write_feeds(settings, brought.feeds)
    said = f"{settings.path}: {added} feeds added, {len(brought.feeds) - added} there already."
    messages().print(said, highlight=False, markup=False)
    if added:
        settings = settings_of(settings.path)
    starred, at_once = asyncio.run(placed(settings, brought, reader or settings.web.user))
    messages().print(
        f"{len(brought.entries)} entries looked at: {starred} starred ones brought with their text, "
        f"{at_once} other marks set now; the rest is set as polls bring the entries.",
        highlight=False, markup=False,
    )  # fmt: skip


async def asked(url: str, given: Credentials, ask: Ask) -> Brought:
    """What the other reader holds."""
    client = Client()
    try:
        return await ask(client, url, given, now())
    finally:
        await client.close()


async def placed(settings: Settings, brought: Brought, reader: str) -> tuple[int, int]:
    """Place what is starred and not here, and keep the marks; how many that were, and how many were set."""
    sources = {source.url: source for source in settings.sources}
    starred = at_once = 0
    async with engine(settings, SharedClock(now)) as parts:
        for feed, entries in by_feed(brought.entries):
            source = sources.get(feed)
            if source is None:
                continue
            marks = {expected(source, entry): entry for entry in entries}
            waits = await asyncio.to_thread(parts.store.expect, reader, list(marks))
            at_once += len(marks) - len(waits)
            missing = [marks[mark] for mark in waits if mark.starred]
            if missing and await with_text(parts, source, missing):
                starred += await asyncio.to_thread(parts.store.settle_expected, [source.id])
    return starred, at_once


def expected(source: Source, entry: BroughtEntry) -> Expected:
    """The mark of an entry."""
    return Expected(
        source.id, entry.read, entry.starred, entry.guid, entry.guid_sha256, url_key(entry.url)
    )  # fmt: skip


async def with_text(parts: Engine, source: Source, entries: list[BroughtEntry]) -> bool:
    """Place entries that no feed may have any more, from what the other reader kept of them."""
    whole = replace(source, fulltext=False, rules=())  # what a person starred is taken as it is
    try:
        await beside.add(
            Due(whole, source.url), as_feed(entries), url=source.url, content_type="application/feed+json",
            steps=parts.poller.steps,
        )  # fmt: skip
    except ParseError as error:
        messages().print(f"{source.id}: {error.message}", highlight=False, markup=False)
        return False
    return True
