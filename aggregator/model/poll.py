"""One poll of a source: whose turn it is, what the server answers, what that changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from aggregator.model.entry import FeedInfo, Hints
from aggregator.model.prepared import Learnt, Prepared
from aggregator.model.source import Source


@dataclass(frozen=True, slots=True)
class Due:
    """A source whose turn has come, claimed by us, with what the last poll left."""

    source: Source
    url: str  # where it is served now (permanent redirects followed)
    etag: str | None = None
    last_modified: str | None = None
    body_sha256: bytes | None = None
    boilerplate: frozenset[int] = frozenset()  # passage hashes learnt for this source
    boilerplate_version: int = 0
    failures: int = 0  # in a row
    moved_to: str | None = None  # a permanent redirect seen, not yet trusted
    moved_seen: int = 0
    hints: Hints = Hints()  # of the last body that was parsed
    last_status: int | None = None  # HTTP status of the last answer: a 410 counts when it is confirmed
    pushed: bool = False  # a hub pushes what is new (WebSub): polls are the net below
    rhythm: bytes | None = None  # as `aggregator.rhythm` packs it
    pace: float = 0.0  # of all sources together (`rhythm.pace_of`)
    owner: str | None = None  # whose claim it is; None: nobody's


@dataclass(frozen=True, slots=True)
class Fetched:
    """A server's answer. ``body`` is None for 304. Header values are exactly as served."""

    status: int
    url: str  # of the answer, after redirects
    body: bytes | None
    content_type: str | None
    etag: str | None
    last_modified: str | None
    max_age: timedelta | None  # from Cache-Control, Age and Expires (RFC 9111)
    permanent_url: str | None  # after the permanent redirects up to the first temporary one
    elapsed: float  # seconds
    wire_bytes: int
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Update:
    """Everything that one poll of one source changes; applied in one transaction or not at all.

    ``prepared``: entries that are new or whose bytes changed. ``present``: the guids of every entry in the
    feed (None when the body was not read: 304, same bytes, failure). ``next_due``: the next poll.
    ``learnt``: the source's boilerplate where it is another than when the poll began, with which ``prepared``
    was fingerprinted; None when it is not.
    """

    source: str
    at: datetime
    status: Literal["fetched", "unchanged", "failed", "skipped", "added"]  # added: entries beside any poll
    next_due: datetime
    next_reason: str = ""  # why then, in words
    not_before: datetime | None = None  # the server's own limit: even `poll --all` keeps it
    prepared: tuple[Prepared, ...] = ()
    present: frozenset[str] | None = None
    info: FeedInfo | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_sha256: bytes | None = None
    http_status: int | None = None
    error_kind: str | None = None
    error: str | None = None
    elapsed: float = 0.0
    wire_bytes: int = 0
    url: str | None = None  # a new address to poll from now on
    moved_to: str | None = None
    moved_seen: int = 0
    gone: bool = False
    owner: str | None = None  # whose claim this is the result of: it counts only while the claim does
    learnt: tuple[Learnt, ...] | None = None
    rhythm: bytes | None = None  # packed, where it was added to
    read_before: datetime | None = None  # new entries that were published before start as read
    tempo: int | None = None  # of the source (`rhythm.tempo`); None: its interval is fixed


@dataclass(frozen=True, slots=True)
class Applied:
    """What an update did: `poll --json` prints it."""

    source: str
    status: str
    entries: int = 0
    new: int = 0
    updated: int = 0
    copies: int = 0
    error: str | None = None
    stories: tuple[int, ...] = ()  # ids of stories that were made or changed
    error_kind: str | None = None
