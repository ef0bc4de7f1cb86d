"""The daemon: an engine that polls and places, a web server, and the configuration's changes meanwhile.

The only home of APScheduler, which ticks: what is due is not in the scheduler but in the database.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aggregator import logs
from aggregator.clock import SharedClock
from aggregator.composition import pinger, services
from aggregator.config import ROLES, Settings
from aggregator.config.check import is_loopback
from aggregator.config.models import Web as WebOptions
from aggregator.config.watch import Watcher
from aggregator.defects import Complaints
from aggregator.editing import Editing
from aggregator.engine import Engine, engine
from aggregator.errors import AggregatorError, ConfigError, UsageError
from aggregator.jumps import Jumps
from aggregator.leaving import Leaving
from aggregator.schedule import words
from aggregator.sharing import Beginning, Sharing, begin
from aggregator.systemd import Supervisor, watchdog
from aggregator.web.app import create_app

log = logging.getLogger(__name__)

TICK = 1.0  # seconds between two looks at what is due
LOOK = 0.5  # seconds between two looks at the configuration: a change acts after two that agree
ALERT = 10.0  # seconds between two looks for what alerts tell
PING = 20.0  # seconds between two looks for feeds of which the hub is told
NOTE = 20.0  # seconds between two looks for corrections
BESIDE = 10.0  # seconds between two looks at what hubs must be asked, and which icons are due
TIDY = 300.0  # seconds between two rounds of housekeeping
GRACE = 6.0  # seconds that polls in flight get when the daemon is told to stop


def utc_now() -> datetime:
    """The wall clock: everything below is handed this function."""
    return datetime.now(UTC)


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
        leaving.done()


async def _serve(
    path: Path | None, environ: Mapping[str, str], host: str | None, port: int | None,
    roles: frozenset[str] | None, database: str | None, stop: asyncio.Event, log_level: str | None,
) -> None:  # fmt: skip
    """`serve`, until ``stop`` is set."""
    clock = SharedClock(utc_now)
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
        scheduler = AsyncIOScheduler(timezone=UTC)
        logging.getLogger("apscheduler.executors.default").addFilter(is_no_ending)
        watcher = None if begun.file is None else Watcher(begun.file, environ)
        following = Following(parts, watcher, sharing, database, log_level)
        told: dict[str, str] = {}
        if "poll" in roles:
            every(scheduler, TICK, parts.poller.tick)
            every(scheduler, BESIDE, calmly, parts.surroundings, told, first=BESIDE)
        if "place" in roles and parts.store.shared:
            parts.placer.start()
        every(scheduler, LOOK, following.look)
        every(scheduler, TIDY, calmly, parts.tidy, told)
        every(scheduler, NOTE, calmly, parts.note_changes, told)
        every(scheduler, ALERT, calmly, parts.alert, told)
        if web is not None:
            every(scheduler, PING, calmly, web.pinger.look, told)
        if patience is not None:
            every(scheduler, patience / 3, sign_of_life, parts, supervisor)
        scheduler.start()
        watching = asyncio.create_task(watch_clock(parts, scheduler), name="clock")
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
        watching.cancel()
        scheduler.shutdown(wait=False)
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


def is_no_ending(record: logging.LogRecord) -> bool:
    """Whether a line of the scheduler is of more than a job that was cut off, as happens when we stop."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


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


def every(
    scheduler: AsyncIOScheduler, seconds: float, job: Any, *arguments: Any, first: float = 0.05
) -> None:
    """Call ``job`` every so many seconds; never twice at once, and missed calls are not made up."""
    scheduler.add_job(
        job, "interval", seconds=seconds, args=arguments, coalesce=True, max_instances=1,
        misfire_grace_time=None, next_run_time=utc_now() + timedelta(seconds=first),
    )  # fmt: skip


async def watch_clock(parts: Engine, scheduler: AsyncIOScheduler) -> None:
    """Go on when the clock is set: the scheduler would wait until a time that it planned by the old one."""
    jumps = Jumps(utc_now)
    while True:
        await asyncio.sleep(TICK)
        jump = jumps.look()
        if jump is None:
            continue
        how = "forward (or this machine slept)" if jump > timedelta(0) else "back"
        log.warning("the clock was set %s by %s: polling goes on by the new time", how, words(abs(jump)))
        for job in scheduler.get_jobs():
            job.modify(next_run_time=utc_now())
        await calmly(parts.heal, {})


