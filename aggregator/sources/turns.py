"""At most so many requests at once, in all and to one host: first come, first served."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Places by name. ``limit`` may change at any time; it acts on the next turn."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._taken: dict[str, int] = defaultdict(int)
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait for a place, hold it for the block."""
        await self._take(name)
        try:
            yield
        finally:
            self._taken[name] -= 1
            self._wake(name)

    async def _take(self, name: str) -> None:
        queue = self._waiting.get(name)
        if not queue and self._taken[name] < self.limit:
            self._taken[name] += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(name, deque()).append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # it was just given to us: pass it on
                self._taken[name] -= 1
            self._wake(name)
            raise

    def _wake(self, name: str) -> None:
        queue = self._waiting.get(name, deque())
        while queue and self._taken[name] < self.limit:
            place = queue.popleft()
            if not place.done():
                self._taken[name] += 1
                place.set_result(None)
        if not queue:
            self._waiting.pop(name, None)
        if not self._taken[name]:
            del self._taken[name]
