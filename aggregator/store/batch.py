"""What is known of updates while they are applied, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from aggregator.dedup.canonical import Voices
from aggregator.dedup.rules import Rules
from aggregator.model import Held, Prepared, Update
from aggregator.store import search
from aggregator.store.arrivals import Sorted
from aggregator.store.database import Database
from aggregator.store.neighbourhood import Placed
from aggregator.store.numbers import Recipes
from aggregator.store.queries import Polled
from aggregator.store.sources import Facts


@dataclass(frozen=True, slots=True)
class Ready:
    """What is worked out from the entries before the transaction begins, by guid: it needs no database."""

    topics: dict[str, tuple[str, ...]]
    tokens: dict[str, search.Tokens]


@dataclass(slots=True)
class Poll:
    """One update, with what its source is and has. ``version``: of the source's boilerplate."""

    place: int  # among the updates
    change: Update
    facts: Facts
    ready: Ready
    row: Polled
    at: int  # of the poll, microseconds
    found: Sorted = field(default_factory=Sorted)
    version: int = 0


@dataclass(slots=True)
class Batch:
    """Updates while they are applied. Numbers below zero are arrivals that have no id yet."""

    connection: Connection
    database: Database
    rules: Rules
    near: Placed
    recipes: Recipes
    counters: Any
    at: int  # when it is stored, microseconds: of its latest update
    documents: list[tuple[int, search.Tokens]]  # to be indexed before the transaction ends
    next_article: int = 0
    next_story: int = 0
    new: list[tuple[Poll, Prepared]] = field(default_factory=list)  # the n-th is arrival -n, from 1
    ids: dict[int, int] = field(default_factory=dict)  # of arrivals, once they have one
    placed: dict[int, Held] = field(default_factory=dict)  # arrivals, by their id
    story_of: dict[int, int] = field(default_factory=dict)  # of arrivals, by their id
    merged: dict[int, int] = field(default_factory=dict)
    members: dict[int, list[Held]] = field(default_factory=dict)  # of the stories touched, as they become
    voices: dict[int, Voices] = field(default_factory=dict)  # likewise
    before: dict[int, Voices] = field(default_factory=dict)  # of the stored stories among them
    against: dict[int, int] = field(default_factory=dict)  # by story: what its arrivals were marked against
    new_stories: dict[int, int] = field(default_factory=dict)  # by the plan's number, once they have an id
    read: set[int] = field(default_factory=set)  # stories that a rule marks as read

    def story(self, planned: int) -> int:
        """Return the id of a story that the plan names."""
        return self.new_stories.get(planned, planned)

    def current(self, story: int) -> int:
        """Return the story that a story is now, after merges."""
        while story in self.merged:
            story = self.merged[story]
        return story

    def arrival(self, number: int) -> tuple[Poll, Prepared]:
        """The update and the entry of an arrival, by its number below zero."""
        return self.new[-number - 1]
