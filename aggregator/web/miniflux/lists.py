"""The reader, categories, feeds and what is unread of them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from aggregator.model import Source, StreamSpec
from aggregator.publish import opml
from aggregator.web.fever import folders
from aggregator.web.miniflux.calls import Calls, Route, call, missing
from aggregator.web.miniflux.shapes import category, feed_shapes, user_id

router = APIRouter(route_class=Route)


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


@router.get("/feeds")
def feeds(call: Calls) -> Any:
    """The subscriptions."""
    return list(feed_shapes(call.desk).values())


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
