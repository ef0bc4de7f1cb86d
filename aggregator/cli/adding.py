"""sources discover, add, remove, import, export: which feeds are polled, as the YAML lists them."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from aggregator.cli.common import config_option, json_option, messages, now, print_json, settings_of
from aggregator.cli.sources import in_words, parsed, parser_of, read_both_ways, report, sources
from aggregator.config import Settings, edit
from aggregator.config.naming import free_name
from aggregator.errors import NotFoundError, ParseError, UsageError
from aggregator.model import Due, Fetched, Source
from aggregator.publish import opml as opml_out
from aggregator.sources import opml as opml_in
from aggregator.sources.conventions import feed_of, feed_of_page
from aggregator.sources.discover import FeedLink, feed_links
from aggregator.sources.entries import Read
from aggregator.sources.http import Client

__all__ = ["sources"]

LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_COMMENTS = re.compile(r"/comments/|/comments-feed|[?&]feed=comments")
_FORMAT = re.compile(r"\W*\b(rss( ?[12]\.0)?|atom( ?1\.0)?|json ?feed|feed)\b\W*", re.IGNORECASE)


@sources.command()
@config_option
@click.argument("url")
@json_option
def discover(config_path: Path | None, url: str, as_json: bool) -> None:
    """Say which feeds belong to the page at URL; nothing is tried out and nothing is written."""
    for link in asyncio.run(found_feeds(settings_of(config_path), url))[0]:
        print_json({"url": link.url, "title": link.title, "format": link.format}) if as_json else click.echo(
            f"{link.url}  {link.format}  {link.title}".rstrip()
        )


def probe(settings: Settings, url: str) -> Source:
    """A source for an address that a person gives."""
    polling = settings.polling
    return Source(
        id="probe", url=url, title=url, timeout=polling.timeout, max_body=polling.max_body,
        allow_private=polling.allow_private,
        private_hosts=frozenset(() if polling.allow_private else polling.private_hosts),
    )  # fmt: skip


async def fetched_from(settings: Settings, url: str) -> Fetched:
    """One answer. Raises SourceError."""
    client = Client()
    try:
        return await client.fetch(Due(probe(settings, url), url))
    finally:
        await client.close()


async def found_feeds(settings: Settings, url: str) -> tuple[tuple[FeedLink, ...], Fetched | None]:
    """The feeds of an address, and the answer where it is one itself. Raises SourceError, NotFoundError.

    By the shape of the address where it is a known one (no request is made then); else one request: a feed,
    or a page that names feeds, or that says it is made by WordPress.
    """
    if convention := feed_of(url):
        return (FeedLink(convention.url, "", convention.site),), None
    fetched = await fetched_from(settings, url)
    try:
        feed = parsed(probe(settings, url), fetched)
    except ParseError as error:
        links = feed_links(fetched.body or b"", fetched.url)
        if not links and (convention := feed_of_page(fetched.body or b"", fetched.url)):
            links = (FeedLink(convention.url, "", convention.site),)
        if not links:
            raise NotFoundError(f"{url} is no feed and names none ({error.message})") from error
        return links, None
    return (FeedLink(fetched.url, feed.info.title, feed.info.format),), fetched


def best(links: Sequence[FeedLink]) -> list[FeedLink]:
    """The feeds of a page among which a person must choose: without comments, one format of each."""
    articles = [link for link in links if not _COMMENTS.search(link.url)] or list(links)
    by_name: dict[str, FeedLink] = {}
    for link in articles:
        by_name.setdefault(_FORMAT.sub(" ", link.title).strip().lower(), link)
    return list(by_name.values())


@sources.command()
@config_option
@click.argument("url")
@click.option("--id", "name", help="Default: made of the title.")
@click.option("--title", help="Default: the feed's own.")
@click.option("--group", help="Default: none.")
@click.option("--pick", type=click.IntRange(1), help="Which one, where the page names several feeds.")
def add(
    config_path: Path | None, url: str, name: str | None, title: str | None, group: str | None,
    pick: int | None,
) -> None:  # fmt: skip
    """Find the feed at URL, or of the site at URL, ask it once, and write it into the YAML."""
    settings = settings_of(config_path)
    link, fetched, feed = asyncio.run(chosen_feed(settings, url, pick))
    held = next((source for source in settings.sources if source.url in (link.url, fetched.url)), None)
    if held is not None:
        raise UsageError(f"{link.url} is there already: {held.id}")
    found = report(fetched, feed) | parser_of(feed) | {"status": "ok", "next_due": None}
    messages().print(f"{link.url}: {in_words(found)}", highlight=False, markup=False)
    shown = title or feed.info.title or link.title or link.url
    fields: dict[str, Any] = {
        "id": name or free_name(shown or urlsplit(url).hostname or "source", taken(settings)),
        "url": link.url,
        "title": shown,
    }
    titles = {}
    if group:
        fields["group"] = Groups(settings).name(group)
        titles = {fields["group"]: group}
    if feed.info.language and LANGUAGE.fullmatch(feed.info.language):
        fields["language"] = feed.info.language
    edit.add_sources(settings, [fields], os.environ, titles=titles).save()
    messages().print(
        f"{settings.path}: added {fields['id']} ({len(feed.entries)} entries now).",
        highlight=False, markup=False,
    )  # fmt: skip


async def chosen_feed(settings: Settings, url: str, pick: int | None) -> tuple[FeedLink, Fetched, Read]:
    """The one feed to add, asked once. Raises UsageError where a person must choose."""
    links, fetched = await found_feeds(settings, url)
    if fetched is None:
        for number, link in enumerate(links, 1):
            told = f"found {number}: {link.url} ({' '.join(filter(None, (link.format, link.title)))})"
            messages().print(told, highlight=False, markup=False)
    choice = list(links) if pick else best(links)
    if len(choice) > 1 and pick is None:
        raise UsageError(f"{url} names {len(links)} feeds; say which with --pick NUMBER")
    if pick and pick > len(choice):
        raise UsageError(f"{url} names {len(choice)} feeds; there is no number {pick}")
    link = choice[(pick or 1) - 1]
    answer = fetched if fetched is not None else await fetched_from(settings, link.url)
    return link, answer, await asyncio.to_thread(read_both_ways, probe(settings, link.url), answer)


def taken(settings: Settings) -> set[str]:
    """The ids that are in use."""
    return {source.id for source in settings.sources}


@sources.command()
@config_option
@click.argument("name", metavar="ID")
def remove(config_path: Path | None, name: str) -> None:
    """Take a source out of the YAML. What it published stays stored and readable."""
    settings = settings_of(config_path)
    edit.remove_source(settings, name, os.environ).save()
    messages().print(f"{settings.path}: {name} is no longer polled.", highlight=False, markup=False)


class Groups:
    """The ids of groups that other programs name by a title: those that are there, and new ones."""

    def __init__(self, settings: Settings) -> None:
        self._ids = {group.title: group.name for group in settings.groups.values()}
        self._ids |= {group.name: group.name for group in settings.groups.values()} | {"default": "default"}
        self._used = set(self._ids.values())
        self.titles: dict[str, str] = {}  # of the new ones, by id

    def name(self, title: str) -> str:
        """The id of a group, the same for the same title."""
        if title not in self._ids:
            self._ids[title] = free_name(title, self._used, otherwise="group")
            self.titles[self._ids[title]] = title
        return self._ids[title]


@sources.command("import")
@config_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def import_opml(config_path: Path | None, file: Path) -> None:
    """Write the feeds of an OPML file into the YAML, its folders as groups; what is there stays."""
    settings = settings_of(config_path)
    try:
        document = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    found = opml_in.read(document, str(file))
    added = write_feeds(settings, found.feeds)
    for skipped in found.skipped:
        messages().print(f"{file}:{skipped.line}: left out: {skipped.reason}", highlight=False, markup=False)
    messages().print(
        f"{settings.path}: {added} added, {len(found.feeds) - added} there already, "
        f"{len(found.skipped)} left out.", highlight=False, markup=False,
    )  # fmt: skip


def write_feeds(settings: Settings, feeds: Sequence[opml_in.Subscription]) -> int:
    """Put feeds into the YAML whose addresses are not there, in one edit; how many those are."""
    known = {source.url for source in settings.sources}
    used, groups = taken(settings), Groups(settings)
    fields: list[dict[str, Any]] = []
    for feed in feeds:
        if feed.url in known:
            continue
        shown = feed.title or feed.url
        one: dict[str, Any] = {"id": free_name(shown, used), "url": feed.url, "title": shown}
        if feed.group:
            one["group"] = groups.name(feed.group)
        if feed.language and LANGUAGE.fullmatch(feed.language):
            one["language"] = feed.language
        if feed.tags:
            one["tags"] = list(feed.tags)
        fields.append(one)
    if fields:
        edit.add_sources(settings, fields, os.environ, titles=groups.titles).save()
    return len(fields)


@sources.command()
@config_option
def export(config_path: Path | None) -> None:
    """Write the sources as OPML 2.0 to standard output, a folder for each group."""
    settings = settings_of(config_path)
    groups = {group.name: group.title for group in settings.groups.values()}
    sys.stdout.buffer.write(opml_out.render(settings.sources, "aggregator", now(), groups))
