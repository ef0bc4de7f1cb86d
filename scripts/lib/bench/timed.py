"""One pass over all sources of a configuration, as `aggregator poll --all --json` makes it, with its time.

    python -m lib.bench.timed CONFIG

Prints a line a source, then one with the seconds of the pass alone: the drivers of the other aggregators look
at the clock when their program is up, too. Starting the program is in the caller's figure.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path


async def one_pass(config: Path) -> None:
    """Poll every source once."""
    # Imported here: worker processes import this file, and `aggregator` itself imports as little before them.
    from aggregator.config import load
    from aggregator.engine import engine
    from aggregator.engine.clock import SharedClock
    from aggregator.garbage import collect_seldom
    from aggregator.publish.shapes import applied_shape

    collect_seldom()
    settings = load(config, os.environ)
    async with engine(settings, SharedClock(lambda: datetime.now(UTC))) as parts:
        start = time.monotonic()
        async for applied in parts.poller.once(None, ignore_schedule=True):
            print(json.dumps(applied_shape(applied)))
        await parts.horizon.refresh()  # what was learnt of boilerplate meanwhile acts on what came before
        print(json.dumps({"seconds": time.monotonic() - start}))


if __name__ == "__main__":
    asyncio.run(one_pass(Path(sys.argv[1])))
