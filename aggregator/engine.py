"""Store, HTTP client, worker processes, poller and placer, put together from one `Settings`.

Several engines may work on one PostgreSQL. What one may do at a time to a source, a host or the stories is
settled by rows of the database; each engine says three times a lease that it lives.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import random
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from aggregator.bodies import Bodies, tell_missing
from aggregator.clock import SharedClock
from aggregator.config import ROLES, Settings
from aggregator.dedup.boilerplate import Text
from aggregator.errors import AggregatorError, TryAgainError
from aggregator.horizon import Horizon
from aggregator.icons import Icons
from aggregator.model import Applied, Due, Source, Update
from aggregator.notify.notifier import Notifier
from aggregator.pipeline import Steps
from aggregator.placer import Placer
from aggregator.poller import Poller
from aggregator.sources.http import Client
from aggregator.sources.robots import Robots
from aggregator.store import Daemon, Store, places
from aggregator.store.retention import Kept
from aggregator.store.writer import Writer
from aggregator.subscriber import PATH as CALLBACKS
from aggregator.subscriber import Subscriber
from aggregator.workers import Workers

log = logging.getLogger(__name__)

WORKERS = max(1, min(4, os.cpu_count() or 1))
PICTURE = timedelta(seconds=10)  # for one picture that a page shows …
PICTURE_SIZE = 8_000_000  # … and its bytes at most
FULL = 500  # updates in the inbox from which on nothing more is fetched: nobody places, or not fast enough
ROUND = 200  # transactions that drop texts, in one round of housekeeping
PATIENCE = timedelta(minutes=10)  # with a database that restarts, before a result is given up

T = TypeVar("T")


class Engine:
    """The working parts of a daemon or of one pass; made by `engine`, which also takes it down."""

    def __init__(
        self, settings: Settings, store: Store, writer: Writer, client: Client, workers: Workers,
        now: Callable[[], datetime], roles: frozenset[str] = ROLES,
    ) -> None:  # fmt: skip
        self.settings = settings
        self.store = store
        self.writer = writer
        self.client = client
        self.workers = workers
        self.now = now
        self.roles = roles
        self.roll = random.SystemRandom().random
        self.owner = f"{machine()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self.started = now()
        self.version = 0  # of the configuration, where daemons share one
        self.robots = Robots(client.fetch, now)
        self.bodies = Bodies(
            workers, client, store.pages, now, self._change,
            lambda: self.settings.polling.host_gap or timedelta(0), self.robots,
        )  # fmt: skip
        steps = Steps(
            fetch=client.fetch, known=self._known, prepare=self.bodies.prepare_feed, apply=self._apply,
            now=now, roll=self.roll, counted=self._counted,
        )  # fmt: skip
        self.poller = Poller(
            self._claim, steps, concurrency=settings.polling.concurrency, rate=settings.polling.rate, now=now
        )
        self.subscriber = Subscriber(
            store, self._change, client, steps, self._callbacks, nobody=self._nobody, places="place" in roles,
            on_applied=self.poller.activity.count_placed,
        )  # fmt: skip
        self.notifier = Notifier(
            store, self._change, client, alerts=lambda: self.settings.alerts,
            site=lambda: self.settings.web.base_url, now=now, roll=self.roll,
        )  # fmt: skip
        self.icons = Icons(store, self._change, client, self.robots)
        self.placer = Placer(self._place_next, self.poller.activity.count_placed)
        self.horizon = Horizon(store, writer, workers, self._reach)
        self._full = False

    def _callbacks(self) -> str | None:
        """Where hubs reach us; None where they cannot, or nothing shall be pushed."""
        public = self.settings.web.public_url
        return f"{public.rstrip('/')}{CALLBACKS}" if public and self.settings.polling.websub else None

    def _nobody(self) -> Source:
        """A source that is none, with the permissions of all."""
        polling = self.settings.polling
        hosts = frozenset() if polling.allow_private else frozenset(polling.private_hosts)
        return Source(
            "hub", "", "", timeout=polling.timeout, allow_private=polling.allow_private, private_hosts=hosts
        )

    async def picture(self, url: str) -> bytes:
        """A picture of an article, with the permissions of all and no credentials. Raises FetchError."""
        nobody = replace(self._nobody(), timeout=PICTURE, max_body=PICTURE_SIZE)
        fetched = await self.client.fetch(Due(nobody, url), accept="image/*")
        return fetched.body or b""

    async def surroundings(self) -> None:
        """Ask hubs and fetch icons, where it is time: what is beside the polls."""
        await self.subscriber.tick()
        if self.settings.polling.icons:
            await self.icons.tick()

    async def _change(self, fn: Callable[[], T], *, person: bool = False) -> T:
        """Run what needs no turn at placing: on the one writer thread where the database has one writer."""
        if self.store.shared:
            return await asyncio.to_thread(fn)
        return await self.writer.run(fn, person=person)

    async def _claim(
        self,
        limit: int,
        *,
        only: Collection[str] | None = None,
        ignore_schedule: bool = False,
        unpolled_since: datetime | None = None,
    ) -> Sequence[Due]:
        await self.horizon.ready()
        polling = self.settings.polling
        if "place" not in self.roles and await self._inbox_is_full():
            return []
        return await self._change(
            lambda: self.store.claim(
                limit,
                owner=self.owner,
                lease=polling.lease,
                per_host=polling.per_host,
                gap=polling.host_gap or timedelta(0),
                only=only,
                ignore_schedule=ignore_schedule,
                unpolled_since=unpolled_since,
            )
        )

    async def _inbox_is_full(self) -> bool:
        waiting = await asyncio.to_thread(self.store.waiting)
        full, self._full = self._full, waiting >= FULL
        if self._full and not full:
            log.warning(
                "%d updates wait to be placed: polling rests. Is there a daemon with `place`?", waiting
            )
        return self._full

    def _reach(self) -> datetime:
        """From when on articles matter: twice the horizon, since a late article may be as old as that."""
        rules = self.settings.rules()
        return self.now() - 2 * max(rules.horizon, rules.context)

    async def _counted(self, source: str) -> Sequence[Text]:
        return await insist(lambda: asyncio.to_thread(self.store.counted, source), self.roll)

    async def _known(self, source: str) -> Mapping[str, bytes]:
        return await insist(lambda: asyncio.to_thread(self.store.known, source), self.roll)

    async def _apply(self, update: Update) -> Applied:
        """Store a result, as its claim's; through a restart of the database, too."""
        ours = update if update.status == "added" else replace(update, owner=self.owner)
        if places(update) and "place" not in self.roles:
            return await insist(lambda: self._change(lambda: self.store.hand_over(ours)), self.roll)
        return await insist(lambda: self._place(ours), self.roll)

    async def _place(self, update: Update) -> Applied:
        if places(update) or not self.store.shared:
            entries = len(update.prepared)
            applied = await self.writer.run_together(self._apply_all, update, 1 + entries)
        else:
            rules, topics = self.settings.rules(), self.settings.topics
            applied = await asyncio.to_thread(self.store.apply, update, rules=rules, topics=topics)
        if update.learnt is not None:
            self.horizon.soon()
        return applied

    def _apply_all(self, updates: Sequence[Update]) -> Sequence[Applied | Exception]:
        """Store results that waited for the writer, in one transaction."""
        rules, topics = self.settings.rules(), self.settings.topics
        return self.store.apply_all(updates, rules=rules, topics=topics)

    async def _place_next(self) -> Applied | None:
        await self.horizon.ready()
        rules, topics = self.settings.rules(), self.settings.topics
        return await self.writer.run(lambda: self.store.place_next(rules=rules, topics=topics))

    async def beat(self) -> None:
        """Say that this daemon lives, keep its claims, and set its clock by the database's."""
        if isinstance(self.now, SharedClock) and self.store.shared:
            clock = self.now
            await asyncio.to_thread(lambda: clock.set(self.store.time))
        lease, polls = self.settings.polling.lease, self.poller.activity.polls
        until = self.now() + lease
        me = Daemon(self.owner, self.roles, self.started, until, polls, self.version)
        polling = self.poller.polling
        await self._change(lambda: self.store.beat(me, lease, polling), person=True)

    async def keep_beating(self) -> None:
        """`beat` three times a lease, whatever happens."""
        told = ""
        while True:
            await asyncio.sleep(self.settings.polling.lease.total_seconds() / 3)
            try:
                await self.beat()
                told = ""
            except AggregatorError as error:
                if str(error) != told:
                    log.warning("the database does not hear that this daemon lives: %s", error)
                told = str(error)

    async def heal(self) -> None:
        """Undo what a clock that was ahead has planned; says so when it had."""
        lease = self.settings.polling.lease
        moved = await self._change(lambda: self.store.heal(lease))
        if moved:
            log.warning("the clock was ahead when %d sources were last planned: they are planned anew", moved)

    async def leads(self) -> bool:
        """Whether this daemon does the housekeeping: the eldest living one that places."""
        if not self.store.shared:
            return True
        now = self.now()
        placing = [each for each in await asyncio.to_thread(self.store.daemons)
                   if "place" in each.roles and each.until > now]  # fmt: skip
        return bool(placing) and placing[0].owner == self.owner

    async def configure(self, settings: Settings) -> None:
        """Take new settings between two claims; polls in flight end as they began."""
        if self.roles & {"poll", "place"}:
            rate = settings.polling.rate
            sync = lambda: self.store.sync_sources(settings.sources, self.roll, rate=rate)  # noqa: E731
            await insist(lambda: self.writer.run(sync, person=True), self.roll)
            names = [settings.web.user, *(reader.name for reader in settings.web.readers)]
            know = lambda: self.store.know_readers(names)  # noqa: E731
            await insist(lambda: self.writer.run(know), self.roll)
        else:
            await asyncio.to_thread(self.store.refresh, settings.sources)
        tell_missing(settings.sources)
        tell_unverified(settings.sources)
        self.settings = settings
        self.poller.concurrency = self.client.concurrency = settings.polling.concurrency
        self.client.per_host = settings.polling.per_host
        self.client.contact = contact(settings)
        self.poller.rate = settings.polling.rate
        self.workers.parser = settings.polling.parser

    async def alert(self) -> None:
        """Tell what is to be told; one daemon does it."""
        if "place" in self.roles and await self.leads():
            await self.notifier.look()

    async def note_changes(self) -> None:
        """Look for corrections that feeds brought and people made; one daemon does it."""
        if "place" in self.roles and await self.leads():
            await self.writer.run(self.store.note_changes)

    async def tidy(self) -> None:
        """Housekeeping: topics whose definitions changed, old fingerprints, old candidate keys."""
        await asyncio.to_thread(self.store.refresh)
        if "place" not in self.roles or not await self.leads():
            return
        await self.heal()
        settings = self.settings
        definition = definition_of(settings)
        if await asyncio.to_thread(self.store.topics_definition) != definition:
            changed = await asyncio.to_thread(
                self.store.rematch, settings.topics, None, definition=definition
            )
            log.info("matched the stories with the changed topics: %d are of other topics now", changed)
        before = self._reach()
        await self.writer.run(lambda: self.store.drop_keys(before))
        await self.writer.run(self.store.pages.tidy)
        await self.writer.run(self.store.settle_expected)
        await self.writer.run(self.store.people.tidy)
        await self.retain()
        await self.horizon.ready()
        await self.horizon.refresh()
        await self.tally()

    async def tally(self) -> None:
        """Count what sources carried: a few thousand articles at a time, between what is more urgent."""
        counting = await asyncio.to_thread(self.store.tallying, self._reach())
        if counting is not None:
            while await asyncio.to_thread(self.store.tally, counting):
                pass
            await self.writer.run(lambda: self.store.keep_tallies(counting))

    async def retain(self) -> int:
        """Drop old texts, a few dozen a transaction, between what else is written; how many that were."""
        wanted, now = self.settings.retention, self.now()
        since = None if wanted.stories is None else now - wanted.stories
        kept = Kept(since, wanted.max_size, self._reach(), wanted.keep_starred)
        dropped = 0
        for _ in range(ROUND if since or wanted.max_size else 0):
            count = await self.writer.run(lambda: self.store.retain(kept))
            dropped += count
            if not count:
                break
        if dropped:
            log.info("dropped the texts of %d old articles; all else about them is kept", dropped)
        return dropped


