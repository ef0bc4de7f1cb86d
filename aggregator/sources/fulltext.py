"""The texts behind the links of feeds that have only summaries: which pages, how often, and what is kept.

Opt-in by source (``fulltext: true``). A page is asked for as a feed is: through the same client with its
guard, limits and turns by host, one at a time for each poll; and only where robots.txt allows it (RFC 9309),
since no person named its address. What comes is kept in the database, so that a page is fetched once for
each revision of its entry, whatever happens between. A page that cannot be had costs nothing but its text.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from aggregator.errors import FetchError, SourceError
from aggregator.model import Due, Entry, Fetched, Page, Source
from aggregator.sources.extract import Html
from aggregator.text import html_to_paragraphs

log = logging.getLogger(__name__)

ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
HTML = ("text/html", "application/xhtml+xml")
SUMMARY = 1_500  # characters of text from which on a feed's own text is taken for the whole
MOST_HTML = 200_000  # characters of an entry that are looked at for that
MOST_BODY = 5_000_000  # bytes of one page, decoded
TIMEOUT = timedelta(seconds=20)  # for one page, unless the source's is shorter
MOST_PAGES = 40  # of one poll; the rest comes with the next one that brings news
PATIENCE = timedelta(seconds=120)  # for all pages of one poll
MOST_ATTEMPTS = 3  # for one entry revision
AGAIN = timedelta(hours=1)  # after the first attempt that came to nothing, then twice as long
LONGEST_WAIT = timedelta(seconds=30)  # for a turn at a host; longer: not in this poll
TRANSIENT = frozenset({408, 425, 429})  # of the 4xx: what a later request may change


class Fetch(Protocol):
    """`sources.http.Client.fetch`."""

    async def __call__(self, due: Due, *, accept: str) -> Fetched: ...


class Allowed(Protocol):
    """`sources.robots.Robots.allowed`."""

    async def __call__(self, url: str, user_agent: str, *, source: Source | None = None) -> bool: ...


@dataclass(frozen=True, slots=True)
class Means:
    """What reading pages needs of the rest: network, processes, database, clock.

    ``turn``: takes the next free moment at the host of an address and says when it is; None: too far off.
    ``held``: what is kept of these (guid, raw_sha256) of a source, by guid. ``keep``: keeps a page; what is
    returned counts. ``article``: `extract.article`, in a worker.
    """

    fetch: Fetch
    allowed: Allowed
    turn: Callable[[str], Awaitable[datetime | None]]
    held: Callable[[str, Sequence[tuple[str, bytes]]], Awaitable[Mapping[str, Page]]]
    keep: Callable[[str, Page], Awaitable[Page]]
    article: Callable[[Html, str], Awaitable[str]]
    now: Callable[[], datetime]
    agent: str


def wants_page(entry: Entry) -> bool:
    """Whether the feed has only a summary of this entry, and links to more."""
    if not (entry.url or "").startswith(("http://", "https://")):
        return False
    if html_to_paragraphs(entry.content[:MOST_HTML]):
        return False
    return sum(map(len, html_to_paragraphs(entry.summary[:MOST_HTML]))) < SUMMARY


async def texts(source: Source, entries: Iterable[Entry], means: Means) -> dict[str, str]:
    """The articles behind the entries that have only a summary, by guid. Raises nothing of the network's."""
    oldest = datetime.min.replace(tzinfo=UTC)
    wanted = [entry for entry in entries if wants_page(entry)]
    wanted.sort(key=lambda entry: entry.published or oldest, reverse=True)
    if not wanted:
        return {}
    held = await means.held(source.id, [(entry.guid, entry.raw_sha256) for entry in wanted])
    pages: list[Page] = []
    reading = _Reading(source, means)
    for entry in wanted:
        page = held.get(entry.guid)
        if page is None or (page.text is None and page.retry_at is not None and page.retry_at <= means.now()):
            page = await reading.read(entry, page.attempts if page else 0)
        pages.append(page)
    return {page.guid: page.text for page in without_walls(pages) if page.text}


def without_walls(pages: Sequence[Page]) -> list[Page]:
    """Without pages of different addresses that say the same: they ask for consent, or for money."""
    addresses: dict[str, set[str]] = {}
    for page in pages:
        if page.text:
            addresses.setdefault(page.text, set()).add(page.url)
    return [page for page in pages if page.text and len(addresses[page.text]) == 1]


class _Reading:
    """The pages of one poll, one after the other."""

    def __init__(self, source: Source, means: Means) -> None:
        self._source = replace(
            source, max_body=min(source.max_body, MOST_BODY), timeout=min(source.timeout, TIMEOUT)
        )
        self._means = means
        self._end = asyncio.get_running_loop().time() + PATIENCE.total_seconds()
        self._read = 0
        self._rest: datetime | None = None  # a host asked for rest: no more pages in this poll, until then

    async def read(self, entry: Entry, attempts: int) -> Page:
        """Fetch and keep one page, or the reason why there is none."""
        blank = Page(entry.guid, entry.raw_sha256, entry.url or "", self._means.now(), attempts=attempts)
        late = asyncio.get_running_loop().time() > self._end
        if self._rest is not None or late or self._read >= MOST_PAGES:
            page = replace(blank, retry_at=self._rest or blank.at, error="put off: its turn comes later")
        else:
            page = await self._attempt(entry, blank)
        return await self._means.keep(self._source.id, page)

    async def _attempt(self, entry: Entry, blank: Page) -> Page:
        self._read += 1
        try:
            text = await self._text(blank.url)
        except SourceError as error:
            if error.kind != "robots":
                log.info("%s: no full text of %s: %s", self._source.id, blank.url[:200], error.message)
            return self._failed(blank, error)
        if text is None:
            return replace(blank, retry_at=blank.at, error="put off: the host has its turn later")
        said = "\n\n".join(html_to_paragraphs(entry.summary[:MOST_HTML]))
        if len(text) <= len(said):
            return replace(blank, attempts=MOST_ATTEMPTS, error="the page has no more text than the summary")
        return replace(blank, text=text)

    async def _text(self, url: str) -> str | None:
        """The article of a page; None when its host has no turn for us soon. Raises SourceError."""
        means, source = self._means, self._source
        if not await means.allowed(url, source.user_agent or means.agent, source=source):
            raise FetchError("robots", "robots.txt does not allow it")
        at = await means.turn(url)
        if at is None:
            return None
        await asyncio.sleep(max(0.0, (at - means.now()).total_seconds()))
        fetched = await means.fetch(Due(source, url), accept=ACCEPT)
        kind = (fetched.content_type or HTML[0]).partition(";")[0].strip().lower()
        if kind not in HTML:
            raise FetchError("type", f"is no web page but {kind[:60]}", status=404)
        return await means.article(Html(fetched.body or b"", fetched.content_type, fetched.url), source.id)

    def _failed(self, blank: Page, error: SourceError) -> Page:
        """What came to nothing: tried again later, unless the answer will stay what it is."""
        attempts, at = blank.attempts + 1, self._means.now()
        status = error.status if isinstance(error, FetchError) else None
        asked = error.retry_after if isinstance(error, FetchError) else None
        wait = max(AGAIN * 2 ** (attempts - 1), timedelta(seconds=asked or 0))
        if status in (429, 503):
            self._rest = at + wait
        final = status is not None and 400 <= status < 500 and status not in TRANSIENT
        attempts = MOST_ATTEMPTS if final else attempts
        retry_at = None if attempts >= MOST_ATTEMPTS else at + wait
        return replace(blank, attempts=attempts, retry_at=retry_at, error=error.message[:500])
