"""What feedparser says of a document, which counts: RSS 0.9x, 1.0, 2.0 and Atom 0.3, 1.0. Its only home.

feedparser decides what the entries of a document are. It is given clean UTF-8 from memory (it would open a
file or fetch an address that a string looks like), and neither sanitises nor resolves: entries.py does, for
the entries that are new.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import Any

import feedparser

from aggregator.errors import ParseError
from aggregator.model import Enclosure, FeedInfo
from aggregator.sources.encoding import decode
from aggregator.sources.entries import MAX_ENTRIES
from aggregator.sources.hints import hints
from aggregator.sources.jsonfeed import parse_json
from aggregator.sources.raw import Markup, RawFeed, RawItem, raw_item, size
from aggregator.sources.sanitize import one_line, plain
from aggregator.sources.trim import newest_items

_LISTS = ("links", "tags", "authors", "content", "media_content", "media_thumbnail")
_DECLARATION = re.compile(r"<\?xml[^>]{0,500}\?>")
_ROOT = re.compile(r"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_HTML_TITLE = re.compile(r"<title[^>]*>([^<]{0,500})", re.IGNORECASE)
_NESTED_ENTITY = re.compile(
    r"<!ENTITY[^>&]{0,2000}&[^>]{0,5000}>"
)  # entities made of entities grow without end
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]{1,12})|([0-9]{1,12}));", re.IGNORECASE)


def by_authority(body: bytes, content_type: str | None) -> RawFeed:
    """A feed as feedparser reads it (JSON Feed as we do). Raises ParseError, as `feed.parse_raw`."""
    text = _without_prologue(decode(body, content_type))
    if not text:
        raise ParseError("not-a-feed", "the answer is empty")
    if text[0] in "{[":
        return parse_json(text)
    _refuse_html(text)
    text = newest_items(text, MAX_ENTRIES)
    document = _feedparser(text, content_type)
    _refuse_truncated(text, document)
    if not document.version and not document.entries:
        start = one_line(text[:80], 60)
        raise ParseError(
            "not-a-feed", f"the answer is neither RSS, Atom nor JSON Feed; it starts with “{start}”"
        )
    return RawFeed(_info(document, text), tuple(_item(entry, document) for entry in document.entries))


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
    feed = _with_lists(document.feed)
    links = feed.get("links") or []
    return FeedInfo(
        format=document.version or "rss",
        title=_text(feed, "title"),
        site_url=_text(feed, "link") or None,
        language=_text(feed, "language") or None,
        hub=_rel(links, "hub"),
        self_url=_rel(links, "self"),
        hints=hints(feed.get("ttl"), feed.get("sy_updateperiod"), feed.get("sy_updatefrequency"), text),
        prev_archive=_rel(links, "prev-archive"),
    )


def _rel(links: list[Any], rel: str) -> str | None:
    return next((link.get("href") for link in links if link.get("rel") == rel and link.get("href")), None)


# ----------------------------------------------------------------------------- its items


def _with_lists(mapping: Any) -> Any:
    """``mapping`` without what an element of an odd name (links, tags, …) put in the place of a list."""
    for key in _LISTS:
        if not isinstance(dict.get(mapping, key, []), list):
            dict.pop(mapping, key)
    return mapping


def _item(entry: Any, document: Any) -> RawItem:
    entry = _with_lists(entry)
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
    return raw_item(
        guid=_text(entry, "id"),
        link=_text(entry, "link") or None,
        title=_markup(entry.get("title_detail")),
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


def _text(mapping: Any, key: str) -> str:
    """A value that is a text; elements of odd names can put a mapping there."""
    value = mapping.get(key)
    return value if isinstance(value, str) else ""


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
    return tuple(Enclosure(str(url), kind or None, size(length)) for url, kind, length in found if url)


def _moment(parsed: Any) -> datetime | None:
    """feedparser's time tuple (UTC) as a datetime."""
    try:
        return datetime(*parsed[:6]).replace(tzinfo=UTC) if parsed else None  # noqa: DTZ001
    except (ValueError, TypeError, OverflowError):
        return None
