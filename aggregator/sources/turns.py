"""At most so many requests at once, in all and to one host: first come, first served."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque


class Turns:
    """Places by name. ``limit`` may change at any time; it acts on the next turn."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._taken: dict[str, int] = defaultdict(int)
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    def turn(self, name: str) -> Turn:
        """Wait for a place, hold it for the block."""
        return Turn(self, name)

    def take_at_once(self, name: str) -> bool:
        """Take a place that is free, where nobody waits for it."""
        if self._waiting.get(name) or self._taken[name] >= self.limit:
            return False
        self._taken[name] += 1
        return True

    def give_back(self, name: str) -> None:
        """Give a place to who waits longest."""
        self._taken[name] -= 1
        self._wake(name)

    async def wait(self, name: str) -> None:
        """Take a place when it is this one's turn."""
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


class Turn:
    """A place, held for a block."""

    __slots__ = ("_name", "_turns")

    def __init__(self, turns: Turns, name: str) -> None:
        self._turns = turns
        self._name = name

    async def __aenter__(self) -> None:
        if not self._turns.take_at_once(self._name):
            await self._turns.wait(self._name)

    async def __aexit__(self, *_: object) -> None:
        self._turns.give_back(self._name)
