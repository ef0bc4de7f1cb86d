"""`dedup`, `retention` and `log`: how copies are folded, how long things are kept, what is said."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from aggregator.config.models.section import Section, loose
from aggregator.config.models.values import Duration, Order, Size
from aggregator.dedup.rules import Rules

_RULES = Rules()  # the evaluated defaults


class Dedup(Section):
    """How copies are found and folded into stories."""

    model_config = loose()
    horizon: Duration = Field(default=timedelta(days=7), description="Copies are sought this far back.")
    threshold: float = Field(
        default=_RULES.threshold,
        gt=0,
        le=1,
        description="Fold two articles from this probability on that they carry one text.",
    )
    additions: int = Field(
        default=_RULES.additions, ge=1, description="A copy that adds this many words is marked `adds`."
    )
    hot_key_limit: int = Field(
        default=_RULES.hot_keys,
        ge=1,
        description="A candidate key that more earlier articles than this share makes no candidates.",
    )
    canonical: Order = Field(
        default=_RULES.canonical,
        description="Which article stands for a story, by what first.",
    )
    text_from: Literal["canonical", "longest", "earliest"] = Field(
        default="canonical", description="Whose text a story shows."
    )
    link_from: Literal["canonical", "longest", "earliest"] = Field(
        default="canonical", description="Whose address a story links to."
    )


class Log(Section):
    """What the daemon says on standard error."""

    format: Literal["console", "json"] = Field(
        default="console", description="console: lines for people; json: an object a line."
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is said."
    )


class Retention(Section):
    """How long things are kept. Read and starred state, hashes and decisions always stay."""

    stories: Duration | None = Field(
        default=timedelta(days=90),
        description="Texts are dropped this long after last seen in a feed; null: never.",
    )
    max_size: Size | None = Field(
        default=None, description="Drop the oldest texts beyond this size of database."
    )
    keep_starred: bool = Field(default=True, description="Texts of starred stories stay.")
