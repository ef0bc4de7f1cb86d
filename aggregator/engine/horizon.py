"""Keeps the fingerprints of recent articles up to date, beside polling; before it, when the recipe changed.

Texts are read again in worker processes, in pages of a few dozen; what a page is, and what is left to do, the
store says (`store.reprinting`). So it may be ended at any moment, and goes on where it was.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from aggregator.dedup.fingerprint import Analysis
from aggregator.errors import AggregatorError
from aggregator.prepare import Stored, read_again
from aggregator.store import Store
from aggregator.store.reprinting import Again, Page
from aggregator.store.writer import Writer
from aggregator.workers import Workers

log = logging.getLogger(__name__)


class Horizon:
    """``since``: the time from which articles matter to the detector."""

    def __init__(self, store: Store, writer: Writer, workers: Workers, since: Callable[[], datetime]) -> None:
        self._store = store
        self._writer = writer
        self._workers = workers
        self._since = since
        self._one = asyncio.Lock()
        self._urgent: asyncio.Task[None] | None = None
        self._soon: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin with what must be done before anything is placed; `ready` waits for it."""
        self._urgent = asyncio.create_task(self._calmly(self._after_recipe), name="horizon")

    async def ready(self) -> None:
        """Return when fingerprints of the recipe that is used now may be placed among the stored ones."""
        if self._urgent is not None and not self._urgent.done():
            await asyncio.wait([self._urgent])

    def soon(self) -> None:
        """Bring everything up to date, beside what else is done."""
        if self._soon is None or self._soon.done():
            self._soon = asyncio.create_task(self._calmly(self.refresh), name="horizon")

    async def refresh(self, *, urgent: bool = False) -> int:
        """Bring everything, or what is ``urgent``, up to date; returns how many fingerprints changed."""
        changed = 0
        async with self._one:
            while True:
                page = await asyncio.to_thread(self._store.detector.out_of_date, self._since(), urgent=urgent)
                if page is None:
                    break
                made = await self._read(page)
                changed += await self._writer.run(partial(self._store.detector.reprint, page, made))
        if changed:
            log.info("fingerprinted %d articles anew", changed)
        return changed

    async def stop(self) -> None:
        """End; what is left to do is done after the next start."""
        tasks = [task for task in (self._urgent, self._soon) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _after_recipe(self) -> None:
        if await self._writer.run(self._store.detector.take_recipe):
            log.info("another recipe of fingerprints: what is recent is fingerprinted anew before polling")
            await self.refresh(urgent=True)
        self.soon()

    async def _calmly(self, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except AggregatorError as error:
            log.warning("fingerprinting anew was put off: %s", error)

    async def _read(self, page: Page) -> list[Analysis | None]:
        """Read a page's texts in a worker; one by one where that fails: one that cannot be read stays."""
        try:
            return list(await self._call(page, page.again))
        except AggregatorError:
            made: list[Analysis | None] = []
            for each in page.again:
                try:
                    made += await self._call(page, (each,))
                except AggregatorError as error:
                    log.warning("article %d keeps its old fingerprint: %s", each.article, error)
                    made.append(None)
            return made

    async def _call(self, page: Page, again: tuple[Again, ...]) -> list[Analysis]:
        if not again:
            return []
        texts = tuple((each.title, each.paragraphs) for each in again)
        found: list[Analysis] = await self._workers.call(
            read_again, Stored(texts, page.leave_out, page.patterns), name=page.source
        )
        return found
