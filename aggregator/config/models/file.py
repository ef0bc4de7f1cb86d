"""The file as a whole."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from aggregator.config.models.alerts import Alerts
from aggregator.config.models.keeping import Dedup, Log, Retention
from aggregator.config.models.polling import Polling
from aggregator.config.models.section import Section, loose
from aggregator.config.models.serving import Sync, Web
from aggregator.config.models.sources import GroupOptions, SourceDefaults, SourceOptions
from aggregator.config.models.topics import SearchOptions, TopicOptions
from aggregator.config.models.values import Name, OneOrMore, Terms


class File(Section):
    """A news aggregator's configuration."""

    model_config = loose()
    include: OneOrMore = Field(
        default=(), description="Further files, relative to this one; `*` may stand in their names."
    )
    database: str | None = Field(
        default=None,
        description="sqlite:///FILE, relative to this file, or postgresql+psycopg://USER:${PASSWORD}@HOST/NAME.",
    )
    roles: tuple[Literal["poll", "place", "web"], ...] = Field(
        default=("poll", "place", "web"),
        min_length=1,
        description="What a daemon does that is not told by --roles. On SQLite one daemon polls and places.",
    )
    web: Web = Field(default_factory=Web)
    sync: Sync = Field(default_factory=Sync)
    polling: Polling = Field(default_factory=Polling)
    dedup: Dedup = Field(default_factory=Dedup)
    retention: Retention = Field(default_factory=Retention)
    log: Log = Field(default_factory=Log)
    terms: dict[Name, Terms] = Field(
        default_factory=dict, description="Lists of terms that topics name as $list."
    )
    topics: dict[Name, TopicOptions] = Field(default_factory=dict, description="Named queries over stories.")
    searches: dict[Name, SearchOptions] = Field(
        default_factory=dict, description="Saved searches: feeds of what a query finds."
    )
    alerts: Alerts = Field(default_factory=Alerts)
    defaults: SourceDefaults = Field(default_factory=SourceDefaults, description="For every source.")
    groups: dict[Name, GroupOptions] = Field(
        default_factory=dict, description="Sources that belong together."
    )
    sources: tuple[SourceOptions, ...] = Field(default=(), description="The feeds.")
