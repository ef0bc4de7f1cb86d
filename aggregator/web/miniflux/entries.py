"""Entries: by page, of a feed or a category, and one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter

from aggregator.model import Stream, StreamSpec
from aggregator.web.calls import Refused
from aggregator.web.fever import folders
from aggregator.web.greader.streams import bound
from aggregator.web.miniflux.calls import Call, Calls, Route, missing
from aggregator.web.miniflux.shapes import entry_shape, feed_shapes

router = APIRouter(route_class=Route)
MOST = 1_000  # entries of one page
FARTHEST = 100_000  # of an offset


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
