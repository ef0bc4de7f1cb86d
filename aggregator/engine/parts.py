"""Store, HTTP client, worker processes, poller and placer, put together from one `Settings`.

Several engines may work on one PostgreSQL. What one may do at a time to a source, a host or the stories is
settled by rows of the database; each engine says three times a lease that it lives.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.config import ROLES, Settings
from aggregator.engine import identity
from aggregator.engine.clock import SharedClock
from aggregator.engine.horizon import Horizon
from aggregator.engine.housekeeping import Housekeeping
from aggregator.engine.patience import insist
from aggregator.engine.turns import Turns
from aggregator.errors import AggregatorError
from aggregator.model import Due, Source
from aggregator.notify.notifier import Notifier
from aggregator.polling.fulltext import Bodies, tell_missing
from aggregator.polling.icons import Icons
from aggregator.polling.pipeline import Steps
from aggregator.polling.placer import Placer
from aggregator.polling.poller import Poller
from aggregator.polling.subscriber import PATH as CALLBACKS
from aggregator.polling.subscriber import Subscriber
from aggregator.sources.http import Client
from aggregator.sources.robots import Robots
from aggregator.store import Daemon, Store
from aggregator.store.writer import Writer
from aggregator.workers import Workers

log = logging.getLogger(__name__)

PICTURE = timedelta(seconds=10)  # for one picture that a page shows …
PICTURE_SIZE = 8_000_000  # … and its bytes at most


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
        self.roll = random.Random().random  # noqa: S311  jitter: nobody gains by guessing it
        self.owner = identity.owner()
        self.started = now()
        self.version = 0  # of the configuration, where daemons share one
        self.robots = Robots(client.fetch, now)
        self.horizon = Horizon(store, writer, workers, self._reach)
        self.turns = Turns(store, writer, self.horizon, self._holding, self.owner, roles, self.roll)
        self.bodies = Bodies(
            workers, client, store.pages, now, self.turns.change,
            lambda: self.settings.polling.host_gap or timedelta(0), self.robots,
        )  # fmt: skip
        steps = Steps(
            fetch=client.fetch, known=self.turns.known, prepare=self.bodies.prepare_feed,
            apply=self.turns.apply, now=now, roll=self.roll,
        )  # fmt: skip
        polling = settings.polling
        self.poller = Poller(
            self.turns.claim, steps, concurrency=polling.concurrency, rate=polling.rate, now=now
        )
        self.subscriber = Subscriber(
            store, self.turns.change, client, steps, self._callbacks, nobody=self._nobody,
            places="place" in roles, on_applied=self.poller.activity.count_placed,
        )  # fmt: skip
        self.notifier = Notifier(
            store, self.turns.change, client, alerts=lambda: self.settings.alerts,
            site=lambda: self.settings.web.base_url, now=now, roll=self.roll,
        )  # fmt: skip
        self.icons = Icons(store, self.turns.change, client, self.robots)
        self.placer = Placer(self.turns.place_next, self.poller.activity.count_placed)
        self.house = Housekeeping(
            store, writer, self.turns, self.horizon, self.notifier, self._holding, self._reach, now,
            self.owner, roles,
        )  # fmt: skip

    def _holding(self) -> Settings:
        """The settings that hold now."""
        return self.settings

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

    def _reach(self) -> datetime:
        """From when on articles matter: twice the horizon, since a late article may be as old as that."""
        rules = self.settings.rules()
        return self.now() - 2 * max(rules.horizon, rules.context)

    async def beat(self) -> None:
        """Say that this daemon lives, keep its claims, and set its clock by the database's."""
        if isinstance(self.now, SharedClock) and self.store.shared:
            clock = self.now
            await asyncio.to_thread(lambda: clock.set(self.store.daemons.time))
        lease, polls = self.settings.polling.lease, self.poller.activity.polls
        until = self.now() + lease
        me = Daemon(self.owner, self.roles, self.started, until, polls, self.version)
        polling = self.poller.polling
        await self.turns.change(lambda: self.store.daemons.beat(me, lease, polling), person=True)

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


def tell_unverified(sources: Sequence[Source]) -> None:
    """Say loudly whose certificates are not looked at: anybody on the way may pass for them."""
    for source in sources:
        if not source.verify_tls:
            log.warning(
                "%s: verify_tls: false: its certificate is NOT verified; anybody on the way can read and "
                "change what it publishes, and is sent its password", source.id,
            )  # fmt: skip


def contact(settings: Settings) -> str | None:
    """The address that servers find in our User-Agent."""
    return settings.polling.contact or settings.web.public_url
