"""What the format parsers (feed.py, jsonfeed.py) hand to entries.py: served values, not yet cleaned."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aggregator.model import Enclosure, FeedInfo

Parser = Literal["auto", "authority", "check"]
"""``auto``: the fast path where it is certain, a share of what it reads checked; ``authority``: feedparser
for all; ``check``: both for all, and the authority's result."""


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
    of the date, for forms that aggregator.sources.dates does not know; ``digest`` is the SHA-256 of what the
    feed served for the item in all that we read of it, whatever its place and whichever parser read it."""

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
    """A feed as served: items in document order.

    ``fast``: whether the fast path read it. ``checked``: whether the authority read it too; then
    ``differs`` says what they disagree on, "" for nothing.
    """

    info: FeedInfo
    items: tuple[RawItem, ...]
    fast: bool = False
    checked: bool = False
    differs: str = ""


def raw_item(
    *,
    guid: str,
    link: str | None,
    title: Markup,
    summary: Markup,
    content: Markup,
    published: str | None,
    updated: str | None,
    authors: tuple[str, ...],
    categories: tuple[str, ...],
    enclosures: tuple[Enclosure, ...],
    language: str | None,
    published_guess: datetime | None = None,
) -> RawItem:
    """An item of an XML feed with its digest. Nothing in it has the characters that part the fields there."""
    told = [guid, link or "", published or "", updated or "", language or ""]
    for markup in (title, summary, content):
        told += [markup.value, "html" if markup.html else "", markup.base or "", markup.language or ""]
    told += ["\1".join(authors), "\1".join(categories)]
    told += [f"{one.url}\1{one.type or ''}\1{one.length or ''}" for one in enclosures]
    return RawItem(
        guid=guid,
        link=link,
        title=title,
        digest=hashlib.sha256("\0".join(told).encode("utf-8", "replace")).digest(),
        summary=summary,
        content=content,
        published=published,
        updated=updated,
        published_guess=published_guess,
        authors=authors,
        categories=categories,
        enclosures=enclosures,
        language=language,
    )


def size(value: object) -> int | None:
    """A file's length in bytes as a feed writes it; None for what is none."""
    text = str(value or "").strip()
    return int(text) if text.isdecimal() and 0 < len(text) < 16 and int(text) > 0 else None
