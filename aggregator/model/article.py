"""An article for people, its earlier texts, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aggregator.model.entry import Enclosure
from aggregator.model.tie import Relation


@dataclass(frozen=True, slots=True)
class ArticleView:
    """An article for people. ``text`` and ``content`` are empty in lists that do not need them."""

    id: int
    source: str
    source_title: str
    guid: str
    url: str | None
    title: str
    published: datetime  # effective time
    first_seen: datetime
    similarity: float
    reason: str
    relation: Relation = "original"
    group: str = "default"
    language: str | None = None
    authors: tuple[str, ...] = ()
    published_claimed: str | None = None
    published_from: Literal["feed", "page", "first-seen"] = "feed"
    updated: datetime | None = None  # when we last saw its text change
    last_seen: datetime | None = None
    last_absent: datetime | None = None
    dropped: datetime | None = None  # when retention dropped its texts
    marks: tuple[str, ...] = ()
    credit: str | None = None
    summary: str = ""  # sanitised HTML
    content: str = ""  # sanitised HTML
    text: str = ""
    boilerplate: tuple[int, ...] = ()  # indexes of the paragraphs of ``text`` that do not count
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    site_url: str | None = None  # of its outlet
    raw_sha256: bytes = b""


@dataclass(frozen=True, slots=True)
class RevisionView:
    """A text that an article had before. ``no``: 1 is what was first seen. ``until``: the next was seen."""

    article: int
    no: int
    until: datetime
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Cited:
    """A text as an article had it as its ``no``-th (from 1) of ``last``, from ``since`` to ``until``.

    ``until`` None: it still has it. ``since`` None: not known, since the text before is not kept any more.
    ``story``: that the article is of now.
    """

    article: ArticleView
    story: int
    no: int
    last: int
    title: str
    text: str
    since: datetime | None
    until: datetime | None
    text_sha256: bytes


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an article comes from, beyond its view. ``published``: as parsed, None when absent or absurd.

    ``no``: of its present text, from 1. ``earlier``: number, hash of the entry and hash of the text of those
    before that are kept.
    """

    published: datetime | None
    raw_sha256: bytes
    text_sha256: bytes
    no: int
    earlier: tuple[tuple[int, bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Folded:
    """An article in a story whose text is another's. ``beside``: the title that is shown."""

    article: ArticleView
    story: int
    beside: str
