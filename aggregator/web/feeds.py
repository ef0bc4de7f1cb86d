"""The merged feeds over HTTP: everything, by topic, group and search, starred; with conditional requests.

``GET /feed.atom``, ``/topics/{topic}/feed.rss``, ``/groups/{group}/feed.json``, ``/searches/{name}/…``,
``/search/feed.atom?q=``, ``/starred/feed.atom``; ``?limit=`` stories a page, ``?before=`` the id of the last
story of the page before (RFC 5005 section 3), ``?archive=`` an archive's number (section 4). Validators and
304 follow RFC 9110 sections 8.8 and 13. A feed is written once for each state of the database.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Scope

from aggregator.publish import FORMATS, Format
from aggregator.search import QueryError
from aggregator.web.feed_documents import Document, Feeds, Site, Stories, Wanted, address

__all__ = ["Document", "Feeds", "Site", "Stories", "Wanted", "address", "answer", "routed", "router"]

LONGEST = 500  # stories a page
KNOWN = 1_000  # addresses that were answered lately


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
    """The document, or that the client has it."""
    status, fields, body = answered(request.headers, document, kind)
    return Response(body, status, fields)


def answered(
    headers: Mapping[str, str], document: Document, kind: Format
) -> tuple[int, dict[str, str], bytes]:
    """200 with the document or 304 without; the headers are the same (RFC 9110 section 15.4.5)."""
    fields = {
        "ETag": document.etag,
        "Last-Modified": format_datetime(document.last_modified, usegmt=True),
        "Cache-Control": "no-cache, must-revalidate",
        "Vary": "Accept",
        "X-Content-Type-Options": "nosniff",
    }
    if is_fresh(headers, document):
        return 304, fields, b""
    fields["Content-Type"] = content_type(headers.get("accept", ""), kind)
    fields["Content-Length"] = str(len(document.body))
    return 200, fields, document.body


def content_type(accept: str, kind: Format) -> str:
    """The format's own type; plain XML for a browser, which shows feeds' own types as source text.

    A browser that opens an address asks for text/html; with application/xml it applies the style sheet.
    """
    plain = kind.content_type.startswith(("application/atom+xml", "application/rss+xml"))
    return "application/xml; charset=utf-8" if plain and "text/html" in accept.lower() else kind.content_type


class Page(BaseModel):
    """What every feed's address may carry. (A model, since a dependency would cost each request a thread.)"""

    model_config = ConfigDict(frozen=True)
    limit: int = Field(default=50, ge=1, le=LONGEST, description="Stories a page.")
    before: int | None = Field(
        default=None, ge=1, le=2**31 - 1, description="The last story of the page before."
    )
    archive: int | None = Field(default=None, ge=1, le=2**25, description="Number of an archive.")
    token: str | None = Field(default=None, max_length=200, description="Of a private address.")


Paged = Annotated[Page, Query()]
Searched = Annotated[str, Query(min_length=1, max_length=400)]


def one_reader(_: Request) -> str:
    """The reader where there is one."""
    return "reader"


class Routes:
    """The endpoints of all feeds."""

    def __init__(
        self, stories: Stories, site: Callable[[], Site], reader: Callable[[Request], str] = one_reader
    ) -> None:
        self._feeds = Feeds(stories, site)
        self._site = site
        self._reader = reader
        self._known: OrderedDict[_Asked, tuple[Wanted, Format]] = OrderedDict()

    def knows(self, scope: Scope) -> bool:
        """Whether this was asked for before, and answered."""
        return _asked(scope) in self._known

    def kept(
        self, scope: Scope, headers: Mapping[str, str], version: int | str | None
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes] | None:
        """Status, headers and body of what was answered before, while that is still true; never waits.

        ``version``: of the data, as it is now.
        """
        known = self._known.get(_asked(scope))
        document = None if known is None else self._feeds.kept(known[0], version)
        if known is None or document is None:
            return None
        status, fields, body = answered(headers, document, known[1])
        return status, [(name.lower().encode(), value.encode()) for name, value in fields.items()], body

    def everything(self, request: Request, name: str, page: Paged) -> Response:
        """All stories."""
        return self._send(request, page, Wanted(name, archive=page.archive))

    def by_topic(self, request: Request, topic: str, name: str, page: Paged) -> Response:
        """Those of a topic of the YAML."""
        return self._send(request, page, Wanted(name, topic, archive=page.archive))

    def by_group(self, request: Request, group: str, name: str, page: Paged) -> Response:
        """Those with an article of a group of sources."""
        return self._send(request, page, Wanted(name, group=group, archive=page.archive))

    def saved(self, request: Request, search: str, name: str, page: Paged) -> Response:
        """What a saved search of the YAML finds."""
        return self._send(request, page, Wanted(name, saved=search))

    def searched(self, request: Request, name: str, page: Paged, q: Searched) -> Response:
        """What a query finds."""
        return self._send(request, page, Wanted(name, query=q))

    def starred(self, request: Request, name: str, page: Paged) -> Response:
        """What a reader has starred."""
        return self._send(request, page, Wanted(name, starred=self._reader(request)))

    def _send(self, request: Request, page: Page, wanted: Wanted) -> Response:
        wanted = replace(wanted, limit=page.limit, before=page.before, token=page.token)
        kind = FORMATS.get(wanted.format)
        if kind is None:
            known = ", ".join(f"feed.{name}" for name in FORMATS)
            return missing(f"There is no feed.{wanted.format} here; there are {known}.")
        title = self._feeds.title(wanted)
        if title is None:
            home = f"{self._site().public_url}/"
            return missing(f"There is no {_named(wanted)}; {home} lists those that there are.")
        try:
            document = self._feeds.document(wanted, title)
        except QueryError as error:
            return missing(f"The search cannot be understood: {error}.", 400)
        if document is None:
            return missing("That archive is not complete yet; the feed itself has its stories.")
        self._known[_asked(request.scope)] = wanted, kind
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return answer(request, document, kind)


_Asked = tuple[str, bytes, str]


def _asked(scope: Scope) -> _Asked:
    """What tells an answer from every other: the address, and who asks (for `starred`)."""
    identity = scope.get("state", {}).get("identity")
    return scope["path"], scope.get("query_string", b""), "" if identity is None else identity.reader


def router(
    stories: Stories, site: Callable[[], Site], reader: Callable[[Request], str] = one_reader
) -> APIRouter:
    """The routes of all feeds. ``site`` is called for each request: settings change while we run."""
    return routed(Routes(stories, site, reader))


def routed(made: Routes) -> APIRouter:
    """The addresses of these endpoints."""
    routes = APIRouter()
    for path, endpoint in (
        ("", made.everything), ("/topics/{topic}", made.by_topic), ("/groups/{group}", made.by_group),
        ("/searches/{search}", made.saved), ("/search", made.searched), ("/starred", made.starred),
    ):  # fmt: skip
        routes.add_api_route(f"{path}/feed.{{name}}", endpoint, methods=["GET", "HEAD"])
    return routes


def _named(wanted: Wanted) -> str:
    if wanted.topic is not None:
        return f"topic {wanted.topic!r}"
    if wanted.saved is not None:
        return f"saved search {wanted.saved!r}"
    return f"group {wanted.group!r}"


def missing(message: str, status: int = 404) -> Response:
    """A sentence for people, as plain text: nothing of it can run."""
    return Response(
        f"{message}\n",
        status_code=status,
        media_type="text/plain",
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"},
    )
