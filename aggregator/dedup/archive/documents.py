"""A line of an archive, checked, and the order in which articles are placed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aggregator.errors import UsageError
from aggregator.text import html_to_paragraphs, plain_to_paragraphs
from aggregator.urls import url_key

NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
FIELDS = ("id", "source", "title", "text", "html", "url", "published", "language")


@dataclass(frozen=True, slots=True)
class Document:
    """A line of the archive, checked. Undated texts are all of one day, in 1970.

    ``url_key``: the address in canonical form, None where there is none.
    """

    id: str | int
    source: str
    title: str
    paragraphs: tuple[str, ...]
    url_key: str | None
    published: datetime
    language: str | None


def order(document: Document) -> tuple[datetime, str, str]:
    """Published, source, id: the order in which articles are placed, and that of the lines that come out."""
    return document.published, document.source, str(document.id)


def twice(name: str, identity: str | int) -> UsageError:
    """What is said of an id that two documents have."""
    return UsageError(f"{name}: id: {str(identity)!r} occurs more than once; ids must be unique")


def read(line: Mapping[str, Any], where: str) -> Document:
    """Check a parsed line ``{"id", "source", "title", "text" or "html", "url"?, "published", "language"?}``.

    ``where``: file and line, with which the error begins; after it comes the field.
    """

    def wrong(field: str, message: str) -> UsageError:
        return UsageError(f"{where}: {field}: {message}")

    def text(field: str, default: str | None = "") -> str | None:
        value = line.get(field)
        if value is None:
            return default
        if not isinstance(value, str):
            raise wrong(field, f"must be a string, not {type(value).__name__}")
        return value

    identity = line.get("id")
    if isinstance(identity, bool) or not isinstance(identity, str | int) or identity == "":
        raise wrong("id", "missing" if identity is None else "must be a string or a whole number")
    plain, html = text("text", None), text("html", None)
    if plain is None and html is None and not line.get("title"):
        raise wrong("text", "missing; a document needs text, html or at least a title")
    paragraphs = html_to_paragraphs(html) if html is not None else plain_to_paragraphs(plain or "")
    published = line.get("published")
    return Document(
        id=identity,
        source=text("source") or "",
        title=text("title") or "",
        paragraphs=tuple(paragraphs),
        url_key=url_key(text("url", None)),
        published=published_at(
            published if isinstance(published, datetime) else text("published", None), wrong
        ),
        language=text("language", None),
    )


def published_at(value: str | datetime | None, wrong: Callable[[str, str], UsageError]) -> datetime:
    """A date as a line has it (ISO 8601) or a column (a datetime; without a zone it is UTC's)."""
    if not value:
        return NO_DATE
    if isinstance(value, datetime):
        moment = value
    else:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise wrong(
                "published", f"{value!r} is no ISO 8601 date; 2018-08-09T14:30:00Z would do"
            ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise wrong("published", f"{value!r} is out of range") from None
