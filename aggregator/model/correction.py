"""What people and outlets corrected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction for people. ``kind``: split or merge. ``other``: the new story, or the one merged away.

    ``article``: the one that was split off.
    """

    id: int
    kind: str
    story: int
    other: int
    author: str
    at: datetime
    reason: str
    undone: datetime | None = None
    undone_by: str | None = None
    article: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Something that readers were told and that does not hold any more. ``kind``: see `store.changes`.

    ``story``: that the article is of now; ``other``: that it was split off from. ``pairs``: what the text
    says now, and what it said instead. ``before_title``: the headline before.
    """

    id: int
    at: datetime
    kind: Literal["facts", "retracted", "withdrawn", "split"]
    story: int
    article: int
    title: str
    url: str | None
    source: str
    source_title: str
    language: str | None = None
    before_title: str = ""
    pairs: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    other: int | None = None
