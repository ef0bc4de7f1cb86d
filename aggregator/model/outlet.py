"""A source for people: how it does, what it printed first, its icon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aggregator.model.source import Source


@dataclass(frozen=True, slots=True)
class Icon:
    """A small picture of an outlet. ``type``: its media type, by its first bytes."""

    url: str
    type: str
    content: bytes


# Of a source. ``failing``: the last poll failed; ``broken``: five in a row did, or more; ``gone``: the server
# says so for good (410, confirmed); ``silent``: it answers, and publishes nothing (`rhythm.is_silent`).
SourceStateName = Literal["new", "ok", "failing", "broken", "gone", "silent", "paused", "removed"]


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source for people: what the YAML says and how it does."""

    source: Source
    state: SourceStateName
    last_polled: datetime | None = None
    last_success: datetime | None = None
    next_due: datetime | None = None
    next_reason: str = ""
    failures: int = 0
    error_kind: str | None = None
    error: str | None = None
    http_status: int | None = None
    elapsed: float | None = None
    articles: int = 0
    copies: int = 0
    first: int = 0  # shared stories that it certainly published first: see store.health
    shared: int = 0  # stories of its that other sources have as well
    entries_a_day: float | None = None  # that are expected now
    newest: datetime | None = None  # when its newest entry was published
    busiest: str = ""  # hours in which most comes, in words
    polls: int = 0
    site_url: str | None = None
    format: str | None = None
    hub: str | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """How many stories ``later`` has that ``first`` published before it, both by source id.

    ``stories``: by the dates as claimed; ``certain``: of them, those where polls prove the order.
    """

    first: str
    later: str
    stories: int
    certain: int


@dataclass(frozen=True, slots=True)
class Activity:
    """What sources did lately. ``days``: entries by source id and day (UTC) from ``since``, today last."""

    since: datetime
    days: Mapping[str, tuple[int, ...]]
    flows: tuple[Flow, ...]
