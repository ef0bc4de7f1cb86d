"""`topics` and `searches`: named queries over stories."""

from __future__ import annotations

from pydantic import Field

from aggregator.config.models.section import Section, loose
from aggregator.config.models.values import AnyOf, QueryText, Terms
from aggregator.topics import Field as TopicField


class TopicOptions(Section):
    """A named query over stories, with a page and feeds of its own."""

    model_config = loose()
    title: str | None = Field(default=None, description="As the page shows it; default: the name.")
    all: tuple[AnyOf, ...] = Field(
        default=(), description="Each must be found: a term, a $list (any of it), or [a, b]."
    )
    any: Terms = Field(default=(), description="At least one must be found.")
    none: Terms = Field(default=(), description="Not one may be found.")
    in_: tuple[TopicField, ...] = Field(
        default=("title", "lead", "text"), alias="in", min_length=1, description="Where terms are looked for."
    )
    groups: tuple[str, ...] = Field(
        default=(), description="Only stories with an article of one of these groups."
    )
    sources: tuple[str, ...] = Field(
        default=(), description="Only stories with an article of one of these sources."
    )


class SearchOptions(Section):
    """A saved search, with feeds of its own."""

    title: str | None = Field(default=None, description="As the page shows it; default: the name.")
    query: QueryText = Field(description="As typed into the search box: words, -not, title:, since: …")
