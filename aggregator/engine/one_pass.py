"""One pass over the sources, without a web server or anything else of a daemon's."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection
from datetime import datetime

from aggregator.config import Settings
from aggregator.engine import engine
from aggregator.engine.clock import SharedClock
from aggregator.engine.sharing import begin
from aggregator.model import Applied


async def poll_once(
    settings: Settings, now: Callable[[], datetime], *, only: Collection[str] | None, ignore_schedule: bool
) -> AsyncIterator[Applied]:
    """One pass, without a web server: `aggregator poll`. Beside daemons, with their configuration."""
    clock = SharedClock(now)
    if not settings.database.startswith("sqlite"):  # then others may keep another configuration there
        begun = await asyncio.to_thread(begin, settings.path, os.environ, settings.database, clock)
        settings = settings if begun is None else begun.settings
    async with engine(settings, clock) as parts:
        async for applied in parts.poller.once(only, ignore_schedule=ignore_schedule):
            yield applied
        await parts.horizon.refresh()
