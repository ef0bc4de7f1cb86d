"""sources list, add, remove, check, boilerplate, discover, import, export: outlets and how they do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from aggregator import rhythm
from aggregator.cli.common import config_option, json_option, messages, now, output, print_json, settings_of
from aggregator.cli.opened import opened
from aggregator.config import Settings
from aggregator.errors import AggregatorError, NotFoundError, SourceError
from aggregator.model import Due, Feed, Fetched, Source, SourceView
from aggregator.publish.shapes import rfc3339, source_shape
from aggregator.sources.entries import Read
from aggregator.sources.feed import parse, parse_changed
from aggregator.sources.http import Client

STATE_STYLE = {
    "ok": "green",
    "new": "cyan",
    "failing": "yellow",
    "broken": "red",
    "silent": "magenta",
    "gone": "red",
    "paused": "dim",
    "removed": "dim",
}


@click.group()
def sources() -> None:
    """List, add, remove, check, import and export sources."""


@sources.command("list")
@config_option
@click.option("--tag", help="Only sources with this tag of the YAML.")
@json_option
def list_sources(config_path: Path | None, tag: str | None, as_json: bool) -> None:
    """List every source and how it does: state, next poll, articles, copies, the reason of a failure."""
    with opened(config_path) as (settings, store):
        store.sync_sources(settings.sources, lambda: 0.5)
        views = store.sources(settings.sources)
    views = [view for view in views if tag is None or tag in view.source.tags]
    if as_json:
        for view in views:
            print_json(source_shape(view))
        return
    table = Table(box=None, pad_edge=False)
    for name in ("source", "group", "state", "last", "next", "a day", "articles", "copies", ""):
        table.add_column(name, justify="right" if name in ("a day", "articles", "copies") else "left")
    for view in views:
        table.add_row(*row(view))
    output().print(table)


def row(view: SourceView) -> tuple[str | Text, ...]:
    """A line of the table."""
    state = Text(view.state, style=STATE_STYLE[view.state])
    last, due = (f"{one:%m-%d %H:%M}" if one else "" for one in (view.last_polled, view.next_due))
    often = "" if view.entries_a_day is None else f"{view.entries_a_day:.2g}"
    return (
        view.source.id, view.source.group, state, last, due, often, str(view.articles), str(view.copies),
        Text(view.error or view.next_reason, style="yellow" if view.error else "dim"),
    )  # fmt: skip


@sources.command()
@config_option
@click.argument("names", nargs=-1, metavar="[SOURCE…]")
@json_option
def check(config_path: Path | None, names: tuple[str, ...], as_json: bool) -> None:
    """Ask each source (or only these) once, store nothing, and say what came; exit 0 also when some fail."""
    settings = settings_of(config_path)
    chosen = [chosen_source(settings, name) for name in names] or list(settings.sources)
    asyncio.run(check_all(settings, chosen, planned(config_path), as_json=as_json))


def chosen_source(settings: Settings, name: str) -> Source:
    """A source by its id."""
    found = settings.source(name)
    if found is None:
        raise NotFoundError(f"no source is called {name!r}; `aggregator sources list` names them")
    return found


def planned(config_path: Path | None) -> dict[str, dict[str, Any]]:
    """By source: the next poll and why then, as the database has it; nothing, where there is none."""
    try:
        with opened(config_path) as (settings, store):
            views = store.sources(settings.sources)
    except AggregatorError:
        return {}
    return {
        view.source.id: {"next_due": rfc3339(view.next_due), "next_reason": view.next_reason or None}
        for view in views
    }


async def check_all(
    settings: Settings, chosen: Iterable[Source], plans: dict[str, dict[str, Any]], *, as_json: bool
) -> None:
    """All checks at once, within the limits by host; a line for each as it ends."""
    client = Client(per_host=settings.polling.per_host, concurrency=settings.polling.concurrency)
    try:
        for done in asyncio.as_completed([checked(client, source) for source in chosen]):
            found = await done
            found |= plans.get(found["source"], {"next_due": None, "next_reason": None})
            if as_json:
                print_json(found)
                continue
            well = found["status"] == "ok"
            line = Text("✓ " if well else "✗ ", style="green" if well else "red")
            line.append(f"{found['source']}: ", style="bold").append(in_words(found), style="")
            output().print(line)
    finally:
        await client.close()


async def checked(client: Client, source: Source) -> dict[str, Any]:
    """What one unconditional request to a source brought."""
    try:
        fetched = await client.fetch(Due(source, source.url))
        feed = await asyncio.to_thread(read_both_ways, source, fetched)
    except SourceError as error:
        return {
            "source": source.id,
            "url": source.url,
            "status": "failed",
            "kind": error.kind,
            "error": error.message,
        }
    return {"source": source.id, "url": fetched.url, "status": "ok"} | report(fetched, feed) | parser_of(feed)


def parsed(source: Source, fetched: Fetched) -> Feed:
    """The feed in an answer."""
    return parse(
        fetched.body or b"", url=fetched.url, content_type=fetched.content_type, source=source, now=now()
    )


def read_both_ways(source: Source, fetched: Fetched) -> Read:
    """The feed in an answer, by the fast parser and by feedparser where the first is sure of it."""
    return parse_changed(
        fetched.body or b"",
        url=fetched.url,
        content_type=fetched.content_type,
        source=source,
        now=now(),
        known={},
        parser="check",
    )


def parser_of(feed: Read) -> dict[str, Any]:
    """Which parser reads the feed when it is polled, and what the two disagree on (null: nothing)."""
    return {"parser": "fast" if feed.fast else "feedparser", "parsers_differ": feed.differs or None}


def report(fetched: Fetched, feed: Feed | Read) -> dict[str, Any]:
    """What people want to know of a feed before they keep it."""
    lengths = sorted(len(entry.content or entry.summary) for entry in feed.entries)
    dates = [entry.published for entry in feed.entries if entry.published]
    newest, at = max(dates, default=None), now()
    learnt = rhythm.learn(None, dates, at)
    given = {"ETag": fetched.etag, "Last-Modified": fetched.last_modified}
    return {
        "http_status": fetched.status,
        "seconds": round(fetched.elapsed, 3),
        "bytes": fetched.wire_bytes,
        "format": feed.info.format,
        "title": feed.info.title,
        "entries": len(feed.entries),
        "newest": rfc3339(newest),
        "entries_a_day": round(rhythm.rate(learnt, at), 3) if dates else None,
        "texts": "full" if lengths and lengths[len(lengths) // 2] >= 1_500 else "summaries",
        "language": feed.info.language,
        "validators": [name for name, value in given.items() if value],
        "hub": feed.info.hub,
        "max_age": None if fetched.max_age is None else int(fetched.max_age.total_seconds()),
        "ttl": None if feed.info.hints.ttl is None else int(feed.info.hints.ttl / timedelta(seconds=1)),
    }  # fmt: skip


def in_words(found: dict[str, Any]) -> str:
    """A check's result on one line."""
    polled = f"next poll {found['next_due']}, {found['next_reason']}" if found["next_due"] else ""
    if found["status"] == "failed":
        return f"{found['error']}; {polled}" if polled else str(found["error"])
    parts = [
        f"HTTP {found['http_status']}",
        f"{found['format']}, {found['entries']} entries ({found['texts']})",
        f"newest {found['newest'] or 'undated'}",
        f"language {found['language'] or 'not said'}",
        f"{found['seconds']:.2f} s",
        f"validators: {', '.join(found['validators']) or 'none'}",
    ]
    parts.append(f"parser: {found['parser']}")
    if found["parsers_differ"]:
        parts.append(f"the parsers differ: {found['parsers_differ']}")
    if found["hub"]:
        parts.append(f"WebSub hub {found['hub']}")
    if found["entries_a_day"] is not None:
        parts.append(rhythm.a_day(found["entries_a_day"]))
    if polled:
        parts.append(polled)
    return "; ".join(parts)


@sources.command()
@config_option
@click.argument("name", metavar="SOURCE")
@json_option
def boilerplate(config_path: Path | None, name: str, as_json: bool) -> None:
    """List what a source was found to glue under its texts, and in how many of them it stands."""
    with opened(config_path) as (settings, store):
        store.sync_sources(settings.sources, lambda: 0.5)
        found = store.detector.boilerplate(chosen_source(settings, name).id)
    if as_json:
        for one in found.passages:
            print_json({"source": name, "texts": one.texts, "of": found.texts, "text": one.sample})
        return
    if not found.passages:
        messages().print(f"{name}: nothing learnt from {found.texts} texts.", highlight=False, markup=False)
        return
    table = Table(box=None, pad_edge=False)
    table.add_column(f"of {found.texts} texts", justify="right", no_wrap=True)
    table.add_column("left out of fingerprints", overflow="fold")
    for one in found.passages:
        table.add_row(str(one.texts), Text(one.sample))
    output().print(table)