def definition_of(settings: Settings) -> str:
    """A hash that is another one when a topic means something else."""
    parts = [repr((topic.name, topic.all, topic.any, topic.none, topic.fields, sorted(topic.groups),
                   sorted(topic.sources))) for topic in settings.topics]  # fmt: skip
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:32]


def tell_unverified(sources: Sequence[Source]) -> None:
    """Say loudly whose certificates are not looked at: anybody on the way may pass for them."""
    for source in sources:
        if not source.verify_tls:
            log.warning(
                "%s: verify_tls: false: its certificate is NOT verified; anybody on the way can read and "
                "change what it publishes, and is sent its password", source.id,
            )  # fmt: skip


async def insist(attempt: Callable[[], Awaitable[T]], roll: Callable[[], float]) -> T:
    """The same again while the database restarts, or other transactions are in the way."""
    loop = asyncio.get_running_loop()
    end, wait = loop.time() + PATIENCE.total_seconds(), 0.1
    while True:
        try:
            return await attempt()
        except TryAgainError:
            if loop.time() > end:
                raise
        await asyncio.sleep(wait * (1 + roll()))
        wait = min(2 * wait, 5.0)


def contact(settings: Settings) -> str | None:
    """The address that servers find in our User-Agent."""
    return settings.polling.contact or settings.web.public_url


