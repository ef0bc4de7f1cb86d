"""The store as the poller and the placer use it: from the event loop, each call on its thread.

On SQLite all that is written goes through the one writer thread; on PostgreSQL only placing does, since it is
serialised there by a lock that all daemons share.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from aggregator.config import Settings
from aggregator.dedup.boilerplate import Known
from aggregator.engine.horizon import Horizon
from aggregator.engine.patience import insist
from aggregator.model import Applied, Due, Update
from aggregator.store import Store, places
from aggregator.store.writer import Writer

log = logging.getLogger(__name__)

FULL = 500  # updates in the inbox from which on nothing more is fetched: nobody places, or not fast enough

T = TypeVar("T")


class Turns:
    """What one daemon, ``owner``, does with the store. ``settings``: those that hold now."""

    def __init__(
        self, store: Store, writer: Writer, horizon: Horizon, settings: Callable[[], Settings],
        owner: str, roles: frozenset[str], roll: Callable[[], float],
    ) -> None:  # fmt: skip
        self._store = store
        self._writer = writer
        self._horizon = horizon
        self._settings = settings
        self._owner = owner
        self._roles = roles
        self._roll = roll
        self._full = False

    async def change(self, fn: Callable[[], T], *, person: bool = False) -> T:
        """Run what needs no turn at placing: on the one writer thread where the database has one writer."""
        if self._store.shared:
            return await asyncio.to_thread(fn)
        return await self._writer.run(fn, person=person)

    async def claim(
        self,
        limit: int,
        *,
        only: Collection[str] | None = None,
        ignore_schedule: bool = False,
        unpolled_since: datetime | None = None,
    ) -> Sequence[Due]:
        await self._horizon.ready()
        polling = self._settings().polling
        if "place" not in self._roles and await self._inbox_is_full():
            return []
        return await self.change(
            lambda: self._store.claim(
                limit,
                owner=self._owner,
                lease=polling.lease,
                per_host=polling.per_host,
                gap=polling.host_gap or timedelta(0),
                only=only,
                ignore_schedule=ignore_schedule,
                unpolled_since=unpolled_since,
            )
        )

    async def _inbox_is_full(self) -> bool:
        waiting = await asyncio.to_thread(self._store.arrivals.waiting)
        full, self._full = self._full, waiting >= FULL
        if self._full and not full:
            log.warning(
                "%d updates wait to be placed: polling rests. Is there a daemon with `place`?", waiting
            )
        return self._full

    async def known(self, source: str) -> Known:
        return await insist(lambda: asyncio.to_thread(self._store.polled, source), self._roll)

    async def apply(self, update: Update) -> Applied:
        """Store a result, which counts while its claim does; through a restart of the database, too."""
        if places(update) and "place" not in self._roles:
            return await insist(
                lambda: self.change(lambda: self._store.arrivals.hand_over(update)), self._roll
            )
        return await insist(lambda: self._place(update), self._roll)

    async def _place(self, update: Update) -> Applied:
        if places(update) or not self._store.shared:
            entries = len(update.prepared)
            applied = await self._writer.run_together(self._apply_all, update, 1 + entries)
        else:
            rules, topics = self._settings().rules(), self._settings().topics
            applied = await asyncio.to_thread(self._store.arrivals.apply, update, rules=rules, topics=topics)
        if update.learnt is not None:
            self._horizon.soon()
        return applied

    def _apply_all(self, updates: Sequence[Update]) -> Sequence[Applied | Exception]:
        """Store results that waited for the writer, in one transaction."""
        rules, topics = self._settings().rules(), self._settings().topics
        return self._store.arrivals.apply_all(updates, rules=rules, topics=topics)

    async def place_next(self) -> Applied | None:
        await self._horizon.ready()
        rules, topics = self._settings().rules(), self._settings().topics
        return await self._writer.run(lambda: self._store.arrivals.place_next(rules=rules, topics=topics))
