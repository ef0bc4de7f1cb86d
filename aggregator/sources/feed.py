"""Bytes → feed. The only home of feedparser: RSS 0.9x, 1.0, 2.0 and Atom 0.3, 1.0; JSON Feed beside it.

feedparser decides what the entries of a document are. It is given clean UTF-8 from memory (it would open a
file or fetch an address that a string looks like), and neither sanitises nor resolves: entries.py does, for
the entries that are new.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser

from aggregator.errors import ParseError
from aggregator.model import Enclosure, Feed, FeedInfo, Hints, Source
from aggregator.sources.encoding import decode
from aggregator.sources.entries import MAX_ENTRIES, Read, read
from aggregator.sources.jsonfeed import parse_json
from aggregator.sources.raw import Markup, RawFeed, RawItem
from aggregator.sources.sanitize import one_line, plain
from aggregator.sources.trim import newest_items
from aggregator.urls import absolute

_DECLARATION = re.compile(r"<\?xml[^>]{0,500}\?>")
_ROOT = re.compile(r"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_HTML_TITLE = re.compile(r"<title[^>]*>([^<]{0,500})", re.IGNORECASE)
_NESTED_ENTITY = re.compile(
    r"<!ENTITY[^>&]{0,2000}&[^>]{0,5000}>"
)  # entities made of entities grow without end
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]{1,12})|([0-9]{1,12}));", re.IGNORECASE)
_SKIP = {
    name: re.compile(rf"<{name}>(.{{0,2000}}?)</{name}>", re.DOTALL | re.IGNORECASE)
    for name in ("skipHours", "skipDays")
}
_INNER = re.compile(r">\s*([^<>]+?)\s*<")
_DAYS = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}  # hours


def parse(body: bytes, *, url: str, content_type: str | None, source: Source, now: datetime) -> Feed:
    """All entries of a feed, in its own order. Raises ParseError.

    ``url``: where the body came from; relative addresses are resolved against it.
    """
    found = parse_changed(body, url=url, content_type=content_type, source=source, now=now, known={})
    return Feed(found.info, found.entries)


def parse_changed(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    source: Source,
    now: datetime,
    known: Mapping[str, bytes],
) -> Read:
    """Like `parse`, but only entries that differ from what is ``known`` (guid → raw_sha256) are made."""
    raw = parse_raw(body, url=url, content_type=content_type)
    return read(raw, url=url, source=source, now=now, known=known)


def parse_raw(body: bytes, *, url: str, content_type: str | None) -> RawFeed:
    """A feed as served. Raises ParseError (``not-a-feed``, ``truncated``, ``encoding``)."""
    text = _without_prologue(decode(body, content_type))
    if not text:
        raise ParseError("not-a-feed", "the answer is empty")
    if text[0] in "{[":
        raw = parse_json(text)
        return RawFeed(_clean_info(raw.info, url), raw.items)
    _refuse_html(text)
    text = newest_items(text, MAX_ENTRIES)
    document = _feedparser(text, content_type)
    _refuse_truncated(text, document)
    if not document.version and not document.entries:
        start = one_line(text[:80], 60)
        raise ParseError(
            "not-a-feed", f"the answer is neither RSS, Atom nor JSON Feed; it starts with “{start}”"
        )
    return RawFeed(
        _clean_info(_info(document, text), url), tuple(_item(entry, document) for entry in document.entries)
    )


# ----------------------------------------------------------------------------- the document


def _without_prologue(text: str) -> str:
    """Without white space and comments before the XML declaration, which hide the whole feed otherwise."""
    text = text.lstrip()
    rest = text
    while rest.startswith("<!--"):
        end = rest.find("-->")
        if end < 0:
            return text
        rest = rest[end + 3 :].lstrip()
    return rest if rest.startswith(("<?xml", "{")) else text


def _refuse_html(text: str) -> None:
    """A page instead of a feed: a captcha, a login, a site that moved."""
    if _HTML.search(text[:1_000]) and not re.search(
        r"<(?:[\w.-]+:)?(?:rss|feed|rdf)\b", text[:5_000], re.IGNORECASE
    ):
        title = _HTML_TITLE.search(text[:20_000])
        named = f" (“{plain(title.group(1), is_html=False, limit=80)}”)" if title else ""
        raise ParseError("not-a-feed", f"the answer is an HTML page{named}, not a feed")


def _feedparser(text: str, content_type: str | None) -> Any:
    """feedparser on clean UTF-8. It may fail in any way on hostile input: that is the input's fault."""
    found = _DECLARATION.match(text)
    data = '<?xml version="1.0" encoding="utf-8"?>' + (text[found.end() :] if found else "\n" + text)
    data = _REFERENCE.sub(_legal_reference, _NESTED_ENTITY.sub("", data) if "<!ENTITY" in data else data)
    headers = {"content-type": "application/xml; charset=utf-8"}  # no address: guids stay as served
    try:
        return feedparser.parse(
            io.BytesIO(data.encode("utf-8", "replace")),
            response_headers=headers,
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except MemoryError:
        raise
    except Exception as error:
        kind = (content_type or "no content type").split(";")[0]
        raise ParseError(
            "not-a-feed", f"the answer ({kind}) cannot be parsed: {type(error).__name__}"
        ) from error


def _legal_reference(match: re.Match[str]) -> str:
    """A numeric character reference, unless XML forbids its character (XML 1.0 section 2.2)."""
    number = int(match.group(1), 16) if match.group(1) else int(match.group(2))
    in_planes = 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or 0x10000 <= number < 0x110000
    legal = number in (9, 10, 13) or in_planes
    return match.group() if legal else ""


def _refuse_truncated(text: str, document: Any) -> None:
    """A document that is not well-formed and whose root element is never closed was cut off."""
    if not document.bozo:
        return
    root = _ROOT.search(text)
    if root is None or not document.version:
        return
    end = text[-2_000:].lower()
    name = f"{root.group(1) or ''}{root.group(2)}".lower()
    if f"</{name}" not in text[-20_000:].lower() and not end.rstrip().endswith(
        ("</channel>", "</rss>", "</feed>")
    ):
        raise ParseError("truncated", f"the feed ends before its <{root.group(2)}> is closed")


def _info(document: Any, text: str) -> FeedInfo:
    feed = document.feed
    links = feed.get("links") or []
    return FeedInfo(
        format=document.version or "rss",
        title=feed.get("title") or "",
        site_url=feed.get("link"),
        language=feed.get("language"),
        hub=_rel(links, "hub"),
        self_url=_rel(links, "self"),
        hints=_hints(feed, text),
    )


def _clean_info(info: FeedInfo, url: str) -> FeedInfo:
    """Bounded and safe: these are shown too."""
    language = one_line(info.language or "", 35) or None
    return FeedInfo(
        format=info.format,
        title=plain(info.title, is_html=True, limit=300),
        site_url=_web(url, info.site_url),
        language=language,
        hub=_web(url, info.hub),
        self_url=_web(url, info.self_url),
        hints=info.hints,
    )


def _web(base: str, link: str | None) -> str | None:
    found = absolute(base, link) if link else None
    return found if found and found.startswith("http") and len(found) <= 4_000 else None


def _rel(links: list[Any], rel: str) -> str | None:
    return next((link.get("href") for link in links if link.get("rel") == rel and link.get("href")), None)


def _hints(feed: Any, text: str) -> Hints:
    """RSS 2.0 ttl (minutes), skipHours, skipDays; RSS 1.0 syndication module's period and frequency."""
    minutes = _number(feed.get("ttl")) or 0
    period = _PERIODS.get(str(feed.get("sy_updateperiod") or "").strip().lower(), 0)
    frequency = _number(feed.get("sy_updatefrequency")) or 1
    hours = max(minutes / 60, period / max(frequency, 1))
    return Hints(
        ttl=timedelta(hours=min(hours, 24 * 366)) if hours > 0 else None,
        skip_hours=frozenset(
            int(hour) % 24 for hour in _inner(text, "skipHours") if hour.isdigit() and len(hour) < 3
        ),
        skip_days=frozenset(
            _DAYS[day[:3].lower()] for day in _inner(text, "skipDays") if day[:3].lower() in _DAYS
        ),
    )


def _inner(text: str, name: str) -> list[str]:
    found = _SKIP[name].search(text)
    return _INNER.findall(found.group(1)) if found else []


def _number(value: object) -> float | None:
    """A number within reason, or None."""
    found = re.match(r"\s*(\d{1,9}(?:\.\d{1,9})?)", str(value or ""))
    return float(found.group(1)) if found else None


# ----------------------------------------------------------------------------- its items


def _item(entry: Any, document: Any) -> RawItem:
    published = _own(entry, "published") or _own(entry, "created") or _own(entry, "updated")
    parsed = (
        dict.get(entry, "published_parsed")
        or dict.get(entry, "created_parsed")
        or dict.get(entry, "updated_parsed")
    )
    summary, content = _markup(entry.get("summary_detail")), _content(entry)
    authors = _authors(entry)
    if not authors and document.version.startswith("atom"):
        authors = _authors(document.feed)  # RFC 4287 section 4.2.1
    return RawItem(
        guid=str(entry.get("id") or ""),
        link=entry.get("link") or None,
        title=_markup(entry.get("title_detail")),
        digest=_digest(entry),
        summary=Markup() if summary.value == content.value else summary,
        content=content,
        published=published,
        updated=_own(entry, "updated"),
        published_guess=_moment(parsed),
        authors=authors,
        categories=tuple(str(tag.get("label") or tag.get("term") or "") for tag in entry.get("tags") or []),
        enclosures=_enclosures(entry),
        language=content.language or summary.language,
    )


def _own(entry: Any, key: str) -> str | None:
    """A value of the entry itself: feedparser's mapping answers for other keys too."""
    value = dict.get(entry, key)
    return value if isinstance(value, str) and value.strip() else None


def _markup(detail: Any) -> Markup:
    if not detail or not detail.get("value"):
        return Markup()
    kind = (detail.get("type") or "text/html").lower()
    value = detail["value"]
    is_html = kind in ("text/html", "application/xhtml+xml") or "html" in kind or "xml" in kind
    return Markup(
        value, html=is_html, base=detail.get("base") or None, language=detail.get("language") or None
    )


def _content(entry: Any) -> Markup:
    """The longest of the contents that are text."""
    markups = [_markup(detail) for detail in entry.get("content") or []]
    return max(markups, key=lambda markup: len(markup.value), default=Markup())


def _authors(holder: Any) -> tuple[str, ...]:
    names = [str(author.get("name") or author.get("email") or "") for author in holder.get("authors") or []]
    return tuple(name for name in names if name) or tuple(filter(None, [_own(holder, "author")]))


def _enclosures(entry: Any) -> tuple[Enclosure, ...]:
    """RSS enclosures, Atom enclosure links, Media RSS contents and thumbnails."""
    found = [(one.get("href"), one.get("type"), one.get("length")) for one in entry.get("enclosures") or []]
    found += [
        (one.get("url"), one.get("type") or one.get("medium"), one.get("filesize"))
        for one in entry.get("media_content") or []
    ]
    found += [(one.get("url"), "image", None) for one in entry.get("media_thumbnail") or []]
    return tuple(Enclosure(str(url), kind or None, _size(size)) for url, kind, size in found if url)


def _size(value: object) -> int | None:
    text = str(value or "").strip()
    return int(text) if text.isdecimal() and 0 < len(text) < 16 and int(text) > 0 else None


def _moment(parsed: Any) -> datetime | None:
    """feedparser's time tuple (UTC) as a datetime."""
    try:
        return datetime(*parsed[:6]).replace(tzinfo=UTC) if parsed else None  # noqa: DTZ001
    except (ValueError, TypeError, OverflowError):
        return None


def _digest(entry: Any) -> bytes:
    """SHA-256 of all that the feed served for the entry; feedparser's readings of dates are left out."""
    served = {key: dict.get(entry, key) for key in dict.keys(entry) if not key.endswith("_parsed")}
    text = json.dumps(served, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).digest()
