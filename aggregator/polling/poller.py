"""Many sources: claims what is due from the store and keeps a bounded number of polls in flight.

No schedule is kept here. What is due, when, and by whom lives in the database, so that a killed daemon loses
nothing and several daemons share the work. The clock that calls `tick` is the daemon's.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from aggregator.errors import AggregatorError
from aggregator.model import Applied, Due, Update
from aggregator.polling.pipeline import Steps, poll
from aggregator.polling.trouble import Line, Telling

log = logging.getLogger(__name__)

_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
REFILL = 0.1  # seconds from a poll's end to the next claim, while there is more to do; so claims stay batches
SOON = 0.03  # … and from one claim to the next in a pass, while half of the places are taken


class Claim(Protocol):
    """Take due sources for this daemon; a later next poll is committed before this returns."""

    async def __call__(
        self,
        limit: int,
        *,
        only: Collection[str] | None = None,
        ignore_schedule: bool = False,
        unpolled_since: datetime | None = None,
    ) -> Sequence[Due]: ...


@dataclass(slots=True)
class Activity:
    """What the poller has done since it started; shown by /metrics and /readyz."""

    last_tick: datetime | None = None
    polls: int = 0
    failures: int = 0
    new: int = 0
    copies: int = 0

    def count(self, applied: Applied) -> None:
        """Add one poll's result."""
        self.polls += 1
        self.failures += applied.status == "failed"
        self.count_placed(applied)

    def count_placed(self, applied: Applied) -> None:
        """Add what was placed, whoever polled it."""
        self.new += applied.new
        self.copies += applied.copies


