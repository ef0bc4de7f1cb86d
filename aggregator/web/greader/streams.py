"""Streams: ids of items, and items with their content, newest or oldest first, a page at a time.

``s`` the stream, ``n`` how many, ``r=o`` oldest first, ``ot``/``nt`` not served before/after (seconds),
``xt`` without, ``it`` only with, ``c`` where the last page ended.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from aggregator.model import Served, StreamSpec
from aggregator.store.values import micros, moment
from aggregator.web.calls import PlainRoute, Refused
from aggregator.web.desk import Desk
from aggregator.web.greader import atom
from aggregator.web.greader.calls import PRIVATE, Call, Reads
from aggregator.web.greader.ids import (
    LABEL,
    READING_LIST,
    canonical,
    feed_id,
    narrowed,
    selection,
    story_of,
    subscription,
    without,
)
from aggregator.web.greader.items import items

router = APIRouter(route_class=PlainRoute)
MOST_IDS, MOST_ITEMS = 10_000, 250  # of one page
MOST_ASKED = 1_000  # items of one request by id


def page(call: Call, stream: str, most: int) -> tuple[list[Served], str | None]:
    """A page of a stream, and where the next one begins."""
    given = call.given
    spec = narrowed(StreamSpec(call.desk.reader), selection(call.desk, stream))
    for one in given.all("it"):
        spec = narrowed(spec, selection(call.desk, one))
    for one in given.all("xt"):
        spec = without(spec, selection(call.desk, one))
    since, until = (bound(given.number(name)) for name in ("ot", "nt"))
    oldest = given.get("r") == "o"
    limit = min(max(given.number("n") or 20, 1), most)
    spec = replace(spec, since=since, until=until, oldest=oldest, limit=limit + 1)
    reached = given.number("c")
    if reached is not None:
        spec = replace(spec, after=reached) if oldest else replace(spec, before=reached)
    found = call.desk.page(spec)
    return found[:limit], str(found[limit - 1].story) if len(found) > limit else None


def bound(value: int | None) -> datetime | None:
    """A time of the protocol: seconds; milli-, micro- and nanoseconds are known by their size."""
    if not value:
        return None
    if value < 10**11:
        value *= 10**6
    elif value < 10**14:
        value *= 10**3
    elif value >= 10**17:
        value //= 10**3
    return moment(value)


@router.get("/reader/api/0/stream/items/ids")
def item_ids(call: Reads) -> Response:
    """The items of a stream by decimal id."""
    found, more = page(call, call.given.get("s", READING_LIST), MOST_IDS)
    refs = [
        {"id": str(one.story), "directStreamIds": [feed_id(one.origin)], "timestampUsec": str(micros(one.at))}
        for one in found
    ]
    return call.answer({"itemRefs": refs} | ({"continuation": more} if more else {}))


@router.get("/reader/api/0/stream/items/count")
def item_count(call: Reads) -> Response:
    """How many stories a stream has, as text."""
    spec = narrowed(StreamSpec(call.desk.reader, limit=1_000_000), selection(call.desk, call.given.get("s")))
    return Response(f"{call.desk.store.count(call.desk.view, spec):,}", media_type="text/plain")


@router.api_route("/reader/api/0/stream/items/contents", methods=["GET", "POST"])
def item_contents(call: Reads) -> Response:
    """The items that ``i`` names, in any of the three forms, in the order asked for."""
    asked = call.given.all("i")
    if len(asked) > MOST_ASKED:
        raise Refused(400, f"At most {MOST_ASKED} items at once.\n")
    ids = [number for one in asked if (number := story_of(one)) is not None]
    return call.answer(shape(call.desk, READING_LIST, "Items", call.desk.base, items(call.desk, ids)))


@router.get("/reader/api/0/stream/contents/{stream:path}")
@router.get("/reader/api/0/stream/contents")
def contents(call: Reads, stream: str = "") -> Response:
    """A page of a stream with content."""
    return call.answer(written(call, stream or call.given.get("s", READING_LIST)))


@router.get("/reader/atom/{stream:path}")
@router.get("/reader/atom")
def as_atom(call: Reads, stream: str = "") -> Response:
    """The same as Atom."""
    made = written(call, stream or call.given.get("s", READING_LIST))
    if call.given.get("output") == "json":
        return call.answer(made)
    return Response(atom.feed(made), media_type="application/atom+xml; charset=utf-8", headers=PRIVATE)


def written(call: Call, stream: str) -> dict[str, Any]:
    """A page of a stream with its name and its items."""
    found, more = page(call, stream, MOST_ITEMS)
    made = shape(
        call.desk, canonical(stream), title_of(call.desk, stream), str(call.request.url),
        items(call.desk, [one.story for one in found]),
    )  # fmt: skip
    return made | ({"continuation": more} if more else {})


def shape(desk: Desk, stream: str, title: str, address: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    """A stream."""
    updated = max((one["updated"] for one in found), default=int(desk.services.now().timestamp()))
    return {
        "direction": "ltr",
        "id": stream,
        "title": title,
        "self": [{"href": address}],
        "alternate": [{"href": f"{desk.base}/", "type": "text/html"}],
        "updated": updated,
        "items": found,
    }


def title_of(desk: Desk, stream: str) -> str:
    """What a stream is called."""
    stream = canonical(stream)
    if stream.startswith("feed/"):
        found = subscription(desk, stream)
        return found.title if found else stream
    return stream.removeprefix(LABEL) if stream.startswith(LABEL) else stream.rpartition("/")[2]
