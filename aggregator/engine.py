"""Store, HTTP client, worker processes and poller, put together from one `Settings`."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import random
import socket
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from aggregator.config import Settings
from aggregator.model import Applied, Due, Update
from aggregator.pipeline import Steps
from aggregator.poller import LEASE, Poller
from aggregator.sources.http import Client
from aggregator.store import Store
from aggregator.store.writer import Writer
from aggregator.workers import Workers

log = logging.getLogger(__name__)

WORKERS = max(1, min(4, os.cpu_count() or 1))


class Engine:
    """The working parts of a daemon or of one pass; made by `engine`, which also takes it down."""

    def __init__(
        self, settings: Settings, store: Store, writer: Writer, client: Client, workers: Workers,
        now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self.settings = settings
        self.store = store
        self.writer = writer
        self.client = client
        self.now = now
        self.roll = random.SystemRandom().random
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        steps = Steps(
            fetch=client.fetch, known=self._known, prepare=workers.prepare_feed, apply=self._apply, now=now,
            roll=self.roll,
        )  # fmt: skip
        self.poller = Poller(self._claim, steps, concurrency=settings.polling.concurrency, now=now)

    async def _claim(
        self, limit: int, *, only: Collection[str] | None = None, ignore_schedule: bool = False
    ) -> Sequence[Due]:
        per_host = self.settings.polling.per_host
        return await self.writer.run(
            lambda: self.store.claim(
                limit,
                owner=self.owner,
                lease=LEASE,
                per_host=per_host,
                only=only,
                ignore_schedule=ignore_schedule,
            )
        )

    async def _known(self, source: str) -> Mapping[str, bytes]:
        return await asyncio.to_thread(self.store.known, source)

    async def _apply(self, update: Update) -> Applied:
        settings = self.settings
        return await self.writer.run(
            lambda: self.store.apply(update, rules=settings.rules(), topics=settings.topics)
        )

    async def configure(self, settings: Settings) -> None:
        """Take new settings between two claims; polls in flight end as they began."""
        await self.writer.run(lambda: self.store.sync_sources(settings.sources, self.roll), person=True)
        self.settings = settings
        self.poller.concurrency = self.client.concurrency = settings.polling.concurrency
        self.client.per_host = settings.polling.per_host

    async def tidy(self) -> None:
        """Housekeeping: match topics anew where their definitions changed, drop old candidate keys."""
        settings = self.settings
        definition = definition_of(settings)
        if await asyncio.to_thread(self.store.topics_definition) != definition:
            changed = await asyncio.to_thread(
                self.store.rematch, settings.topics, None, definition=definition
            )
            log.info("matched the stories with the changed topics: %d are of other topics now", changed)
        # Twice the horizon: a late article may be as old as the horizon, and its copies as old again.
        rules = settings.rules()
        before = self.now() - 2 * max(rules.horizon, rules.context)
        await self.writer.run(lambda: self.store.drop_keys(before))


def definition_of(settings: Settings) -> str:
    """A hash that is another one when a topic means something else."""
    parts = [repr((topic.name, topic.all, topic.any, topic.none, topic.fields, sorted(topic.groups),
                   sorted(topic.sources))) for topic in settings.topics]  # fmt: skip
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:32]


def is_dead(owner: str) -> bool:
    """Whether the daemon that holds a lease ran on this machine and is gone (``host:pid:chance``)."""
    host, _, rest = owner.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname() or not rest.isdigit():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return int(rest) == os.getpid()


@asynccontextmanager
async def engine(
    settings: Settings, now: Callable[[], datetime], *, workers: int = WORKERS
) -> AsyncIterator[Engine]:
    """The engine of these settings, its database opened and its sources brought up to date."""
    store = await asyncio.to_thread(Store.open, settings.database, now=now)
    writer = Writer()
    pool = Workers(workers)
    client = Client(per_host=settings.polling.per_host, concurrency=settings.polling.concurrency)
    try:
        made = Engine(settings, store, writer, client, pool, now)
        await made.configure(settings)
        await writer.run(lambda: store.release_dead(is_dead))
        try:
            yield made
        finally:
            await writer.run(lambda: store.release(made.owner))
    finally:
        await client.close()
        await asyncio.to_thread(pool.close)
        await writer.stop()
        store.close()
