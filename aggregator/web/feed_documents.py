"""Which feeds there are, and how each document of them is made: pages and archives (RFC 5005).

A feed's newest document links to further pages (section 3), whose stories move on as new ones come, and to
archives (section 4), of which each holds the stories of `ARCHIVED` numbers for good: a client that was away
for a month follows ``prev-archive`` until it meets one that it knows.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from aggregator.model import StoryView, TimelineSpec
from aggregator.publish import FORMATS, FeedView, Fragments

KEPT = 64  # documents kept in memory, of some 300 KB each
ARCHIVED = (
    50  # story numbers of an archive; not more than a usual page has stories, so that none falls between
)


class Stories(Protocol):
    """What the feeds need of the store."""

    def timeline(self, spec: TimelineSpec) -> Sequence[StoryView]:
        """The stories of a timeline, newest placed first, with content."""

    def version(self) -> int | str:
        """Changes whenever a story does."""


@dataclass(frozen=True, slots=True)
class Site:
    """What the feeds say about us. ``topics`` and ``groups``: title by id, as the YAML has them now.

    ``id``: authority and date of tag: addresses (RFC 4151), which never change; all ids begin with it.
    ``born``: when this instance was made, the date of a feed without stories.
    """

    title: str
    public_url: str  # without a slash at its end
    id: str
    born: datetime
    topics: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    searches: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # title and query
    language: str | None = None
    hub: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A feed as it is sent."""

    body: bytes
    etag: str
    last_modified: datetime  # UTC, whole seconds


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which document of which feed in which format was asked for.

    At most one of ``topic``, ``group``, ``saved`` (a search of the YAML), ``query`` and ``starred`` (by that
    reader). ``before``: a page; ``archive``: an archive's number, from 1. ``token``: as it came in a private
    address, which then stands in the feed's own addresses.
    """

    format: str
    topic: str | None = None
    group: str | None = None
    limit: int = 50
    before: int | None = None
    saved: str | None = None
    query: str | None = None
    starred: str | None = None
    archive: int | None = None
    token: str | None = field(default=None, repr=False)

    @property
    def folder(self) -> str:
        """The path of the timeline's page, empty for everything."""
        for kind, name in (("topics", self.topic), ("groups", self.group), ("searches", self.saved)):
            if name is not None:
                return f"/{kind}/{quote(name, safe='')}"
        if self.query is not None:
            return "/search"
        return "/starred" if self.starred is not None else ""

    @property
    def identity(self) -> str:
        """What tells this feed from the others of the instance, the same for each of its documents."""
        if self.query is not None:
            return f"/search/{hashlib.sha256(self.query.encode('utf-8', 'replace')).hexdigest()[:24]}"
        return self.folder + (f"/{quote(self.starred, safe='')}" if self.starred is not None else "")

    @property
    def is_archived(self) -> bool:
        """Whether its stories stay in it, so that archives mean something."""
        return self.saved is None and self.query is None and self.starred is None


