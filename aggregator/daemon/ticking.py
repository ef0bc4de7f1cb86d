"""What a daemon does every so many seconds. The only home of APScheduler, which ticks.

What is due is not in the scheduler but in the database.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aggregator.daemon.jumps import Jumps
from aggregator.engine import Engine
from aggregator.errors import AggregatorError
from aggregator.schedule import words

log = logging.getLogger(__name__)

TICK = 1.0  # seconds between two looks at what is due
LOOK = 0.5  # seconds between two looks at the configuration: a change acts after two that agree
ALERT = 10.0  # seconds between two looks for what alerts tell
PING = 20.0  # seconds between two looks for feeds of which the hub is told
NOTE = 20.0  # seconds between two looks for corrections
BESIDE = 10.0  # seconds between two looks at what hubs must be asked, and which icons are due
TIDY = 300.0  # seconds between two rounds of housekeeping

Job = Callable[[], Awaitable[object]]


def utc_now() -> datetime:
    """The wall clock: everything below is handed this function."""
    return datetime.now(UTC)


class Ticks:
    """The jobs of one daemon: none runs twice at once, and missed calls are not made up."""

    def __init__(self, parts: Engine) -> None:
        self._parts = parts
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._told: dict[str, str] = {}  # what was said of which jobs that fail
        self._watching: asyncio.Task[None] | None = None
        logging.getLogger("apscheduler.executors.default").addFilter(is_no_ending)

    def every(self, seconds: float, job: Any, *arguments: Any, first: float = 0.05) -> None:
        """Call ``job`` every so many seconds, ``first`` seconds from now for the first time."""
        self._scheduler.add_job(
            job, "interval", seconds=seconds, args=arguments, coalesce=True, max_instances=1,
            misfire_grace_time=None, next_run_time=utc_now() + timedelta(seconds=first),
        )  # fmt: skip

    def calmly_every(self, seconds: float, job: Job, *, first: float = 0.05) -> None:
        """The same for housekeeping: what fails is told once, and tried again in its next round."""
        self.every(seconds, self._calmly, job, first=first)

    def start(self, roles: frozenset[str]) -> None:
        """Begin, with what the engine does for these roles."""
        parts = self._parts
        if "poll" in roles:
            self.every(TICK, parts.poller.tick)
            self.calmly_every(BESIDE, parts.surroundings, first=BESIDE)
        self.calmly_every(TIDY, parts.house.tidy)
        self.calmly_every(NOTE, parts.house.note_changes)
        self.calmly_every(ALERT, parts.house.alert)
        self._scheduler.start()
        self._watching = asyncio.create_task(self._watch_clock(), name="clock")

    def stop(self) -> None:
        """Begin nothing more."""
        if self._watching is not None:
            self._watching.cancel()
        self._scheduler.shutdown(wait=False)

    async def _watch_clock(self) -> None:
        """Go on when the clock is set: the scheduler would wait until a time planned by the old one."""
        jumps = Jumps(utc_now)
        while True:
            await asyncio.sleep(TICK)
            jump = jumps.look()
            if jump is None:
                continue
            how = "forward (or this machine slept)" if jump > timedelta(0) else "back"
            log.warning("the clock was set %s by %s: polling goes on by the new time", how, words(abs(jump)))
            for job in self._scheduler.get_jobs():
                job.modify(next_run_time=utc_now())
            await self._calmly(self._parts.house.heal)

    async def _calmly(self, job: Job) -> None:
        try:
            await job()
            self._told.pop(job.__name__, None)
        except AggregatorError as error:
            if str(error) not in self._told.values():
                log.warning("housekeeping was put off: %s", error)
            self._told[job.__name__] = str(error)


def is_no_ending(record: logging.LogRecord) -> bool:
    """Whether a line of the scheduler is of more than a job that was cut off, as happens when we stop."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))
