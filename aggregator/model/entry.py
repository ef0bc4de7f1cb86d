"""What a feed says: its entries, and itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that an entry carries (RSS enclosure, Atom link rel=enclosure, JSON Feed attachment)."""

    url: str
    type: str | None = None
    length: int | None = None  # bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as a feed published it, cleaned for safe display but not judged.

    ``title`` is plain text; ``summary`` and ``content`` are sanitised HTML with absolute addresses.
    ``published`` and ``updated`` are None when absent or absurd; ``published_claimed`` is the feed's text.
    """

    guid: str
    url: str | None
    title: str
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    published_claimed: str | None = None
    updated: datetime | None = None
    summary: str = ""
    content: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    categories: tuple[str, ...] = ()
    language: str | None = None
    raw_sha256: bytes = b""  # of the entry as served: unchanged bytes need no further work


@dataclass(frozen=True, slots=True)
class Hints:
    """What a feed says about when to poll it (RSS ttl, skipHours, skipDays; sy:updatePeriod)."""

    ttl: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()  # 0…23, GMT
    skip_days: frozenset[int] = frozenset()  # Monday is 0, GMT


@dataclass(frozen=True, slots=True)
class FeedInfo:
    """A feed without its entries."""

    format: str  # "rss20", "atom10", "json11", … (feedparser's names)
    title: str = ""
    site_url: str | None = None
    language: str | None = None
    hub: str | None = None
    self_url: str | None = None
    hints: Hints = Hints()
    prev_archive: str | None = None  # the page of older entries (RFC 5005 section 4)


@dataclass(frozen=True, slots=True)
class Feed:
    """A parsed feed: entries in the feed's own order, guids unique."""

    info: FeedInfo
    entries: tuple[Entry, ...]