class Poller:
    """Keeps at most ``concurrency`` fetches in flight; `tick` fills the free places with what is due.

    Results that wait to be stored hold no place, so that servers are asked while another daemon places; but
    no more than ``concurrency`` of them may wait. ``rate``: polls that `tick` starts in any one second, at
    most, so that neither a cold start nor the end of a long sleep is a burst.
    """

    def __init__(
        self,
        claim: Claim,
        steps: Steps,
        *,
        concurrency: int,
        rate: float = math.inf,
        now: Callable[[], datetime],
        on_applied: Callable[[Applied], None] = lambda _: None,
    ) -> None:
        self.claim = claim
        self.steps = steps
        self._counting = replace(steps, apply=self._store)  # which counts what waits to be stored
        self.concurrency = concurrency
        self.rate = rate
        self._starts: deque[datetime] = deque()  # of the last second
        self.now = now
        self.on_applied = on_applied
        self.activity = Activity()
        self._running: set[asyncio.Task[None]] = set()
        self._polling: set[str] = set()
        self._storing = 0  # polls that are fetched and wait to be stored
        self._claiming = asyncio.Lock()
        self._stopping = False
        self._more = False  # the last claim found something: there may be more
        self._refilling: asyncio.Task[None] | None = None
        self._trouble = ""  # why the last claim failed: told once, not each second
        self._telling = Telling()

    @property
    def in_flight(self) -> int:
        """How many polls are under way."""
        return len(self._running)

    @property
    def polling(self) -> frozenset[str]:
        """The ids of the sources that are being polled."""
        return frozenset(self._polling)

    async def tick(self) -> None:
        """Claim as many due sources as there are free places, and start them."""
        self.activity.last_tick = self.now()
        if self._stopping or self._claiming.locked():
            return
        async with self._claiming:
            places = self.concurrency - max(self._storing, len(self._running) - self._storing)
            free = min(places, self._allowance())
            if free <= 0:
                self._try_later(places)
                return
            try:
                due = await self.claim(free)
            except AggregatorError as error:
                if str(error) != self._trouble:
                    log.error("nothing can be claimed for polling: %s", error)  # noqa: TRY400
                self._trouble = str(error)
                return
            if self._told_to_stop():  # meanwhile: what was claimed is given back at the end
                return
            self._more = bool(due)
            if self._trouble:
                log.info("polling goes on")
            self._trouble = ""
            self._starts.extend([self.now()] * len(due))
            for one in due:
                self._start(one)
            if len(due) == free:
                self._try_later(places - free)

    def remember(self, ended: Iterable[datetime]) -> None:
        """Count polls of the last second that were another daemon's: a restart is no new second."""
        self._starts.extend(sorted(ended))

    def _allowance(self) -> int:
        """How many polls may be started now, for the rate's sake."""
        if math.isinf(self.rate):
            return self.concurrency
        now = self.now()
        while self._starts and not timedelta(0) <= now - self._starts[0] < timedelta(seconds=1):
            self._starts.popleft()
        return max(1, int(self.rate)) - len(self._starts)

    def _try_later(self, places: int) -> None:
        """Where the rate alone held sources back: no poll's end will ask for the next claim."""
        if places > 0 and self._more:
            self._place_is_free()

    async def ask(self, source: str) -> bool:
        """Poll one source now, though its turn has not come; False when its server asked us to wait."""
        due = [] if self._stopping else await self.claim(1, only=[source], ignore_schedule=True)
        for one in due:
            self._start(one)
        return bool(due)

    def _told_to_stop(self) -> bool:
        return self._stopping

    def _start(self, due: Due) -> None:
        task = asyncio.create_task(self._poll(due), name=f"poll {due.source.id}")
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._place_is_free()

    def _place_is_free(self) -> None:
        if self._more and not self._stopping and (self._refilling is None or self._refilling.done()):
            self._refilling = asyncio.create_task(self._refill(), name="refill")

    async def _refill(self) -> None:
        """Fill the places that became free, without waiting for the next tick."""
        await asyncio.sleep(REFILL)
        await self.tick()

    async def _source(self, due: Due) -> Applied:
        self._polling.add(due.source.id)
        try:
            return await poll(due, self._counting)
        finally:
            self._polling.discard(due.source.id)

    async def _store(self, update: Update) -> Applied:
        self._storing += 1
        self._place_is_free()
        try:
            return await self.steps.apply(update)
        finally:
            self._storing -= 1

    async def _poll(self, due: Due) -> None:
        try:
            applied = await self._source(due)
        except AggregatorError as error:
            # The store did not take it: the source is polled again when its claim says.
            self._say(self._telling.not_stored(due.source.id, str(error)))
            return
        except Exception:
            log.exception("%s: the poll ended in a defect of the program", due.source.id)
            return
        self._done(applied)

    def _done(self, applied: Applied) -> None:
        self.activity.count(applied)
        self._say(self._telling.of(applied))
        self.on_applied(applied)

    @staticmethod
    def _say(lines: Sequence[Line]) -> None:
        for line in lines:
            log.log(_LEVELS[line.level], "%s", line.text)

    async def stop(self, patience: float) -> None:
        """Start nothing new, wait ``patience`` seconds for what is in flight, then cancel it."""
        self._stopping = True
        if self._refilling is not None:
            self._refilling.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=patience)
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def once(self, only: Collection[str] | None, *, ignore_schedule: bool) -> AsyncIterator[Applied]:
        """One pass over what is due now, each source at most once; results as they come."""
        seen: set[str] = set()
        # Without the schedule, what this pass has polled is as due as the rest: a claim of it would hold its
        # lease for nothing, and may hide what was not polled yet.
        begun = self.now() if ignore_schedule else None
        pending: set[asyncio.Task[Applied]] = set()
        exhausted = False
        clock, again = asyncio.get_running_loop().time, 0.0
        while pending or not exhausted:
            # A claim is a transaction: it waits until a quarter of the places is free, and then for more.
            while not exhausted and (
                len(pending) <= self.concurrency // 2
                or (len(pending) <= 3 * self.concurrency // 4 and clock() >= again)
            ):
                claimed = await self.claim(
                    self.concurrency - len(pending),
                    only=only,
                    ignore_schedule=ignore_schedule,
                    unpolled_since=begun,
                )
                again = clock() + SOON
                fresh = [due for due in claimed if due.source.id not in seen]
                seen.update(due.source.id for due in fresh)
                pending |= {asyncio.create_task(self._source(due)) for due in fresh}
                # Per-host limits may hold sources back until others are done: then ask again.
                exhausted = not claimed and not pending
                if not fresh:
                    break
            if not pending:
                break
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                applied = task.result()
                self._done(applied)
                yield applied
