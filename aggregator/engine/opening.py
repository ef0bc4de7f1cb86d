"""The engine of some settings: made, and taken down again."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from aggregator.config import ROLES, Settings
from aggregator.engine.clock import SharedClock
from aggregator.engine.identity import is_dead
from aggregator.engine.parts import Engine
from aggregator.errors import AggregatorError
from aggregator.sources.http import Client
from aggregator.store import Store
from aggregator.store.writer import Writer
from aggregator.workers import Workers

log = logging.getLogger(__name__)

WORKERS = max(1, min(4, os.cpu_count() or 1))


@asynccontextmanager
async def engine(
    settings: Settings,
    now: Callable[[], datetime],
    *,
    workers: int | Workers = WORKERS,
    roles: frozenset[str] = ROLES,
    alone: bool = False,
) -> AsyncIterator[Engine]:
    """The engine of these settings, its database opened and its sources brought up to date.

    ``workers``: how many processes, or a pool, which its owner closes. ``alone``: a daemon, of which some
    databases allow one. ``now``: a `SharedClock` is set by the database's.
    """
    store = await asyncio.to_thread(Store.open, settings.database, now=now)
    writer = Writer()
    pool = Workers(workers) if isinstance(workers, int) else workers
    polling = settings.polling
    client = Client(per_host=polling.per_host, concurrency=polling.concurrency, now=now)
    try:
        if alone:
            store.daemons.become()
        if isinstance(now, SharedClock) and store.shared:  # before anything is due by our own
            await asyncio.to_thread(now.set, store.daemons.time)
        made = Engine(settings, store, writer, client, pool, now, roles)
        await made.configure(settings)
        before = now() - timedelta(seconds=1)
        made.poller.remember(await asyncio.to_thread(store.polled_since, before))
        await writer.run(lambda: store.daemons.release_dead(is_dead))
        await made.house.heal()
        await made.beat()
        beating = asyncio.create_task(made.keep_beating(), name="heartbeat")
        if "place" in roles:
            made.horizon.start()
        try:
            yield made
        finally:
            await made.subscriber.stop()
            await made.horizon.stop()
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            try:
                await writer.run(lambda: store.daemons.release(made.owner))
            except AggregatorError as error:
                log.warning("what was being polled is free when its leases end: %s", error)
    finally:
        await client.close()
        if pool is not workers:
            await asyncio.to_thread(pool.close)
        await writer.stop()
        store.close()
