"""The article in a web page, by trafilatura (its only home): an extra that `fulltext: true` needs.

A page is as hostile as a feed; `article` runs in a worker process that can be killed.
"""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass

from aggregator.errors import ParseError
from aggregator.sources.encoding import decode
from aggregator.text import plain_to_paragraphs

MISSING = (
    "fulltext: true needs the extra `fulltext`, which is not installed: "
    "pip install 'feed-aggregator[fulltext]'; until then the text is what the feed says"
)
LONGEST = 200_000  # characters of one article that are kept
_META = re.compile(rb"<meta[^>]{1,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Html:
    """A page as served; it crosses the process boundary."""

    body: bytes
    content_type: str | None
    url: str


def available() -> bool:
    """Whether the extra is installed; importing it takes half a second, and is left to the workers."""
    return importlib.util.find_spec("trafilatura") is not None


def article(page: Html) -> str:
    """The paragraphs of a page's article, parted by "\\n\\n"; "" where it has none. Raises ParseError."""
    import trafilatura  # an extra, and slow to import

    text = decode(page.body, with_meta(page.content_type, page.body))
    try:
        found = trafilatura.extract(
            text, url=page.url, output_format="txt", include_comments=False, include_tables=False
        )
    except (MemoryError, RecursionError) as error:
        raise ParseError("crashed", "the page needs more memory than a worker may use") from error
    lines = (found or "").replace("\r", "\n").split("\n")
    return "\n\n".join(plain_to_paragraphs("\n\n".join(lines)))[:LONGEST]


def with_meta(content_type: str | None, body: bytes) -> str | None:
    """The Content-Type, with the charset that the page itself names where the server names none.

    WHATWG HTML section 13.2.3.2: the transport's word counts first, then a ``meta`` in the first 1,024 bytes
    (real pages have it later, too).
    """
    if content_type and "charset" in content_type.lower():
        return content_type
    named = _META.search(body[:8_192])
    return f"text/html; charset={named.group(1).decode('ascii')}" if named else content_type
