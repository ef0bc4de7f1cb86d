"""The Fever API, version 3, after its public description (feedafever.com/api): items by id, and marks.

A client sends ``api_key``, the md5 of ``name:password`` in hex. A wrong one is answered with ``auth: 0`` and
status 200. Subscriptions are feeds; a story is an item of the one that it stands under.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from aggregator.model import Served, StoryView, Stream, StreamSpec
from aggregator.publish import html
from aggregator.publish.markup import clean, uri
from aggregator.store.values import moment
from aggregator.web.calls import Given, Parameters, PlainRoute, caller, desk_for, let_in, sync_of, writes
from aggregator.web.desk import FOLDERS, Desk, Subscription, plain
from aggregator.web.forms import services_of

router = APIRouter(include_in_schema=False, route_class=PlainRoute)
VERSION = 3
PAGE = 50  # items, as the description has it
MOST = 100_000  # ids of one list
_ICON = Path(__file__).parent / "static" / "icon.svg"
Shape = dict[str, Any]


@router.api_route("/fever", methods=["GET", "POST"])
@router.api_route("/fever/", methods=["GET", "POST"])
@router.api_route("/api/fever.php", methods=["GET", "POST"])
def fever(request: Request, given: Annotated[Parameters, Given]) -> Response:
    """Everything: what is wanted is named by parameters without values."""
    _, accounts = sync_of(services_of(request))
    key = given.get("api_key")
    who = let_in(accounts.fever_attempt(key, caller(request))) if key else None
    if who is None:
        return _answer(given, {"api_version": VERSION, "auth": 0})
    desk = desk_for(request, who)
    found: Shape = {"api_version": VERSION, "auth": 1, "last_refreshed_on_time": _refreshed(desk)}
    if given.has("mark"):
        writes(who)
        found |= mark(desk, given)
    for name, part in PARTS.items():
        if given.has(name):
            found |= part(desk, given)
    return _answer(given, found)


def _refreshed(desk: Desk) -> int:
    newest = desk.store.newest(desk.view)
    return int(newest.timestamp()) if newest else 0


# ----------------------------------------------------------------------------- what there is


def folder_of(desk: Desk, one: Subscription) -> tuple[Stream, str]:
    """The group that a subscription is in: the YAML's, or one for all groups or topics."""
    labelled = desk.labels().get(one.folder or "")
    if labelled is not None:
        return labelled, one.folder or ""
    return Stream("folder", desk.view), FOLDERS.get(desk.view, "Sources")


def folders(desk: Desk, subscriptions: Iterable[Subscription]) -> dict[int, tuple[Stream, str, list[int]]]:
    """Groups by number: what they are, their title, the numbers of their feeds."""
    members: dict[tuple[Stream, str], list[int]] = defaultdict(list)
    for one in subscriptions:
        members[folder_of(desk, one)].append(one.no)
    numbers = desk.numbers([stream for stream, _ in members])
    return {numbers[stream]: (stream, title, feeds) for (stream, title), feeds in members.items()}


def groups(desk: Desk, _: Parameters) -> Shape:
    """Folders, and which feeds are in them."""
    found = folders(desk, desk.subscriptions())
    return {"groups": [{"id": no, "title": title} for no, (_, title, _) in found.items()], **_members(found)}


def _members(found: dict[int, tuple[Stream, str, list[int]]]) -> Shape:
    return {
        "feeds_groups": [
            {"group_id": no, "feed_ids": ",".join(map(str, feeds))} for no, (_, _, feeds) in found.items()
        ]
    }


def feeds(desk: Desk, _: Parameters) -> Shape:
    """Subscriptions, and which groups they are in."""
    refreshed, subscriptions = _refreshed(desk), desk.subscriptions()
    shapes = [
        {
            "id": one.no, "favicon_id": 1, "title": one.title, "url": one.url, "site_url": one.site,
            "is_spark": 0, "last_updated_on_time": refreshed,
        }
        for one in subscriptions
    ]  # fmt: skip
    return {"feeds": shapes, **_members(folders(desk, subscriptions))}


def favicons(_: Desk, __: Parameters) -> Shape:
    """One for all: outlets are asked nothing for the sake of a client."""
    return {"favicons": [{"id": 1, "data": f"image/svg+xml,{quote(_ICON.read_text(encoding='utf-8'))}"}]}


def links(_: Desk, __: Parameters) -> Shape:
    """Hot links are Fever's own; there are none."""
    return {"links": []}


