"""The merged feeds over HTTP: everything, by topic and by group, in every format, with conditional requests.

``GET /feed.atom``, ``/topics/{topic}/feed.rss``, ``/groups/{group}/feed.json``; ``?limit=`` stories a page,
``?before=`` the id of the last story of the page before (RFC 5005 section 3 paging). Validators and 304
follow RFC 9110 sections 8.8 and 13. A feed is written once for each state of the database.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated, Protocol
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request, Response

from aggregator.model import StoryView, TimelineSpec
from aggregator.publish import FORMATS, FeedView, Format, Fragments

KEPT = 64  # documents kept in memory, of some 300 KB each
LONGEST = 500  # stories a page
Limit = Annotated[int, Query(ge=1, le=LONGEST, description="stories a page")]
Before = Annotated[int | None, Query(ge=1, description="id of the last story of the page before")]


class Stories(Protocol):
    """What the feeds need of the store."""

    def timeline(self, spec: TimelineSpec) -> Sequence[StoryView]:
        """The stories of a timeline, newest placed first, with content."""

    def version(self) -> int | str:
        """Changes whenever a story does."""


@dataclass(frozen=True, slots=True)
class Site:
    """What the feeds say about us. ``topics`` and ``groups``: title by id, as the YAML has them now.

    ``id``: a tag: address without a fragment that never changes; the feeds' ids begin with it.
    ``born``: when this instance was made, the date of a feed without stories.
    """

    title: str
    public_url: str  # without a slash at its end
    id: str
    born: datetime
    topics: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
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
    """Which page of which feed in which format was asked for."""

    format: str
    topic: str | None = None
    group: str | None = None
    limit: int = 50
    before: int | None = None

    @property
    def folder(self) -> str:
        """The path of the timeline's page, empty for everything."""
        kind, name = ("topics", self.topic) if self.topic is not None else ("groups", self.group)
        return "" if name is None else f"/{kind}/{quote(name, safe='')}"


class Feeds:
    """Writes feeds, and keeps those written last for as long as the database and the settings stand still."""

    def __init__(self, stories: Stories, site: Callable[[], Site]) -> None:
        self._stories = stories
        self._site = site
        self._fragments = Fragments()
        self._kept: OrderedDict[Wanted, tuple[int | str, Site, Document]] = OrderedDict()
        self._lock = threading.Lock()

    def title(self, wanted: Wanted) -> str | None:
        """The feed's title; None when its topic or group is not there."""
        site = self._site()
        if wanted.topic is not None:
            return site.topics.get(wanted.topic)
        return site.title if wanted.group is None else site.groups.get(wanted.group)

    def document(self, wanted: Wanted, title: str) -> Document:
        """The feed. Two requests at once for one that is not kept write it once."""
        site = self._site()
        # Asked for before the stories are: a change in between makes us write once too often, never too late.
        version = self._stories.version()
        with self._lock:
            held = self._kept.get(wanted)
            if held is None or held[:2] != (version, site):
                held = (version, site, self._write(wanted, title, site))
                self._kept[wanted] = held
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(wanted)
        return held[2]

    def _write(self, wanted: Wanted, title: str, site: Site) -> Document:
        spec = TimelineSpec(
            topic=wanted.topic, group=wanted.group, before=wanted.before, limit=wanted.limit + 1
        )
        found = tuple(self._stories.timeline(spec))
        shown = found[: wanted.limit]
        more = replace(wanted, before=shown[-1].id) if len(found) > len(shown) else None
        feed = FeedView(
            title=title if site.title in title else f"{title} – {site.title}",
            id=f"{site.id}{wanted.folder}/feed",
            self_url=address(site, wanted),
            site_url=f"{site.public_url}{wanted.folder or '/'}",
            updated=max((story.updated for story in shown), default=site.born),
            stories=shown,
            language=site.language,
            first_url=address(site, replace(wanted, before=None)) if more or wanted.before else None,
            next_url=address(site, more) if more else None,
            hub=site.hub if wanted.before is None else None,
            stylesheet=f"{site.public_url}/static/feed.css",
        )
        body = FORMATS[wanted.format].render(feed, self._fragments)
        digest = hashlib.sha256(body).hexdigest()[:32]
        return Document(body, f'"{digest}"', modified(shown, site.born))


