"""The part of the Miniflux API (version 1, miniflux.app/docs/api.html) that feed readers use: read and mark.

Sign in with Basic (name and API password) or with ``X-Auth-Token``: a token of /tokens.
Subscriptions are feeds, an entry is of the one that its story stands under; its ``status`` is read or unread.
Entries come in the order in which they were placed, whatever ``order`` asks for; bounds in time are of when
they were first served.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import JSONResponse, Response

from aggregator.model import Served, Source, StoryView, Stream, StreamSpec
from aggregator.publish import html, opml
from aggregator.publish.markup import clean, media_type, rfc3339, uri
from aggregator.publish.view import shown
from aggregator.web.accounts import Identity
from aggregator.web.calls import (
    LARGEST,
    Parameters,
    PlainRoute,
    Refused,
    caller,
    desk_for,
    let_in,
    parse,
    sync_of,
    writes,
)
from aggregator.web.desk import Desk, Subscription, plain
from aggregator.web.fever import folder_of, folders
from aggregator.web.forms import services_of
from aggregator.web.greader.streams import bound

MOST = 1_000  # entries of one page
FARTHEST = 100_000  # of an offset
WORDS_A_MINUTE = 265  # of who reads; for `reading_time`, in minutes


class Route(PlainRoute):
    """Errors as ``{"error_message": …}``."""

    def get_route_handler(self) -> Any:
        """The plain handler, its text wrapped."""
        plainly = super().get_route_handler()

        async def handler(request: Request) -> Response:
            answer = await plainly(request)
            if answer.status_code < 400 or answer.media_type != "text/plain":
                return answer
            kept = {
                name: answer.headers[name]
                for name in ("Retry-After", "WWW-Authenticate")
                if name in answer.headers
            }
            said = bytes(answer.body).decode().strip()
            return JSONResponse({"error_message": said}, answer.status_code, kept)

        return handler


router = APIRouter(prefix="/v1", include_in_schema=False, route_class=Route)


@dataclass(frozen=True, slots=True)
class Call:
    """A request of a reader who is known."""

    request: Request
    desk: Desk
    given: Parameters
    body: dict[str, Any]


async def _body(request: Request) -> dict[str, Any]:
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > LARGEST:
            raise Refused(413, f"More than {LARGEST} bytes.")
    if not read.strip():
        return {}
    try:
        found = json.loads(read)
    except (ValueError, RecursionError):
        raise Refused(400, "The body is no JSON.") from None
    if not isinstance(found, dict):
        raise Refused(400, "The body must be an object.")
    return found


def call(request: Request, body: Annotated[dict[str, Any], Depends(_body)]) -> Call:
    """The call, signed in."""
    who = _who(request)
    if who is None:
        raise Refused(401, "Access Unauthorized", {"WWW-Authenticate": 'Basic realm="aggregator sync"'})
    if request.method != "GET":
        writes(who)
    return Call(request, desk_for(request, who), Parameters(tuple(parse(request.url.query))), body)


def _who(request: Request) -> Identity | None:
    _, accounts = sync_of(services_of(request))
    if token := request.headers.get("x-auth-token"):
        return accounts.bearer(token.strip())
    kind, _, rest = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return let_in(accounts.api_attempt(name, password, caller(request)))


Calls = Annotated[Call, Depends(call)]


# ----------------------------------------------------------------------------- who and what


def user_id(name: str) -> int:
    """A number for a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) >> 1


@router.get("/me")
def me(call: Calls) -> Any:
    """The reader."""
    return {
        "id": user_id(call.desk.reader), "username": call.desk.reader, "is_admin": call.desk.admin,
        "theme": "system_serif", "language": "en_US", "timezone": "UTC", "entry_sorting_direction": "desc",
        "entries_per_page": 100,
    }  # fmt: skip


@router.get("/version", dependencies=[Depends(call)])
def version() -> Any:
    """Ours, in the place of theirs; clients compare it."""
    return {
        "version": "2.2.0",
        "commit": "aggregator",
        "build_date": "",
        "go_version": "",
        "os": "",
        "arch": "",
    }


@router.get("/categories")
def categories(call: Calls) -> Any:
    """The folders."""
    found = folders(call.desk, call.desk.subscriptions())
    return [category(call.desk, no, title) for no, (_, title, _) in found.items()]


def category(desk: Desk, no: int, title: str) -> dict[str, Any]:
    """A folder."""
    return {"id": no, "title": title, "user_id": user_id(desk.reader), "hide_globally": False}


@router.get("/feeds")
def feeds(call: Calls) -> Any:
    """The subscriptions."""
    return list(feed_shapes(call.desk).values())


