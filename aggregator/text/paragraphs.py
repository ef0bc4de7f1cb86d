"""Paragraphs of an article, from HTML or from plain text. Hostile input costs time in proportion to its size.

A paragraph has no line breaks, no blanks at its ends, and single spaces inside.
"""

from __future__ import annotations

import html as entities
import re
from typing import Any, Final, cast

from lxml import etree

from aggregator.native import kernel

# Elements that part paragraphs (HTML Standard, rendering section: display block, list-item and table parts).
_BLOCK_NAMES: Final = """
    address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption
    figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup option p
    pre search section summary table tbody tfoot thead tr ul"""
_BLOCKS: Final = frozenset(_BLOCK_NAMES.split())
_CELLS: Final = frozenset(("td", "th"))
# Elements whose content is no text for readers.
_SILENT_NAMES: Final = """
    script style template noscript iframe object applet svg math canvas audio video select textarea button
    head title noframes"""
_SILENT: Final = frozenset(_SILENT_NAMES.split())
_TAG: Final = re.compile(r"<[a-zA-Z!/?]")
_BLANK_LINE: Final = re.compile(r"\n[^\S\n]*\n")
_BLANKS: Final = "\n\t\r\f\v"
_INDENTED: Final = re.compile(r"\n(?=[ \t]{2,}\S)")

WRAP_WIDTH: Final = 90  # lines of hard-wrapped text are shorter
_SENTENCE_ENDS: Final = tuple(".!?…。！？؟۔।:\"”»')")


class _Collector:
    """Target of lxml's parser: collects text without building a tree, so depth costs nothing."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.silent: list[str] = []

    def start(self, tag: str, attributes: object) -> None:  # noqa: ARG002, lxml's interface
        if self.silent:
            if tag == self.silent[0]:
                self.silent.append(tag)
        elif tag in _SILENT:
            self.silent.append(tag)
        elif tag == "br":
            self.parts.append("\n")
        elif tag in _BLOCKS:
            self.parts.append("\n\n")
        elif tag in _CELLS:
            self.parts.append(" ")

    def end(self, tag: str) -> None:
        if self.silent:
            if tag == self.silent[0]:
                self.silent.pop()
        elif tag in _BLOCKS:
            self.parts.append("\n\n")

    def data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(" ".join(data.split("\n")) if "\n" in data else data)

    def comment(self, text: str) -> None: ...

    def pi(self, target: str, data: str) -> None: ...

    def close(self) -> list[str]:
        return self.parts


class _Parser:
    """A parser that is used again and again: making one costs as much as parsing a paragraph."""

    def __init__(self) -> None:
        self._collector = _Collector()
        target = cast("Any", self._collector)
        self._parser = etree.HTMLParser(target=target, encoding="utf-8", huge_tree=True)

    def parts(self, data: bytes) -> list[str]:
        """The text of a document, in pieces. Raises LxmlError, after which this one is to be given up."""
        collector = self._collector
        collector.parts, collector.silent = [], []
        self._parser.feed(data)
        self._parser.close()
        return collector.parts

    @property
    def read(self) -> list[str]:
        """What was read before it was given up."""
        return self._collector.parts


_SPARE: Final[list[_Parser]] = []  # that no thread uses now


def _parts(data: bytes) -> list[str]:
    """The text of a document, in pieces; of one on which the parser gives up, what it has read."""
    try:
        parser = _SPARE.pop()
    except IndexError:
        parser = _Parser()
    try:
        found = parser.parts(data)
    except etree.LxmlError:
        return parser.read
    _SPARE.append(parser)
    return found


def html_to_paragraphs(html: str) -> list[str]:
    """Paragraphs of an HTML fragment or page, scripts and styles left out. Never raises on any string.

    Block elements and doubled <br> part paragraphs; where nothing else does, every <br>. A string without a
    tag is plain text with entities.
    """
    if kernel is not None and "<" in html:
        found: list[str] | str | None = kernel.paragraphs(html)
        if found is not None:
            return _split(found) if isinstance(found, str) else found
    return by_lxml(html)


def by_lxml(html: str) -> list[str]:
    """The same without the kernel, and of what is not as simple as the kernel takes it."""
    html = html.replace("\x00", "")
    if not _TAG.search(html):
        return plain_to_paragraphs(entities.unescape(html))
    # A root of our own keeps libxml2 from dropping text before the first element.
    return _split("".join(_parts(b"<div>" + html.encode("utf-8", "replace") + b"</div>")))


def plain_to_paragraphs(text: str) -> list[str]:
    """Paragraphs of plain text: parted by blank lines, else by indented lines, else by every line break.

    Text that is wrapped at a fixed width is joined again.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _split(text.replace("\x00", ""))


def _split(text: str) -> list[str]:
    chunks = _BLANK_LINE.split(text) if "\n" in text else [text]
    found = [paragraph for chunk in chunks if (paragraph := _tidy(chunk))]
    if len(found) == 1 and "\n" in text.strip():  # no blank line parts it
        found = [paragraph for chunk in _lines(text) if (paragraph := _tidy(chunk))]
    return found


def _tidy(chunk: str) -> str:
    """Runs of blanks as one space. No-break spaces stay: they group the digits of a number."""
    chunk = chunk.strip()
    for blank in _BLANKS:
        if blank in chunk:
            chunk = chunk.replace(blank, " ")
    while "  " in chunk:  # halves every run, and is ten times faster than a regular expression
        chunk = chunk.replace("  ", " ")
    return chunk


def _lines(text: str) -> list[str]:
    """Text that has single line breaks only."""
    text = text.strip("\n")
    lines = text.split("\n")
    if len(lines) < 2:
        return lines
    if not _is_wrapped(lines):
        return lines
    return _INDENTED.split(text)


def _is_wrapped(lines: list[str]) -> bool:
    """Whether breaks fall where the line was full, inside sentences."""
    full = [line for line in lines if line.strip()]
    if len(full) < 3 or max(map(len, full)) > WRAP_WIDTH:
        return False
    inside = sum(1 for line in full[:-1] if not line.rstrip().endswith(_SENTENCE_ENDS))
    average = sum(map(len, full[:-1])) / (len(full) - 1)
    return inside * 2 > len(full) and average > 40