def address(site: Site, wanted: Wanted) -> str:
    """The feed's own address; what is as usual is left out of it, so that each page has one address."""
    usual = Wanted(wanted.format)
    query = {name: getattr(wanted, name) for name in ("limit", "before")}
    rest = urlencode({name: value for name, value in query.items() if value != getattr(usual, name)})
    return f"{site.public_url}{wanted.folder}/feed.{wanted.format}" + (f"?{rest}" if rest else "")


def modified(stories: Sequence[StoryView], born: datetime) -> datetime:
    """When the document last changed, in whole seconds: also by a copy that joined, which it names."""
    moments = [born]
    for story in stories:
        moments += (story.placed, story.updated)
        moments += (moment for a in story.articles for moment in (a.first_seen, a.updated) if moment)
    return max(moments).astimezone(UTC).replace(microsecond=0)


def is_fresh(headers: Mapping[str, str], document: Document) -> bool:
    """Whether the client holds the document already (RFC 9110 section 13.2.2).

    If-None-Match is compared weakly and, where present, makes If-Modified-Since count for nothing; a date
    that cannot be read counts for nothing too.
    """
    tags = headers.get("if-none-match")
    if tags is not None:
        held = {tag.strip().removeprefix("W/").removeprefix("w/") for tag in tags.split(",")}
        return "*" in held or document.etag in held
    try:
        since = parsedate_to_datetime(headers.get("if-modified-since", ""))
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
    since = since if since.tzinfo else since.replace(tzinfo=UTC)
    return document.last_modified <= since


def answer(request: Request, document: Document, kind: Format) -> Response:
    """200 with the document or 304 without; the headers are the same (RFC 9110 section 15.4.5)."""
    headers = {
        "ETag": document.etag,
        "Last-Modified": format_datetime(document.last_modified, usegmt=True),
        "Cache-Control": "no-cache, must-revalidate",
        "Vary": "Accept",
        "X-Content-Type-Options": "nosniff",
    }
    if is_fresh(request.headers, document):
        return Response(status_code=304, headers=headers)
    headers["Content-Type"] = content_type(request.headers.get("accept", ""), kind)
    return Response(document.body, headers=headers)


def content_type(accept: str, kind: Format) -> str:
    """The format's own type; plain XML for a browser, which shows feeds' own types as source text.

    A browser that opens an address asks for text/html; with application/xml it applies the style sheet.
    """
    plain = kind.content_type.startswith(("application/atom+xml", "application/rss+xml"))
    return "application/xml; charset=utf-8" if plain and "text/html" in accept.lower() else kind.content_type


def router(stories: Stories, site: Callable[[], Site]) -> APIRouter:
    """The routes of all feeds. ``site`` is called for each request: settings change while we run."""
    feeds, routes = Feeds(stories, site), APIRouter()

    def send(request: Request, wanted: Wanted) -> Response:
        kind = FORMATS.get(wanted.format)
        if kind is None:
            known = ", ".join(f"feed.{name}" for name in FORMATS)
            return missing(f"There is no feed.{wanted.format} here; there are {known}.")
        title = feeds.title(wanted)
        if title is None:
            what, name = ("topic", wanted.topic) if wanted.topic is not None else ("group", wanted.group)
            return missing(f"There is no {what} {name!r}; {site().public_url}/ lists those that there are.")
        return answer(request, feeds.document(wanted, title), kind)

    @routes.api_route("/feed.{name}", methods=["GET", "HEAD"])
    def everything(request: Request, name: str, limit: Limit = 50, before: Before = None) -> Response:
        return send(request, Wanted(name, limit=limit, before=before))

    @routes.api_route("/topics/{topic}/feed.{name}", methods=["GET", "HEAD"])
    def by_topic(
        request: Request, topic: str, name: str, limit: Limit = 50, before: Before = None
    ) -> Response:
        return send(request, Wanted(name, topic=topic, limit=limit, before=before))

    @routes.api_route("/groups/{group}/feed.{name}", methods=["GET", "HEAD"])
    def by_group(
        request: Request, group: str, name: str, limit: Limit = 50, before: Before = None
    ) -> Response:
        return send(request, Wanted(name, group=group, limit=limit, before=before))

    return routes


def missing(message: str) -> Response:
    """404 with a sentence for people, as plain text: nothing of it can run."""
    return Response(
        f"{message}\n",
        status_code=404,
        media_type="text/plain",
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"},
    )