def feed_shapes(desk: Desk) -> dict[int, dict[str, Any]]:
    """Every subscription by number."""
    subscriptions = desk.subscriptions()
    home = {one.no: folder_of(desk, one) for one in subscriptions}
    numbers = desk.numbers([stream for stream, _ in home.values()])
    checked = rfc3339(desk.store.newest(desk.view) or desk.services.now())
    return {
        one.no: _feed(desk, one, category(desk, numbers[home[one.no][0]], home[one.no][1]), checked)
        for one in subscriptions
    }


def _feed(desk: Desk, one: Subscription, home: dict[str, Any], checked: str) -> dict[str, Any]:
    return {
        "id": one.no, "user_id": user_id(desk.reader), "title": one.title, "site_url": one.site,
        "feed_url": one.url, "checked_at": checked, "next_check_at": checked, "etag_header": "",
        "last_modified_header": "", "parsing_error_message": "", "parsing_error_count": 0,
        "scraper_rules": "", "rewrite_rules": "", "crawler": False, "blocklist_rules": "",
        "keeplist_rules": "", "user_agent": "", "username": "", "password": "", "disabled": False,
        "ignore_http_cache": False, "fetch_via_proxy": False, "hide_globally": False,
        "category": home, "icon": None,
    }  # fmt: skip


@router.get("/feeds/counters")
def counters(call: Calls) -> Any:
    """How many entries of each subscription are unread; what is read is not counted."""
    unread = {
        str(one.no): call.desk.store.count(
            call.desk.view, StreamSpec(call.desk.reader, origin=one.no, read=False, limit=10**6)
        )
        for one in call.desk.subscriptions()
    }
    return {"reads": {}, "unreads": {no: count for no, count in unread.items() if count}}


@router.get("/feeds/{feed}")
def feed(call: Calls, feed: int) -> Any:
    """One subscription."""
    return feed_shapes(call.desk).get(feed) or missing()


@router.get("/feeds/{feed}/icon", dependencies=[Depends(call)])
def icon() -> Any:
    """None: outlets are asked nothing for the sake of a client."""
    return missing()


@router.get("/categories/{category}/feeds")
def category_feeds(call: Calls, category: int) -> Any:
    """The subscriptions of a folder."""
    return [one for one in feed_shapes(call.desk).values() if one["category"]["id"] == category]


@router.get("/export")
def export(call: Calls) -> Response:
    """The subscriptions as OPML."""
    outlines = [
        Source(str(one.no), one.url, one.title, group=one.folder or "") for one in call.desk.subscriptions()
    ]
    return Response(
        opml.render(outlines, "aggregator", call.desk.services.now()), media_type=opml.CONTENT_TYPE
    )


def missing() -> Any:
    """404, as Miniflux says it."""
    raise HTTPException(404, "Resource Not Found")


# ----------------------------------------------------------------------------- entries


@router.get("/entries")
def entries(call: Calls) -> Any:
    """A page of everything."""
    number = call.given.number("category_id")
    feed = call.given.number("feed_id")
    spec = StreamSpec(call.desk.reader, origin=feed)
    return listed(call, spec if number is None else in_category(call, spec, number))


@router.get("/feeds/{feed}/entries")
def feed_entries(call: Calls, feed: int) -> Any:
    """A page of a subscription."""
    if feed not in {one.no for one in call.desk.subscriptions()}:
        missing()
    return listed(call, StreamSpec(call.desk.reader, origin=feed))


@router.get("/categories/{category}/entries")
def category_entries(call: Calls, category: int) -> Any:
    """A page of a folder."""
    return listed(call, in_category(call, StreamSpec(call.desk.reader), category))


@router.get("/entries/{entry}")
@router.get("/feeds/{feed}/entries/{entry}")
@router.get("/categories/{category}/entries/{entry}")
def one_entry(call: Calls, entry: int) -> Any:
    """One entry."""
    found = call.desk.stories([entry]) if 0 < entry < 2**31 else []
    return entry_shape(call.desk, feed_shapes(call.desk), *found[0]) if found else missing()


def in_category(call: Call, spec: StreamSpec, number: int) -> StreamSpec:
    """What is in a folder."""
    found = folders(call.desk, call.desk.subscriptions()).get(number)
    if found is None:
        missing()
    stream = found[0] if found else Stream("none")
    return replace(spec, stream=Stream() if stream.kind == "folder" else stream)


