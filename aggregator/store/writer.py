"""The writer thread: whoever changes the store from the event loop, does it here, one after the other.

A person's change goes before all polling that waits; it waits at most for the transaction under way.
"""

from __future__ import annotations

import asyncio
import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aggregator.errors import StoreError

T = TypeVar("T")

PERSON, POLLING, LAST = 0, 1, 2


@dataclass(order=True, slots=True)
class _Job:
    urgency: int
    place: int
    work: Callable[[], Any] | None = field(compare=False)
    done: Future[Any] = field(compare=False)


class Writer:
    """One thread that runs what it is given, in order of urgency, then of arrival."""

    def __init__(self) -> None:
        self._jobs: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._places = itertools.count()
        self._accepting = True
        self._lock = threading.Lock()  # between the last question "are you accepting?" and the queue
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many changes wait for their turn."""
        return self._jobs.qsize()

    async def run(self, fn: Callable[[], T], *, person: bool = False) -> T:
        """Run ``fn`` on the writer thread; returns what it returns, raises what it raises.

        When the caller is cancelled, a change that has not begun is not made; one that has, is made whole.
        """
        return await asyncio.wrap_future(self.submit(fn, person=person))

    def submit(self, fn: Callable[[], T], *, person: bool = False) -> Future[T]:
        """Put ``fn`` into the queue, from any thread."""
        done: Future[T] = Future()
        with self._lock:
            if not self._accepting:
                raise StoreError("the program is stopping: nothing is changed any more")
            self._jobs.put(_Job(PERSON if person else POLLING, next(self._places), fn, done))
        return done

    async def stop(self) -> None:
        """Take nothing new, finish what waits, end the thread."""
        with self._lock:
            if self._accepting:
                self._accepting = False
                self._jobs.put(_Job(LAST, next(self._places), None, Future()))
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while (job := self._jobs.get()).work is not None:
            if not job.done.set_running_or_notify_cancel():
                continue
            try:
                result = job.work()
            except BaseException as error:  # noqa: BLE001  it is the caller's
                job.done.set_exception(error)
            else:
                job.done.set_result(result)
