"""Names of the protocol: items in three forms, streams as ``feed/…`` and ``user/…``."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from aggregator.model import Stream, StreamSpec
from aggregator.web.desk import Desk, Subscription

ITEM = "tag:google.com,2005:reader/item/"
STATE = "user/-/state/com.google/"
LABEL = "user/-/label/"
READING_LIST, READ, STARRED, UNREAD = (
    f"{STATE}{n}" for n in ("reading-list", "read", "starred", "kept-unread")
)
_UNREAD = (UNREAD, f"{STATE}unread", f"{STATE}fresh")
ALL, NONE = Stream(), Stream("none")
_USER = re.compile(r"user/[^/]*/(state/com\.google|label)/(.*)\Z", re.DOTALL)
_HEX = re.compile(r"[0-9a-fA-F]{16}\Z")


def item_id(story: int) -> str:
    """The long form: sixteen hex digits after a tag."""
    return f"{ITEM}{story:016x}"


def story_of(item: str) -> int | None:
    """The story that an item's id names; None when it names none.

    Long: the tag and hex digits. Short: sixteen hex digits alone. Decimal: a signed 64-bit number. Of sixteen
    decimal digits it cannot be told which they are: ours have ten at most, so they are hex.
    """
    item = item.strip()
    if item.startswith(ITEM):
        digits = item.removeprefix(ITEM)
        return _within(int(digits, 16)) if re.fullmatch(r"[0-9a-fA-F]{1,16}", digits) else None
    if _HEX.match(item):
        return _within(int(item, 16))
    return _within(int(item)) if re.fullmatch(r"-?[0-9]{1,15}", item) else None


def _within(number: int) -> int | None:
    return number if 0 < number < 2**31 else None


def feed_id(number: int) -> str:
    """A subscription's stream."""
    return f"feed/{number}"


def label_id(label: str) -> str:
    """A folder's stream."""
    return f"{LABEL}{label}"


def canonical(stream: str) -> str:
    """``user/USER/…`` as ``user/-/…``."""
    found = _USER.match(stream)
    return f"user/-/{found[1]}/{found[2]}" if found else stream


def subscription(desk: Desk, stream: str) -> Subscription | None:
    """The subscription that a ``feed/…`` names: by number, by our word for it, or by its address."""
    name = stream.removeprefix("feed/")
    for one in desk.subscriptions():
        if name in (str(one.no), f"{one.stream.kind}:{one.stream.name}", one.url):
            return one
    return None


@dataclass(frozen=True, slots=True)
class Selection:
    """What a stream's id selects: a stream of stories, or a state that they are in."""

    stream: Stream = ALL
    read: bool | None = None
    starred: bool | None = None


def selection(desk: Desk, stream: str) -> Selection:
    """What a stream's id selects; of what is not there, nothing."""
    stream = canonical(stream)
    if stream.startswith("feed/"):
        found = subscription(desk, stream)
        return Selection(found.stream if found else _named(stream.removeprefix("feed/")))
    if stream.startswith(LABEL):
        label = stream.removeprefix(LABEL)
        return Selection(desk.labels().get(label) or Stream("tag", label))
    if stream in _UNREAD:
        return Selection(read=False)
    states = {READING_LIST: Selection(), READ: Selection(read=True), STARRED: Selection(starred=True)}
    return states.get(stream, Selection(NONE))


def _named(name: str) -> Stream:
    """A source, group or topic by name, also where another view is set."""
    kind, _, rest = name.partition(":")
    return Stream(kind, rest) if kind in ("source", "group", "topic") and rest else NONE  # type: ignore[arg-type]


def narrowed(spec: StreamSpec, chosen: Selection) -> StreamSpec:
    """The specification, with what was selected as a further condition."""
    spec = replace(spec, also=(*spec.also, chosen.stream)) if chosen.stream != ALL else spec
    for name in ("read", "starred"):
        wanted, held = getattr(chosen, name), getattr(spec, name)
        if wanted is not None and held is not None and wanted != held:
            return replace(spec, also=(NONE,))
        if wanted is not None:
            spec = replace(spec, **{name: wanted})
    return spec


def without(spec: StreamSpec, chosen: Selection) -> StreamSpec:
    """The specification, without what was selected."""
    if chosen.read is not None:
        return narrowed(spec, Selection(read=not chosen.read))
    if chosen.starred is not None:
        return narrowed(spec, Selection(starred=not chosen.starred))
    return replace(spec, without=(*spec.without, chosen.stream))
