"""Served items → entries: guids that are unique and stable, sane dates, bounded and safe fields. Pure.

A guid is the key of an article for ever, so its rules depend only on the item itself and on what we already
hold, never on its place in the feed.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape

from aggregator.model import Enclosure, Entry, FeedInfo, Source
from aggregator.sources.dates import sane, to_utc
from aggregator.sources.raw import Markup, RawFeed, RawItem
from aggregator.sources.rules import cleaned_title, keeps
from aggregator.sources.sanitize import clean_html, html_of_text, one_line, plain, without_control
from aggregator.urls import absolute, url_key

MAX_ENTRIES = 2_000
MAX_TITLE = 1_000  # characters, as the following
MAX_NAME = 300
MAX_DATE = 200
MAX_SUMMARY = 200_000
MAX_CONTENT = 1_000_000
MAX_GUID = 1_000
MAX_URL = 4_000
MAX_LIST = 50  # authors, categories, enclosures of an entry


@dataclass(frozen=True, slots=True)
class Read:
    """A feed as read. ``present``: the guids of all entries; ``entries``: those that are not ``known``.

    ``fast``, ``checked``, ``differs``: by which parser, as in RawFeed.
    """

    info: FeedInfo
    present: frozenset[str]
    entries: tuple[Entry, ...]
    fast: bool = False
    checked: bool = False
    differs: str = ""


def read(raw: RawFeed, *, url: str, source: Source, now: datetime, known: Mapping[str, bytes]) -> Read:
    """Entries of ``raw`` in document order, without those whose bytes are ``known`` (guid → raw_sha256)."""
    items = newest(raw.items, source.timezone)
    named = list(zip(guids(items, known), items, strict=True))
    entries = (
        entry_of(item, guid, url=url, source=source, now=now, language=raw.info.language)
        for guid, item in named
        if known.get(guid) != item.digest
    )
    return Read(
        raw.info,
        frozenset(guid for guid, _ in named),
        tuple(entry for entry in entries if keeps(entry, source)),
        raw.fast,
        raw.checked,
        raw.differs,
    )


def newest(items: Iterable[RawItem], zone: str | None, limit: int = MAX_ENTRIES) -> list[RawItem]:
    """Without exact repeats; of more than ``limit`` items the newest, in document order.

    Items without a date count as older than any other; among equals the first in the feed are kept.
    """
    unique = list({(item.guid, item.digest): item for item in items}.values())
    if len(unique) <= limit:
        return unique
    never = datetime.min.replace(tzinfo=UTC)
    ages = [to_utc(item.published, zone) or item.published_guess or never for item in unique]
    kept = sorted(sorted(range(len(unique)), key=lambda i: (ages[i], -i), reverse=True)[:limit])
    return [unique[i] for i in kept]


def guids(items: list[RawItem], known: Mapping[str, bytes]) -> list[str]:
    """A unique guid for each item.

    The served one, where it is there and names one item alone. Else the address's key, else a hash of title
    and date. Where several items share one, each gets its own mark (from its address, or from title and date
    where that is shared too), except one that we already hold under the bare guid with the same bytes; and
    an item that was marked keeps its mark when the others have gone.
    """
    bases = [_served(item) or _made(item) for item in items]
    groups: dict[str, list[int]] = defaultdict(list)
    for index, base in enumerate(bases):
        groups[base].append(index)
    found = list(bases)
    for base, indexes in groups.items():
        alone = len(indexes) == 1
        if alone and (base in known or not known):
            continue
        for index, mark in zip(indexes, _marks([items[i] for i in indexes]), strict=True):
            marked = f"{base}#{mark}"
            bare = marked not in known if alone else known.get(base) == items[index].digest
            found[index] = base if bare else marked
    return found


def _marks(items: list[RawItem]) -> list[str]:
    """Marks that tell the items of one guid apart."""
    marks = [_mark(item.link or "", None if item.link else item) for item in items]
    for part in (lambda item: (item.title.value, item.published), lambda item: (item.digest.hex(), "")):
        counts = Counter(marks)
        marks = [
            _mark(mark, *part(item)) if counts[mark] > 1 else mark
            for mark, item in zip(marks, items, strict=True)
        ]
    return marks


def _mark(*parts: object) -> str:
    text = "\0".join(
        f"{part.title.value}\0{part.published}" if isinstance(part, RawItem) else str(part) for part in parts
    )
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def _served(item: RawItem) -> str:
    """The guid as served, bounded: a long one is represented by its hash."""
    guid = without_control(item.guid).strip()
    if len(guid) > MAX_GUID:
        return "sha256:" + hashlib.sha256(guid.encode()).hexdigest()
    return guid


def _made(item: RawItem) -> str:
    """A guid for an item without one."""
    key = url_key(item.link) or item.link
    if key and len(key) <= MAX_GUID:
        return key
    told = "\0".join(
        (key or "", item.title.value, item.published or "", "" if item.title.value else item.summary.value)
    )
    return "sha256:" + hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()


def entry_of(
    item: RawItem, guid: str, *, url: str, source: Source, now: datetime, language: str | None = None
) -> Entry:
    """One entry, cleaned and bounded. ``url``: of the feed, against which relative addresses are resolved."""
    base = item.link if item.link and item.link.startswith("http") else url
    summary = _html(item.summary, url, MAX_SUMMARY)
    content = _html(item.content, url, MAX_CONTENT)
    title = cleaned_title(plain(item.title.value, is_html=item.title.html, limit=MAX_TITLE), source)
    link = absolute(item.title.base or url, item.link) if item.link else None
    return Entry(
        guid=guid,
        url=link if link and len(link) <= MAX_URL and link.startswith("http") else None,
        title=title,
        authors=_texts(item.authors),
        published=sane(to_utc(item.published, source.timezone) or item.published_guess, now),
        published_claimed=one_line(item.published, MAX_DATE) if item.published else None,
        updated=sane(to_utc(item.updated, source.timezone), now),
        summary="" if summary == content else summary,
        content=content,
        enclosures=_enclosures(item.enclosures, base),
        categories=_texts(item.categories),
        language=source.language or _language(item.language) or _language(language),
        raw_sha256=item.digest,
    )


# Blocks of HTML in text without any markup: the feed escaped it once too often, and people would read tags.
_ESCAPED_BLOCK = re.compile(
    r"\s*&lt;(p|div|h[1-6]|ul|ol|table|blockquote|figure|section|article)(?:\s|&gt;)", re.IGNORECASE
)


def _once_escaped(html: str) -> str:
    found = None if "<" in html else _ESCAPED_BLOCK.match(html)
    if found is None or f"&lt;/{found[1].lower()}&gt;" not in html.lower():
        return html
    return unescape(html)


def _html(markup: Markup, url: str, limit: int) -> str:
    if not markup.value:
        return ""
    if not markup.html:
        return html_of_text(markup.value, limit)
    base = absolute(url, markup.base) if markup.base else url
    return clean_html(_once_escaped(markup.value), base, limit)


def _texts(values: Sequence[str]) -> tuple[str, ...]:
    """Names, each once, in order, bounded."""
    if not values:
        return ()
    cleaned = (plain(value, is_html=True, limit=MAX_NAME) for value in values[: 4 * MAX_LIST])
    return tuple(dict.fromkeys(value for value in cleaned if value))[:MAX_LIST]


def _enclosures(values: Sequence[Enclosure], base: str) -> tuple[Enclosure, ...]:
    """Files with a safe address, each once."""
    if not values:
        return ()
    found: dict[str, Enclosure] = {}
    for value in values[: 4 * MAX_LIST]:
        address = absolute(base, value.url)
        if address and address.startswith("http") and len(address) <= MAX_URL and address not in found:
            kind = one_line(value.type, 100) if value.type else None
            length = value.length if value.length is not None and 0 <= value.length < 2**53 else None
            found[address] = Enclosure(address, kind, length)
    return tuple(found.values())[:MAX_LIST]


def _language(tag: str | None) -> str | None:
    """A language tag that looks like one (BCP 47)."""
    tag = (tag or "").strip().replace("_", "-")
    return tag if 2 <= len(tag) <= 35 and tag.replace("-", "").isalnum() and tag.isascii() else None
