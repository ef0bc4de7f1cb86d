"""A source, as the YAML lists it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rule:
    """An include, exclude or mark-read rule: ``pattern`` (re) searched in ``field`` of an entry."""

    action: Literal["include", "exclude", "mark_read"]
    field: Literal["title", "summary", "content", "author", "category", "url", "any"]
    pattern: str
    case_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Fold:
    """How a source's (or group's) articles may be folded into stories.

    ``scope``: ``all`` with anyone; ``group`` only with its own group; ``other`` never within the same source;
    ``never`` not at all; ``ask`` link, fold only when a person answers. ``threshold``: a probability, or None
    for the general one.
    """

    scope: Literal["all", "group", "other", "never", "ask"] = "all"
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One feed of one outlet as the YAML lists it, defaults and group settings already applied."""

    id: str
    url: str
    title: str
    group: str = "default"
    language: str | None = None  # BCP 47
    authority: int = 0  # higher is preferred as canonical
    tags: tuple[str, ...] = ()
    paused: bool = False
    paused_until: datetime | None = None
    paywall: bool = False
    agency: bool = False  # a wire: preferred by the `agency` step of the canonical policy
    interval: timedelta = timedelta(minutes=30)  # fixed; the mean over all sources where it `learns`
    min_interval: timedelta = timedelta(minutes=15)
    max_interval: timedelta = timedelta(days=1)  # where it learns
    learns: bool = False  # its polls follow its rhythm; else `interval` does
    timeout: timedelta = timedelta(seconds=30)
    max_body: int = 15_000_000  # bytes after decoding
    timezone: str | None = None  # IANA name, for dates without one
    user_agent: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    username: str | None = None
    password: str | None = field(default=None, repr=False)  # a secret: not in logs
    proxy: str | None = None
    verify_tls: bool = True
    allow_private: bool = False  # reach private and loopback addresses …
    private_hosts: frozenset[str] = frozenset()  # … at these hosts, or at any host where none is named
    fulltext: bool = False
    initial_unread: timedelta | None = timedelta(days=2)  # of the first poll, older entries start as read
    backfill: int = 0  # archive pages (RFC 5005) that are read after the first poll, at most
    title_clean: tuple[str, ...] = ()  # regular expressions removed from titles
    boilerplate: tuple[str, ...] = ()  # regular expressions; paragraphs that match are left out
    rules: tuple[Rule, ...] = ()
    fold: Fold = Fold()
