"""feedparser's repairs of texts and its guess whether one is markup, for the fast path. Pure."""

from __future__ import annotations

import contextlib
import html.entities
import re

from aggregator.sources.fastnames import MARKUP_TAGS
from aggregator.sources.fastwalk import Unsure

_WINDOWS = {
    code: bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in (129, 141, 143, 144, 157)
}
_HIGH_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
_HIGH_REFERENCE = re.compile(rb"&#(?:0*1[2-5]\d|[xX]0*[89][0-9a-fA-F]);")
# References to what XML has no characters for, and a few to what it has: the authority leaves them out.
_ODD_REFERENCE = re.compile(
    rb"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01]|5[5-7]\d{3}|6553[45]|\d{7,})"
    rb"|[xX]0*(?:[0-8bcefBCEF]|1[\da-fA-F]|[dD][89a-fA-F][\da-fA-F]{2}|[fF]{3}[efEF]|[\da-fA-F]{6,}));"
)
_CLOSED = re.compile(r"</(\w+)>|&#?\w+;")
_TAG = re.compile(r"</?(\w+)")
_ENTITY = re.compile(r"&(\w+);")


def looks_like_markup(text: str) -> bool:
    """Whether feedparser takes a text that is declared plain for markup. Raises Unsure for unusual tags."""
    if ("<" not in text and "&" not in text) or not _CLOSED.search(text):
        return False
    if any(name not in html.entities.entitydefs for name in _ENTITY.findall(text)):
        return False
    if any(name.lower() not in MARKUP_TAGS for name in _TAG.findall(text)):
        raise Unsure(text)
    return True


def has_high_controls(body: bytes) -> bool:
    """Whether a document in UTF-8 may hold characters of U+0080…U+009F, also by reference."""
    # What must be there is looked for first: for a byte or two, several times as fast as an expression.
    if b"\xc2" in body and _HIGH_CONTROL.search(body) is not None:
        return True
    return b"&#" in body and _HIGH_REFERENCE.search(body) is not None


def has_odd_references(body: bytes) -> bool:
    """Whether a document, even its character data, may name characters that XML does not have."""
    return b"&#" in body and _ODD_REFERENCE.search(body) is not None


def mended(text: str, *, high_controls: bool) -> str:
    """feedparser's repairs: UTF-8 that was taken for Latin-1 and encoded again, windows-1252 in Latin-1."""
    if text.isascii():
        return text
    with contextlib.suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_WINDOWS) if high_controls else text
