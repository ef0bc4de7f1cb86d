"""What clients change: status, stars, a feed or all of it as read; and polling now."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from aggregator.model import StreamSpec
from aggregator.web.calls import Refused
from aggregator.web.miniflux.calls import Calls, Route, missing
from aggregator.web.miniflux.entries import in_category
from aggregator.web.miniflux.shapes import user_id

router = APIRouter(route_class=Route)


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
