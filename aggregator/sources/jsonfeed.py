"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1), read by hand: every value may be of the wrong type."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from aggregator.errors import ParseError
from aggregator.model import Enclosure, FeedInfo
from aggregator.sources.raw import Markup, RawFeed, RawItem

_MAX_DIGITS = 18  # longer integers stay text: Python refuses to convert those of thousands of digits


def parse_json(text: str) -> RawFeed:
    """A JSON Feed document as served. Raises ParseError (``not-a-feed`` or ``truncated``)."""
    document = _load(text)
    version = _text(document.get("version")) if isinstance(document, dict) else ""
    if "jsonfeed.org/version/" not in version:
        raise ParseError(
            "not-a-feed", "the answer is JSON, but no JSON Feed: it names no jsonfeed.org version"
        )
    served = document.get("items")
    if not isinstance(served, list):
        raise ParseError("not-a-feed", "the JSON Feed has no list of items")
    language = _text(document.get("language")) or None
    return RawFeed(
        FeedInfo(
            format="json11" if version.rstrip("/").endswith("1.1") else "json1",
            title=_text(document.get("title")),
            site_url=_text(document.get("home_page_url")) or None,
            language=language,
            hub=next(
                (_text(h.get("url")) for h in _dicts(document.get("hubs")) if h.get("type") == "WebSub"), None
            ),
            self_url=_text(document.get("feed_url")) or None,
            prev_archive=_text(document.get("next_url")) or None,
        ),
        tuple(_item(item, tuple(_authors(document))) for item in served if isinstance(item, dict)),
    )


def _load(text: str) -> Any:
    """JSON, with what it must not do to us: no recursion error, no giant number, no NaN."""
    try:
        return json.loads(text, parse_int=_integer, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()) - 1 or "Unterminated" in error.msg:
            raise ParseError("truncated", "the JSON ends before it is complete") from error
        raise ParseError("not-a-feed", f"the answer is no valid JSON: {error}") from error
    except RecursionError as error:
        raise ParseError("not-a-feed", "the JSON is nested too deeply") from error


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MAX_DIGITS else digits


def _item(item: dict[str, Any], feed_authors: tuple[str, ...]) -> RawItem:
    html, text = _text(item.get("content_html")), _text(item.get("content_text"))
    published, updated = _text(item.get("date_published")), _text(item.get("date_modified"))
    return RawItem(
        guid=_text(item.get("id")),
        link=_text(item.get("url")) or _text(item.get("external_url")) or None,
        title=Markup(_text(item.get("title")), html=False),
        digest=hashlib.sha256(_canonical(item)).digest(),
        summary=Markup(_text(item.get("summary")), html=False),
        content=Markup(html) if html else Markup(text, html=False),
        published=published or updated or None,
        updated=updated or None,
        authors=tuple(_authors(item)) or feed_authors,
        categories=tuple(_text(tag) for tag in _list(item.get("tags"))),
        enclosures=tuple(_enclosures(item)),
        language=_text(item.get("language")) or None,
    )


def _canonical(item: dict[str, Any]) -> bytes:
    """The same bytes for the same item, whatever the order of its keys."""
    try:
        return json.dumps(item, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()
    except RecursionError as error:
        raise ParseError("not-a-feed", "the JSON is nested too deeply") from error


def _authors(holder: dict[str, Any]) -> Iterator[str]:
    """Names of ``authors`` (1.1), else of ``author`` (1.0)."""
    served = _dicts(holder.get("authors")) or _dicts([holder.get("author")])
    for author in served:
        name = _text(author.get("name")) or _text(author.get("url"))
        if name:
            yield name


def _enclosures(item: dict[str, Any]) -> Iterator[Enclosure]:
    for attachment in _dicts(item.get("attachments")):
        size = attachment.get("size_in_bytes")
        length = int(size) if isinstance(size, int | float) and 0 <= size < 2**53 else None
        url = attachment.get("url")
        if isinstance(url, str) and url:
            yield Enclosure(url, _text(attachment.get("mime_type")) or None, length)
    if image := _text(item.get("image")):
        yield Enclosure(image, "image")


def _text(value: object) -> str:
    """A string, or a number as one (ids are often numbers); anything else is absent."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]
