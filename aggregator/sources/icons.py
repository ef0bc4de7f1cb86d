"""The icon of an outlet: where its page names one (WHATWG HTML, rel=icon), and what we take for one. Pure.

A picture is known by its first bytes, never by what its server says. SVG is a document that may carry
scripts, and is refused.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin

from lxml import etree, html

from aggregator.urls import absolute

MOST_BYTES = 100_000  # of an icon
MOST_PIXELS = 512  # along a side, where the format says so at its beginning
PAGE_BYTES = 1_000_000  # of a page: what it says of itself comes first
ASKED = 3  # addresses that are tried
FITTING = 64  # pixels: the size that is preferred
_SIZE = re.compile(r"(\d{1,5})x\d{1,5}", re.IGNORECASE)


def named(page: bytes, url: str) -> list[str]:
    """Where the icon may be, the most fitting first; the well-known address last."""
    found: list[tuple[int, str]] = []
    try:
        parser = html.HTMLParser(huge_tree=False, no_network=True)
        document = html.document_fromstring(page[:PAGE_BYTES], parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        document = None
    if document is not None:
        base = next((one.get("href", "") for one in document.iter("base") if one.get("href")), "")
        for link in list(document.iter("link"))[:200]:
            address = absolute(absolute(url, base) or url, link.get("href") or "")
            distance = _distance(link.get("rel") or "", link.get("sizes") or "", link.get("type") or "")
            if address and address.startswith("http") and distance is not None:
                found.append((distance, address))
    addresses = [address for _, address in sorted(found, key=lambda pair: pair[0])][: ASKED - 1]
    return list(dict.fromkeys([*addresses, urljoin(url, "/favicon.ico")]))


def _distance(rel: str, sizes: str, kind: str) -> int | None:
    """How far from fitting a named icon is; None where it is no icon that we take."""
    words = rel.lower().split()
    if "svg" in kind.lower() or not {"icon", "apple-touch-icon"} & set(words):
        return None
    size = _SIZE.search(sizes)
    pixels = int(size.group(1)) if size else (32 if "icon" in words else 180)
    return abs(pixels - FITTING)


def media_type(content: bytes) -> str | None:
    """What kind of picture the bytes are, None for none that we show (WHATWG MIME Sniffing, section 6.1)."""
    if not 16 <= len(content) <= MOST_BYTES:
        return None
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR" and len(content) >= 24:
        width, height = int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
        return "image/png" if _small(width, height) else None
    if content[:6] in (b"GIF87a", b"GIF89a"):
        width, height = int.from_bytes(content[6:8], "little"), int.from_bytes(content[8:10], "little")
        return "image/gif" if _small(width, height) else None
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"RIFF") and content[8:14] == b"WEBPVP":
        return "image/webp"
    if content.startswith(b"\0\0\1\0") and 1 <= int.from_bytes(content[4:6], "little") <= 64:
        return "image/x-icon"
    return None


def _small(width: int, height: int) -> bool:
    return 1 <= width <= MOST_PIXELS and 1 <= height <= MOST_PIXELS
