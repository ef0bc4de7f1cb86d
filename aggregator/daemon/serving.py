"""The daemon: an engine that polls and places, a web server, and the configuration's changes meanwhile."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from aggregator import logs
from aggregator.config import ROLES
from aggregator.config.watch import Watcher
from aggregator.daemon import ticking
from aggregator.daemon.complaints import Complaints
from aggregator.daemon.following import Following
from aggregator.daemon.leaving import Leaving
from aggregator.daemon.server import Web, listen
from aggregator.daemon.systemd import Supervisor, watchdog
from aggregator.engine import Engine, engine
from aggregator.engine.clock import SharedClock
from aggregator.engine.sharing import Beginning, begin
from aggregator.errors import UsageError

log = logging.getLogger(__name__)

GRACE = 6.0  # seconds that polls in flight get when the daemon is told to stop


async def serve(
    path: Path | None,
    environ: Mapping[str, str],
    *,
    host: str | None = None,
    port: int | None = None,
    roles: frozenset[str] | None = None,
    database: str | None = None,
    log_level: str | None = None,
) -> None:
    """Run until SIGTERM or SIGINT. Raises UsageError when it cannot work or listen as it is told.

    ``path`` None: the configuration is what other daemons keep in ``database``.
    """
    stop, leaving = asyncio.Event(), Leaving()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(Complaints())

    def told_to_stop() -> None:
        stop.set()
        leaving.begin()

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, told_to_stop)
    try:
        await _serve(path, environ, host, port, roles, database, stop, log_level)
    finally:
        # Threads are waited for in any case when the loop closes: here it is within the time that is left.
        await loop.shutdown_default_executor()
        leaving.done()


async def _serve(
    path: Path | None, environ: Mapping[str, str], host: str | None, port: int | None,
    roles: frozenset[str] | None, database: str | None, stop: asyncio.Event, log_level: str | None,
) -> None:  # fmt: skip
    """`serve`, until ``stop`` is set."""
    clock = SharedClock(ticking.utc_now)
    begun = await beginning(path, environ, database, clock, stop)
    if begun is None:
        return
    settings, sharing = begun.settings, begun.sharing
    logs.set_up(log_level or settings.log.level, settings.log.format)
    supervisor, patience = Supervisor(environ), watchdog(environ)
    roles = settings.roles if roles is None else roles
    check_roles(roles, settings.database)
    works = bool(roles & {"poll", "place"})
    wanted = settings.web.port if port is None else port
    listening = listen(settings, host or settings.web.host, wanted) if "web" in roles else None
    async with engine(settings, clock, roles=roles, alone=works) as parts:
        parts.version = sharing.version if sharing else 0
        web = Web(parts, listening, path) if listening else None
        watcher = None if begun.file is None else Watcher(begun.file, environ)
        following = Following(parts, watcher, sharing, database, log_level)
        if "place" in roles and parts.store.shared:
            parts.placer.start()
        ticks = ticking.Ticks(parts)
        ticks.every(ticking.LOOK, following.look)
        if web is not None:
            ticks.calmly_every(ticking.PING, web.pinger.look)
        if patience is not None:
            ticks.every(patience / 3, sign_of_life, parts, supervisor)
        ticks.start(roles)
        ending: list[asyncio.Task[Any]] = [asyncio.create_task(stop.wait())]
        if web is not None:
            ending.append(asyncio.create_task(web.serve()))
            log.info("page: %s/", web.address)
            feeds = " ".join(f"{web.address}/feed.{name}" for name in ("atom", "rss", "json"))
            log.info("feeds: %s", feeds)
        log.info("%d sources from %s", len(settings.sources), settings.path)
        if roles != ROLES:
            log.info("this daemon does: %s", ", ".join(sorted(roles)))
        await answering(web, ending)
        supervisor.ready(f"{len(settings.sources)} sources")
        await asyncio.wait(ending, return_when=asyncio.FIRST_COMPLETED)
        supervisor.stopping()
        log.info("stopping: %d polls in flight", parts.poller.in_flight)
        ticks.stop()
        if web is not None:
            web.should_exit = True
        await parts.poller.stop(GRACE)
        await parts.placer.stop()
        await asyncio.gather(*ending[1:])
        did = parts.poller.activity
    log.info("stopped: %d polls, %d new articles, %d of them copies", did.polls, did.new, did.copies)


async def answering(web: Web | None, ending: Sequence[asyncio.Task[Any]]) -> None:
    """Return when the page answers, or the daemon ends before."""
    while web is not None and not web.started and not any(task.done() for task in ending):
        await asyncio.wait(ending, timeout=0.02)


async def sign_of_life(parts: Engine, supervisor: Supervisor) -> None:
    """Tell the watchdog that we live: the event loop, which runs this, and the writer, which all wait for.

    A database that is away is no reason to be killed: a restart would not bring it back.
    """
    if parts.writer.is_alive:
        supervisor.alive()


async def beginning(
    path: Path | None,
    environ: Mapping[str, str],
    database: str | None,
    clock: SharedClock,
    stop: asyncio.Event,
) -> Beginning | None:
    """The configuration to start with; waits for one where only the database is given. None: told to stop."""
    told = False
    while not stop.is_set():
        begun = await asyncio.to_thread(begin, path, environ, database, clock)
        if begun is not None:
            return begun
        if not told:
            log.info("waiting: no daemon has kept a configuration in the database yet")
        told = True
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 1.0)
    return None


def check_roles(roles: frozenset[str], database: str) -> None:
    """Refuse roles that cannot work. Raises UsageError."""
    if database.startswith("sqlite") and len(roles & {"poll", "place"}) == 1:
        raise UsageError(
            "on SQLite one daemon both polls and places: give it both roles, or move to PostgreSQL, where "
            "daemons may share them out"
        )
