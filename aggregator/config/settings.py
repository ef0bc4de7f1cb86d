"""`Settings`: what the rest of the program gets, frozen, with inheritance applied and addresses resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aggregator.config.document import Document
from aggregator.config.models import Dedup, Log, Polling, Retention, Sync, Web
from aggregator.dedup.rules import Rules
from aggregator.model import Source
from aggregator.notify import Alerts
from aggregator.topics import Topics

ROLES = frozenset({"poll", "place", "web"})  # what a daemon can do; by default all of it


@dataclass(frozen=True, slots=True)
class Group:
    """A group of sources, for people."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A query that has a name, and feeds."""

    name: str
    title: str
    query: str


@dataclass(frozen=True, slots=True)
class Settings:
    """One configuration, valid as a whole.

    ``files``: every file that was read, the main one first, for watching. ``database``: an SQLAlchemy URL,
    the path in it absolute. ``groups``: by name, those that sources use or the YAML names, in its order.
    ``origins``: for each source's id, which layer (key path in the YAML) sets each of its keys.
    Two Settings are equal when they mean the same, wherever it is written.
    """

    path: Path = field(compare=False)
    files: tuple[Path, ...] = field(compare=False)
    database: str = field(repr=False)
    web: Web
    polling: Polling
    dedup: Dedup
    retention: Retention
    topics: Topics
    sources: tuple[Source, ...] = field(repr=False)
    groups: Mapping[str, Group]
    terms: Mapping[str, tuple[str, ...]] = field(repr=False)
    document: Document = field(compare=False, repr=False)
    origins: Mapping[str, Mapping[str, tuple[str | int, ...]]] = field(compare=False, repr=False)
    roles: frozenset[str] = ROLES
    log: Log = field(default_factory=Log)
    sync: Sync = field(default_factory=Sync)
    searches: Mapping[str, SavedSearch] = field(default_factory=dict)
    alerts: Alerts = field(default_factory=Alerts)

    def source(self, name: str) -> Source | None:
        """The source with this id."""
        return next((source for source in self.sources if source.id == name), None)

    @property
    def titles(self) -> dict[str, str]:
        """The title of each source, by id."""
        return {source.id: source.title for source in self.sources}

    @property
    def group_titles(self) -> dict[str, str]:
        """The title of each group, by name."""
        return {group.name: group.title for group in self.groups.values()}

    def rules(self) -> Rules:
        """The detector's parameters."""
        return Rules(
            threshold=self.dedup.threshold,
            horizon=self.dedup.horizon,
            additions=self.dedup.additions,
            hot_keys=self.dedup.hot_key_limit,
            canonical=self.dedup.canonical,
            text_from=self.dedup.text_from,
            link_from=self.dedup.link_from,
        )
