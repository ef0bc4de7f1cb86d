"""The store: everything that outlives a process, on SQLite or PostgreSQL. One short method for each use.

Methods are synchronous and may be called from any thread. Those that change something run one transaction,
which is on the disk, whole, when they return; polling's may be lost with the power (and is polled again),
what a person does may not. Every error is a StoreError or a NotFoundError.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from aggregator.dedup.boilerplate import Known, Text
from aggregator.model import (
    Activity,
    ArticleView,
    Due,
    Expected,
    Source,
    SourceView,
    StoryLink,
    StoryView,
    TimelineSpec,
)
from aggregator.store import (
    article_views,
    claiming,
    expected,
    flows,
    health,
    leases,
    linking,
    marking,
    migrate,
    passages,
    polling,
    queries,
    reading,
)
from aggregator.store import sources as sourcing
from aggregator.store.access import Access
from aggregator.store.database import Database, connect, in_words
from aggregator.store.pages import Pages
from aggregator.store.parts.alerts import Alerts
from aggregator.store.parts.arrivals import Arrivals
from aggregator.store.parts.corrections import Corrections
from aggregator.store.parts.daemons import Daemons
from aggregator.store.parts.detector import Detector
from aggregator.store.parts.hubs import Hubs
from aggregator.store.parts.icons import Icons
from aggregator.store.parts.people import People
from aggregator.store.parts.record import Record
from aggregator.store.parts.topics import Topics
from aggregator.store.parts.upkeep import Upkeep
from aggregator.store.schema import instance
from aggregator.store.syncing import Sync
from aggregator.store.values import micros


class Store:
    """An open database. Make one with `Store.open`, and `close` it."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self.access = access = Access(database, now)
        self.instance = access.instance
        self.born = access.born
        self.tag = access.tag
        self.alerts = Alerts(access)
        self.arrivals = Arrivals(access)
        self.corrections = Corrections(access)
        self.daemons = Daemons(access)
        self.detector = Detector(access)
        self.hubs = Hubs(access)
        self.icons = Icons(access)
        self.pages = Pages(access)
        self.people = People(access)
        self.record = Record(access)
        self.sync = Sync(access)
        self.topics = Topics(access)
        self.upkeep = Upkeep(access)

    @classmethod
    def open(
        cls, url: str, *, now: Callable[[], datetime], upgrade: bool | None = None, copy: bool = True,
        folder: Path | None = None,
    ) -> Store:  # fmt: skip
        """Open the database at an SQLAlchemy URL, and make it where there is none.

        ``upgrade``: whether an older schema is brought to ours. None: where that is safe, which is SQLite;
        other daemons may be at work on a PostgreSQL, so there `aggregator db upgrade` is asked for.
        ``copy``: one is kept before that, beside an SQLite file, in ``folder`` of a PostgreSQL.
        """
        database = connect(url)
        try:
            with in_words(database):
                wanted = database.upgrades_itself if upgrade is None else upgrade
                migrate.ensure(database, upgrade=wanted, copy=copy, folder=folder)
            return cls(database, now)
        except BaseException:
            database.close()
            raise

    @staticmethod
    def restore(url: str, path: Path, *, now: Callable[[], datetime]) -> str:
        """Replace the database at ``url`` by a backup; what became of the old, in words."""
        database = connect(url)
        try:
            with in_words(database):
                return database.restore(path, f"{now():%Y%m%d-%H%M%S}")
        finally:
            database.close()

    def close(self) -> None:
        """Give every connection back. The store is not used any more after that."""
        self.access.database.close()

    def upgrade(self) -> None:
        """Bring the schema to this version's."""
        with in_words(self.access.database):
            migrate.run(self.access.database)

    def sync_sources(
        self, sources: Sequence[Source], roll: Callable[[], float], *, rate: float = sourcing.A_SECOND
    ) -> None:
        """Take the configuration's sources. ``roll``: uniform in 0…1, spreads the first polls of many.

        ``rate``: first polls a second, where they are spread.
        """
        held = self.access.configured
        repaced = {new.id for new in sources if new.id in held and _pace(new) != _pace(held[new.id])}
        with self.access.write() as connection:
            self.access.database.lock_placing(
                connection
            )  # what placing locks first is locked first everywhere
            sourcing.sync(connection, self.access.database, sources, self.access.now(), roll, rate, repaced)
            connection.execute(queries.BUMP)
        self.access.configured = {source.id: source for source in sources}
        self.access.pacing.follow(sources)
        self.access.book.forget()

    def know_readers(self, names: Sequence[str]) -> None:
        """Make readers known before they mark anything: a rule may mark new stories as read for them."""
        with self.access.write() as connection:
            for name in names:
                marking.number_of(connection, self.access.database, name, self.access.now())

    def refresh(self, configured: Sequence[Source] | None = None) -> None:
        """Take what other daemons have written of the sources: titles, groups, authority.

        ``configured``: the sources of the configuration, where it is others' to write them down.
        """
        if configured is not None:
            self.access.configured = {source.id: source for source in configured}
        self.access.book.forget()

    def claim(
        self,
        limit: int,
        *,
        owner: str,
        lease: timedelta,
        per_host: int,
        gap: timedelta = timedelta(0),
        only: Collection[str] | None = None,
        ignore_schedule: bool = False,
        unpolled_since: datetime | None = None,
    ) -> list[Due]:
        """Take up to ``limit`` due sources for ``owner``, at most ``per_host`` of one host over all daemons.

        A later next poll is committed before this returns; a claim that is neither renewed (`beat`) nor
        followed by `apply` ends by itself after ``lease``. ``gap``: between two claims of one host.
        ``only``: of these ids. ``ignore_schedule``: also what is not due by our own schedule; what a server
        asked for is kept. ``unpolled_since``: only what nobody has polled since then.
        """
        now = self.access.now()
        pace = self.access.pacing.known(now)
        if pace is None:
            with self.access.read() as connection:
                pace = self.access.pacing.find(connection, now)
        with self.access.write() as connection:
            return claiming.claim(
                connection, self.access.database, self.access.configured, limit=limit, owner=owner,
                now=self.access.now(), lease=lease, politeness=claiming.Politeness(per_host, gap), only=only,
                ignore_schedule=ignore_schedule, unpolled_since=unpolled_since, pace=pace,
            )  # fmt: skip

    def polled_since(self, since: datetime) -> list[datetime]:
        """Return when the polls ended that did since then, at most the last one of each source."""
        with self.access.read() as connection:
            return polling.polled_since(connection, micros(since))

    def want(self, source: str) -> bool:
        """Make a source due now, whoever polls it; False when its server asked for rest, or it is paused."""
        with self.access.write(person=True) as connection:
            return leases.want(connection, source, self.access.now())

    def known(self, source: str) -> dict[str, bytes]:
        """For each entry of the source's feed as last stored: guid → SHA-256 of its bytes."""
        with self.access.read() as connection:
            facts = self.access.book.by_id(connection, source)
            return {} if facts is None else polling.known(connection, self.access.database, facts.no)

    def polled(self, source: str) -> Known:
        """What is held of a source, for its feed to be prepared: `known` and `counted` in one."""
        with self.access.read() as connection:
            facts = self.access.book.by_id(connection, source)
            if facts is None:
                return Known({})
            database = self.access.database
            digests = polling.known(connection, database, facts.no)
            return Known(digests, passages.counted(connection, database, facts.no))

    def counted(self, source: str) -> list[Text]:
        """The newest texts of a source, as boilerplate is learnt from them."""
        with self.access.read() as connection:
            facts = self.access.book.by_id(connection, source)
            return [] if facts is None else passages.counted(connection, self.access.database, facts.no)

    def unclaimed(self, source: str) -> Due | None:
        """Return a source as it is, unclaimed, for what comes beside its polls; None: it is not polled."""
        with self.access.read() as connection:
            access = self.access
            at = micros(access.now())
            return claiming.unclaimed(connection, access.database, access.configured, source, at)

    @property
    def shared(self) -> bool:
        """Whether several daemons may work on this database."""
        return self.access.database.shared

    def sources(self, sources: Sequence[Source]) -> list[SourceView]:
        """Return how each of these sources does, and those that were removed."""
        with self.access.read() as connection:
            return health.views(connection, sources, self.access.now())

    def activity(self, days: int) -> Activity:
        """Return entries by source and day, and who had before others what they print."""
        with self.access.read() as connection:
            return flows.activity(connection, self.access.now(), days)

    def timeline(self, spec: TimelineSpec) -> list[StoryView]:
        """Return a page of stories, newest placed first."""
        with self.access.read() as connection:
            return reading.timeline(
                connection,
                self.access.database,
                self.access.book,
                spec,
                self.access.tag,
                self.access.now(),
            )

    def leading(self, since: datetime, limit: int, *, reader: str = "reader") -> list[StoryView]:
        """Return unread stories published since then that most outlets carry (two at least), those first."""
        with self.access.read() as connection:
            book = self.access.book
            return reading.leading(connection, book, since, limit, tag=self.tag, reader=reader)

    def newer(self, spec: TimelineSpec, after: int, most: int) -> int:
        """Return how many stories of a timeline have a greater id than ``after``, at most ``most``."""
        with self.access.read() as connection:
            return reading.newer(
                connection, self.access.database, self.access.book, spec, after, most, self.access.now()
            )

    def story(self, story: int, *, reader: str = "reader") -> StoryView | int:
        """Return a story with the texts of all its articles, or the id of the one that it was merged into."""
        with self.access.read() as connection:
            return reading.story(connection, self.access.book, story, tag=self.access.tag, reader=reader)

    def article(self, article: int) -> ArticleView:
        """Return an article with its text."""
        with self.access.read() as connection:
            return article_views.article(connection, self.access.book, article)

    def version(self) -> int:
        """Return a number that is another one after every change that readers can see."""
        found = self.access.database.glance()
        if found is not None:
            return found
        with self.access.read() as connection:
            return int(connection.execute(select(instance.c.version)).scalar_one())

    def glance(self) -> int | None:
        """Return what `version` does, where that takes no time; None elsewhere."""
        return self.access.database.glance()

    def mark(
        self, reader: str, story_ids: Sequence[int], *, read: bool | None = None, starred: bool | None = None
    ) -> None:
        """Set read and/or starred of stories; None leaves it. Merged ids mark the surviving story."""
        with self.access.write(person=True) as connection:
            marking.mark(
                connection, self.access.database, reader, story_ids, read, starred, self.access.now()
            )

    def expect(self, reader: str, marks: Sequence[Expected]) -> list[Expected]:
        """Keep marks brought from another reader, set those whose articles are there, return the others."""
        with self.access.write(person=True) as connection:
            expected.expect(connection, self.access.database, reader, marks, self.access.now())
            only = sorted({each.source for each in marks})
            expected.settle(connection, self.access.database, self.access.now(), only)
            return expected.waiting(connection, reader, marks)

    def settle_expected(self, only: Sequence[str] | None = None) -> int:
        """Set such marks whose articles have come: since the last time, or of these sources. How many."""
        with self.access.write() as connection:
            return expected.settle(connection, self.access.database, self.access.now(), only)

    def mark_through(self, reader: str, story: int) -> None:
        """Mark every story up to this id as read."""
        with self.access.write(person=True) as connection:
            marking.through(connection, self.access.database, reader, story, self.access.now())

    def links(self, story: int) -> list[StoryLink]:
        """Return the stories that a story is near to without being of it, in both directions."""
        with self.access.read() as connection:
            return linking.of_story(connection, self.access.book, story)


def _pace(source: Source) -> tuple[object, ...]:
    """What says when a source is polled."""
    return source.interval, source.min_interval, source.max_interval, source.learns