def listed(call: Call, spec: StreamSpec) -> dict[str, Any]:
    """A page as the query narrows it, and how many there are in all."""
    given = call.given
    if given.get("search"):
        raise Refused(400, "There is no search here: the page /search has it.")
    states = {one for value in given.all("status") for one in value.split(",")}
    if states in ({"read"}, {"unread"}):
        spec = replace(spec, read=states == {"read"})
    elif states and not states & {"read", "unread"}:
        spec = replace(spec, also=(Stream("none"),))  # removed: nothing ever is
    if given.has("starred"):
        spec = replace(spec, starred=given.get("starred") not in ("false", "0"))
    since = next(filter(None, (given.number(n) for n in ("after", "published_after", "changed_after"))), None)
    until = next(
        filter(None, (given.number(n) for n in ("before", "published_before", "changed_before"))), None
    )
    limit = given.number("limit")
    limit = min(100 if limit is None else limit or MOST, MOST)
    offset = min(given.number("offset") or 0, FARTHEST)
    spec = replace(
        spec, since=bound(since), until=bound(until), oldest=given.get("direction") == "asc",
        after=given.number("after_entry_id"), before=given.number("before_entry_id"),
    )  # fmt: skip
    total = call.desk.store.count(call.desk.view, replace(spec, limit=10**6))
    ids = [one.story for one in call.desk.page(replace(spec, limit=offset + limit))[offset:]]
    shapes = feed_shapes(call.desk) if ids else {}
    return {
        "total": total,
        "entries": [entry_shape(call.desk, shapes, *one) for one in call.desk.stories(ids)],
    }


def entry_shape(
    desk: Desk, shapes: dict[int, dict[str, Any]], served: Served, story: StoryView
) -> dict[str, Any]:
    """A story as an entry."""
    lead, text = story.canonical, shown(story)
    at = rfc3339(served.at)
    files = [(n, uri(one.url), one) for n, one in enumerate(text.enclosures)]
    return {
        "id": story.id,
        "user_id": user_id(desk.reader),
        "feed_id": served.origin,
        "status": "read" if story.read else "unread",
        "hash": hashlib.sha256(story.guid.encode()).hexdigest(),
        "title": plain(story.title) or "–",
        "url": uri(story.url) or uri(lead.url) or f"{desk.base}/stories/{story.id}",
        "comments_url": "",
        "published_at": rfc3339(story.published),
        "created_at": at,
        "changed_at": at if story.updated < served.at else rfc3339(story.updated),
        "content": clean(html.content(story)),
        "author": ", ".join(filter(None, map(plain, lead.authors))) or plain(lead.source_title),
        "share_code": "",
        "starred": story.starred,
        "reading_time": -(-len(text.text.split()) // WORDS_A_MINUTE),
        "enclosures": [
            {
                "id": story.id * 100 + n, "user_id": user_id(desk.reader), "entry_id": story.id, "url": url,
                "mime_type": media_type(one.type), "size": one.length or 0, "media_progression": 0,
            }
            for n, url, one in files if url
        ],
        "tags": desk.labels_of(story),
        "feed": shapes.get(served.origin),
    }  # fmt: skip


# ----------------------------------------------------------------------------- marks


@router.put("/entries")
def mark(call: Calls) -> Response:
    """Set ``status`` of ``entry_ids``."""
    ids, status = call.body.get("entry_ids"), call.body.get("status")
    if not isinstance(ids, list) or not all(isinstance(one, int) and 0 < one < 2**31 for one in ids):
        raise Refused(400, "entry_ids must be a list of ids.")
    if status not in ("read", "unread"):
        raise Refused(400, "status must be read or unread: nothing is ever removed.")
    call.desk.mark(ids, read=status == "read")
    return Response(status_code=204)


@router.put("/entries/{entry}/bookmark")
@router.put("/entries/{entry}/star")
def toggle(call: Calls, entry: int) -> Response:
    """Star an entry, or take its star."""
    found = call.desk.stories([entry], content=False) if 0 < entry < 2**31 else []
    if not found:
        missing()
    call.desk.mark([entry], starred=not found[0][1].starred)
    return Response(status_code=204)


@router.put("/feeds/{feed}/mark-all-as-read")
def mark_feed(call: Calls, feed: int) -> Response:
    """Mark a subscription as read."""
    call.desk.mark_stream(StreamSpec(call.desk.reader, origin=feed, until=call.desk.services.now()))
    return Response(status_code=204)


@router.put("/categories/{category}/mark-all-as-read")
def mark_category(call: Calls, category: int) -> Response:
    """Mark a folder as read."""
    spec = StreamSpec(call.desk.reader, until=call.desk.services.now())
    call.desk.mark_stream(in_category(call, spec, category))
    return Response(status_code=204)


@router.put("/users/{user}/mark-all-as-read")
def mark_user(call: Calls, user: int) -> Response:
    """Mark everything as read: one's own."""
    if user != user_id(call.desk.reader):
        raise Refused(403, "Access Forbidden")
    call.desk.mark_stream(StreamSpec(call.desk.reader, until=call.desk.services.now()))
    return Response(status_code=204)


@router.put("/feeds/refresh")
@router.put("/categories/{category}/refresh")
@router.put("/feeds/{feed}/refresh")
def refresh(call: Calls, feed: int | None = None) -> Response:
    """Poll a source now, where its server allows it; all of them are polled by their own schedule anyway."""
    for one in call.desk.subscriptions() if feed is not None else ():
        if one.no == feed and one.stream.kind == "source":
            call.desk.services.poll_now(one.stream.name)
    return Response(status_code=204)