def machine() -> str:
    """Where process numbers mean something: a host, and a space of numbers (containers have their own)."""
    with suppress(OSError):
        return f"{socket.gethostname()}/{Path('/proc/self/ns/pid').stat().st_ino}"
    return socket.gethostname()


def is_dead(owner: str) -> bool:
    """Whether the daemon that holds a lease ran on this machine and is gone (``machine:pid:chance``)."""
    host, _, process = owner.rpartition(":")[0].rpartition(":")
    if host != machine() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return int(process) == os.getpid()


@asynccontextmanager
async def engine(
    settings: Settings,
    now: Callable[[], datetime],
    *,
    workers: int | Workers = WORKERS,
    roles: frozenset[str] = ROLES,
    alone: bool = False,
) -> AsyncIterator[Engine]:
    """The engine of these settings, its database opened and its sources brought up to date.

    ``workers``: how many processes, or a pool, which its owner closes. ``alone``: a daemon, of which some
    databases allow one. ``now``: a `SharedClock` is set by the database's.
    """
    store = await asyncio.to_thread(Store.open, settings.database, now=now)
    writer = Writer()
    pool = Workers(workers) if isinstance(workers, int) else workers
    polling = settings.polling
    client = Client(per_host=polling.per_host, concurrency=polling.concurrency, now=now)
    try:
        if alone:
            store.become_daemon()
        if isinstance(now, SharedClock) and store.shared:  # before anything is due by our own
            await asyncio.to_thread(now.set, store.time)
        made = Engine(settings, store, writer, client, pool, now, roles)
        await made.configure(settings)
        before = now() - timedelta(seconds=1)
        made.poller.remember(await asyncio.to_thread(store.polled_since, before))
        await writer.run(lambda: store.release_dead(is_dead))
        await made.heal()
        await made.beat()
        beating = asyncio.create_task(made.keep_beating(), name="heartbeat")
        if "place" in roles:
            made.horizon.start()
        try:
            yield made
        finally:
            await made.subscriber.stop()
            await made.horizon.stop()
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            try:
                await writer.run(lambda: store.release(made.owner))
            except AggregatorError as error:
                log.warning("what was being polled is free when its leases end: %s", error)
    finally:
        await client.close()
        if pool is not workers:
            await asyncio.to_thread(pool.close)
        await writer.stop()
        store.close()
