"""What the event loop complains of outside of any task, told calmly."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

QUIET = 60.0  # seconds until the same shortage is told again


class Complaints:
    """An exception handler for an event loop.

    A machine without free file descriptors makes asyncio complain of each place in the queue of the listening
    socket, two thousand times a second: that is one line a minute here.
    """

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._told = -QUIET

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Say it, if it is new."""
        if "out of system resource" not in str(context.get("message")):
            loop.default_exception_handler(context)
            return
        now = self._steady()
        if now - self._told >= QUIET:
            log.error(
                "the page takes no connections: %s; it goes on when there are some again. Allow the process "
                "more (LimitNOFILE, ulimit -n), or lower polling.concurrency",
                getattr(context.get("exception"), "strerror", None) or "out of file descriptors",
            )
            self._told = now
