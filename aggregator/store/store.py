"""The store: everything that outlives a process, on SQLite or PostgreSQL. One short method for each use.

Methods are synchronous and may be called from any thread. Those that change something run one transaction,
which is on the disk, whole, when they return; polling's may be lost with the power (and is polled again),
what a person does may not. Every error is a StoreError or a NotFoundError.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from aggregator.dedup.boilerplate import Text
from aggregator.dedup.explain import Explanation
from aggregator.dedup.fingerprint import Analysis
from aggregator.dedup.neighbourhood import Constraint
from aggregator.dedup.rules import Rules
from aggregator.errors import NotFoundError, TryAgainError
from aggregator.model import (
    Activity,
    Applied,
    ArticleView,
    Change,
    Cited,
    Correction,
    Due,
    Expected,
    Folded,
    Held,
    HubAsk,
    HubSays,
    Icon,
    Notice,
    Origin,
    Source,
    SourceView,
    StoryLink,
    StoryView,
    Subscription,
    TimelineSpec,
    Update,
)
from aggregator.store import (
    changes,
    citing,
    configured,
    corrections,
    daemons,
    expected,
    explaining,
    flows,
    folded,
    healing,
    health,
    icons,
    inbox,
    integrity,
    labelled,
    leases,
    linking,
    marking,
    migrate,
    moving,
    notices,
    passages,
    placing,
    polling,
    queries,
    reading,
    reprinting,
    retention,
    retopic,
    search,
    subscriptions,
    tallies,
)
from aggregator.store import sources as sourcing
from aggregator.store import topics as topical
from aggregator.store.configured import Configured
from aggregator.store.corrections import Desk
from aggregator.store.daemons import Daemon
from aggregator.store.database import Database, connect, in_words
from aggregator.store.neighbourhood import Placed, Recipes
from aggregator.store.pacing import Pacing
from aggregator.store.pages import Pages
from aggregator.store.passages import Boilerplate
from aggregator.store.people import People
from aggregator.store.placing import Matcher
from aggregator.store.reprinting import Page
from aggregator.store.retention import Kept
from aggregator.store.schema import instance, sources
from aggregator.store.shelf import Shelf
from aggregator.store.sources import Book
from aggregator.store.syncing import Sync
from aggregator.store.values import DAY, micros, moment
from aggregator.topics import Topic

log = logging.getLogger(__name__)

RULES = Rules()


class Store:
    """An open database. Make one with `Store.open`, and `close` it."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._book = Book()
        self._recipes = Recipes()
        self._shelf = Shelf()
        self._configured: dict[str, Source] = {}
        self._pacing = Pacing()
        self.people = People(database, self._read, self._write, now)
        self.pages = Pages(database, self._read, self._write, now)
        with self._read() as connection:
            row = connection.execute(select(instance)).one_or_none()
        if row is None:
            with self._write(person=True) as connection:
                connection.execute(
                    database.insert(instance).on_conflict_do_nothing(),
                    {"one": 1, "uuid": str(uuid.uuid4()), "created": micros(now())},
                )
            with self._read() as connection:
                row = connection.execute(select(instance)).one()
        self.instance: str = row.uuid
        self.born: datetime = moment(row.created)
        # RFC 4151: an authority and the date since when it names things.
        self.tag = f"tag:{self.instance},{self.born.year}"
        self.sync = Sync(
            database, self._book, now, self.tag, self._read, lambda: self._write(person=True)
        )  # fmt: skip

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
        self._database.close()

    def upgrade(self) -> None:
        """Bring the schema to this version's."""
        with in_words(self._database):
            migrate.run(self._database)

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with in_words(self._database), self._database.read() as connection:
            yield connection

    @contextmanager
    def _write(self, *, person: bool = False) -> Iterator[Connection]:
        try:
            with in_words(self._database), self._database.write(person=person) as connection:
                yield connection
        except BaseException:
            self._forget()
            raise

    def _forget(self) -> None:
        """Forget what was learnt in a transaction that is no more: ids and numbers that it gave are none."""
        self._recipes.forget()
        self._shelf.forget()

    # ------------------------------------------------------------------ sources and polling

    def sync_sources(
        self, sources: Sequence[Source], roll: Callable[[], float], *, rate: float = sourcing.A_SECOND
    ) -> None:
        """Take the configuration's sources. ``roll``: uniform in 0…1, spreads the first polls of many.

        ``rate``: first polls a second, where they are spread.
        """
        held = self._configured
        repaced = {new.id for new in sources if new.id in held and _pace(new) != _pace(held[new.id])}
        with self._write() as connection:
            self._database.lock_placing(connection)  # what placing locks first is locked first everywhere
            sourcing.sync(connection, self._database, sources, self._now(), roll, rate, repaced)
            connection.execute(queries.BUMP)
        self._configured = {source.id: source for source in sources}
        self._pacing.follow(sources)
        self._book.forget()

    def know_readers(self, names: Sequence[str]) -> None:
        """Make readers known before they mark anything: a rule may mark new stories as read for them."""
        with self._write() as connection:
            for name in names:
                marking.number_of(connection, self._database, name, self._now())

    def refresh(self, configured: Sequence[Source] | None = None) -> None:
        """Take what other daemons have written of the sources: titles, groups, authority.

        ``configured``: the sources of the configuration, where it is others' to write them down.
        """
        if configured is not None:
            self._configured = {source.id: source for source in configured}
        self._book.forget()

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
        with self._read() as connection:
            pace = self._pacing.pace(connection, self._now())
        with self._write() as connection:
            return polling.claim(
                connection, self._database, self._configured, limit=limit, owner=owner, now=self._now(),
                lease=lease, politeness=polling.Politeness(per_host, gap), only=only,
                ignore_schedule=ignore_schedule, unpolled_since=unpolled_since, pace=pace,
            )  # fmt: skip

    def polled_since(self, since: datetime) -> list[datetime]:
        """Return when the polls ended that did since then, at most the last one of each source."""
        with self._read() as connection:
            return polling.polled_since(connection, micros(since))

    def want(self, source: str) -> bool:
        """Make a source due now, whoever polls it; False when its server asked for rest, or it is paused."""
        with self._write(person=True) as connection:
            return leases.want(connection, source, self._now())

    def release(self, owner: str) -> int:
        """Give up what ``owner`` holds, and forget it. Returns how many sources that were."""
        with self._write() as connection:
            return daemons.leave(connection, owner)

    def release_dead(self, is_dead: Callable[[str], bool]) -> int:
        """Give up what dead owners hold, so that a restart need not wait for their leases."""
        with self._write() as connection:
            return daemons.bury(connection, is_dead, self._now())

    def known(self, source: str) -> dict[str, bytes]:
        """For each entry of the source's feed as last stored: guid → SHA-256 of its bytes."""
        with self._read() as connection:
            facts = self._book.by_id(connection, source)
            return {} if facts is None else polling.known(connection, facts.no)

    def counted(self, source: str) -> list[Text]:
        """The newest texts of a source, as boilerplate is learnt from them."""
        with self._read() as connection:
            facts = self._book.by_id(connection, source)
            return [] if facts is None else passages.counted(connection, facts.no)

    def apply(self, update: Update, *, rules: Rules, topics: Matcher) -> Applied:
        """Apply one poll of one source, in one transaction, or not at all. Raises NotFoundError."""
        (applied,) = self._together([update], rules, topics)
        if isinstance(applied, Exception):
            raise applied
        return applied

    def apply_all(
        self, updates: Sequence[Update], *, rules: Rules, topics: Matcher
    ) -> list[Applied | Exception]:
        """Apply polls of several sources, in one transaction where it can be: each wholly, or not at all.

        Returns for each what `apply` returns, or the exception that it raises. What is new in all of them is
        one batch for the detector and for the database.
        """
        try:
            return self._together(updates, rules, topics)
        except TryAgainError as error:
            return [error] * len(updates)
        except Exception as error:  # the transaction as a whole: whose fault it was shows when each is alone
            if len(updates) == 1:
                return [error]
            log.warning("%d updates could not be stored together", len(updates), exc_info=True)
        return [result for each in updates for result in self.apply_all([each], rules=rules, topics=topics)]

    def _together(
        self, updates: Sequence[Update], rules: Rules, topics: Matcher
    ) -> list[Applied | Exception]:
        made = self._ready(updates, topics)
        found: list[Applied | Exception] = []
        documents: list[tuple[int, search.Tokens]] = []
        with self._write() as connection:
            for part in placing.rounds(list(zip(updates, made, strict=True))):
                found += self._apply(connection, part, rules, documents)
            search.add(connection, self._database, documents)
        for update, applied in zip(updates, found, strict=True):
            if isinstance(applied, Applied):
                self._book.learn_of(update)
        return found

    def _ready(self, updates: Sequence[Update], topics: Matcher) -> list[placing.Ready]:
        """Most polls found nothing new, and need nothing."""
        if not any(update.prepared for update in updates):
            return [placing.NOTHING] * len(updates)
        with self._read() as connection:
            return [
                placing.ready(update, self._book.by_id(connection, update.source), topics)
                if update.prepared
                else placing.NOTHING
                for update in updates
            ]

    def _apply(
        self, connection: Connection, changes: Sequence[tuple[Update, placing.Ready]], rules: Rules,
        documents: list[tuple[int, search.Tokens]],
    ) -> Sequence[Applied | NotFoundError]:  # fmt: skip
        return placing.apply(
            connection, self._database, self._book, self._recipes, changes, rules=rules,
            documents=documents, shelf=self._shelf,
        )  # fmt: skip

    def hand_over(self, update: Update) -> Applied:
        """Keep one poll's update in the inbox, for a daemon that places."""
        with self._write() as connection:
            return placing.hand_over(connection, update)

    def place_next(self, *, rules: Rules, topics: Matcher) -> Applied | None:
        """Place the update that waits longest; None when none waits that no other daemon works on.

        An update that cannot be placed goes to the end, and is given up after three attempts.
        """
        number = None
        try:
            with self._write() as connection:
                row = self._database.take_inbox(connection)
                if row is None:
                    return None
                number, update = row.no, inbox.unpacked(row.content)
                (made,) = self._ready([update], topics)  # before the lock on placing is asked for
                documents: list[tuple[int, search.Tokens]] = []
                (applied,) = self._apply(connection, [(update, made)], rules, documents)
                search.add(connection, self._database, documents)
                inbox.remove(connection, number)
        except TryAgainError:
            raise
        except Exception:
            if number is not None:
                with self._write() as connection:
                    inbox.failed(connection, number, self._now())
            raise
        if isinstance(applied, NotFoundError):  # its source is no more
            raise applied
        self._book.learn_of(update)
        return applied

    def waiting(self) -> int:
        """Return how many updates wait to be placed."""
        with self._read() as connection:
            return inbox.waiting(connection)

    # ------------------------------------------------------------------ beside the polls

    def unclaimed(self, source: str) -> Due | None:
        """Return a source as it is, unclaimed, for what comes beside its polls; None: it is not polled."""
        with self._read() as connection:
            return polling.unclaimed(connection, self._configured, source, micros(self._now()))

    def take_asks(self, limit: int, token: Callable[[], str], *, wanted: bool) -> list[HubAsk]:
        """Claim what WebSub hubs must be asked now. ``token`` makes secrets. ``wanted``: push at all."""
        with self._write() as connection:
            return subscriptions.take(connection, self._database, self._now(), limit, token, wanted=wanted)

    def hub_trouble(self, token: str, error: str | None) -> None:
        """Keep why a hub could not be asked, None when it could."""
        with self._write() as connection:
            subscriptions.trouble(connection, token, error)

    def verify(self, token: str, said: HubSays) -> bool:
        """Take a hub's question about intent; True only for what we asked and it has not confirmed yet."""
        with self._write(person=True) as connection:
            return subscriptions.verify(connection, token, said, self._now())

    def subscription(self, token: str) -> Subscription | None:
        """Return the subscription of a callback, while its lease runs."""
        with self._read() as connection:
            return subscriptions.confirmed(connection, token, self._now())

    def pushed(self, token: str) -> None:
        """Count a push that was signed."""
        with self._write() as connection:
            subscriptions.pushed(connection, token, self._now())

    def take_sites(self, limit: int) -> list[tuple[str, str, str]]:
        """Claim outlets whose icon is due: (site, its page, id of one of its sources)."""
        with self._write() as connection:
            return icons.take(connection, self._database, self._now(), limit)

    def keep_icon(self, site: str, icon: Icon | None, error: str | None = None) -> None:
        """Keep what was found; without an icon the one before stays."""
        with self._write() as connection:
            icons.keep(connection, site, icon, error, self._now())

    def with_icons(self) -> frozenset[str]:
        """Return the ids of the sources whose outlet's icon we have."""
        with self._read() as connection:
            return icons.holders(connection)

    def icon(self, source: str) -> Icon | None:
        """Return the icon of a source's outlet."""
        with self._read() as connection:
            return icons.of(connection, source)

    # ------------------------------------------------------------------ several daemons

    @property
    def shared(self) -> bool:
        """Whether several daemons may work on this database."""
        return self._database.shared

    def become_daemon(self) -> None:
        """Raise StoreError where another daemon is at work, and the database is for one."""
        self._database.become_daemon()

    def time(self) -> datetime:
        """Return the time of the database's server, which all daemons share; our own, where there is none."""
        with self._read() as connection:
            return self._database.time(connection) or self._now()

    def beat(self, me: Daemon, lease: timedelta, polling: Collection[str]) -> int:
        """Say that this daemon lives, and renew what it holds of these sources. Returns how many that is."""
        with self._write() as connection:
            return daemons.beat(connection, self._database, me, polling, self._now(), lease)

    def daemons(self) -> list[Daemon]:
        """Return the daemons of the last day, the eldest first, dead ones with an ``until`` in the past."""
        with self._read() as connection:
            return daemons.listed(connection)

    def offer(self, origin: str, digest: str, content: str) -> Configured:
        """Say what a configuration file says; returns what holds for all daemons from now on."""
        with self._write(person=True) as connection:
            return configured.offer(connection, self._database, origin, digest, content, self._now())

    def configured_version(self) -> int:
        """Return the number of the configuration that holds, 0 when none was ever kept."""
        with self._read() as connection:
            return configured.newest(connection)

    def configuration(self) -> Configured | None:
        """Return the configuration that holds for all daemons."""
        with self._read() as connection:
            return configured.current(connection)

    def sources(self, sources: Sequence[Source]) -> list[SourceView]:
        """Return how each of these sources does, and those that were removed."""
        with self._read() as connection:
            return health.views(connection, sources, self._now())

    def activity(self, days: int) -> Activity:
        """Return entries by source and day, and who had before others what they print."""
        with self._read() as connection:
            return flows.activity(connection, self._now(), days)

    # ------------------------------------------------------------------ reading

    def timeline(self, spec: TimelineSpec) -> list[StoryView]:
        """Return a page of stories, newest placed first."""
        with self._read() as connection:
            return reading.timeline(connection, self._database, self._book, spec, self.tag, self._now())

    def leading(self, since: datetime, limit: int, *, reader: str = "reader") -> list[StoryView]:
        """Return the stories published since then that most outlets carry (two at least), those first."""
        with self._read() as connection:
            return reading.leading(connection, self._book, since, limit, tag=self.tag, reader=reader)

    def newer(self, spec: TimelineSpec, after: int, most: int) -> int:
        """Return how many stories of a timeline have a greater id than ``after``, at most ``most``."""
        with self._read() as connection:
            return reading.newer(connection, self._database, self._book, spec, after, most, self._now())

    def story(self, story: int, *, reader: str = "reader") -> StoryView | int:
        """Return a story with the texts of all its articles, or the id of the one that it was merged into."""
        with self._read() as connection:
            return reading.story(connection, self._book, story, tag=self.tag, reader=reader)

    def article(self, article: int) -> ArticleView:
        """Return an article with its text."""
        with self._read() as connection:
            return reading.article(connection, self._book, article)

    def held(self, articles: Collection[int]) -> list[Held]:
        """Return articles as the detector reads them, in the order asked for."""
        with self._read() as connection:
            near = Placed(connection, self._database, self._book, self._recipes)
            found = near.by_id(articles)
        if missing := [number for number in articles if number not in found]:
            raise NotFoundError(f"there is no article {missing[0]}")
        return [found[number] for number in articles]

    def recent(self, limit: int) -> tuple[list[Held], list[Constraint]]:
        """Return the newest articles, with candidate keys, by id; and what people said of them."""
        with self._read() as connection:
            near = Placed(connection, self._database, self._book, self._recipes)
            return explaining.recent(connection, near, limit)

    def explain(self, a: int, b: int, rules: Rules) -> Explanation:
        """Return why two articles are, or are not, one story."""
        with self._read() as connection:
            near = Placed(connection, self._database, self._book, self._recipes)
            return explaining.explained(connection, near, a, b, rules)

    def note_changes(self) -> int:
        """Look for corrections that were made since the last call; returns how many are told from now on."""
        with self._write() as connection:
            return changes.note(connection, self._database, self._now())

    def changes(self, *, before: int | None = None, limit: int = 50) -> list[Change]:
        """Return corrections by outlets and people, the newest first; ``before``: an id."""
        with self._read() as connection:
            return changes.listed(connection, self._book, before=before, limit=limit)

    def folded(
        self, *, mark: str | None = None, before: tuple[bool, int] | None = None, limit: int = 50
    ) -> list[Folded]:
        """Return what was folded, the marked first; ``before``: whether the last was marked, and its id."""
        with self._read() as connection:
            return folded.listed(connection, self._book, mark=mark, before=before, limit=limit)

    def seek_alerts(self, decide: Callable[[StoryView], notices.Found] | None) -> int:
        """Ask about the stories that got articles since the last call, and keep what is to be told."""
        with self._write() as connection:
            return notices.seek(connection, self._database, self._book, self.tag, self._now(), decide)

    def digest_due(self, day: int) -> bool:
        """Whether the digest of a day (its ordinal) is to be made; the first time only the next one is."""
        with self._write() as connection:
            return notices.digest_due(connection, day)

    def add_digest(self, rule: str, day: int, body: dict[str, Any], *, by_mail: bool) -> None:
        """Keep a digest: for its feed, and to be sent."""
        with self._write() as connection:
            now = self._now()
            notices.add_digest(connection, self._database, rule, day, body, now, by_mail=by_mail)

    def digests(self, rule: str = "digest", limit: int = 30) -> list[Notice]:
        """Return the last digests, the newest first."""
        with self._read() as connection:
            return notices.digests(connection, rule, limit)

    def notices_due(self, limit: int) -> list[Notice]:
        """Return what is to be sent now, what waits longest first."""
        with self._read() as connection:
            return notices.due(connection, self._now(), limit)

    def note_notice(
        self, number: int, *, sent: datetime | None = None, error: str = "", due: datetime | None = None
    ) -> None:
        """Note that it was sent, or why not and when it is tried again (None: not), or put it off."""
        with self._write(person=True) as connection:
            notices.note(connection, number, sent=sent, error=error, due=due)

    def cited(self, article: int, no: int) -> Cited:
        """Return the text that an article had as its ``no``-th. Raises NotFoundError."""
        with self._read() as connection:
            return citing.cited(connection, self._book, article, no)

    def origins(self, articles: Collection[int]) -> dict[int, Origin]:
        """Return what is known of where articles come from, by id."""
        with self._read() as connection:
            return citing.origins(connection, articles)

    def house(self) -> Iterator[str]:
        """Everything that is stored, as lines of JSON, of one moment (see `moving`)."""
        with self._read() as connection:
            yield from moving.lines(connection)

    def move_in(self, lines: Iterable[str]) -> dict[str, int]:
        """Fill this empty database with what `house` gave; returns how many rows of each table."""
        with self._write(person=True) as connection:
            self._database.lock_placing(connection)
            counted = moving.read(connection, self._database, lines)
        self._forget()
        return counted

    def version(self) -> int:
        """Return a number that is another one after every change that readers can see."""
        found = self._database.glance()
        if found is not None:
            return found
        with self._read() as connection:
            return int(connection.execute(select(instance.c.version)).scalar_one())

    def glance(self) -> int | None:
        """Return what `version` does, where that takes no time; None elsewhere."""
        return self._database.glance()

    # ------------------------------------------------------------------ what a person does

    def mark(
        self, reader: str, story_ids: Sequence[int], *, read: bool | None = None, starred: bool | None = None
    ) -> None:
        """Set read and/or starred of stories; None leaves it. Merged ids mark the surviving story."""
        with self._write(person=True) as connection:
            marking.mark(connection, self._database, reader, story_ids, read, starred, self._now())

    def expect(self, reader: str, marks: Sequence[Expected]) -> list[Expected]:
        """Keep marks brought from another reader, set those whose articles are there, return the others."""
        with self._write(person=True) as connection:
            expected.expect(connection, self._database, reader, marks, self._now())
            only = sorted({each.source for each in marks})
            expected.settle(connection, self._database, self._now(), only)
            return expected.waiting(connection, reader, marks)

    def settle_expected(self, only: Sequence[str] | None = None) -> int:
        """Set such marks whose articles have come: since the last time, or of these sources. How many."""
        with self._write() as connection:
            return expected.settle(connection, self._database, self._now(), only)

    def mark_through(self, reader: str, story: int) -> None:
        """Mark every story up to this id as read."""
        with self._write(person=True) as connection:
            marking.through(connection, self._database, reader, story, self._now())

    def split(
        self,
        article: int,
        *,
        author: str,
        reason: str = "",
        rules: Rules = RULES,
    ) -> int:
        """Take an article out of its story, for good. Returns the new story's id.

        Of an article that is alone it answers what is asked about it (`questions`): not the same.
        """
        with self._write(person=True) as connection:
            return corrections.split(self._place(connection, rules), article, author, reason)

    def merge(
        self, story_a: int, story_b: int, *, author: str, reason: str = "",
        rules: Rules = RULES,
    ) -> int:  # fmt: skip
        """Make two stories one, for good. Returns the surviving (older) id."""
        with self._write(person=True) as connection:
            return corrections.merge(self._place(connection, rules), story_a, story_b, author, reason)

    def answer(
        self, a: int, b: int, *, same: bool, author: str, reason: str = "", rules: Rules = RULES
    ) -> int:
        """Take a person's answer whether two articles are one story; returns the second one's story then."""
        with self._write(person=True) as connection:
            return corrections.answer(self._place(connection, rules), a, b, author, reason, same=same)

    def questions(self, limit: int = 50) -> list[StoryLink]:
        """Return what is asked, since a source or group is set to ``fold: ask``: the newest first."""
        with self._read() as connection:
            return linking.questions(connection, self._book, limit)

    def links(self, story: int) -> list[StoryLink]:
        """Return the stories that a story is near to without being of it, in both directions."""
        with self._read() as connection:
            return linking.of_story(connection, self._book, story)

    def undo(self, *, author: str, correction: int | None = None, rules: Rules = RULES) -> str:
        """Take the last correction (or the one with this id) back; returns what was undone, in words."""
        with self._write(person=True) as connection:
            return corrections.undo(self._place(connection, rules), author, correction)

    def corrections(self) -> list[Correction]:
        """Return every correction, the newest first."""
        with self._read() as connection:
            return corrections.listed(connection)

    def corrections_version(self) -> tuple[int, int]:
        """Return another pair of numbers after every correction, and after every one that is taken back."""
        with self._read() as connection:
            return corrections.version(connection)

    def labelled_pairs(self) -> list[dict[str, Any]]:
        """Return the pairs that corrections which stand have labelled (see `store.labelled`)."""
        with self._read() as connection:
            return labelled.pairs(connection, self.instance)

    def labelled_documents(self, rules: Rules) -> list[dict[str, Any]]:
        """Return the documents of these pairs, and those near them, as ``aggregator dedup`` reads them."""
        with self._read() as connection:
            near = Placed(connection, self._database, self._book, self._recipes)
            pairs = labelled.pairs(connection, self.instance)
            return list(labelled.documents(connection, near, self.instance, pairs, rules))

    def _place(self, connection: Connection, rules: Rules) -> Desk:
        self._database.lock_placing(connection)
        near = Placed(connection, self._database, self._book, self._recipes)
        return Desk(connection, self._database, near, self._now(), rules)

    # ------------------------------------------------------------------ housekeeping

    def rematch(self, topics: Matcher, since: datetime | None = None, *, definition: str = "") -> int:
        """Match stories placed since then anew, in short transactions; returns how many changed.

        ``definition``: a hash of the topics' definitions, kept for `topics_definition`.
        """
        return topical.rematch(self._database, self._book, topics, since, definition)

    def topic_changes(
        self, topic: Topic, name: str, since: datetime
    ) -> tuple[list[StoryView], list[StoryView]]:
        """Return the stories placed since then that a topic would gain and lose if it were ``topic``."""
        with self._read() as connection:
            found = retopic.changes(connection, self._database, self._book, topic, name, since)
            gains, losses = (reading.listed(connection, self._book, ids, self.tag) for ids in found)
        return gains, losses

    def topic_counts(self) -> dict[str, int]:
        """Return how many stories are in each topic."""
        with self._read() as connection:
            return reading.topic_counts(connection)

    def topics_definition(self) -> str:
        """Return the definition that `rematch` was last finished with."""
        with self._read() as connection:
            return str(connection.execute(select(instance.c.topics)).scalar_one())

    def boilerplate(self, source: str) -> Boilerplate:
        """Return what was learnt to be boilerplate of a source. Raises NotFoundError."""
        with self._read() as connection:
            row = connection.execute(select(sources).where(sources.c.id == source)).one_or_none()
            if row is None:
                raise NotFoundError(f"{source}: nothing is stored of such a source")
            return passages.listed(connection, row)

    def take_recipe(self) -> bool:
        """Whether the horizon must be fingerprinted anew before anything is placed: see `reprinting`."""
        with self._write() as connection:
            return reprinting.take_recipe(connection)

    def out_of_date(self, since: datetime, *, urgent: bool = False) -> Page | None:
        """Some articles since then whose fingerprints are to be made anew; None when there are no more.

        ``urgent``: only what must be done before polling.
        """
        with self._read() as connection:
            return reprinting.page(connection, self._configured, micros(since) // DAY, urgent=urgent)

    def reprint(self, page: Page, made: Sequence[Analysis | None]) -> int:
        """Write what the page's texts were read as; returns how many fingerprints changed."""
        with self._write() as connection:
            self._shelf.drop(each.article for each in page.again)
            return reprinting.write(connection, self._database, self._recipes, page, made)

    def heal(self, lease: timedelta) -> int:
        """Plan anew what a clock that was ahead had planned; returns how many sources that is."""
        with self._write() as connection:
            return healing.heal(connection, self._now(), lease)

    def drop_keys(self, before: datetime) -> int:
        """Drop a batch of the candidate index of whole weeks before; how many keys, 0: nothing is left."""
        with self._write() as connection:
            return polling.drop_keys(connection, before)

    def retain(self, kept: Kept) -> int:
        """Drop the texts of a batch of articles beyond what is kept; how many, 0: nothing is left to do."""
        with self._write() as connection:
            return retention.drop(connection, self._database, kept, self._now())

    def tallying(self, before: datetime) -> tallies.Round | None:
        """Begin to count what sources carried; None: nothing is to be counted. ``before``: the horizon."""
        with self._read() as connection:
            return tallies.begin(connection, before)

    def tally(self, counting: tallies.Round) -> bool:
        """Count on a little; False: all is counted, and is to be kept."""
        return counting.step(self._read)

    def keep_tallies(self, counting: tallies.Round) -> None:
        """Keep what was counted."""
        with self._write() as connection:
            counting.keep(connection, self._database)

    def stats(self) -> dict[str, int]:
        """Count what the database holds."""
        with self._read() as connection:
            return integrity.stats(connection, self._database)

    def integrity(self) -> list[str]:
        """Return what is wrong, a line each: the database's own check, and our invariants."""
        with self._read() as connection:
            return integrity.problems(connection, self._database)

    def backup(self, path: Path) -> None:
        """Write a consistent, checked copy while others read and write. Raises StoreError on PostgreSQL."""
        with in_words(self._database):
            self._database.backup(path)


def _pace(source: Source) -> tuple[object, ...]:
    """What says when a source is polled."""
    return source.interval, source.min_interval, source.max_interval, source.learns
