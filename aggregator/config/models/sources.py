"""`defaults`, `groups` and `sources`: the outlets, and what holds for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from aggregator.config.models.section import Section, loose
from aggregator.config.models.values import (
    Duration,
    Hosts,
    Language,
    Name,
    Pattern,
    Paused,
    ProxyUrl,
    Size,
    Timezone,
    WebUrl,
)


class FoldOptions(Section):
    """How articles may be folded into stories."""

    scope: Literal["all", "group", "other", "never", "ask"] = Field(
        default="all", description="With all, only its group, only other sources, never, or ask a person."
    )
    threshold: float | None = Field(default=None, gt=0, le=1, description="In place of dedup.threshold.")


class RuleOptions(Section):
    """Includes, excludes or marks entries as read; rules are tried in order."""

    action: Literal["include", "exclude", "mark_read"] = Field(
        description="What happens to entries that match."
    )
    field: Literal["title", "summary", "content", "author", "category", "url", "any"] = Field(
        default="any", description="Where the pattern is searched."
    )
    pattern: Pattern = Field(description="A regular expression (Python).")
    case_sensitive: bool = Field(default=False, description="Whether capitals matter.")


class Auth(Section):
    """HTTP Basic authentication."""

    username: str = Field(description="User name.")
    password: str = Field(repr=False, description="Password, best as ${NAME}.")


class SourceDefaults(Section):
    """What `defaults:` and groups may set for their sources."""

    model_config = loose()
    language: Language | None = Field(default=None, description="BCP 47: en, fa, ko, zh-Hans …")
    authority: int = Field(
        default=0, ge=-1000, le=1000, strict=True, description="Higher is preferred as canonical."
    )
    tags: tuple[str, ...] = Field(default=(), description="Words of your own.")
    paused: Paused = Field(default=False, description="true: do not poll; a date or time: not until then.")
    paywall: bool = Field(
        default=False, strict=True, description="Gives a story neither text nor link, if others can."
    )
    agency: bool = Field(
        default=False, strict=True, description="A news agency, preferred by the `agency` step."
    )
    interval: Duration | Literal["auto"] = Field(
        default="auto",
        description="A fixed time between polls; auto: by its learnt rhythm, so that all together are polled "
        "as often as polling.interval says.",
    )
    min_interval: Duration = Field(
        default=timedelta(minutes=15), description="Default: polling.min_interval."
    )
    max_interval: Duration = Field(
        default=timedelta(days=1), description="Of a learnt rhythm. Default: polling.max_interval."
    )
    timeout: Duration = Field(default=timedelta(seconds=30), description="Default: polling.timeout.")
    max_body: Size = Field(default=15_000_000, description="Default: polling.max_body.")
    timezone: Timezone | None = Field(default=None, description="IANA name, for dates without a zone.")
    user_agent: str | None = Field(default=None, description="In place of the program's own name.")
    headers: dict[str, str] = Field(default_factory=dict, repr=False, description="Further request headers.")
    auth: Auth | None = Field(default=None, description="HTTP Basic authentication.")
    proxy: ProxyUrl | None = Field(default=None, repr=False, description="HTTP proxy.")
    verify_tls: bool = Field(
        default=True, strict=True, description="false accepts any certificate: dangerous."
    )
    allow_private: bool = Field(
        default=False,
        strict=True,
        description="The host of its own address may be private. Default: polling.allow_private.",
    )
    private_hosts: Hosts = Field(
        default=(), description="Further hosts that may be private. Default: polling.private_hosts."
    )
    fulltext: bool = Field(
        default=False, strict=True, description="Read the linked page when the feed has only summaries."
    )
    initial_unread: Duration | None = Field(
        default=timedelta(days=2),
        description="What a source's first poll brings starts as read when it is older; null: nothing does.",
    )
    backfill: int = Field(
        default=0,
        ge=0,
        le=100,
        strict=True,
        description="Pages of a feed's archive (RFC 5005) that are read once, after its first poll.",
    )
    title_clean: tuple[Pattern, ...] = Field(
        default=(), description="Regular expressions removed from titles."
    )
    boilerplate: tuple[Pattern, ...] = Field(default=(), description="Paragraphs that match are left out.")
    rules: tuple[RuleOptions, ...] = Field(default=(), description="Include, exclude, mark as read.")
    fold: FoldOptions = Field(default=FoldOptions(), description="How its articles are folded into stories.")


class GroupOptions(SourceDefaults):
    """A group of sources: a page and feeds of its own, and settings for its sources."""

    title: str | None = Field(default=None, description="As the page shows it; default: the name.")


class SourceOptions(SourceDefaults):
    """One feed of one outlet."""

    id: Name = Field(description="Short, unique and lasting: articles are kept under it.")
    url: WebUrl = Field(description="Of the feed: RSS, Atom or JSON Feed.")
    title: str | None = Field(default=None, description="As the page shows it; default: the id.")
    group: str = Field(default="default", description="One of the groups.")
