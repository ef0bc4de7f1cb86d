"""The daemon: an engine that polls, a web server, and the configuration's changes while both run.

The only home of APScheduler, which ticks: what is due is not in the scheduler but in the database.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aggregator.composition import services
from aggregator.config import Settings, load
from aggregator.config.watch import Watcher
from aggregator.engine import Engine, engine
from aggregator.errors import AggregatorError, UsageError
from aggregator.model import Applied
from aggregator.web.app import create_app

log = logging.getLogger(__name__)

TICK = 1.0  # seconds between two looks at what is due
LOOK = 0.5  # seconds between two looks at the configuration: a change acts after two that agree
TIDY = 300.0  # seconds between two rounds of housekeeping
GRACE = 6.0  # seconds that polls in flight get when the daemon is told to stop
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def utc_now() -> datetime:
    """The wall clock: everything below is handed this function."""
    return datetime.now(UTC)


async def poll_once(
    settings: Settings, *, only: Collection[str] | None, ignore_schedule: bool
) -> AsyncIterator[Applied]:
    """One pass, without a web server: `aggregator poll`."""
    async with engine(settings, utc_now) as parts:
        async for applied in parts.poller.once(only, ignore_schedule=ignore_schedule):
            yield applied


async def serve(
    path: Path, environ: Mapping[str, str], *, host: str | None = None, port: int | None = None
) -> None:
    """Run until SIGTERM or SIGINT. Raises UsageError when it cannot listen as it is told."""
    settings = load(path, environ)
    listening = listen(settings, host or settings.web.host, settings.web.port if port is None else port)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with engine(settings, utc_now) as parts:
        web = Web(parts, listening)
        scheduler = AsyncIOScheduler(timezone=UTC)
        watcher = Watcher(settings, environ)
        every(scheduler, TICK, parts.poller.tick)
        every(scheduler, LOOK, reload, watcher, parts)
        every(scheduler, TIDY, parts.tidy)
        scheduler.start()
        serving = asyncio.create_task(web.serve())
        log.info("page: %s/", web.address)
        log.info("feeds: %s", " ".join(f"{web.address}/feed.{name}" for name in ("atom", "rss", "json")))
        log.info("%d sources from %s", len(settings.sources), path)
        await asyncio.wait([asyncio.create_task(stop.wait()), serving], return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping: %d polls in flight", parts.poller.in_flight)
        scheduler.shutdown(wait=False)
        web.should_exit = True
        await parts.poller.stop(GRACE)
        await serving
    log.info("stopped")


def every(scheduler: AsyncIOScheduler, seconds: float, job: Any, *arguments: Any) -> None:
    """Call ``job`` every so many seconds; never twice at once, and missed calls are not made up."""
    scheduler.add_job(
        job, "interval", seconds=seconds, args=arguments, coalesce=True, max_instances=1,
        misfire_grace_time=None, next_run_time=utc_now() + timedelta(seconds=0.05),
    )  # fmt: skip


async def reload(watcher: Watcher, parts: Engine) -> None:
    """Take a changed configuration, whole or not at all."""
    answer = await asyncio.to_thread(watcher.poll)
    if answer is None:
        return
    if isinstance(answer, AggregatorError):
        log.error("the configuration has changed and cannot be used; the old one stays: %s", answer)
        return
    if answer.database != parts.settings.database or answer.web != parts.settings.web:
        log.warning("a change of `database` or `web` acts at the next start; everything else acts now")
    await parts.configure(answer)
    await parts.tidy()
    log.info("took the changed configuration: %d sources", len(answer.sources))


def listen(settings: Settings, host: str, port: int) -> socket.socket:
    """A listening socket; refuses to face a network without a password."""
    if host not in LOOPBACK and not settings.web.password:
        raise UsageError(
            f"{settings.path}: web.host: {host} can be reached by others, so web.password must be set; "
            "or listen on 127.0.0.1"
        )
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        opened = socket.socket(family, socket.SOCK_STREAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
    except OSError as error:
        raise UsageError(
            f"cannot listen on {host}:{port}: {error.strerror or error}; set web.port or use --port"
        ) from error
    return opened


class Web(uvicorn.Server):
    """The web server, in our event loop; signals are the daemon's."""

    def __init__(self, parts: Engine, listening: socket.socket) -> None:
        host, port = listening.getsockname()[:2]
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self._listening = listening
        app = create_app(services(parts, self.address, asyncio.get_running_loop()))
        super().__init__(
            uvicorn.Config(
                app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=3
            )
        )

    def capture_signals(self) -> Any:
        """None: SIGTERM must first stop the pollers."""
        return nullcontext()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve on the socket that was opened before anything else was started."""
        await super().serve(sockets or [self._listening])
