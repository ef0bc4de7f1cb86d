"""What clients change: read, starred and tags; subscriptions, which go into the YAML."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from aggregator.errors import AggregatorError, UsageError
from aggregator.model import Stream, StreamSpec
from aggregator.web.calls import PlainRoute, Refused
from aggregator.web.greader.calls import Call, Writes, done
from aggregator.web.greader.ids import (
    LABEL,
    READ,
    READING_LIST,
    STARRED,
    UNREAD,
    canonical,
    feed_id,
    narrowed,
    selection,
    story_of,
    subscription,
)
from aggregator.web.greader.streams import bound

router = APIRouter(route_class=PlainRoute)


@router.post("/reader/api/0/edit-tag")
def edit_tag(call: Writes) -> Response:
    """Give items (``i``) states and tags (``a``), take some from them (``r``)."""
    ids = [number for one in call.given.all("i") if (number := story_of(one)) is not None]
    add, remove = ([canonical(one) for one in call.given.all(name)] for name in ("a", "r"))
    read = True if READ in add else False if READ in remove or UNREAD in add else None
    starred = True if STARRED in add else False if STARRED in remove else None
    call.desk.tag(ids, add=labels(add), remove=labels(remove))
    call.desk.mark(ids, read=read, starred=starred)
    return done()


def labels(streams: list[str]) -> list[str]:
    """The labels among streams."""
    return [one.removeprefix(LABEL) for one in streams if one.startswith(LABEL)]


@router.post("/reader/api/0/mark-all-as-read")
def mark_all(call: Writes) -> Response:
    """Mark a stream (``s``) as read, up to ``ts``: what the client has not seen yet stays unread."""
    chosen = selection(call.desk, call.given.get("s", READING_LIST))
    until = bound(call.given.number("ts")) or call.desk.services.now()
    call.desk.mark_stream(narrowed(StreamSpec(call.desk.reader, until=until), chosen))
    return done()


@router.post("/reader/api/0/rename-tag")
def rename_tag(call: Writes) -> Response:
    """Call a tag of the reader's (``s``, or ``t``) otherwise (``dest``)."""
    old, new = tag_of(call, "s", "t"), tag_of(call, "dest")
    call.desk.rename_tag(old, new)
    return done()


@router.post("/reader/api/0/disable-tag")
def disable_tag(call: Writes) -> Response:
    """Take a tag of the reader's from every story."""
    call.desk.rename_tag(tag_of(call, "s", "t"), None)
    return done()


def tag_of(call: Call, *names: str) -> str:
    """The label that one of these parameters names."""
    value = next((canonical(value) for name in names if (value := call.given.get(name))), "")
    label = value.removeprefix(LABEL)
    if not label or label.startswith("user/"):
        raise Refused(400, f"{' or '.join(names)} must name a label: {LABEL}…\n")
    return label


@router.post("/reader/api/0/subscription/edit")
def edit_subscription(call: Writes) -> Response:
    """Subscribe, unsubscribe or edit (``ac``) what ``s`` names; ``t`` its title, ``a`` its folder."""
    action = call.given.get("ac", "edit")
    editor = call.desk.editor()
    titles = [*call.given.all("t"), *([""] * len(call.given.all("s")))]
    folders = labels([canonical(one) for one in call.given.all("a")])
    for stream, title in zip(call.given.all("s"), titles, strict=False):
        group = group_of(call, folders[-1]) if folders else None
        if action == "subscribe":
            add(call, stream.removeprefix("feed/"), title or None, group)
            continue
        held = subscription(call.desk, stream)
        if held is None or held.stream.kind != "source":
            raise Refused(404, f"There is no subscription {stream}.\n")
        if action == "unsubscribe":
            editor.remove(held.stream.name)
        elif action == "edit":
            editor.change(held.stream.name, title=title or None, group=group)
        else:
            raise Refused(400, "ac must be subscribe, unsubscribe or edit.\n")
    return done()


@router.post("/reader/api/0/subscription/quickadd")
def quickadd(call: Writes) -> Response:
    """Subscribe to a feed's address; which stream it is from now on."""
    url = call.given.get("quickadd").removeprefix("feed/")
    try:
        stream, title = add(call, url, None, None)
    except UsageError as error:
        return call.answer({"query": url, "numResults": 0, "error": str(error)})
    return call.answer({"query": url, "numResults": 1, "streamId": stream, "streamName": title})


def add(call: Call, url: str, title: str | None, group: str | None) -> tuple[str, str]:
    """Put a source into the YAML; its stream and title."""
    source = call.desk.editor().add(url, title=title, group=group)
    stream = Stream("source", source)
    return feed_id(call.desk.numbers([stream])[stream]), title or source


def group_of(call: Call, label: str) -> str:
    """The group that a folder is; a new one is called so."""
    stream = call.desk.labels().get(label)
    if stream is not None and stream.kind != "group":
        raise AggregatorError(f"“{label}” is a topic; a source has a group")
    return stream.name if stream else label
