"""The writer thread: whoever changes the store from the event loop, does it here, one after the other.

A person's change goes before all polling that waits; it waits at most for the transaction under way. Changes
that say that they may (`Writer.run_together`) share one transaction, as many as wait and are soon done.
"""

from __future__ import annotations

import asyncio
import itertools
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aggregator.errors import StoreError

T = TypeVar("T")
Item = TypeVar("Item")

PERSON, POLLING, LAST = 0, 1, 2
TOGETHER = 32  # changes in one transaction at most: most polls find nothing new …
FIRST, LEAST, MOST = 248, 62, 1_000  # … and entries in them, before the last one: as many as …
WAIT = 0.3  # … are stored in so many seconds, since a person waits for them


@dataclass(order=True, slots=True)
class _Job:
    urgency: int
    place: int
    work: Callable[[], Any] | None = field(compare=False)
    done: Future[Any] = field(compare=False)
    together: Callable[[list[Any]], Sequence[Any]] | None = field(default=None, compare=False)
    item: Any = field(default=None, compare=False)
    weight: int = field(default=1, compare=False)
    heard: asyncio.Future[Any] | None = field(default=None, compare=False)  # of who waits for a shared change


class Writer:
    """One thread that runs what it is given, in order of urgency, then of arrival."""

    def __init__(self) -> None:
        self._jobs: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._places = itertools.count()
        self._enough = FIRST  # entries in one transaction
        self._accepting = True
        self._lock = threading.Lock()  # between the last question "are you accepting?" and the queue
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """How many changes wait for their turn."""
        return self._jobs.qsize()

    async def run(self, fn: Callable[[], T], *, person: bool = False) -> T:
        """Run ``fn`` on the writer thread; returns what it returns, raises what it raises.

        When the caller is cancelled, a change that has not begun is not made; one that has, is made whole.
        """
        return await asyncio.wrap_future(self.submit(fn, person=person))

    async def run_together(
        self, fn: Callable[[list[Item]], Sequence[T | Exception]], item: Item, weight: int
    ) -> T:
        """Run ``fn`` on the writer thread with a list of items: ours, and what waits with the same ``fn``.

        ``fn`` returns for each item its result, or the exception that its caller is to see.
        """
        done: Future[T] = Future()
        heard: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._put(_Job(POLLING, next(self._places), None, done, fn, item, weight, heard))
        try:
            return await heard
        except asyncio.CancelledError:
            done.cancel()
            raise

    def submit(self, fn: Callable[[], T], *, person: bool = False) -> Future[T]:
        """Put ``fn`` into the queue, from any thread."""
        done: Future[T] = Future()
        return self._put(_Job(PERSON if person else POLLING, next(self._places), fn, done))

    def _put(self, job: _Job) -> Future[Any]:
        with self._lock:
            if not self._accepting:
                raise StoreError("the program is stopping: nothing is changed any more")
            self._jobs.put(job)
        return job.done

    async def stop(self) -> None:
        """Take nothing new, finish what waits, end the thread."""
        with self._lock:
            if self._accepting:
                self._accepting = False
                self._jobs.put(_Job(LAST, next(self._places), None, Future()))
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while (job := self._jobs.get()).urgency != LAST:
            if job.together is not None:
                group = self._group(job)
                begun = time.monotonic()
                self._work_together(job.together, group)
                self._learn(sum(each.weight for each in group), time.monotonic() - begun)
            elif job.work is not None and job.done.set_running_or_notify_cancel():
                try:
                    result = job.work()
                except BaseException as error:  # noqa: BLE001  it is the caller's
                    job.done.set_exception(error)
                else:
                    job.done.set_result(result)

    def _group(self, first: _Job) -> list[_Job]:
        """The job and those that may share its transaction, without those cancelled, up to a person's.

        What else waits among them keeps its place, and is next.
        """
        group: list[_Job] = []
        passed: list[_Job] = []
        weight = 0
        for job in itertools.chain([first], self._waiting()):
            if job.urgency != first.urgency:
                passed.append(job)
                break
            if job.together != first.together:
                passed.append(job)
            elif job.done.set_running_or_notify_cancel():
                group.append(job)
                weight += job.weight
                if len(group) >= TOGETHER or weight >= self._enough:
                    break
        for job in passed:
            self._jobs.put(job)
        return group

    def _waiting(self) -> Iterator[_Job]:
        with suppress(queue.Empty):
            while True:
                yield self._jobs.get_nowait()

    def _learn(self, weight: int, took: float) -> None:
        """Take fewer entries at once where they last longer than `WAIT`, more where they are done sooner.

        ``took``: seconds. What is small tells of what each transaction costs, not of its entries.
        """
        if weight >= LEAST:
            enough = min(max(LEAST, int(weight * WAIT / max(took, 1e-6))), MOST)
            self._enough = min(enough, (self._enough + enough) // 2)

    @staticmethod
    def _work_together(fn: Callable[[list[Any]], Sequence[Any]], group: list[_Job]) -> None:
        if not group:
            return
        try:
            results = list(fn([job.item for job in group]))
        except BaseException as error:  # noqa: BLE001  it is the callers'
            results = [error] * len(group)
        told: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = defaultdict(list)
        for job, result in zip(group, results, strict=True):
            if job.heard is not None:
                told[job.heard.get_loop()].append((job.heard, result))
        for loop, theirs in told.items():
            with suppress(RuntimeError):  # its loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_tell, theirs)


def _tell(results: Iterable[tuple[asyncio.Future[Any], Any]]) -> None:
    """Wake who waits for a transaction, all at once: each call from another thread costs a system call."""
    for heard, result in results:
        if heard.done():
            continue
        if isinstance(result, BaseException):
            heard.set_exception(result)
        else:
            heard.set_result(result)