# ----------------------------------------------------------------------------- items


def items(desk: Desk, given: Parameters) -> Shape:
    """Fifty items: after ``since_id``, oldest first; before ``max_id``, newest first; or ``with_ids``."""
    if given.has("with_ids"):
        wanted = [int(one) for one in given.get("with_ids").split(",") if one.strip().isdigit()][:PAGE]
    else:
        before, after = given.number("max_id"), given.number("since_id")
        spec = StreamSpec(desk.reader, before=before or None, after=after, oldest=not before, limit=PAGE)
        wanted = [one.story for one in desk.page(spec)]
    total = desk.store.count(desk.view, StreamSpec(desk.reader, limit=10**9))
    return {"items": [item(desk, *one) for one in desk.stories(wanted)], "total_items": total}


def item(desk: Desk, served: Served, story: StoryView) -> Shape:
    """A story as an item."""
    lead = story.canonical
    return {
        "id": story.id,
        "feed_id": served.origin,
        "title": plain(story.title) or "–",
        "author": ", ".join(filter(None, map(plain, lead.authors))) or plain(lead.source_title),
        "html": clean(html.content(story)),
        "url": uri(story.url) or uri(lead.url) or f"{desk.base}/stories/{story.id}",
        "is_saved": int(story.starred),
        "is_read": int(story.read),
        "created_on_time": int(story.published.timestamp()),
    }


def unread_ids(desk: Desk, _: Parameters) -> Shape:
    """Every unread item."""
    return {"unread_item_ids": _ids(desk, StreamSpec(desk.reader, read=False, limit=MOST))}


def saved_ids(desk: Desk, _: Parameters) -> Shape:
    """Every starred item."""
    return {"saved_item_ids": _ids(desk, StreamSpec(desk.reader, starred=True, limit=MOST))}


def _ids(desk: Desk, spec: StreamSpec) -> str:
    return ",".join(str(one.story) for one in reversed(desk.page(spec)))


# ----------------------------------------------------------------------------- marks


def mark(desk: Desk, given: Parameters) -> Shape:
    """Mark an item as read, unread, saved or unsaved; a feed or group as read, up to ``before`` (seconds)."""
    what, how, number = given.get("mark"), given.get("as"), given.number("id")
    if what == "item" and number:
        if how in ("read", "unread"):
            desk.mark([number], read=how == "read")
            return unread_ids(desk, given)
        if how in ("saved", "unsaved"):
            desk.mark([number], starred=how == "saved")
            return saved_ids(desk, given)
    if what in ("feed", "group") and how == "read" and number is not None:
        before = given.number("before")
        until = moment(min(before, 10**11) * 10**6) if before else desk.services.now()
        spec = StreamSpec(desk.reader, until=until)
        desk.mark_stream(marked(desk, spec, what, number))
        return unread_ids(desk, given)
    return {}


def marked(desk: Desk, spec: StreamSpec, what: str, number: int) -> StreamSpec:
    """What a feed's or group's number means. Group 0 is everything, -1 the sparks, which are none."""
    if what == "feed":
        return replace(spec, origin=number)
    if number == 0:
        return spec
    stream, _, _ = folders(desk, desk.subscriptions()).get(number, (Stream("none"), "", []))
    return replace(spec, stream=Stream() if stream.kind == "folder" else stream)


PARTS: dict[str, Callable[[Desk, Parameters], Shape]] = {
    "groups": groups,
    "feeds": feeds,
    "favicons": favicons,
    "items": items,
    "links": links,
    "unread_item_ids": unread_ids,
    "saved_item_ids": saved_ids,
}


# ----------------------------------------------------------------------------- answers


def _answer(given: Parameters, shape: Shape) -> Response:
    headers = {"Cache-Control": "no-store"}
    if given.get("api") == "xml":
        body = f'<?xml version="1.0" encoding="utf-8"?>\n<response>{_xml(shape)}</response>'
        return Response(body, media_type="text/xml; charset=utf-8", headers=headers)
    return JSONResponse(shape, headers=headers)


def _xml(shape: Shape) -> str:
    parts = []
    for name, value in shape.items():
        if isinstance(value, list):
            one = name.removesuffix("s")
            inner = "".join(f"<{one}>{_xml(each)}</{one}>" for each in value)
        else:
            inner = escape(clean(str(value)), quote=False)
        parts.append(f"<{name}>{inner}</{name}>")
    return "".join(parts)
