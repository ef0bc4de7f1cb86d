"""What clients of the sync APIs ask for, and marks brought from another reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Expected:
    """A mark brought from another reader, for an entry of a source that is matched by guid, then by address.

    ``guid`` as served, or ``guid_sha256`` of it in hex; ``url_key``: see `Prepared`.
    """

    source: str
    read: bool
    starred: bool
    guid: str | None = None
    guid_sha256: str | None = None
    url_key: str | None = None


View = Literal["sources", "groups", "topics"]


@dataclass(frozen=True, slots=True)
class Stream:
    """What a client of the sync APIs may ask for: subscriptions and folders.

    ``kind``: ``all`` stories; those with an article of a ``source`` or ``group``; those of a ``topic``;
    ``rest``: those of no topic; ``tag``: those that the reader has tagged so; ``none`` of them. A ``folder``
    only has a number.
    """

    kind: Literal["all", "source", "group", "topic", "rest", "tag", "none", "folder"] = "all"
    name: str = ""


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """A page of a stream, as the sync protocols ask for it.

    ``origin``: only stories that are served under this subscription (its number). ``read`` and ``starred``:
    None: either. ``also``: of these streams as well. ``without``: of none of these. ``after``/``before``:
    story ids, exclusive. ``since``/``until``: since when they are served, inclusive. ``oldest``: first, else
    the newest.
    """

    reader: str
    stream: Stream = Stream()
    origin: int | None = None
    read: bool | None = None
    starred: bool | None = None
    also: tuple[Stream, ...] = ()
    without: tuple[Stream, ...] = ()
    after: int | None = None
    before: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    oldest: bool = False
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Served:
    """A story as sync clients have it: ``origin`` is the number of its subscription, frozen, as is ``at``."""

    story: int
    origin: int
    at: datetime