async def calmly(job: Callable[[], Awaitable[None]], told: dict[str, str]) -> None:
    """Housekeeping that fails is tried again in its next round. ``told``: what was said of which jobs."""
    try:
        await job()
        told.pop(job.__name__, None)
    except AggregatorError as error:
        if str(error) not in told.values():
            log.warning("housekeeping was put off: %s", error)
        told[job.__name__] = str(error)


class Following:
    """Takes a changed configuration, whole or not at all: our file's, or what another daemon has kept."""

    def __init__(
        self, parts: Engine, watcher: Watcher | None, sharing: Sharing | None, database: str | None,
        log_level: str | None = None,
    ) -> None:  # fmt: skip
        self._log_level = log_level  # in place of the file's
        self._parts = parts
        self._watcher = watcher
        self._sharing = sharing
        self._database = database  # in place of the file's
        self._unsaid: Settings | None = None  # our file's change, until the database has it
        self._trouble = ""

    async def look(self) -> None:
        """Look once, and act on what is new."""
        try:
            answer = await asyncio.to_thread(self._news)
            if answer is not None:
                await self._take(answer)
            self._trouble = ""
        except AggregatorError as error:
            if str(error) != self._trouble:
                log.warning("the configuration cannot be looked at: %s", error)
            self._trouble = str(error)

    def _news(self) -> Settings | ConfigError | None:
        answer = self._watcher.poll() if self._watcher is not None else None
        if isinstance(answer, ConfigError):
            return answer
        if answer is not None and self._database is not None:
            answer = replace(answer, database=self._database)
        if self._sharing is None:
            return answer
        self._unsaid = answer or self._unsaid
        if self._unsaid is None:
            return self._sharing.news(self._parts.store)
        held = self._sharing.offer(self._parts.store, self._unsaid)
        self._unsaid = None
        return held

    async def _take(self, answer: Settings | ConfigError) -> None:
        parts = self._parts
        if isinstance(answer, ConfigError):
            log.error("the configuration has changed and cannot be used; the old one stays: %s", answer)
            return
        if answer.database != parts.settings.database or served(answer.web) != served(parts.settings.web):
            log.warning(
                "a change of `database`, or of `web` but for its people, acts at the next start; "
                "everything else acts now"
            )
        if answer.log != parts.settings.log:
            logs.set_up(self._log_level or answer.log.level, answer.log.format)
        await parts.configure(answer)
        parts.version = self._sharing.version if self._sharing is not None else 0
        await parts.tidy()
        log.info("took the changed configuration: %d sources", len(answer.sources))


def served(web: WebOptions) -> tuple[object, ...]:
    """What of `web` a running server does not take anew."""
    return web.host, web.port, web.public_url, web.hosts, web.user, web.trusted_proxies


def listen(settings: Settings, host: str, port: int) -> socket.socket:
    """A listening socket; refuses to face a network without a password."""
    if not is_loopback(host) and not settings.web.password:
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

    def __init__(self, parts: Engine, listening: socket.socket, path: Path | None) -> None:
        host, port = listening.getsockname()[:2]
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self._listening = listening
        loop = asyncio.get_running_loop()
        handed = services(
            parts, self.address, loop, closing=lambda: self.should_exit, editing=Editing(path, os.environ),
            loopback=is_loopback(host.partition("%")[0]),
        )  # fmt: skip
        self.pinger = pinger(parts, self.address)
        # Forwarding headers are `web.proxies`'s: uvicorn would believe them of any program on this machine.
        super().__init__(
            uvicorn.Config(
                create_app(handed), log_config=None, access_log=False, server_header=False,
                proxy_headers=False, timeout_graceful_shutdown=3,
            )
        )  # fmt: skip

    def capture_signals(self) -> Any:
        """None: SIGTERM must first stop the pollers."""
        return nullcontext()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve on the socket that was opened before anything else was started."""
        await super().serve(sockets or [self._listening])
