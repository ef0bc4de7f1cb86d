"""Preparing feeds of sources with ``fulltext: true``: parse, read the linked pages, then make fingerprints.

Other sources go straight to the workers. The detector, the search and the differences between copies see the
page's text; summary and content stay what the feed said.
"""

from __future__ import annotations

import asyncio
import html
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from aggregator.errors import StoreError
from aggregator.jobs import Job, Parsed, parse_job, prepare_job
from aggregator.model import Entry, Page, Source
from aggregator.sources.entries import Read
from aggregator.sources.extract import MISSING, Html, article, available
from aggregator.sources.fulltext import LONGEST_WAIT, Means, texts
from aggregator.sources.http import Client
from aggregator.sources.robots import Robots
from aggregator.store.pages import Pages
from aggregator.workers import Workers

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bodied:
    """A parsed feed with the texts of pages; it crosses the process boundary."""

    job: Job
    found: Read
    left_out: int
    bodies: Mapping[str, str]
    again: frozenset[str]


def prepare_bodied(given: Bodied) -> Parsed:
    """Prepare a feed's entries as if they held their pages' texts. Raises ParseError. Runs in a worker."""
    entries = {entry.guid: entry for entry in given.found.entries}
    found = replace(
        given.found, entries=tuple(_with(entry, given.bodies.get(entry.guid)) for entry in entries.values())
    )
    made = prepare_job(given.job, found, given.left_out)
    prepared = tuple(
        replace(one, entry=entries[one.entry.guid], reread=one.entry.guid in given.again)
        for one in made.prepared
    )
    return replace(made, prepared=prepared)


def _with(entry: Entry, body: str | None) -> Entry:
    if not body:
        return entry
    return replace(entry, content="".join(f"<p>{html.escape(line)}</p>" for line in body.split("\n\n")))


class Bodies:
    """`prepare_feed` of the workers, which reads linked pages for the sources that ask for it.

    ``change``: runs what writes to the store, where it may; ``gap``: the time between two requests to a host.
    """

    def __init__(
        self, workers: Workers, client: Client, pages: Pages, now: Callable[[], datetime],
        change: Callable[[Callable[[], object]], Awaitable[object]], gap: Callable[[], timedelta],
        robots: Robots,
    ) -> None:  # fmt: skip
        self._workers = workers
        self._pages = pages
        self._now = now
        self._change = change
        self._gap = gap
        self._client = client
        self._robots = robots

    async def prepare_feed(self, job: Job) -> Parsed:
        """As `Workers.prepare_feed`. Raises ParseError; no page that cannot be had is an error."""
        workers, source = self._workers, job.source
        if not (source.fulltext and available()):
            return await workers.prepare_feed(job)
        again = await asyncio.to_thread(self._pages.again, source.id)
        unread = {guid: digest for guid, digest in job.known.items() if guid not in again}
        found: Read
        found, left_out = await workers.call(
            parse_job, replace(job, known=unread, parser=workers.parser), name=source.id
        )
        bodies = await self._texts(source, found.entries)
        rest = replace(job, body=b"", known={})
        made: Parsed = await workers.call(
            prepare_bodied, Bodied(rest, found, left_out, bodies, again & job.known.keys()), name=source.id
        )
        workers.readings.count(made, source.id)
        return made

    async def _texts(self, source: Source, entries: Sequence[Entry]) -> Mapping[str, str]:
        try:
            return await texts(source, entries, self._means())
        except StoreError as error:  # the entries are worth more than their pages
            log.warning("%s: no full texts this time: %s", source.id, error)
            return {}

    def _means(self) -> Means:
        return Means(
            fetch=self._client.fetch, allowed=self._robots.allowed, turn=self._turn, held=self._held,
            keep=self._keep, article=self._article, now=self._now, agent=self._client.agent,
        )  # fmt: skip

    async def _turn(self, url: str) -> datetime | None:
        found = await self._change(lambda: self._pages.turn(url, self._gap(), LONGEST_WAIT))
        return found if isinstance(found, datetime) else None

    async def _held(self, source: str, entries: Sequence[tuple[str, bytes]]) -> Mapping[str, Page]:
        return await asyncio.to_thread(self._pages.held, source, entries)

    async def _keep(self, source: str, page: Page) -> Page:
        kept = await self._change(lambda: self._pages.keep(source, page))
        return kept if isinstance(kept, Page) else page

    async def _article(self, page: Html, name: str) -> str:
        return str(await self._workers.call(article, page, name=name))


def tell_missing(sources: Sequence[Source]) -> None:
    """Say once that the extra is missing, where a source asks for it."""
    asking = [source.id for source in sources if source.fulltext]
    if asking and not available():
        log.error("%s (asked for by %s)", MISSING, ", ".join(asking[:5]))
