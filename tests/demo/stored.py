"""The demo's world polled into a database, in this process and in no time: for tests that read.

The real pipeline claims, parses, prepares and places; only the way of the bodies is shorter: they are read
from the files that the demo's server would serve, and no worker processes are started.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

from aggregator.config import load
from aggregator.daemon.composition import services
from aggregator.daemon.editing import Editing
from aggregator.engine import definition_of
from aggregator.errors import FetchError
from aggregator.model import Applied, Due, Fetched, Update
from aggregator.polling.pipeline import Steps, poll
from aggregator.store import Store
from aggregator.store.writer import Writer
from aggregator.web.services import Services
from aggregator.workers import InProcess
from tests.demo import world
from tests.demo.build import build
from tests.demo.formats import content_type

ADDRESS = "http://outlets.example"
T = TypeVar("T")
LATER = timedelta(minutes=5)  # between the editions


def fill(root: Path, base: datetime) -> dict[str, Any]:
    """Build the demo below ``root`` and poll its editions, the last one at ``base``; what is expected.

    The database is ``root/aggregator.db``, the configuration ``root/aggregator.yaml``.
    """
    expected = build(base, root, ADDRESS, interval="30m")
    for edition in range(1, world.editions() + 1):
        polled(root, edition, base - LATER * (world.editions() - edition))
    return expected


def polled(root: Path, edition: int, now: datetime, sources: Sequence[str] = ()) -> dict[str, Applied]:
    """Open the database, poll these sources (or all) one after the other, close it; the results by source."""
    settings = load(root / "aggregator.yaml", {})
    store = Store.open(f"sqlite:///{root}/aggregator.db", now=lambda: now)
    store.sync_sources(settings.sources, lambda: 0.5)
    store.topics.rematch(settings.topics, None, definition=definition_of(settings))
    names = sources or [source.id for source in settings.sources]
    found = _run(_pass(store, settings, root / "editions" / str(edition), now, names))
    store.close()
    return found


async def _pass(
    store: Store, settings: Any, folder: Path, now: datetime, names: Sequence[str]
) -> dict[str, Applied]:

    async def fetch(due: Due) -> Fetched:
        outlet = world.outlets().get(due.source.id)
        if outlet is None:
            raise FetchError("refused", "no connection to outlets.example: Connection refused")
        body = (folder / outlet.file).read_bytes()
        return Fetched(
            200,
            f"{ADDRESS}/{outlet.file}",
            body,
            content_type(outlet),
            None,
            None,
            None,
            None,
            0.1,
            len(body),
        )

    async def known(source: str) -> Any:
        return store.polled(source)

    async def apply(update: Update) -> Applied:
        return store.arrivals.apply(update, rules=settings.rules(), topics=settings.topics)

    steps = Steps(fetch, known, InProcess().prepare_feed, apply, lambda: now, lambda: 0.5)
    found = {
        due.source.id: due
        for due in store.claim(
            100, owner="", lease=LATER, per_host=100, gap=timedelta(0), ignore_schedule=True, only=names
        )
    }
    return {name: await poll(found[name], steps) for name in names}


def _run(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` on a thread of its own: the browser's driver keeps a loop on the tests' one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@contextmanager
def serving(root: Path, now: datetime) -> Iterator[tuple[Services, Store]]:
    """The daemon's own web services over the database below ``root``, and its store."""
    path = root / "aggregator.yaml"
    store, writer = Store.open(f"sqlite:///{root}/aggregator.db", now=lambda: now), Writer()
    parts: Any = SimpleNamespace(
        settings=load(path, {}), store=store, writer=writer, now=lambda: now, roles=frozenset({"web"}),
        poller=SimpleNamespace(now=lambda: now), workers=None, subscriber=None,
    )  # fmt: skip
    loop: Any = None  # nothing here is asked of the network
    yield services(parts, ADDRESS, loop, editing=Editing(path, os.environ)), store
    _run(writer.stop())
    store.close()
