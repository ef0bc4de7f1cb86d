"""What the web works with, made of the engine's parts."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from aggregator.config import Settings
from aggregator.daemon.admission import accounts_of
from aggregator.daemon.editing import Editing
from aggregator.daemon.subscribing import SourceEditor
from aggregator.daemon.tuner import Tuner
from aggregator.dedup.explain import Explanation
from aggregator.dedup.rules import Rules
from aggregator.dedup.tuning import Tuning
from aggregator.engine import Engine
from aggregator.model import Activity, ArticleView, Correction, SourceView, StoryLink, StoryView, TimelineSpec
from aggregator.notify.websub import Pinger
from aggregator.search import Of, check_names, parse
from aggregator.store import Store
from aggregator.web.feed_documents import followed
from aggregator.web.feeds import Site
from aggregator.web.services import Services, WebSettings
from aggregator.web.syncing import Syncing

T = TypeVar("T")

LATE = timedelta(seconds=30)  # without a tick for so long, the daemon is not ready
TITLE = "aggregator"


def topic_titles(settings: Settings) -> Mapping[str, str]:
    """Topics by name, in the YAML's order."""
    return {topic.name: topic.title for topic in settings.topics}


def group_titles(settings: Settings) -> Mapping[str, str]:
    """Groups by name, in the YAML's order."""
    return {group.name: group.title for group in settings.groups.values()}


class Kept(Generic[T]):
    """What is made of the settings, made once for as long as they are the same."""

    def __init__(self, settings: Callable[[], Settings], make: Callable[[Settings], T]) -> None:
        self._settings = settings
        self._make = make
        self._held: tuple[Settings, T] | None = None

    def __call__(self) -> T:
        """Of the settings as they are now."""
        now, held = self._settings(), self._held
        if held is None or held[0] is not now:
            held = self._held = (now, self._make(now))
        return held[1]


def site_of(settings: Settings, store: Store, address: str) -> Site:
    """What the feeds say about this instance."""
    return Site(
        title=TITLE,
        public_url=(settings.web.public_url or address).rstrip("/"),
        id=store.tag,
        born=store.born,
        topics=topic_titles(settings),
        groups=group_titles(settings),
        hub=settings.web.hub,
        searches={one.name: (one.title, one.query) for one in settings.searches.values()},
    )


def check_search(query: str, settings: Settings, now: datetime) -> None:
    """Raise QueryError for mistakes, and for names that the configuration does not have."""
    known: dict[Of, Collection[str]] = {
        "topic": settings.topics.names,
        "group": settings.groups,
        "source": settings.titles,
    }
    check_names(parse(query, now), known)


class Reading:
    """The store's read side, with the sources that the YAML has now."""

    def __init__(self, parts: Engine) -> None:
        self._parts = parts
        self._tuner = Tuner(parts.store, self._rules, parts.now)

    def _rules(self) -> Rules:
        return self._parts.settings.rules()

    def timeline(self, spec: TimelineSpec) -> Sequence[StoryView]:
        """Stories in order. Raises QueryError for a search that cannot be understood."""
        if spec.search:
            check_search(spec.search, self._parts.settings, self._parts.now())
        return self._parts.store.timeline(spec)

    def leading(self, since: datetime, limit: int, /, *, reader: str = "reader") -> Sequence[StoryView]:
        """Unread stories published since then that most outlets carry."""
        return self._parts.store.leading(since, limit, reader=reader)

    def newer(self, spec: TimelineSpec, after: int, most: int, /) -> int:
        """How many stories of a timeline have come after this one."""
        return self._parts.store.newer(spec, after, most)

    def story(self, story: int, /, *, reader: str = "reader") -> StoryView | int:
        """A story, or the id of the one that it was merged into."""
        return self._parts.store.story(story, reader=reader)

    def sources(self) -> Sequence[SourceView]:
        """Every source and how it does."""
        return self._parts.store.sources(self._parts.settings.sources)

    def article(self, article: int, /) -> ArticleView:
        """An article with its text."""
        return self._parts.store.article(article)

    def explain(self, a: int, b: int, /) -> Explanation:
        """Why two articles are, or are not, one story."""
        return self._parts.store.detector.explain(a, b, self._parts.settings.rules())

    def corrections(self) -> Sequence[Correction]:
        """What people corrected, the newest first."""
        return self._parts.store.corrections.listed()

    def labelled(self, *, texts: bool = False) -> Sequence[Mapping[str, Any]]:
        """The corrections that stand as labelled pairs, the documents before them."""
        store = self._parts.store
        documents = store.corrections.labelled_documents(self._parts.settings.rules()) if texts else []
        return [*documents, *store.corrections.labelled_pairs()]

    def version(self) -> int:
        """Another number after every change."""
        return self._parts.store.version()

    def tuning(self, threshold: float | None, /) -> Tuning:
        """One's own newest articles placed anew."""
        return self._tuner.tuning(threshold)

    def activity(self, days: int, /) -> Activity:
        """Entries by source and day, and flows between sources."""
        return self._parts.store.activity(days)

    def questions(self) -> Sequence[StoryLink]:
        """What is asked, the newest first."""
        return self._parts.store.corrections.questions()


