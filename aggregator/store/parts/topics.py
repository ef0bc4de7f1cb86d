"""Which stories are in which topic."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from aggregator.model import StoryView
from aggregator.store import reading, retopic
from aggregator.store import topics as topical
from aggregator.store.access import Access
from aggregator.store.database import in_words
from aggregator.store.schema import instance
from aggregator.topics import Topic
from aggregator.topics import Topics as Defined


class Topics:
    """Made by the store; its methods may be called from any thread."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def rematch(self, topics: Defined, since: datetime | None = None, *, definition: str = "") -> int:
        """Match stories placed since then anew, in short transactions; returns how many changed.

        ``definition``: a hash of the topics' definitions, kept for `definition`.
        """
        rematching = topical.Rematching(topics, since)
        while self.match_on(rematching):
            pass
        self.keep_definition(definition)
        return rematching.changed

    def match_on(self, rematching: topical.Rematching) -> bool:
        """Match the next few stories; False: all are matched, and the definition is to be kept."""
        with in_words(self._access.database):
            return rematching.step(self._access.database, self._access.book)

    def keep_definition(self, definition: str) -> None:
        """Keep the hash of the definitions that all stories were matched with."""
        with self._access.write() as connection:
            topical.keep_definition(connection, definition)

    def changes(self, topic: Topic, name: str, since: datetime) -> tuple[list[StoryView], list[StoryView]]:
        """Return the stories placed since then that a topic would gain and lose if it were ``topic``."""
        with self._access.read() as connection:
            found = retopic.changes(connection, self._access.database, self._access.book, topic, name, since)
            gains, losses = (
                reading.listed(connection, self._access.book, ids, self._access.tag) for ids in found
            )
        return gains, losses

    def counts(self) -> dict[str, int]:
        """Return how many stories are in each topic."""
        with self._access.read() as connection:
            return reading.topic_counts(connection)

    def definition(self) -> str:
        """Return the definition that `rematch` was last finished with."""
        with self._access.read() as connection:
            return str(connection.execute(select(instance.c.topics)).scalar_one())
