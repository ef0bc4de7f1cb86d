"""Places what other daemons fetched, one update after the other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aggregator.errors import AggregatorError, TryAgainError
from aggregator.model import Applied

log = logging.getLogger(__name__)

PAUSE = 0.2  # seconds until an empty inbox is looked at again
TROUBLE = 1.0  # … and until the next attempt after an error


class Placer:
    """Runs until it is stopped. ``take`` places the next update, and returns None when none waits."""

    def __init__(
        self, take: Callable[[], Awaitable[Applied | None]], done: Callable[[Applied], None]
    ) -> None:
        self._take = take
        self._done = done
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="placer")

    async def stop(self) -> None:
        """End after the update at hand."""
        self._stopping.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        told = ""
        while not self._stopping.is_set():
            pause = PAUSE
            try:
                applied = await self._take()
                told = ""
            except AggregatorError as error:
                pause, told, before = TROUBLE, str(error), told
                if told != before:
                    level = logging.WARNING if isinstance(error, TryAgainError) else logging.ERROR
                    log.log(level, "an update could not be placed: %s", error)
            except Exception:
                pause = TROUBLE
                log.exception("placing an update ended in a defect of the program")
            else:
                if applied is not None:
                    self._done(applied)
                    continue
            try:
                await asyncio.wait_for(self._stopping.wait(), pause)
            except TimeoutError:
                continue
