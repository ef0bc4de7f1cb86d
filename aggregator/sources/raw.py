"""What the format parsers (feed.py, jsonfeed.py) hand to entries.py: served values, not yet cleaned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aggregator.model import Enclosure, FeedInfo


@dataclass(frozen=True, slots=True)
class Markup:
    """A piece of text as served. ``html`` is False for plain text; ``base`` resolves relative addresses."""

    value: str = ""
    html: bool = True
    base: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class RawItem:
    """An item as served. ``guid`` is "" when absent; ``published_guess`` is the format parser's own reading
    of the date, for forms that aggregator.sources.dates does not know; ``digest`` is the SHA-256 of
    everything that the feed served for the item, whatever its place."""

    guid: str
    link: str | None
    title: Markup
    digest: bytes
    summary: Markup = Markup()
    content: Markup = Markup()
    published: str | None = None
    updated: str | None = None
    published_guess: datetime | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class RawFeed:
    """A feed as served: items in document order."""

    info: FeedInfo
    items: tuple[RawItem, ...]
