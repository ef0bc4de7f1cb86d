"""Bytes → feed: RSS 0.9x, 1.0, 2.0 and Atom 0.3, 1.0; JSON Feed.

Plain RSS 2.0 and Atom 1.0 take the fast path (fast.py), which gives the same for a fifth of the cost; the
rest is feedparser's (authority.py). A share of the fast path's is read both ways and compared; what differs
is counted, and the authority is believed.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime

from aggregator.errors import ParseError
from aggregator.model import Feed, FeedInfo, Source
from aggregator.sources.authority import by_authority
from aggregator.sources.entries import Read, read
from aggregator.sources.fast import parse_fast
from aggregator.sources.raw import Parser, RawFeed
from aggregator.sources.sanitize import one_line, plain
from aggregator.urls import absolute

CHECKED_SHARE = 64  # one body in so many is read both ways; which ones, their ends decide
_SAMPLED = 1_000  # bytes of a body that decide


def parse(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    source: Source,
    now: datetime,
    parser: Parser = "auto",
) -> Feed:
    """All entries of a feed, in its own order. Raises ParseError.

    ``url``: where the body came from; relative addresses are resolved against it.
    """
    found = parse_changed(
        body, url=url, content_type=content_type, source=source, now=now, known={}, parser=parser
    )
    return Feed(found.info, found.entries)


def parse_changed(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    source: Source,
    now: datetime,
    known: Mapping[str, bytes],
    parser: Parser = "auto",
) -> Read:
    """Like `parse`, but only entries that differ from what is ``known`` (guid → raw_sha256) are made."""
    raw = parse_raw(body, url=url, content_type=content_type, parser=parser, zone=source.timezone)
    return read(raw, url=url, source=source, now=now, known=known)


def parse_raw(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    parser: Parser = "auto",
    zone: str | None = None,
) -> RawFeed:
    """A feed as served. Raises ParseError (``not-a-feed``, ``truncated``, ``encoding``).

    ``zone``: of the source, for dates without one: the fast path leaves feeds with unknown dates alone.
    """
    fast = None if parser == "authority" else parse_fast(body, content_type, zone)
    if fast is None:
        return cleaned(by_authority(body, content_type), url)
    fast = replace(cleaned(fast, url), fast=True)
    if parser != "check" and zlib.crc32(body[-_SAMPLED:]) % CHECKED_SHARE:
        return fast
    try:
        authority = cleaned(by_authority(body, content_type), url)
    except ParseError as error:
        return replace(fast, checked=True, differs=f"the authority refuses it: {error.message}")
    return replace(authority, fast=True, checked=True, differs=difference(fast, authority))


def difference(fast: RawFeed, authority: RawFeed) -> str:
    """What the fast path read differently from the authority, in words for a log; "" when nothing."""
    if len(fast.items) != len(authority.items):
        return f"{len(fast.items)} entries, not {len(authority.items)}"
    for name in ("format", "title", "site_url", "language", "hub", "self_url", "hints", "prev_archive"):
        if getattr(fast.info, name) != getattr(authority.info, name):
            return f"the feed's {name}"
    for number, (one, other) in enumerate(zip(fast.items, authority.items, strict=True), 1):
        for each in fields(one):
            # Where the authority's own reading of a date counts, the fast path stood back.
            if each.name != "published_guess" and getattr(one, each.name) != getattr(other, each.name):
                return f"{each.name} of entry {number}"
    return ""


def cleaned(raw: RawFeed, url: str) -> RawFeed:
    """Bound what the feed says of itself, and make it safe: it is shown too."""
    info = raw.info
    made = FeedInfo(
        format=info.format,
        title=plain(info.title, is_html=True, limit=300),
        site_url=_web(url, info.site_url),
        language=one_line(info.language or "", 35) or None,
        hub=_web(url, info.hub),
        self_url=_web(url, info.self_url),
        hints=info.hints,
        prev_archive=_web(url, info.prev_archive),
    )
    return replace(raw, info=made)


def _web(base: str, link: str | None) -> str | None:
    found = absolute(base, link) if link else None
    return found if found and found.startswith("http") and len(found) <= 4_000 else None
