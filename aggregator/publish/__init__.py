"""Merged feeds in the formats that feed readers take: pure renderers of what the store returned.

``FORMATS["atom"].render(feed)`` gives the document's bytes. Another format is a module with a ``render``
and an entry here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from aggregator.publish import atom, jsonfeed, rss
from aggregator.publish.view import FeedView, Fragments


class Render(Protocol):
    """Writes a feed; reuses the fragments of stories that did not change, if it is given any."""

    def __call__(self, feed: FeedView, fragments: Fragments | None = None) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A format by the name that addresses (``/feed.atom``) and ``aggregator feed --format`` use."""

    name: str
    title: str
    content_type: str
    render: Render


FORMATS = {
    "atom": Format("atom", "Atom", atom.CONTENT_TYPE, atom.render),
    "rss": Format("rss", "RSS 2.0", rss.CONTENT_TYPE, rss.render),
    "json": Format("json", "JSON Feed", jsonfeed.CONTENT_TYPE, jsonfeed.render),
}

__all__ = ["FORMATS", "FeedView", "Format", "Fragments", "Render"]
