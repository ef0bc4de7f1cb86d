"""Fetches the icons of outlets: each site's at most once a week, as its robots.txt allows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from aggregator.errors import FetchError
from aggregator.model import Due, Icon, Source
from aggregator.sources.http import Client
from aggregator.sources.icons import MOST_BYTES, PAGE_BYTES, media_type, named
from aggregator.sources.robots import Robots
from aggregator.store import Store

log = logging.getLogger(__name__)

AT_ONCE = 4  # sites in one round


class Icons:
    """Looks for what is due at each `tick`. ``change`` runs a writing function of the store."""

    def __init__(
        self, store: Store, change: Callable[[Callable[[], Any]], Awaitable[Any]], client: Client,
        robots: Robots,
    ) -> None:  # fmt: skip
        self._store = store
        self._change = change
        self._client = client
        self._robots = robots

    async def tick(self) -> None:
        """Fetch the icons of a few sites whose week is over."""
        sites = await self._change(lambda: self._store.icons.take(AT_ONCE))
        await asyncio.gather(*(self._site(*each) for each in sites))

    async def _site(self, site: str, page: str, source: str) -> None:
        due = await asyncio.to_thread(self._store.unclaimed, source)
        if due is None:
            return
        icon, error = None, None
        try:
            icon = await self._find(due.source, page)
        except FetchError as failure:
            error = str(failure)
            log.debug("%s: no icon: %s", site, error)
        await self._change(lambda: self._store.icons.keep(site, icon, error))

    async def _find(self, source: Source, page: str) -> Icon | None:
        """The first picture at the addresses that the page names. Raises FetchError when none answers."""
        trouble: FetchError | None = None
        try:
            content, page = await self._get(source, page, PAGE_BYTES)
        except FetchError as error:
            content, trouble = b"", error
        for url in named(content, page):
            try:
                picture, at = await self._get(source, url, MOST_BYTES)
            except FetchError as error:
                trouble = trouble or error
                continue
            kind = media_type(picture)
            if kind is not None:
                return Icon(at, kind, picture)
        if trouble is not None:
            raise trouble
        return None

    async def _get(self, source: Source, url: str, limit: int) -> tuple[bytes, str]:
        """A body and its address, without what belongs to the feed alone: its headers and credentials."""
        agent = source.user_agent or self._client.agent
        if not await self._robots.allowed(url, agent, source=source):
            raise FetchError("robots", f"robots.txt does not allow {url[:200]}")
        plain = replace(source, url=url, headers={}, username=None, password=None, max_body=limit)
        fetched = await self._client.fetch(Due(plain, url))
        return fetched.body or b"", fetched.url
