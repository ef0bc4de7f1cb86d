"""Worker processes: parse, text and fingerprint, out of reach of what a hostile feed does to a parser.

The only home of pebble. Processes are spawned (nothing of the parent is in them), have a limit of memory,
and one that crashes or passes its deadline is killed and replaced while the others work on. They ignore
Ctrl-C, which is the parent's to handle, and die with it even when it is killed.
"""

from __future__ import annotations

import asyncio
import ctypes
import dataclasses
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pebble import ProcessExpired, ProcessPool

from aggregator.errors import AggregatorError, ParseError
from aggregator.garbage import collect_seldom
from aggregator.jobs import Job, Parsed, run, run_flat, whole
from aggregator.pipes import Context
from aggregator.sources.raw import Parser

log = logging.getLogger(__name__)

DEADLINE = 60.0  # seconds that one feed may take, waiting for a free worker not counted
MEMORY = 2_000_000_000  # bytes of address space of one worker
MAX_TASKS = 2_000  # then a worker is replaced, so that what libraries leak is bounded
NICE = 10  # how much workers stand back: who reads pages, and what stores, go first
ATTEMPTS = 3  # of a job whose pool broke down under it
STUCK = 5.0  # seconds beyond the deadline after which a pool that ends no job is given up
QUIET = 60.0  # seconds until the next breakdown is told
_PR_SET_PDEATHSIG = 1  # prctl(2)


@dataclass(slots=True)
class Readings:
    """How many bodies were read by which parser since the start; shown by /metrics."""

    fast: int = 0
    authority: int = 0  # not taken by the fast path
    checked: int = 0  # of the fast path's, also read by the authority
    differing: int = 0  # of the checked

    def count(self, parsed: Parsed, name: str) -> None:
        """Add one body's."""
        self.fast += parsed.fast
        self.authority += not parsed.fast
        self.checked += parsed.checked
        if parsed.differs:
            self.differing += 1
            log.warning("%s: the fast parser and feedparser disagree: %s", name, parsed.differs)


class Workers:
    """A pool of processes. Make it anywhere, use it within an event loop, `close` it at the end.

    ``count``: processes; ``deadline``: seconds for one feed; ``memory``: bytes of one process. ``parser``
    may change at any time; it acts on the next feed.
    """

    def __init__(
        self,
        count: int = 2,
        *,
        deadline: float = DEADLINE,
        memory: int = MEMORY,
        parser: Parser = "auto",
    ) -> None:
        self.parser: Parser = parser
        self.readings = Readings()
        self._count = max(1, count)
        self._deadline = deadline
        self._memory = memory
        self._pool = self._new_pool()
        self._jobs = 0  # that are waited for
        self._moved = time.monotonic()  # when a job last ended, or the first of them began
        self._told = -QUIET

    def _new_pool(self) -> ProcessPool:
        """A pool; it starts its processes with its first job."""
        return ProcessPool(
            max_workers=self._count,
            max_tasks=MAX_TASKS,
            initializer=_start,
            initargs=(os.getpid(), self._memory),
            context=Context(),
        )

    async def prepare_feed(self, job: Job) -> Parsed:
        """Parse and prepare a body in a worker. Raises ParseError (``crashed``, ``deadline`` and others)."""
        job = dataclasses.replace(job, parser=self.parser)
        found = whole(await self.call(run_flat, job, name=job.source.id))
        self.readings.count(found, job.source.id)
        return found

    async def call(self, function: Callable[[Any], Any], argument: object, *, name: str) -> Any:
        """Run a module-level function in a worker. ``name``: who is to blame should it not come back."""
        for _ in range(ATTEMPTS):
            pool = self._pool
            try:
                future = pool.schedule(function, args=(argument,), timeout=self._deadline)
            except RuntimeError:
                await self._renew(pool)
                continue
            try:
                return await self._result(pool, future)
            except (BrokenProcessPool, _StuckError):
                # An idle worker was killed, or none could start: not this job's fault.
                await self._renew(pool)
            except asyncio.CancelledError:
                future.cancel()  # type: ignore[no-untyped-call]
                raise
            except Exception as error:
                raise self._blamed(error, name) from error
        raise ParseError(
            "local", "no worker process could be started: memory, open files or processes are short"
        )

    async def _result(self, pool: ProcessPool, future: Any) -> Any:
        """What a job returns. Raises _StuckError when its pool ends no job at all any more.

        A worker that is killed while it holds the pool's pipe can leave the pool waiting for ever. Every job
        has a deadline; so while jobs wait, one ends at least so often.
        """
        waiting = asyncio.wrap_future(future)
        if not self._jobs:
            self._moved = time.monotonic()
        self._jobs += 1
        try:
            while not waiting.done():
                await asyncio.wait([waiting], timeout=self._deadline / 4)
                still = time.monotonic() - self._moved
                if not waiting.done() and (self._pool is not pool or still > self._deadline + STUCK):
                    raise _StuckError
            if waiting.cancelled():  # with its pool, not by us
                raise _StuckError
            self._moved = time.monotonic()
            return waiting.result()
        finally:
            self._jobs -= 1
            waiting.cancel()

    def _blamed(self, error: Exception, name: str) -> AggregatorError:
        """The error of a job, as an error of the source."""
        if isinstance(error, AggregatorError):
            return error
        if isinstance(error, ProcessExpired):
            return ParseError("crashed", f"{name}: parsing crashed its worker (exit code {error.exitcode})")
        if isinstance(error, TimeoutError | FutureTimeoutError):
            return ParseError(
                "deadline", f"{name}: parsing took more than {self._deadline:g} s and was stopped"
            )
        # A defect of ours that this input brings out: the source fails, the daemon goes on.
        log.error("%s: parsing failed in the program itself", name, exc_info=error)
        return ParseError("crashed", f"{name}: parsing failed in the program itself: {error!r}"[:500])

    async def _renew(self, broken: ProcessPool) -> None:
        """Put a new pool in the place of a broken one, once, whoever notices first."""
        if self._pool is broken:
            now = time.monotonic()
            if now - self._told > QUIET:  # what kills workers may kill them again and again
                log.warning("the pool of worker processes broke down and is replaced")
                self._told = now
            self._pool, self._moved = self._new_pool(), now
            await asyncio.to_thread(_stop, broken)

    def close(self) -> None:
        """Stop every worker now; what they were doing is given up."""
        _stop(self._pool)


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    with suppress(
        TimeoutError, FutureTimeoutError
    ):  # a broken pool may not even end; its processes do with us
        pool.join(timeout=STUCK)


class _StuckError(Exception):
    """No job of a pool has ended for longer than any job may take."""


class InProcess:
    """The same interface without processes, for one-shot commands on trusted input and for tests."""

    async def prepare_feed(self, job: Job) -> Parsed:
        """Parse and prepare one body here."""
        return await asyncio.to_thread(run, job)

    def close(self) -> None:
        """Nothing to stop."""


def _start(parent: int, memory: int) -> None:
    """Set up a worker: signals, limits, and the imports that every job needs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICE)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import aggregator.prepare
    import aggregator.sources.feed  # noqa: F401

    collect_seldom()
