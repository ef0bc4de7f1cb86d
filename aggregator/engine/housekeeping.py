"""Housekeeping: what is done now and then, beside polls; where daemons share a database, by one of them."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from datetime import datetime

from aggregator.config import Settings
from aggregator.engine.horizon import Horizon
from aggregator.engine.turns import Turns
from aggregator.notify.notifier import Notifier
from aggregator.store import Store
from aggregator.store.retention import Kept
from aggregator.store.topics import Rematching
from aggregator.store.writer import Writer
from aggregator.topics import Topics

log = logging.getLogger(__name__)

ROUND = 200  # transactions that drop texts, in one round of housekeeping


class Housekeeping:
    """The rounds of one daemon, ``owner``. ``settings``: those that hold now; ``reach``: see `Horizon`."""

    def __init__(
        self, store: Store, writer: Writer, turns: Turns, horizon: Horizon, notifier: Notifier,
        settings: Callable[[], Settings], reach: Callable[[], datetime], now: Callable[[], datetime],
        owner: str, roles: frozenset[str],
    ) -> None:  # fmt: skip
        self._store = store
        self._writer = writer
        self._turns = turns
        self._horizon = horizon
        self._notifier = notifier
        self._settings = settings
        self._reach = reach
        self._now = now
        self._owner = owner
        self._roles = roles

    async def heal(self) -> None:
        """Undo what a clock that was ahead has planned; says so when it had."""
        lease = self._settings().polling.lease
        moved = await self._turns.change(lambda: self._store.upkeep.heal(lease))
        if moved:
            log.warning("the clock was ahead when %d sources were last planned: they are planned anew", moved)

    async def leads(self) -> bool:
        """Whether this daemon does the housekeeping: the eldest living one that places."""
        if not self._store.shared:
            return True
        now = self._now()
        placing = [each for each in await asyncio.to_thread(self._store.daemons.listed)
                   if "place" in each.roles and each.until > now]  # fmt: skip
        return bool(placing) and placing[0].owner == self._owner

    async def alert(self) -> None:
        """Tell what is to be told; one daemon does it."""
        if "place" in self._roles and await self.leads():
            await self._notifier.look()

    async def note_changes(self) -> None:
        """Look for corrections that feeds brought and people made; one daemon does it."""
        if "place" in self._roles and await self.leads():
            await self._writer.run(self._store.record.note_changes)

    async def note_withdrawn(self) -> None:
        """Look for reports that feeds took back: a look reads what left within a day, outside the turn."""
        if found := await asyncio.to_thread(self._store.record.withdrawn):
            await self._writer.run(lambda: self._store.record.keep_changes(found))

    async def tidy(self) -> None:
        """Housekeeping: topics whose definitions changed, old fingerprints, old candidate keys."""
        await asyncio.to_thread(self._store.refresh)
        if "place" not in self._roles or not await self.leads():
            return
        await self.heal()
        settings = self._settings()
        definition = definition_of(settings)
        if await asyncio.to_thread(self._store.topics.definition) != definition:
            await self._rematch(settings.topics, definition)
        await self.note_withdrawn()
        before = self._reach()
        while await self._writer.run(lambda: self._store.detector.drop_keys(before)):
            pass
        await self._writer.run(self._store.pages.tidy)
        await self._writer.run(self._store.settle_expected)
        await self._writer.run(self._store.people.tidy)
        await self.retain()
        await self._horizon.ready()
        await self._horizon.refresh()
        await self.tally()

    async def _rematch(self, topics: Topics, definition: str) -> None:
        """Match stories with the changed topics, a few at a time: a daemon that stops need not finish."""
        rematching = Rematching(topics)
        while await asyncio.to_thread(self._store.topics.match_on, rematching):
            pass
        await self._writer.run(lambda: self._store.topics.keep_definition(definition))
        log.info(
            "matched the stories with the changed topics: %d are of other topics now", rematching.changed
        )

    async def tally(self) -> None:
        """Count what sources carried: a few thousand articles at a time, between what is more urgent."""
        counting = await asyncio.to_thread(self._store.upkeep.tallying, self._reach())
        if counting is not None:
            while await asyncio.to_thread(self._store.upkeep.tally, counting):
                pass
            await self._writer.run(lambda: self._store.upkeep.keep_tallies(counting))

    async def retain(self) -> int:
        """Drop old texts, a few dozen a transaction, between what else is written; how many that were."""
        wanted, now = self._settings().retention, self._now()
        since = None if wanted.stories is None else now - wanted.stories
        kept = Kept(since, wanted.max_size, self._reach(), wanted.keep_starred)
        dropped = 0
        for _ in range(ROUND if since or wanted.max_size else 0):
            count = await self._writer.run(lambda: self._store.upkeep.retain(kept))
            dropped += count
            if not count:
                break
        if dropped:
            log.info("dropped the texts of %d old articles; all else about them is kept", dropped)
        return dropped


def definition_of(settings: Settings) -> str:
    """A hash that is another one when a topic means something else."""
    parts = [repr((topic.name, topic.all, topic.any, topic.none, topic.fields, sorted(topic.groups),
                   sorted(topic.sources))) for topic in settings.topics]  # fmt: skip
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:32]
