"""What there is: subscriptions, folders, what is unread; and the subscriptions as OPML."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from aggregator.model import Source, Stream
from aggregator.publish import opml
from aggregator.store.values import micros
from aggregator.web.calls import PlainRoute
from aggregator.web.desk import Subscription
from aggregator.web.greader.calls import PRIVATE, Call, Reads
from aggregator.web.greader.ids import READING_LIST, STARRED, feed_id, label_id

router = APIRouter(route_class=PlainRoute)


@router.get("/reader/api/0/subscription/list")
def subscriptions(call: Reads) -> Response:
    """What the reader subscribes to; the same for everyone, since the YAML says it."""
    return call.answer({"subscriptions": [shape(call, one) for one in call.desk.subscriptions()]})


def shape(call: Call, one: Subscription) -> dict[str, Any]:
    """A subscription."""
    folders = [one.folder] if one.folder else []
    return {
        "id": feed_id(one.no),
        "title": one.title,
        "categories": [{"id": label_id(folder), "label": folder} for folder in folders],
        "sortid": f"{one.no:08x}",
        "firstitemmsec": "0",
        "url": one.url,
        "htmlUrl": one.site,
        "iconUrl": f"{call.desk.base}/favicon.ico",
    }


@router.get("/reader/api/0/tag/list")
def tags(call: Reads) -> Response:
    """Starred, the folders, and what the reader has tagged."""
    found: list[dict[str, Any]] = [{"id": STARRED, "sortid": "00000001"}]
    labels = call.desk.labels()
    own = [tag for tag in call.desk.store.tags(call.desk.reader) if tag not in labels]
    for kind, names in (("folder", list(labels)), ("tag", own)):
        found += [
            {"id": label_id(name), "sortid": f"{len(found) + n:08x}", "type": kind}
            for n, name in enumerate(names, 1)
        ]
    return call.answer({"tags": found})


@router.get("/reader/api/0/unread-count")
def unread_count(call: Reads) -> Response:
    """How much is unread of each subscription and folder, and in all."""
    counts = call.desk.unread()
    named = [(feed_id(one.no), one.stream) for one in call.desk.subscriptions()]
    named += [(label_id(label), stream) for label, stream in call.desk.labels().items()]
    named.append((READING_LIST, Stream()))
    found = [_count(name, *counts[stream]) for name, stream in named if counts.get(stream, (0,))[0]]
    return call.answer({"max": counts[Stream()][0], "unreadcounts": found})


def _count(name: str, count: int, newest: datetime) -> dict[str, Any]:
    return {"id": name, "count": count, "newestItemTimestampUsec": str(micros(newest))}


@router.get("/reader/api/0/subscription/export")
def export(call: Reads) -> Response:
    """The subscriptions as OPML 2.0."""
    titles = {one.folder or "": one.folder or "Subscriptions" for one in call.desk.subscriptions()}
    outlines = [
        Source(str(one.no), one.url, one.title, group=one.folder or "") for one in call.desk.subscriptions()
    ]
    document = opml.render(outlines, "aggregator", call.desk.services.now(), titles)
    return Response(document, media_type=opml.CONTENT_TYPE, headers=PRIVATE)
