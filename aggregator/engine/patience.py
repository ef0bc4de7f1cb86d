"""Patience with a database that restarts, or in which others are in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from aggregator.errors import TryAgainError

PATIENCE = timedelta(minutes=10)  # before a result is given up

T = TypeVar("T")


async def insist(attempt: Callable[[], Awaitable[T]], roll: Callable[[], float]) -> T:
    """The same again while the database restarts, or other transactions are in the way."""
    end: float | None = None
    wait = 0.1
    while True:
        try:
            return await attempt()
        except TryAgainError:
            now = asyncio.get_running_loop().time()
            end = now + PATIENCE.total_seconds() if end is None else end
            if now > end:
                raise
        await asyncio.sleep(wait * (1 + roll()))
        wait = min(2 * wait, 5.0)