class Feeds:
    """Writes feeds, and keeps those written last for as long as the database and the settings stand still."""

    def __init__(self, stories: Stories, site: Callable[[], Site]) -> None:
        self._stories = stories
        self._site = site
        self._fragments = Fragments()
        self._kept: OrderedDict[Wanted, tuple[int | str, Site, Document]] = OrderedDict()
        self._lock = threading.Lock()

    def title(self, wanted: Wanted) -> str | None:
        """The feed's title; None when its topic, group or saved search is not there."""
        site = self._site()
        if wanted.topic is not None:
            return site.topics.get(wanted.topic)
        if wanted.saved is not None:
            return site.searches.get(wanted.saved, (None, ""))[0]
        if wanted.query is not None:
            return f"Search: {wanted.query}"
        if wanted.starred is not None:
            return "Starred"
        return site.title if wanted.group is None else site.groups.get(wanted.group)

    def document(self, wanted: Wanted, title: str) -> Document | None:
        """The feed; None: an archive that is not complete yet.

        Two requests at once for one that is not kept write it once.
        """
        site = self._site()
        with self._lock:
            # Asked for before the stories are: a change in between makes us write once too often, not too
            # late; and by one request at a time, so that none writes what is newer under an older version.
            version = self._stories.version()
            held = self._kept.get(wanted)
            if held is None or held[:2] != (version, site):
                written = self._write(wanted, title, site)
                if written is None:
                    return None
                held = (version, site, written)
                self._kept[wanted] = held
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(wanted)
        return held[2]

    def kept(self, wanted: Wanted, version: int | str | None) -> Document | None:
        """The feed as it was written last, where it was written from the data of ``version``. Never waits."""
        held = self._kept.get(wanted)
        if held is None or held[0] != version or held[1] != self._site():
            return None
        with suppress(KeyError):  # gone meanwhile
            self._kept.move_to_end(wanted)
        return held[2]

    def _write(self, wanted: Wanted, title: str, site: Site) -> Document | None:
        spec = _spec(wanted, site)
        if wanted.archive is not None:
            spec = replace(spec, before=wanted.archive * ARCHIVED + 1, limit=ARCHIVED)
            if self._newest() < wanted.archive * ARCHIVED:
                return None
        found = tuple(self._stories.timeline(spec))
        if wanted.archive is not None:
            shown = tuple(story for story in found if story.id > (wanted.archive - 1) * ARCHIVED)
        else:
            shown = found[: wanted.limit]
        more = None
        if wanted.archive is None and len(found) > len(shown):
            more = replace(wanted, before=shown[-1].id)
        page = f"?{urlencode({'q': wanted.query})}" if wanted.query is not None else ""
        if wanted.saved is not None:
            page = f"/search?{urlencode({'q': site.searches[wanted.saved][1]})}"
        folder = "" if wanted.saved is not None else wanted.folder or "/"
        feed = FeedView(
            title=title if site.title in title else f"{title} – {site.title}",
            id=f"{site.id}:{wanted.identity}/feed",
            self_url=address(site, wanted),
            site_url=f"{site.public_url}{folder}{page}",
            updated=max((story.updated for story in shown), default=site.born),
            stories=shown,
            language=site.language,
            first_url=address(site, replace(wanted, before=None)) if more or wanted.before else None,
            next_url=address(site, more) if more else None,
            hub=site.hub if _is_followed(wanted) else None,
            stylesheet=f"{site.public_url}/static/feed.css",
            **self._archives(wanted, spec, shown, site),
        )
        body = FORMATS[wanted.format].render(feed, self._fragments)
        digest = hashlib.sha256(body).hexdigest()[:32]
        return Document(body, f'"{digest}"', modified(shown, site.born))

    def _newest(self, **spec: int) -> int:
        found = self._stories.timeline(TimelineSpec(limit=1, with_content=False, **spec))  # type: ignore[arg-type]
        return found[0].id if found else 0

    def _archives(
        self, wanted: Wanted, spec: TimelineSpec, shown: Sequence[StoryView], site: Site
    ) -> dict[str, Any]:
        """The links of RFC 5005, section 4, of a newest document and of an archive."""
        newest = replace(wanted, before=None, archive=None)
        if not wanted.is_archived or wanted.before is not None or wanted.limit < ARCHIVED:
            return {}
        if wanted.archive is None:
            everything = wanted.topic is None and wanted.group is None
            newest_number = (shown[0].id if shown else 0) if everything else self._newest()
            ends = newest_number // ARCHIVED * ARCHIVED  # the last number that is archived
            links: dict[str, Any] = {}
        else:
            ends = (wanted.archive - 1) * ARCHIVED
            following = replace(newest, archive=wanted.archive + 1)
            complete = self._newest() >= (wanted.archive + 1) * ARCHIVED
            links = {
                "archive": True,
                "current_url": address(site, newest),
                "next_archive_url": address(site, following) if complete else None,
            }
        older = next((story.id for story in shown if story.id <= ends), 0)
        if not older and ends:
            earlier = self._stories.timeline(replace(spec, before=ends + 1, limit=1, with_content=False))
            older = earlier[0].id if earlier else 0
        if older:
            number = (older - 1) // ARCHIVED + 1
            links["prev_archive_url"] = address(site, replace(newest, archive=number))
        return links


def _spec(wanted: Wanted, site: Site) -> TimelineSpec:
    """The timeline of a document; one story more than it shows, to know whether there is a next page."""
    query = site.searches[wanted.saved][1] if wanted.saved is not None else wanted.query
    return TimelineSpec(
        topic=wanted.topic,
        group=wanted.group,
        search=query,
        starred=wanted.starred is not None,
        reader=wanted.starred or "reader",
        before=wanted.before,
        limit=wanted.limit + 1,
    )


def _is_followed(wanted: Wanted) -> bool:
    """Whether a hub is told of the document: the newest one of a feed that is at hand to everybody."""
    newest = wanted.before is None and wanted.archive is None and wanted.limit == Wanted("").limit
    return newest and wanted.query is None and wanted.starred is None and wanted.token is None


def followed(stories: Stories, site: Site) -> dict[str, str]:
    """The addresses of which a hub is told, each with what is another value when its stories changed."""
    names = [
        Wanted(""),
        *(Wanted("", topic=name) for name in site.topics),
        *(Wanted("", group=name) for name in site.groups),
        *(Wanted("", saved=name) for name in site.searches),
    ]
    found: dict[str, str] = {}
    for wanted in names:
        shown = stories.timeline(replace(_spec(wanted, site), limit=wanted.limit, with_content=False))
        mark = hashlib.sha256(repr([(one.id, one.updated) for one in shown]).encode()).hexdigest()[:16]
        found |= {address(site, replace(wanted, format=name)): mark for name in FORMATS}
    return found


def address(site: Site, wanted: Wanted) -> str:
    """The feed's own address; what is as usual is left out of it, so that each page has one address."""
    usual = Wanted(wanted.format)
    names = ("limit", "before", "archive", "token")
    query = {"q": wanted.query} if wanted.query is not None else {}
    query |= {name: getattr(wanted, name) for name in names if getattr(wanted, name) != getattr(usual, name)}
    rest = urlencode(query)
    return f"{site.public_url}{wanted.folder}/feed.{wanted.format}" + (f"?{rest}" if rest else "")


def modified(stories: Sequence[StoryView], born: datetime) -> datetime:
    """When the document last changed, in whole seconds: also by a copy that joined, which it names."""
    moments = [born]
    for story in stories:
        moments += (story.placed, story.updated)
        moments += (moment for a in story.articles for moment in (a.first_seen, a.updated) if moment)
    return max(moments).astimezone(UTC).replace(microsecond=0)
