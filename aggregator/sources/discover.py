"""The feeds that a page names by ``link rel=alternate`` (WHATWG HTML). Nothing is guessed."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree, html

from aggregator.urls import absolute

FEED_TYPES = {
    "application/atom+xml": "Atom",
    "application/rss+xml": "RSS",
    "application/feed+json": "JSON Feed",
    "application/rdf+xml": "RSS 1.0",
}
MOST = 50  # links taken from one page
MOST_BYTES = 2_000_000  # of the page: the head comes first


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that a page names."""

    url: str
    title: str
    format: str


def feed_links(page: bytes, url: str) -> tuple[FeedLink, ...]:
    """The feeds named by the page at ``url``, in its order, each once."""
    try:
        document = html.document_fromstring(
            page[:MOST_BYTES], parser=html.HTMLParser(huge_tree=False, no_network=True)
        )
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ()
    base = next((one.get("href", "") for one in document.iter("base") if one.get("href")), "")
    found: dict[str, FeedLink] = {}
    for link in document.iter("link", "a"):
        if "alternate" not in (link.get("rel") or "").lower().split():
            continue
        format_ = FEED_TYPES.get((link.get("type") or "").partition(";")[0].strip().lower())
        address = absolute(absolute(url, base) or url, link.get("href") or "")
        if format_ and address and len(found) < MOST:
            found.setdefault(address, FeedLink(address, (link.get("title") or "").strip(), format_))
    return tuple(found.values())