class Correcting:
    """What a person changes: through the writer thread, before any polling that waits there."""

    def __init__(self, parts: Engine) -> None:
        self._parts = parts

    def _write(self, change: Callable[[], T]) -> T:
        """Run on the writer thread and wait; called on the web's worker threads."""
        return self._parts.writer.submit(change, person=True).result()

    def mark(
        self, reader: str, story_ids: Sequence[int], *, read: bool | None = None, starred: bool | None = None
    ) -> None:
        """Set read and/or starred."""
        self._write(lambda: self._parts.store.mark(reader, story_ids, read=read, starred=starred))

    def split(self, article: int, *, author: str, reason: str) -> int:
        """Take an article out of its story."""
        return self._write(
            lambda: self._parts.store.corrections.split(
                article, author=author, reason=reason, rules=self._parts.settings.rules()
            )
        )

    def merge(self, story_a: int, story_b: int, *, author: str, reason: str) -> int:
        """Make two stories one."""
        return self._write(
            lambda: self._parts.store.corrections.merge(
                story_a, story_b, author=author, reason=reason, rules=self._parts.settings.rules()
            )
        )

    def answer(self, a: int, b: int, *, same: bool, author: str, reason: str) -> int:
        """Take the word of a person on two articles."""
        return self._write(
            lambda: self._parts.store.corrections.answer(
                a, b, same=same, author=author, reason=reason, rules=self._parts.settings.rules()
            )
        )

    def undo(self, *, author: str, correction: int | None = None) -> str:
        """Take a correction back, the last one unless one is named."""
        return self._write(
            lambda: self._parts.store.corrections.undo(
                author=author, correction=correction, rules=self._parts.settings.rules()
            )
        )


def syncing(parts: Engine, editing: Editing | None) -> Syncing:
    """The sync APIs: what is served, and what writes the YAML for them."""
    path = None if editing is None else editing.path
    return Syncing(
        store=parts.store.sync,
        view=lambda: parts.settings.sync.view,
        settle=lambda: parts.settings.sync.settle,
        write=lambda job: parts.writer.submit(job, person=True).result(),
        subscribing=None if path is None else SourceEditor(path, os.environ),
    )


def pinger(parts: Engine, address: str) -> Pinger:
    """What tells the hub of changed feeds, where one is configured."""

    def changed() -> Mapping[str, str]:
        return followed(parts.store, site_of(parts.settings, parts.store, address))

    return Pinger(
        parts.client, lambda: parts.settings.web.hub, parts.store.version, changed,
        lambda: parts.settings.polling.allow_private,
    )  # fmt: skip


def services(
    parts: Engine, address: str, loop: asyncio.AbstractEventLoop, *,
    closing: Callable[[], bool] = lambda: False, editing: Editing | None = None, loopback: bool = True,
) -> Services:  # fmt: skip
    """Everything that the web application is handed.

    ``closing``: whether the server is going down. ``editing``: writes the YAML, where this process has one.
    ``loopback``: whether only this machine can reach it.
    """
    store, web = parts.store, parts.settings.web

    def ready() -> str | None:
        if "poll" not in parts.roles:
            store.version()  # raises when the database does not answer
            return None
        last = parts.poller.activity.last_tick
        if last is None or parts.poller.now() - last > LATE:
            return "the pollers have not looked for due sources lately"
        return None

    def metrics() -> Mapping[str, float]:
        activity, readings = parts.poller.activity, parts.workers.readings
        return {
            "aggregator_polls_total": activity.polls,
            "aggregator_poll_failures_total": activity.failures,
            "aggregator_articles_new_total": activity.new,
            "aggregator_articles_copies_total": activity.copies,
            "aggregator_polls_in_flight": parts.poller.in_flight,
            "aggregator_bodies_fast_total": readings.fast,
            "aggregator_bodies_authority_total": readings.authority,
            "aggregator_bodies_checked_total": readings.checked,
            "aggregator_bodies_differing_total": readings.differing,
        }

    def poll_now(source: str) -> bool:
        if "poll" not in parts.roles:
            return parts.writer.submit(lambda: store.want(source), person=True).result(10)
        return asyncio.run_coroutine_threadsafe(parts.poller.ask(source), loop).result(10)

    def picture(url: str) -> bytes:
        return asyncio.run_coroutine_threadsafe(parts.picture(url), loop).result(30)

    return Services(
        reading=Reading(parts),
        correcting=Correcting(parts),
        topics=Kept(lambda: parts.settings, topic_titles),
        groups=Kept(lambda: parts.settings, group_titles),
        now=parts.poller.now,
        settings=WebSettings(
            public_url=web.public_url,
            user=web.user,
            hosts=web.hosts,
            trusted_proxies=web.trusted_proxies,
            loopback=loopback,
        ),
        watching=store.record,
        accounts=accounts_of(parts),
        site=Kept(lambda: parts.settings, lambda settings: site_of(settings, store, address)),
        glance=store.glance,
        ready=ready,
        metrics=metrics,
        poll_now=poll_now,
        additions=lambda: parts.settings.dedup.additions,
        closing=closing,
        editing=editing,
        pushing=parts.subscriber if web.public_url else None,
        icon=store.icons.of,
        media=picture if web.media_proxy else None,
        with_icons=store.icons.holders,
        sync=syncing(parts, editing),
    )
